"""The enrolled voices at a server that takes reference clips: uploaded under a name of their own, or sent along."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from voxd.errors import BadRequestError, ProtocolError, UnknownVoiceError
from voxd.synthesis.engine import ReferenceClip
from voxd.synthesis.engines.remote.openai.asking import Inline, Named
from voxd.synthesis.engines.remote.refusals import check
from voxd.wire.http.client import HttpClient, Part

CONSENT = "given-to-voxd"
"""The server wants to be told of a consent; voxd keeps whose it is, and shows it to nobody."""
UPLOADED = re.compile(r"voxd-.+-[0-9a-f]{16}")
"""What a voice is called that a voxd has uploaded."""
_NAME_CHARS = 40
ALONG_MAX = 16
"""Clips in memory, of two or three MB each."""

Uploaded = Callable[[], Awaitable[frozenset[str]]]
"""Asks which voices were uploaded there, in lower case."""


@dataclass(frozen=True, slots=True)
class KnownClip:
    """A reference clip, and what the server calls the voice that is made of it."""

    clip: ReferenceClip
    name: str


class Clips:
    """Knows the clips, and has the server know them: looked for before every sentence, for it may have lost them.

    The name that a voice has there changes with clip and transcript, so nobody else can be heard under it. Where the
    server does not keep what it is given (several of them behind one address, or several processes), the clip goes
    along with every sentence.
    """

    def __init__(self, client: HttpClient, uploaded: Uploaded, ways: str) -> None:
        self._client = client
        self._uploaded = uploaded
        self._keeps = ways != "inline"
        self._may_send_along = ways != "upload"
        self._known: dict[str, KnownClip] = {}
        self._along: dict[str, Inline] = {}
        """What goes along for a voice, by the name that it would have there; the latest ones."""
        self._one_at_a_time = asyncio.Lock()

    def knows(self, speaker: str) -> bool:
        """Whether that is an enrolled voice."""
        return speaker in self._known

    async def add(self, clip: ReferenceClip) -> None:
        """Remember the clip, and have the server know it where it keeps voices."""
        self._known[clip.speaker] = KnownClip(clip, await asyncio.to_thread(_name, clip))
        await self.voice(clip.speaker)

    async def voice(self, speaker: str) -> Named | Inline:
        """How to ask for a voice that it `knows`. Raises BadRequestError where the server does not take its clip."""
        known = self._known[speaker]
        if self._keeps:
            async with self._one_at_a_time:
                if speaker not in self._known:
                    raise UnknownVoiceError(f"the voice {speaker} was removed")
                if known.name in await self._uploaded() or await self._upload(known):
                    return Named(known.name)
        return await self._sent_along(known)

    def send_along(self) -> bool:
        """The server did not know a voice that it had listed: whether clips go along from now on."""
        self._keeps = not self._may_send_along and self._keeps
        return not self._keeps

    def drop(self, speaker: str) -> None:
        """Forget a voice here."""
        if (known := self._known.pop(speaker, None)) is not None:
            self._along.pop(known.name, None)

    async def remove(self, speaker: str) -> None:
        """Have the server forget a voice, whichever clips it was made of."""
        async with self._one_at_a_time:
            still_known = {known.name for known in self._known.values()}
            for name in await self._uploaded() - still_known:
                if re.fullmatch(rf"voxd-{re.escape(_safe(speaker))}-[0-9a-f]{{16}}", name):
                    async with self._client.asked("DELETE", f"/audio/voices/{name}") as answer:
                        await check(answer, sound=False, missing=True)

    async def _sent_along(self, known: KnownClip) -> Inline:
        """Made once: a clip is moved when its voice is enrolled, and removed when a better one takes its place."""
        if (made := self._along.get(known.name)) is None:
            made = await asyncio.to_thread(_inline, known.clip)
            if known.clip.speaker in self._known:
                self._along[known.name] = made
            while len(self._along) > ALONG_MAX:
                del self._along[next(iter(self._along))]
        return made

    async def _upload(self, known: KnownClip) -> bool:
        """Whether the server has it now; False where it shall go along instead."""
        wav = await asyncio.to_thread(_read, known.clip.wav)
        form: dict[str, str | Part] = {
            "audio_sample": Part(f"{known.name}.wav", wav, "audio/wav"),
            "consent": CONSENT,
            "name": known.name,
        }
        if known.clip.transcript:
            form["ref_text"] = known.clip.transcript
        async with self._client.asked("POST", "/audio/voices", form=form) as answer:
            several_processes = answer.status == 409
            if several_processes and self.send_along():
                return False
            await check(answer, sound=False)
        if known.name in await self._uploaded():
            return True
        if self.send_along():
            return False
        raise ProtocolError("it took a voice, but does not list it")


def _name(clip: ReferenceClip) -> str:
    digest = hashlib.sha256()
    for part in (clip.speaker.encode(), _read(clip.wav), clip.transcript.encode()):
        digest.update(hashlib.sha256(part).digest())
    return f"voxd-{_safe(clip.speaker)}-{digest.hexdigest()[:16]}"


def _safe(speaker: str) -> str:
    """A speaker as servers and their files may call it."""
    return re.sub(r"[^a-z0-9]+", "-", speaker.lower()).strip("-")[:_NAME_CHARS] or "voice"


def _inline(clip: ReferenceClip) -> Inline:
    return Inline(f"data:audio/wav;base64,{base64.b64encode(_read(clip.wav)).decode()}", clip.transcript)


def _read(wav: Path) -> bytes:
    try:
        return wav.read_bytes()
    except OSError as error:
        raise BadRequestError(f"its reference clip cannot be read: {error}") from error
