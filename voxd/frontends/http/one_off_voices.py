"""A voice for one rendering: enrolled from a clip that came with the text, and removed behind it."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from voxd.errors import BusyError, UnknownVoiceError, VoxdError
from voxd.frontends.house import Voices
from voxd.model.identifiers import VoiceId
from voxd.synthesis.enrolled.voice import EnrolmentWish

log = logging.getLogger(__name__)

PREFIX = "one-off-"
WAITING_MAX = 4


class OneOffVoices:
    """One after the other: each is a model's work of seconds."""

    def __init__(self, voices: Voices) -> None:
        self._voices = voices
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._tidied = False

    @asynccontextmanager
    async def voice(self, wish: EnrolmentWish) -> AsyncGenerator[VoiceId, None]:
        """The name of a voice that is there meanwhile; that of the wish does not matter. Raises VoxdError."""
        if self._waiting >= WAITING_MAX:
            raise BusyError("Too many clips wait to be made a voice of; try again later")
        self._waiting += 1
        try:
            async with self._turn:
                await self._tidy()
                name = VoiceId(PREFIX + secrets.token_hex(6))
                try:
                    await self._voices.enrol(replace(wish, name=name))
                    yield name
                finally:
                    await self._remove(name)
        finally:
            self._waiting -= 1

    async def _tidy(self) -> None:
        """Remove what a run before this one did not come to remove."""
        if not self._tidied:
            self._tidied = True
            for voice in self._voices.listed().enrolled:
                if voice.name.startswith(PREFIX):
                    await self._remove(voice.name)

    async def _remove(self, name: VoiceId) -> None:
        """Whoever asked may be gone meanwhile; the voice goes all the same."""
        removing = asyncio.create_task(self._removed(name), name=f"removal of {name}")
        await asyncio.shield(removing)

    async def _removed(self, name: VoiceId) -> None:
        try:
            await self._voices.remove(name)
        except UnknownVoiceError:
            return  # it was refused
        except VoxdError as error:
            log.warning("The voice %s cannot be removed: %s", name, error)
