"""Texts that Hermes' clients want said: read, announced, and answered when they were heard."""

import logging
from dataclasses import replace

from voxd.errors import BadRequestError, BusyError, StorageError, VoxdError
from voxd.frontends.fields import shown
from voxd.frontends.hermes import payloads
from voxd.frontends.hermes.asked import Asked
from voxd.frontends.hermes.awaiting import Awaiting
from voxd.frontends.hermes.gate import QUIETLY, Gate, door_of
from voxd.frontends.hermes.sites import Sites
from voxd.frontends.hermes.switches import Switches
from voxd.frontends.house import Announcer, Voices
from voxd.frontends.mqtt.intake import Arrival, left_of
from voxd.frontends.payloads import a_language, excerpt
from voxd.lib.logs import Sparing
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import VoiceId
from voxd.wire.mqtt.packets import Delivery, Publish

log = logging.getLogger(__name__)


class SayDesk:
    """Fills the port Desk. What is meant for sites of others is theirs."""

    def __init__(
        self,
        announcer: Announcer,
        voices: Voices,
        sites: Sites,
        switches: Switches,
        gate: Gate,
        awaiting: Awaiting,
        publish: Publish,
    ) -> None:
        self._announcer = announcer
        self._voices = voices
        self._sites = sites
        self._switches = switches
        self._gate = gate
        self._awaiting = awaiting
        self._publish = publish
        self._oddities = Sparing(log)

    def verdict(self, delivery: Delivery) -> str | None:
        """See Desk. Who asks too much is told each time that it is over, and why only the first time."""
        asker = payloads.asker(delivery.payload)
        ours = self._sites.ours(asker.sites)
        verdict = self._gate.verdict(ours, again=delivery.again)
        if verdict == QUIETLY:
            self._publish(_asked(asker).finished())
        return verdict

    async def take_over(self, arrival: Arrival) -> None:
        """See Desk."""
        asker = payloads.asker(arrival.delivery.payload)
        ours = self._sites.ours(asker.sites)
        if not ours:
            return None
        on = self._switches.on(self._sites.each(ours))
        if not on:
            return self._publish(_asked(asker).finished())
        is_new = self._awaiting.expect(arrival.name, _asked(asker))
        try:
            await self._announce(arrival, asker, on, is_new=is_new)
        except StorageError:
            if is_new:
                self._awaiting.forget(arrival.name)
            raise
        return None

    async def _announce(self, arrival: Arrival, asker: payloads.Asker, sites: tuple[str, ...], *, is_new: bool) -> None:
        """Raises StorageError where nothing was taken over. `is_new`: nobody waits for it already."""
        payload, source = arrival.delivery.payload, door_of(*sites)
        try:
            announcement = self._read(arrival, asker, sites, source)
        except (BadRequestError, BusyError) as mistake:
            await self._announcer.refuse(arrival.name, source, str(mistake), excerpt(payload))
            return self._awaiting.over(arrival.name, State.REFUSED, str(mistake))
        try:
            is_known = not await self._announcer.announce(announcement)
        except StorageError:
            raise
        except VoxdError as refusal:
            return self._awaiting.over(arrival.name, State.REFUSED, str(refusal))
        if is_known and is_new:  # said by an earlier run, which could not tell so
            self._awaiting.over(arrival.name, State.FINISHED)
        return None

    def _read(self, arrival: Arrival, asker: payloads.Asker, sites: tuple[str, ...], source: str) -> Announcement:
        """Raises BusyError where it is turned away, BadRequestError where it makes no sense."""
        if arrival.verdict is not None:
            raise BusyError(arrival.verdict)
        wish = payloads.wish(arrival.delivery.payload)
        announcement = Announcement(
            wish.text,
            self._sites.zones(sites),
            volume=wish.volume,
            ttl_s=left_of(arrival.delivery.expiry_s, arrival.held_s),
            id=arrival.name,
            transaction=_asked(asker).kept,
            source=source,
            received_at=arrival.delivery.received_at,
        )
        return self._in_language(announcement, wish.lang)

    def _in_language(self, announcement: Announcement, lang: str | None) -> Announcement:
        """In the voice of that name, as Rhasspy takes it from some clients, or in that language."""
        if lang is None:
            return announcement
        name = lang.partition("?")[0]
        if any(voice.name == name for voice in self._voices.listed().voices):
            return replace(announcement, voice=VoiceId(lang))
        try:
            return replace(announcement, language=a_language(lang))
        except BadRequestError:
            self._oddities.warning("Hermes: %s is neither a voice nor a language; it is left out", shown(lang))
            return announcement


def _asked(asker: payloads.Asker) -> Asked:
    return Asked("say", asker.site, asker.id, asker.session)
