"""How an engine's servers are all together, and what they tell of themselves."""

import hashlib
import json
import logging
import uuid
from collections.abc import Collection, Sequence

from voxd.settings.engines import RemoteSettings
from voxd.synthesis.engine import EngineHealth, EngineTraits, Speaker
from voxd.synthesis.engines.remote.member import Member
from voxd.synthesis.engines.remote.options import of_the_sound
from voxd.synthesis.engines.remote.server import Learned
from voxd.synthesis.engines.watched_health import WatchedHealth

log = logging.getLogger(__name__)


class RemoteCondition:
    """Ready as long as one server is believed to answer. What a server told is kept while it is away.

    Until one of them told what it is, nothing can be found in the phrase cache under the engine's fingerprint.
    """

    def __init__(self, name: str, settings: RemoteSettings, servers: int) -> None:
        self._name = name
        self._settings = settings
        self._kind = str(getattr(settings, "type", name))
        self._lost: set[str] = set()
        self._met: set[str] = set()
        self.health = WatchedHealth(name)
        self._concurrency = servers * settings.concurrency
        self.traits = EngineTraits(f"{name} {uuid.uuid4()}", concurrency=self._concurrency, remote=True)
        self.speakers: tuple[Speaker, ...] = ()
        """All servers' together, each once; the same object as long as nothing changes."""

    def note(self, members: Sequence[Member], clones: Collection[str] = ()) -> None:
        """Take in how the servers are now; `clones` are speakers that we gave them."""
        known = [member.learned for member in members if member.learned is not None]
        if known:
            self.traits = self._traits(members, known)
            self._note_speakers(known, clones)
        for member in members:
            self._log(member)
        self.health.note(self._health(members))

    def leave(self) -> None:
        """Nobody looks after the servers any more."""
        self._lost.clear()
        self._met.clear()
        self.health.note(EngineHealth("waiting"))

    def _traits(self, members: Sequence[Member], known: Sequence[Learned]) -> EngineTraits:
        rates = {learned.rate_hz for learned in known}
        return EngineTraits(
            self._fingerprint(members, known),
            rates.pop() if len(rates) == 1 else None,
            changes_rate=all(learned.changes_rate for learned in known),
            styles=frozenset.intersection(*(learned.styles for learned in known)),
            clones=any(learned.clones for learned in known),
            needs_transcript=any(learned.needs_transcript for learned in known),
            clones_once=next((learned.clones_once for learned in known if learned.clones_once), ""),
            languages=tuple(dict.fromkeys(tag for learned in known for tag in learned.languages)),
            concurrency=self._concurrency,
            remote=True,
        )

    def _fingerprint(self, members: Sequence[Member], known: Sequence[Learned]) -> str:
        programs = " and ".join(sorted({learned.program for learned in known if learned.program}))
        told = [self._kind, " ".join(member.address for member in members), programs, self._options()]
        return " ".join(part for part in told if part)

    def _options(self) -> str:
        """What the owner chose that may change the sound, short; an option at its default is none."""
        chosen = of_the_sound(self._settings)
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:12] if chosen else ""

    def _note_speakers(self, known: Sequence[Learned], clones: Collection[str]) -> None:
        found = {each.name: each for learned in reversed(known) for each in learned.speakers}
        order = dict.fromkeys(each.name for learned in known for each in learned.speakers)
        speakers = tuple(found[name] for name in order if name not in clones)
        if speakers != self.speakers:
            self.speakers = speakers

    def _health(self, members: Sequence[Member]) -> EngineHealth:
        away = [member.reason for member in members if member.away and member.reason]
        reason = f"{'; '.join(away)}; looked for again every {self._settings.probe_s:g} s" if away else ""
        servers = {member.address: "away" if member.away else "ready" for member in members}
        details = {"servers": servers, "fingerprint": self.traits.fingerprint}
        if any(not member.away for member in members):
            return EngineHealth("ready", reason, details)
        looked = all(member.reason for member in members)
        return EngineHealth("failed" if looked else "waiting", reason, details)

    def _log(self, member: Member) -> None:
        """Tell the owner once that a server is lost, and once that it is back."""
        address = member.address
        if member.away and member.reason and address not in self._lost:
            log.warning(
                "The engine %s: %s; looked for again every %g s", self._name, member.reason, self._settings.probe_s
            )
            self._lost.add(address)
        elif not member.away and address in self._lost and not member.is_suspect:
            log.info("The engine %s: %s answers again", self._name, address)
            self._lost.discard(address)
        elif not member.away and address not in self._met | self._lost:
            program = member.learned.program if member.learned else ""
            log.info("The engine %s is ready at %s%s", self._name, address, program and f": {program}")
        if not member.away:
            self._met.add(address)
