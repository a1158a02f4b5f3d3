"""What every frontend needs of the house: who announces, who renders, and who looks after the voices."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Protocol

from voxd.announcing.journal.rows import Past
from voxd.announcing.preferences import Choice
from voxd.announcing.progress import HouseState
from voxd.announcing.selection import Selection
from voxd.announcing.sirens import Tone
from voxd.announcing.speaking.trial import Trial
from voxd.announcing.voice_desk import EnrolmentReport, VoiceDetails, VoiceList
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.audio import Chunk
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.model.voice import Voice
from voxd.synthesis.engine import EngineHealth
from voxd.synthesis.enrolled.voice import EnrolmentWish


class Announcer(Protocol):
    """Takes announcements over; announcing/announcer.py in the daemon."""

    async def announce(self, announcement: Announcement, *, joins: bool = True) -> bool:
        """Returns once it is safe; False where its id is known already. One that `joins` none is heard in any case.

        Raises BadRequestError or BusyError when refused, StorageError when not taken over.
        """

    async def refuse(self, id_: AnnouncementId, source: str, reason: str, excerpt: str = "") -> bool:
        """Note that something was refused; False where its id was accepted before. Raises StorageError."""

    def house_state(self) -> HouseState:
        """Where the house stands."""


class Recordings(Protocol):
    """Keeps sounds that are announced in place of speech; announcing/recordings.py in the daemon."""

    async def take_over(self, sound: bytes | Chunk) -> str:
        """Keep a sound, a WAV file or 16-bit PCM, on the disk; the name that an announcement has as its `recording`.

        To be announced at once: a name that no announcement has is soon forgotten. The same sound has the same name.
        Raises BadRequestError where it is no sound we play, or too long, and StorageError.
        """


class Orders(Protocol):
    """What people tell the house to do with announcements; announcing/orders.py in the daemon.

    Each gives the ids of the announcements it was about. All raise UnknownZoneError, and BadRequestError where there is
    no announcement of that id to do it to.
    """

    async def acknowledge(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Somebody has taken note of these alarms: they are silent, and are not repeated any more."""

    async def stop(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Be silent at once: end what is being spoken, drop what waits. Alarms are ended by their id only."""

    async def skip(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """End what is being spoken; the next one follows."""

    async def clear(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Drop what waits; what is being spoken goes on. Alarms are dropped by their id only."""

    async def pause(self, zones: tuple[ZoneId, ...]) -> tuple[AnnouncementId, ...]:
        """Hold everything but alarms in these zones, all where none is named, what is being spoken included."""

    async def resume(self, zones: tuple[ZoneId, ...]) -> tuple[AnnouncementId, ...]:
        """Undo pause: what was held goes on."""

    async def replay(self, which: Selection) -> tuple[AnnouncementId, ...]:
        """Say again what was heard last there, or had that id; gives the new id."""

    async def do_not_disturb(self, zones: tuple[ZoneId, ...], passes: Priority | None) -> None:
        """Suppress everything below that priority in these zones from now on, restarts included; None ends that."""

    async def prefer(self, choice: Choice) -> None:
        """Have that hold from now on, restarts included, where an announcement is silent about it.

        Raises BadRequestError where there is no such voice or chime.
        """

    async def siren(self, zones: tuple[ZoneId, ...], tone: Tone | None) -> tuple[AnnouncementId, ...]:
        """Sound a tone without words in these zones, as an alarm that is not repeated; None silences it at once.

        In all zones where none is named. Raises BadRequestError where there is no such chime.
        """

    async def restart(self) -> None:
        """Have voxd end in order, as a stop does, and begin anew; returns before that.

        Raises SettingsError where the settings have mistakes by now: then nothing ends.
        """

    async def history(self, limit: int, state: State | None = None) -> tuple[Past, ...]:
        """What was announced and what became of it, the newest first."""

    async def find(self, id_: AnnouncementId) -> Past | None:
        """The announcement of that id, whatever its state; None where it is not known."""

    async def newest_ids(self, limit: int) -> tuple[AnnouncementId, ...]:
        """The ids of what was announced or refused last, the newest first."""


class Engines(Protocol):
    """What speaks; synthesis/engine_room.py in the daemon."""

    def health(self) -> Mapping[str, EngineHealth]:
        """How each engine is, by its name."""

    def watched(self) -> Mapping[str, EngineHealth]:
        """How those are whose health changes while the daemon runs."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the state or reason of an engine changes; what is returned ends that."""


class Renderer(Protocol):
    """Text in, sound back; nothing is played; announcing/renderer.py in the daemon."""

    def render(
        self,
        text: str | AsyncIterator[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        rate: float | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        """The sound of a text, or of a text that still comes in fragments, in one format.

        An empty fragment says that nothing has come for a while: a sentence that is whole is then spoken.
        At least one chunk is not empty, or it raises a VoxdError. Closing it cancels the synthesis.
        """

    def voices(self) -> tuple[Voice, ...]:
        """Every voice, the default first."""


class Voices(Protocol):
    """Lists, enrols, tries and removes voices; announcing/voice_desk.py in the daemon."""

    def listed(self) -> VoiceList:
        """All voices, and what is wrong with them."""

    async def details(self, name: str) -> VoiceDetails:
        """One voice. Raises UnknownVoiceError."""

    async def enrol(self, wish: EnrolmentWish) -> EnrolmentReport:
        """Enrol a voice and have it speak. Raises VoxdError, and nothing is changed then."""

    async def enrol_new(self, wish: EnrolmentWish) -> EnrolmentReport | None:
        """The same; None, and nothing is done, where the voice was made of that very recording already."""

    async def test(self, name: str, text: str | None = None) -> Trial:
        """Have a voice say a text to nobody, or one of ours. Raises VoxdError."""

    async def remove(self, name: str) -> None:
        """Remove an enrolled voice. Raises UnknownVoiceError and StorageError."""
