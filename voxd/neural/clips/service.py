"""What the host `clips` does: reference clips out of sound files, and vectors that tell who speaks."""

from collections.abc import Callable

import numpy as np
import soxr
import torch

from voxd.audio import wav as wav_file
from voxd.audio.pcm import mono
from voxd.errors import EngineError
from voxd.model.audio import AudioFormat, Chunk
from voxd.neural.clips import speaker_vector
from voxd.neural.clips.loudness import levelled
from voxd.neural.clips.mixing import mixed
from voxd.neural.clips.reading import read
from voxd.neural.clips.soundness import sound
from voxd.neural.clips.speaker_vector import SpeakerEncoder
from voxd.neural.clips.speech_activity import SpeechActivity
from voxd.neural.clips.speech_checks import check_speech, length_notes, speech_notes
from voxd.neural.clips.speech_levels import speech_levels
from voxd.neural.clips.trimming import trimmed
from voxd.neural.speech_model import CLIP_RATE_HZ, Samples
from voxd.wire.wyoming.host_events import ClipReady, Vector

PREPROCESSING = 1
"""Grows whenever the same file would give another clip."""
VECTOR_MIN_S = 0.6
VECTOR_MAX_S = 60
"""Of longer sounds that much tells enough."""


class ClipService:
    """Makes reference clips and speaker vectors. It is made anywhere; then everything is called in one thread."""

    def __init__(self, ffmpeg: str = "ffmpeg") -> None:
        self._ffmpeg = ffmpeg
        self._networks: tuple[SpeechActivity, SpeakerEncoder] | None = None

    def load(self, tell: Callable[[str], None]) -> None:
        """Load both networks. Raises EngineError where their packages are not installed.

        One thread serves such small networks as quickly as several, and many times quicker where an engine on the
        same processor keeps these waiting for each other.
        """
        torch.set_num_threads(1)
        tell("loading the speech detector and the speaker encoder")
        self._networks = SpeechActivity(), SpeakerEncoder()

    def clip(self, data: bytes) -> tuple[ClipReady, bytes]:
        """The reference clip that a sound file of any kind gives: what is to be said of it, and itself as a WAV.

        The same bytes give the same clip. Raises BadRequestError with what is wrong and what would help.
        """
        activity, _ = self._loaded()
        recording = read(data, self._ffmpeg)
        usable, notes = sound(recording)
        one = mixed(usable)
        heard = soxr.resample(one.samples, usable.rate_hz, CLIP_RATE_HZ, quality="VHQ")
        spans = activity.spans(heard, CLIP_RATE_HZ)
        check_speech(spans)
        levels = speech_levels(heard, spans)
        notes += one.notes + speech_notes(spans, levels)
        kept = trimmed(heard, spans, levels)
        notes += length_notes(kept)
        wav = _wav(levelled(kept))
        ready = ClipReady(
            duration_s=round(len(kept) / CLIP_RATE_HZ, 3),
            kind=recording.kind,
            rate_hz=recording.rate_hz,
            channels=recording.channels,
            original_s=round(recording.duration_s, 3),
            notes=notes,
            vector=self.vector(wav).vector,
            preprocessing=PREPROCESSING,
        )
        return ready, wav

    def vector(self, wav: bytes) -> Vector:
        """Who speaks in a WAV; how loud makes no difference. Raises BadRequestError if it is none."""
        activity, encoder = self._loaded()
        chunk = wav_file.parse(wav)
        rate_hz = chunk.format.rate_hz
        heard = _samples(chunk, VECTOR_MAX_S)
        spans = activity.spans(heard, rate_hz)
        voiced_s = round(sum(span.end_s - span.start_s for span in spans), 3)
        if voiced_s < VECTOR_MIN_S:
            return Vector((), voiced_s)
        speech = np.concatenate([heard[round(span.start_s * rate_hz) : round(span.end_s * rate_hz)] for span in spans])
        numbers = encoder.vector(soxr.resample(speech, rate_hz, speaker_vector.RATE_HZ, quality="HQ"))
        return Vector(tuple(map(float, numbers)), voiced_s)

    def _loaded(self) -> tuple[SpeechActivity, SpeakerEncoder]:
        if self._networks is None:
            raise EngineError("The speech detector is not loaded yet")
        return self._networks


def _wav(kept: Samples) -> bytes:
    pcm = np.rint(np.clip(kept * 32768, -32768, 32767)).astype("<i2").tobytes()
    return wav_file.wav_bytes(Chunk(AudioFormat(CLIP_RATE_HZ), pcm))


def _samples(chunk: Chunk, longest_s: int) -> Samples:
    """The beginning of a chunk, as one channel."""
    beginning = Chunk(chunk.format, chunk.pcm[: longest_s * chunk.format.bytes_per_s])
    return np.frombuffer(mono(beginning).pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
