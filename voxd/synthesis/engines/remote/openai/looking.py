"""Asking a server what it is: its models and its voices."""

import asyncio
import json
from collections.abc import Container

from voxd.errors import ProtocolError
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engines.remote.openai.catalogue import Catalogue, kind_of, speaking_models, usual_voices
from voxd.synthesis.engines.remote.openai.listing import models_in, uploaded_in, voices_in
from voxd.synthesis.engines.remote.refusals import check
from voxd.wire.http.client import Answer, HttpClient

_ABSENT = (404, 405, 501)
_NO_VOICES = (*_ABSENT, 400, 403)
"""What OpenAI may say of a page that it has only for those with voices of their own."""


class Looking:
    """Asks for nothing that would cost the server a synthesis. Raises as SpeechServer does."""

    def __init__(self, client: HttpClient, settings: OpenAiSettings) -> None:
        self._client = client
        self._settings = settings

    async def look(self) -> Catalogue:
        """Find out what it is. Raises ProtocolError, too, where that is not enough to speak."""
        listed = await self._listed("/models")
        voiced = await self._listed("/audio/voices", _NO_VOICES)
        if listed is None and voiced is None and not self._settings.voices:
            raise ProtocolError(
                "it lists neither models nor voices: url ends where /audio/speech is added, often in /v1"
            )
        every = models_in(listed)
        uploaded = uploaded_in(voiced)
        models = speaking_models(every, self._settings.model)
        own = tuple(voice for model in models for voice in model.voices)
        voices = own or (voices_in(voiced) if voiced is not None else None)
        if not (voices or usual_voices(models) or self._settings.voices):
            raise ProtocolError("it lists no voices: name those that it has (voices)")
        return Catalogue(kind_of(every, uploaded is not None), models, voices, uploaded)

    async def uploaded(self) -> frozenset[str]:
        """The voices that it was given, in lower case."""
        found = uploaded_in(await self._listed("/audio/voices"))
        if found is None:
            raise ProtocolError("it takes no voices any more")
        return found

    async def _listed(self, path: str, absent: Container[int] = _ABSENT) -> object:
        """What it answers there; None where it has no such page."""
        async with asyncio.timeout(self._settings.connect_timeout_s), self._client.asked("GET", path) as answer:
            if answer.status in absent:
                return None
            return await _json(answer)


async def _json(answer: Answer) -> object:
    await check(answer, sound=False)
    try:
        return json.loads(await answer.whole())
    except (ValueError, RecursionError) as error:
        raise ProtocolError("it lists its voices or models as no JSON: is there another program at url?") from error
