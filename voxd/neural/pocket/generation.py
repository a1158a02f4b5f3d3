"""From a text to frames of sound, one after the other.

As upstream's `generate_audio_stream`, to the bit, and as quick: one thread makes frames, another decodes them. But
that one lets both run ahead of who listens, leaves them behind when it is closed, and decodes as many frames at once
as have gathered, so that no seed gives the same twice.
"""

import logging
import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from voxd.neural.pocket.network import Network
from voxd.neural.pocket.voice_state import ModelState, VoiceState
from voxd.neural.speech_model import Samples

log = logging.getLogger(__name__)

TOKENS_MAX = 50
"""Of a longer text the model leaves words out (pocket_tts.default_parameters)."""
FRAMES_MIN = 6
"""Before that the model may not end: some voices seem to before they have begun (TTSModel._MIN_FRAMES_BEFORE_EOS)."""
FRAMES_AFTER_END = 2
TOKENS_PER_S = 3.0
SPARE_S = 2.0
FADE_IN_S = 0.005
"""A decoder that begins makes a click."""
AHEAD = 2
"""So many frames may wait to be decoded."""


class Generation:
    """Speaks with a network, a sentence at a time; where there is `one_thread` for it, frames wait for one another."""

    def __init__(self, network: Network, *, one_thread: bool = False) -> None:
        self._network = network
        self._one_thread = one_thread
        mimi, config = network.mimi, network.config.mimi
        self._frames_per_s = float(config.frame_rate)
        self._steps_per_frame = int(mimi.encoder_frame_rate / mimi.frame_rate)
        self._fade = torch.linspace(0, 1, int(config.sample_rate * FADE_IN_S))

    def can_say(self, text: str) -> bool:
        """Whether anything of it is left in the way the model reads."""
        return bool(self._written(text)[0])

    def fits(self, text: str) -> bool:
        """Whether the model says all of it at once."""
        return len(self._network.flow_lm.conditioner.tokenizer.encode(self._written(text)[0])) <= TOKENS_MAX

    @torch.inference_mode()
    def speak(self, text: str, voice: VoiceState) -> Iterator[Samples]:
        """The sound of a text, frame by frame; nothing where there is nothing in it to say."""
        written, after_end = self._written(text)
        if not written:
            return
        tokens = self._network.flow_lm.conditioner.prepare(written)
        length = math.ceil((tokens.shape[1] / TOKENS_PER_S + SPARE_S) * self._frames_per_s)
        state = voice.begun(tokens.shape[1] + length)
        self._network._run_flow_lm_and_increment_step(model_state=state, text_tokens=tokens)  # noqa: SLF001  see network
        first = True
        for sound in self._sounds(self._frames(state, length, after_end), self._decoder(length)):
            if first:
                sound[: len(self._fade)] *= self._fade[: len(sound)]
                first = False
            yield np.asarray(sound.numpy(), dtype=np.float32)

    def _written(self, text: str) -> tuple[str, int]:
        """The text as the model was taught to read it, and how many frames it needs after what it takes for the end.

        Some models leave characters out, so that nothing may be left.
        """
        from pocket_tts.models.text_chunking import prepare_text_prompt

        network = self._network
        try:
            written, likely = prepare_text_prompt(
                text,
                network.pad_with_spaces_for_short_inputs,
                network.remove_semicolons,
                network.append_terminal_punctuation,
                network.capitalize_first_letter,
                network.replace_characters,
            )
        except ValueError:
            return "", 0
        recommended = network.model_recommended_frames_after_eos
        return written, likely + FRAMES_AFTER_END if recommended is None else int(recommended)

    def _sounds(self, frames: Iterator[Tensor], decoder: ModelState) -> Iterator[Tensor]:
        """The sound of each frame; the first at once, the others while those that follow are being made."""
        if self._one_thread:
            yield from (self._decoded(frame, decoder) for frame in frames)
            return
        thread = ThreadPoolExecutor(1, "pocket decoder")
        waiting: deque[Future[Tensor]] = deque()
        try:
            for at, frame in enumerate(frames):
                waiting.append(thread.submit(self._decoded, frame, decoder))
                while waiting and (at == 0 or len(waiting) > AHEAD or waiting[0].done()):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            thread.shutdown(cancel_futures=True)

    def _frames(self, state: ModelState, length: int, after_end: int) -> Iterator[Tensor]:
        """Latents (1, 1, channels) until the model has come to its end."""
        flow = self._network.flow_lm
        latent = torch.full((1, 1, flow.ldim), float("nan"), dtype=flow.dtype)
        end: int | None = None
        for at in range(length):
            latent, ends = self._network._run_flow_lm_and_increment_step(  # noqa: SLF001  see network
                model_state=state, backbone_input_latents=latent
            )
            if end is None and at >= FRAMES_MIN and bool(ends):
                end = at
            if end is not None and at >= end + after_end:
                return
            yield latent
        log.debug("A text did not come to its end within %d frames", length)

    def _decoder(self, length: int) -> ModelState:
        from pocket_tts.modules.stateful_module import init_states

        state: ModelState = init_states(self._network.mimi, 1, length * self._steps_per_frame)
        return state

    @torch.inference_mode()
    def _decoded(self, latent: Tensor, state: ModelState) -> Tensor:
        """The samples of a frame that follows those that `state` is of."""
        from pocket_tts.modules.stateful_module import increment_steps

        flow, mimi = self._network.flow_lm, self._network.mimi
        sound: Tensor = mimi.decode_from_latent(latent * flow.emb_std + flow.emb_mean, state)[0, 0]
        increment_steps(mimi, state, increment=self._steps_per_frame)
        return sound
