"""A GPT-SoVITS server, as one of an engine's."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress

from voxd.errors import BadRequestError, ProtocolError, UnknownVoiceError
from voxd.model.audio import Chunk
from voxd.settings.engines import GptSovitsSettings
from voxd.synthesis.engine import ReferenceClip, Sentence
from voxd.synthesis.engines.remote.gpt_sovits.api import Api, MissingFileError
from voxd.synthesis.engines.remote.gpt_sovits.folder_thread import FolderThread
from voxd.synthesis.engines.remote.gpt_sovits.language_codes import spoken
from voxd.synthesis.engines.remote.gpt_sovits.loaded import Loaded
from voxd.synthesis.engines.remote.gpt_sovits.requests import WITH_TRANSCRIPT, check_transcript, request
from voxd.synthesis.engines.remote.gpt_sovits.shared_clips import SharedClips
from voxd.synthesis.engines.remote.gpt_sovits.speakers import NO_FOLDER, Prompt, Speakers
from voxd.synthesis.engines.remote.server import Learned

log = logging.getLogger(__name__)

TEND_S = 86_400.0
FOLDER_TIMEOUT_S, TEND_TIMEOUT_S = 20.0, 2.0
"""A folder on a network may not answer for ever."""


class GptSovitsServer:
    """Asks api_v2.py, one request at a time: it has one model, one clip and no lock.

    It is never asked to restart or exit (/control). A sentence that nobody wants any more is left by dropping its
    connection; the server goes on with it for a while, and the next one waits.
    """

    def __init__(self, url: str, settings: GptSovitsSettings) -> None:
        self.address = url
        self._settings = settings
        self._api = Api(url, settings)
        self._loaded = Loaded(self._api)
        self._speakers = Speakers(settings)
        self._clips = SharedClips(settings.clips) if settings.clips is not None else None
        self._in_folder = FolderThread("gpt_sovits clips")
        self._tended_at: float | None = None
        self._one_at_a_time = asyncio.Lock()

    async def close(self) -> None:
        """See SpeechServer."""
        self._loaded.forget()
        await self._api.close()

    async def learn(self) -> Learned:
        """See SpeechServer. While it speaks for us it is not asked: it would not answer before its sentence's end."""
        if not self._loaded.is_known or not self._one_at_a_time.locked():
            with self._failing():
                await self._api.check()
                self._loaded.note_answer()
                await self._loaded.ask_version()
        await self._tend()
        return self._learned()

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        """See SpeechServer."""
        manner = self._speakers.manner(sentence.voice)
        async with self._one_at_a_time:
            with self._failing():
                await self._loaded.weights(manner.weights)
                fields = request(sentence, manner.prompt, self._settings, self._loaded.version)
                await self._encode(manner.prompt)
                async with aclosing(self._api.speak(fields)) as sound:
                    async for chunk in sound:
                        self._loaded.note_sound()
                        yield chunk

    async def introduce(self, clip: ReferenceClip) -> None:
        """Put the clip into the shared folder, and have the server read it there. See CloningServer."""
        clips = self._clips
        if clips is None:
            raise BadRequestError(NO_FOLDER)
        prompt = await self._in_folder.do(lambda: clips.put(clip), FOLDER_TIMEOUT_S)
        check_transcript(prompt, self._loaded.version)
        self._speakers.enrol(clip.speaker, prompt)
        if clip.transcript and not prompt.transcript:
            log.info("GPT-SoVITS uses a part of the clip of %s without what it says; 3 to 10 s are best", clip.speaker)
        try:
            async with self._one_at_a_time:
                with self._failing():
                    await self._loaded.clip(prompt.clip)
        except MissingFileError as error:  # it may be mounted there later: no reason to know nothing of the voice
            raise ProtocolError(f"{error}; clips.theirs must be the path of the shared folder on its disk") from error

    async def forget(self, speaker: str) -> None:
        """Take its clip out of the shared folder, unless another voice has the same. See CloningServer."""
        clips, prompt = self._clips, self._speakers.forget(speaker)
        if clips is None or prompt is None:
            return
        if prompt.clip not in (other.clip for other in self._speakers.enrolled):
            await self._in_folder.do(lambda: clips.remove(prompt), FOLDER_TIMEOUT_S)

    async def _encode(self, prompt: Prompt) -> None:
        """Have the clip encoded. One of ours that it cannot read may have been taken away: it is to be put again."""
        try:
            await self._loaded.clip(prompt.clip)
        except MissingFileError as error:
            if prompt in self._speakers.enrolled:
                raise UnknownVoiceError(str(error)) from error
            raise

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """After a failure the server may have been started anew, with other weights or as another program."""
        try:
            yield
        except (OSError, ProtocolError):
            self._loaded.forget()
            raise

    async def _tend(self) -> None:
        """Look after the shared folder once a day."""
        clips, now = self._clips, asyncio.get_running_loop().time()
        if clips is None or (self._tended_at is not None and now - self._tended_at < TEND_S):
            return
        self._tended_at = now
        enrolled = self._speakers.enrolled
        with suppress(ProtocolError):  # who needs the folder is told of it; the server may be well
            await self._in_folder.do(lambda: clips.tend(enrolled), TEND_TIMEOUT_S)

    def _learned(self) -> Learned:
        """The version is none of it where voices change it with their weights."""
        version = "" if self._speakers.change_weights else self._loaded.version
        return Learned(
            f"GPT-SoVITS {version}".strip(),
            tuple(self._speakers.told(version)),
            changes_rate=True,
            styles=self._speakers.styles,
            clones=self._clips is not None,
            needs_transcript=version in WITH_TRANSCRIPT,
            languages=tuple(tag for tag in self._settings.languages if spoken(tag, version)),
            clones_once="" if self._clips is not None else NO_FOLDER,
        )
