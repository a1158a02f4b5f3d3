"""The remote engines whose servers speak in voices made from reference clips."""

import asyncio
from collections.abc import Sequence

from voxd.errors import EngineError
from voxd.settings.engines import RemoteSettings
from voxd.synthesis.engine import ReferenceClip, Sentence
from voxd.synthesis.engines.remote.acquainted import AcquaintedServer
from voxd.synthesis.engines.remote.discretion import Discretion
from voxd.synthesis.engines.remote.engine import RemoteEngine
from voxd.synthesis.engines.remote.member import Member
from voxd.synthesis.engines.remote.memory import Memory
from voxd.synthesis.engines.remote.server import CloningSpeechServer


class CloningRemoteEngine(RemoteEngine):
    """Introduces each cloned voice to all its servers, and asks only those for it that know it."""

    def __init__(
        self, name: str, settings: RemoteSettings, servers: Sequence[CloningSpeechServer], memory: Memory
    ) -> None:
        discretion = Discretion(settings.token_file)
        acquainted = [AcquaintedServer(server, discretion) for server in servers]
        super().__init__(name, settings, acquainted, memory)
        self._voices = {server.address: server.voices for server in acquainted}

    async def know(self, clip: ReferenceClip) -> str:
        """See CloningEngine. Servers that are away now are told when they are back."""
        self._clones.add(clip.speaker)
        for voices in self._voices.values():
            voices.remember(clip)
        there = [member for member in self._members if not member.away]
        if not there:
            raise self._absence(self._members)
        cloning = [member for member in there if member.learned is not None and member.learned.clones]
        if not cloning:
            raise EngineError(f"No server of the engine {self.name} that answers now clones voices")
        outcomes = await asyncio.gather(*(self._told(member, clip) for member in cloning))
        failures = [each for each in outcomes if isinstance(each, EngineError)]
        if len(failures) == len(outcomes):
            raise EngineError("; ".join(map(str, failures)), failures[0].fault)
        return next(each for each in outcomes if isinstance(each, str))

    async def forget(self, speaker: str) -> None:
        """See CloningEngine. Servers that are away now are told when they are back."""
        for voices in self._voices.values():
            voices.drop(speaker)
        there = [self._voices[member.address] for member in self._members if not member.away]
        outcomes = await asyncio.gather(*(voices.forget(speaker) for voices in there), return_exceptions=True)
        for failure in outcomes:
            if failure is not None:
                raise failure

    async def _told(self, member: Member, clip: ReferenceClip) -> str | EngineError:
        try:
            return await self._voices[member.address].embed(clip)
        except EngineError as error:
            return error

    async def _greet(self, member: Member, *, anew: bool) -> None:
        voices = self._voices[member.address]
        if anew:
            voices.begin_again()
        if voices.pending:
            await voices.tell_all()
            self._choosing.note_change()

    def _able(self, sentence: Sentence, member: Member) -> bool:
        return self._voices[member.address].clip(sentence.voice.speaker) is not None or super()._able(sentence, member)

    def _fits(self, sentence: Sentence, member: Member) -> bool:
        return super()._fits(sentence, member) and self._voices[member.address].reason(sentence.voice.speaker) is None

    def _check_prepared(self, sentence: Sentence, there: Sequence[Member]) -> None:
        if not any(self._fits(sentence, member) for member in there):
            self._voices[there[0].address].check(sentence.voice.speaker)
