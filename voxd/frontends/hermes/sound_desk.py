"""Sounds that Hermes' clients want played: kept, announced, and answered when they were heard."""

from contextlib import suppress

from voxd.errors import BadRequestError, BusyError, StorageError, VoxdError
from voxd.frontends.hermes.asked import Asked
from voxd.frontends.hermes.awaiting import Awaiting
from voxd.frontends.hermes.gate import QUIETLY, Gate, door_of
from voxd.frontends.hermes.sites import Sites
from voxd.frontends.hermes.switches import Switches
from voxd.frontends.house import Announcer, Recordings
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId, new_announcement_id
from voxd.wire.mqtt.packets import Delivery, Publish

SOUND_BYTES_MAX = 16 * 1024 * 1024


class SoundDesk:
    """The audio server of our sites. What comes of a sound is always told, and nothing is tried twice."""

    def __init__(
        self,
        announcer: Announcer,
        recordings: Recordings,
        sites: Sites,
        switches: Switches,
        gate: Gate,
        awaiting: Awaiting,
        publish: Publish,
    ) -> None:
        self._announcer = announcer
        self._recordings = recordings
        self._sites = sites
        self._switches = switches
        self._gate = gate
        self._awaiting = awaiting
        self._publish = publish

    async def take_over(self, delivery: Delivery, site: str, request: str) -> None:
        """Have the sound announced where that is ours to do, or refused."""
        here = self._sites.sounding((site,))
        if not here:
            return None
        asked = Asked("play", site, request)
        verdict = self._gate.verdict(here)
        if not self._switches.on(here) or verdict == QUIETLY:
            return self._publish(asked.finished())
        return await self._announce(delivery, asked, verdict)

    async def _announce(self, delivery: Delivery, asked: Asked, verdict: str | None) -> None:
        id_, source = new_announcement_id(), door_of(asked.site)
        self._awaiting.expect(id_, asked)
        try:
            recording = await self._taken_over(delivery.payload, verdict)
            announcement = Announcement(
                f"A sound for {asked.site}",
                self._sites.zones((asked.site,)),
                ttl_s=delivery.expiry_s,
                chime=False,
                recording=recording,
                id=id_,
                transaction=asked.kept,
                source=source,
                received_at=delivery.received_at,
            )
        except VoxdError as mistake:
            return await self._refuse(id_, source, mistake)
        try:
            await self._announcer.announce(announcement, joins=False)  # a beep is not superfluous the second time
        except VoxdError as refusal:
            self._awaiting.over(id_, State.REFUSED, str(refusal))
        return None

    async def _taken_over(self, sound: bytes, verdict: str | None) -> str:
        """The name of the recording. Raises VoxdError."""
        if verdict is not None:
            raise BusyError(verdict)
        if len(sound) > SOUND_BYTES_MAX:
            raise BadRequestError(f"The sound has {len(sound):,} bytes; at most {SOUND_BYTES_MAX:,} are taken")
        return await self._recordings.take_over(sound)

    async def _refuse(self, id_: AnnouncementId, source: str, mistake: VoxdError) -> None:
        """Tell whoever asked, also where nobody else can be told."""
        with suppress(StorageError):
            await self._announcer.refuse(id_, source, str(mistake))
        self._awaiting.over(id_, State.REFUSED, str(mistake))
