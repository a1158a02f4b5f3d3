"""The composition root: the one file that knows every class. It builds a daemon from the settings."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from operator import attrgetter
from pathlib import Path

from voxd import __version__
from voxd.announcing.announcer import Announcer
from voxd.announcing.journal.journal import Journal
from voxd.announcing.orders import Orders
from voxd.announcing.preferences import Preferences
from voxd.announcing.progress import Progress
from voxd.announcing.recordings import Recordings
from voxd.announcing.renderer import Renderer
from voxd.announcing.speaking.guard import Guard
from voxd.announcing.speaking.speech import Speech
from voxd.announcing.speaking.trial import Trials
from voxd.announcing.standing_orders import StandingOrders
from voxd.announcing.studio.chime_book import ChimeBook
from voxd.announcing.studio.levels import Levels
from voxd.announcing.studio.measuring import Measuring
from voxd.announcing.studio.studio import Studio
from voxd.announcing.voice_desk import VoiceDesk
from voxd.backup.cut_off import CutOffRestore
from voxd.daemon import Daemon, DoorChange, Replace
from voxd.delivery.ducking import Ducking
from voxd.delivery.lookout import Lookout, OnChange, nobody
from voxd.delivery.output import Output
from voxd.delivery.outputs.table import output_for
from voxd.delivery.router import Router
from voxd.delivery.zones import Zone
from voxd.errors import UnknownVoiceError, VoxdError
from voxd.frontends.control.frontend import ControlFrontend
from voxd.frontends.control.order_pages import OrderPages
from voxd.frontends.control.voice_pages import VoicePages
from voxd.frontends.folder.frontend import FolderFrontend
from voxd.frontends.frontend import Frontend
from voxd.lib import logs
from voxd.lib.lasting_sockets import LastingSockets
from voxd.lib.loopback import is_loopback
from voxd.model.identifiers import VoiceId, ZoneId
from voxd.paths import Paths, paths_in_force
from voxd.settings import AnnouncementSettings, OutputSettings, PlaybackSettings, Settings, ZoneSettings
from voxd.settings.engines import HostSettings
from voxd.synthesis.engine import Engine
from voxd.synthesis.engine_room import EngineRoom
from voxd.synthesis.engines.clips_host import ClipsHost
from voxd.synthesis.engines.host_process import HostPlace
from voxd.synthesis.engines.table import engine_for
from voxd.synthesis.enrolled.enrolment import Enrolment
from voxd.synthesis.enrolled.folder import VoiceFolder
from voxd.synthesis.enrolled.identity import Identity
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.store import VoiceStore
from voxd.synthesis.phrase_cache import PhraseCache
from voxd.synthesis.synthesizer import Synthesizer
from voxd.synthesis.voices import VoiceBook
from voxd.text.normalizer import Normalizer

log = logging.getLogger(__name__)

_MEGABYTE = 1_000_000
CLIPS = "clips"
"""The host that makes reference clips and speaker vectors."""
SPEECHLESS_MAX_S = 900.0
"""So long the start may take where nobody can speak until a model is loaded."""
DOORS = {
    "wyoming": ("wyoming",),
    "satellite": ("satellite", "wyoming"),
    "mqtt": ("mqtt",),
    "hermes": ("hermes", "mqtt"),
    "http": ("http",),
    "mdns": ("mdns", "wyoming", "satellite"),
}
"""The frontends, which a reload opens anew, and the parts of the settings that each goes by."""
LIVE_IN_A_ZONE = {"volume", "quiet", "night"}
FIXED_IN_ANNOUNCEMENTS = {"history_days"}
"""What a reload changes in each zone, and what it does not in the section announcements."""
RESTART_SECTIONS = ("node", "paths", "engines", "cache", "zones", "groups", "playback", "sound", "announcements")
EnginesOf = Callable[[Settings], dict[str, Engine]]
OutputFor = Callable[[str, OutputSettings, PlaybackSettings, Path], Output]


class House:
    """All the objects of one daemon, wired together; `daemon` brings them to life.

    `load` reads the settings again when the daemon is asked to; `make_output` is how a zone gets its output, and
    `make_engines` how the house gets its engines; the doors' `sockets` are closed by whoever gives them.
    """

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], Settings],
        make_output: OutputFor | None = None,
        make_engines: EnginesOf | None = None,
        sockets: LastingSockets | None = None,
    ) -> None:
        self._settings = self._begun_with = settings
        self._opened_by = dict.fromkeys(DOORS, settings)
        self._node = settings.node
        self._load = load
        self._sockets = sockets
        self.paths = paths_in_force(settings.paths)
        self.engines = (make_engines or engines_of)(settings)
        self.engine_room = EngineRoom(self.engines)
        self.synthesizer = synthesizer_of(settings, self.paths, self.engines)
        self.router = router_of(settings, self.paths, make_output, self._note_output)
        self.progress = Progress()
        self.register = Register(VoiceStore(self.paths.enrolled))
        self.clips = ClipsHost(host_place(CLIPS, settings, self.paths))
        self.identity = Identity(self.clips, self.register)
        self.voices_folder = VoiceFolder(self.paths.voices)
        self.journal = Journal(self.paths.journal, settings.announcements.history_days, self.progress.warn)
        self.standing = StandingOrders(self.paths.state / "standing-orders.json")
        self.preferences = Preferences(self.paths.state / "preferences.json")
        levels = Levels(self.paths.cache / "levels.json", settings.sound.loudness_lufs, self.engines)
        target_lufs = settings.sound.loudness_lufs
        self.measuring = Measuring(levels, target_lufs, self.synthesizer, self._is_quiet)
        chimes = ChimeBook(self.paths.chimes)
        self.studio = Studio(settings.sound, settings.announcements.chimes, chimes, self.measuring, self.engines)
        self.recordings = Recordings(self.paths.received, settings.satellite.sound_max_s)
        self.announcer = self._announcer()
        self.orders = Orders(self.announcer, self.journal, self.router, self.standing, self._begin_anew)
        self.engine_room.listen_to_ready(self.announcer.note_ready)
        self.engine_room.listen_to_ready(self.measuring.note_ready)
        self.renderer = Renderer(self.announcer.speech, self.progress)
        self.enrolment = Enrolment(self.register, self.engines, self.clips, self._book(settings))
        self.voice_desk = VoiceDesk(
            self.announcer.speech,
            self.register,
            self.enrolment,
            self.voices_folder,
            Trials(self.engines, self.identity),
            self.synthesizer,
        )
        self.daemon = Daemon(
            self.paths.lock,
            (
                CutOffRestore(self.paths),
                *(self.register, self.engine_room, self.clips, self.synthesizer, self.measuring, self.studio),
                *(self.router, self.voice_desk),
            ),
            self.announcer,
            self.progress,
            (*self._frontends(settings), self._control(), FolderFrontend(self.voices_folder, self.voice_desk)),
            self._warm,
            self._reload,
            self.engine_room,
            sockets,
            self.router,
        )

    def _announcer(self) -> Announcer:
        settings = self._settings
        return Announcer(
            self.journal,
            self._speech(settings),
            self.studio,
            self.recordings,
            self.router,
            self.progress,
            self.standing,
            self.preferences,
            settings.announcements,
            zones_of(settings),
        )

    def _speech(self, settings: Settings) -> Speech:
        normalizer = Normalizer(settings.speech.pronunciations)
        guard = Guard(self.identity)
        given = self._book(settings), self.synthesizer, self.engines, settings.speech, guard
        return Speech(normalizer, *given, self._note_outdated)

    def _book(self, settings: Settings) -> VoiceBook:
        return VoiceBook(settings.voices, settings.speech.voice, self.engines, self.register)

    def _is_quiet(self) -> bool:
        """Whether nothing is being announced."""
        house = self.announcer.house_state()
        return not (house.playing or house.waiting)

    def _note_output(self, name: str, reason: str) -> None:
        """An output is lost, or back where there is no reason."""
        told = f"{name} cannot be heard: {reason}" if reason else f"{name} can be heard again"
        if reason:
            self.announcer.lately.went_wrong(told)
        self.progress.warn(told)
        self.progress.state_changed()

    def _note_outdated(self, asked: str, warning: str) -> None:
        """Somebody asked for an older revision of a voice."""
        self.register.note_old_wish(asked)
        self.progress.warn(warning, voice=VoiceId(asked))

    def _control(self) -> Frontend:
        return ControlFrontend(
            self.paths.control_socket,
            self.announcer,
            self.renderer,
            self.progress,
            self.engine_room,
            VoicePages(self.voice_desk),
            OrderPages(self.orders),
            __version__,
            lambda: self.daemon.sick,
        )

    def _frontends(self, settings: Settings) -> Sequence[Frontend]:
        """The configured frontends; the others are not even imported."""
        frontends: list[Frontend] = []
        if settings.wyoming.enabled:
            from voxd.frontends.wyoming.frontend import WyomingFrontend

            frontends.append(WyomingFrontend(settings.wyoming, self.renderer, __version__, lasting=self._sockets))
        if settings.satellite.enabled:
            from voxd.frontends.satellite.frontend import SatelliteFrontend

            into = self.announcer, self.recordings, self.progress
            satellite = SatelliteFrontend(
                settings.satellite, settings.wyoming, *into, __version__, lasting=self._sockets
            )
            frontends.append(satellite)
        if settings.mqtt.enabled:
            from voxd.frontends.mqtt.frontend import MqttFrontend

            house = self.announcer, self.orders, self.renderer, self.progress, self.engine_room, self.voice_desk
            frontends.append(MqttFrontend(settings.mqtt, self._node, *house, __version__, self.paths.state))
        frontends += self._hermes(settings)
        return [*frontends, *self._http(settings), *self._mdns(settings)]

    def _http(self, settings: Settings) -> Sequence[Frontend]:
        """The HTTP API, where the owner wants it."""
        if not settings.http.enabled:
            return ()
        from voxd.frontends.http.house import HttpHouse, frontend_of

        house = HttpHouse(
            *(self.announcer, self.orders, self.renderer, self.progress, self.engine_room, self.voice_desk),
            self.synthesizer,
            lambda: zones_of(self._settings),
            __version__,
            self._unready,
            lambda: self.daemon.sick,
            self._begun_with.groups,
        )
        return (frontend_of(house, settings.http, self._sockets),)

    def _unready(self) -> str:
        """Why an announcement that names no voice cannot be spoken now; empty where it can."""
        if not self.daemon.ready.is_set():
            return "voxd is starting"
        return "" if self._somebody_speaks() else f"Nobody can speak: {self.engine_room.remark()}"

    def _mdns(self, settings: Settings) -> Sequence[Frontend]:
        """What tells the network of the doors, where one of them listens beyond this machine."""
        doors = tuple(door for door in doors_of(settings) if not is_loopback(door[2]))
        if not (settings.mdns.enabled and doors):
            return ()
        from voxd.frontends.mdns import MdnsFrontend, OpenDoor

        return (MdnsFrontend(settings.mdns, self.paths.state / "id", tuple(OpenDoor(*door) for door in doors)),)

    def _hermes(self, settings: Settings) -> Sequence[Frontend]:
        """Rhasspy's topics, where the owner wants them."""
        if not settings.hermes.enabled:
            return ()
        from voxd.frontends.hermes.frontend import HermesFrontend
        from voxd.frontends.hermes.sites import sites_of

        begun_with = self._begun_with
        sites = sites_of(settings.hermes, begun_with.groups, self._default_zones, outputs_of(begun_with))
        house = self.announcer, self.orders, self.recordings, self.progress, self.voice_desk
        return (HermesFrontend(settings.mqtt, self._node, sites, *house),)

    def _default_zones(self) -> tuple[str, ...]:
        """Where announcements are heard that name no zone."""
        return _rules(self._begun_with, self._settings)[0].zones

    async def _warm(self) -> None:
        """Wait until an announcement that names no voice can be spoken, and let the default voice speak unheard."""
        await self.announcer.speech.learn_languages()
        with suppress(TimeoutError):
            async with asyncio.timeout(SPEECHLESS_MAX_S):
                await self.engine_room.until(self._somebody_speaks)
        self._warn_of_voices()
        try:
            await self.announcer.speech.warm()
            self.measuring.note_use(self.announcer.speech.style(None, None, None).voice)
        except UnknownVoiceError:
            return  # one of the mistakes just told
        except VoxdError as error:
            log.warning("The default voice %s cannot speak yet: %s", self._settings.speech.voice, error)

    def _somebody_speaks(self) -> bool:
        """Whether the default voice, one of its fallbacks or the last resort can speak now."""
        voices = {str(voice.name): voice for voice in self.announcer.speech.voices()}
        default = voices.get(self._settings.speech.voice)
        names = () if default is None else (default.name, *default.fallbacks)
        engines = {voices[name].engine for name in names if name in voices}
        return any(self.engine_room.ready(engine) for engine in (*engines, self._settings.speech.last_resort or ""))

    def _warn_of_voices(self) -> None:
        """Tell of the voices that cannot speak, as soon as all engines have told of their speakers."""
        self.engine_room.once_settled(self._tell_mistakes)

    def _tell_mistakes(self) -> None:
        for mistake in self.announcer.speech.voice_mistakes():
            log.warning("%s", mistake)

    def _begin_anew(self) -> None:
        """End in order, to begin anew. Raises SettingsError where what begins would end at once."""
        self._load()
        self.daemon.ask_to_restart()

    async def _reload(self, replace: Replace) -> None:
        """Take over what can change while running. Raises VoxdError; a door that was not replaced is tried again."""
        old, new = self._settings, self._load()
        logs.configure(new.log.level)
        _warn_of_restart(old, new)
        speech = self._speech(new)
        await speech.learn_languages(self.announcer.speech)
        self.announcer.speech = self.renderer.speech = self.voice_desk.speech = speech
        self.enrolment.names = self._book(new)
        self.announcer.configure(*_rules(self._begun_with, new))
        self.studio.defaults = new.announcements.chimes
        self.recordings.longest_s = new.satellite.sound_max_s
        self._settings = new
        self._warn_of_voices()
        self.progress.state_changed()  # there may be other voices, another chime, another volume
        for name, parts in DOORS.items():
            opened_by, goes_by = self._opened_by[name], attrgetter(*parts)
            if goes_by(opened_by) != goes_by(new):
                await replace(DoorChange(name, self._door(name, new), self._door(name, opened_by)))
                self._opened_by[name] = new

    def _door(self, name: str, settings: Settings) -> Frontend | None:
        """The frontend of that name, not started; None where it is not configured."""
        return next((frontend for frontend in self._frontends(settings) if frontend.name == name), None)


def doors_of(settings: Settings) -> Iterator[tuple[str, str, str, int]]:
    """The doors that others may look for: type of service, what their names end with, host and port."""
    wyoming, satellite = settings.wyoming, settings.satellite
    if wyoming.enabled and wyoming.port:
        yield "_wyoming._tcp", "", wyoming.host, wyoming.port
    if satellite.enabled and satellite.port:
        yield "_wyoming._tcp", "-satellite", satellite.host or wyoming.host, satellite.port


def zones_of(settings: Settings) -> dict[ZoneId, ZoneSettings]:
    """What the owner wants in each zone."""
    return {ZoneId(name): zone for name, zone in settings.zones.items()}


def engines_of(settings: Settings) -> dict[str, Engine]:
    """The configured engines by name, not started."""
    paths = paths_in_force(settings.paths)
    return {
        name: engine_for(name, options, host_place(name, settings, paths), paths.servers(name))
        for name, options in settings.engines.items()
    }


def host_place(name: str, settings: Settings, paths: Paths) -> HostPlace:
    """Where the host of that name is, and how it is begun as our child: with the paths that are in force for us."""
    folders = {each.name: str(getattr(paths, each.name)) for each in fields(paths)}
    engines = {each: options.model_dump(mode="json") for each, options in settings.engines.items() if each == name}
    given = {"engines": engines, "paths": folders, "log": settings.log.model_dump(mode="json")}
    command = (sys.executable, "-P", "-m", "voxd", "engine", name, "--child")  # -P: nothing from where we were started
    options = settings.engines.get(name)
    is_unit = isinstance(options, HostSettings) and options.process == "unit"
    socket = paths.unit_socket(name) if is_unit else paths.child_socket(name)
    return HostPlace(socket, command, json.dumps(given).encode())


def synthesizer_of(settings: Settings, paths: Paths, engines: dict[str, Engine]) -> Synthesizer:
    """The synthesizer with its phrase cache."""
    cache = PhraseCache(paths.phrases, settings.cache.max_mb * _MEGABYTE) if settings.cache.enabled else None
    memory_bytes = settings.cache.memory_mb * _MEGABYTE if settings.cache.enabled else 0
    return Synthesizer(engines, cache, memory_bytes, settings.speech.waiting_max)


def outputs_of(settings: Settings) -> dict[ZoneId, dict[str, OutputSettings]]:
    """The outputs of each zone by name: the first has the zone's own."""
    return {
        ZoneId(name): {
            f"{name}-{number}" if number > 1 else name: output for number, output in enumerate(zone.outputs, 1)
        }
        for name, zone in settings.zones.items()
    }


def router_of(
    settings: Settings, paths: Paths, make_output: OutputFor | None = None, on_change: OnChange = nobody
) -> Router:
    """The zones with their outputs; `on_change` is told of every one that is lost or back."""
    make_output = make_output or partial(
        output_for, mqtt=settings.mqtt, node=settings.node, fade_ms=settings.sound.fade_ms
    )
    zones = {}
    outputs = outputs_of(settings)
    for name, zone in settings.zones.items():
        made = tuple(
            make_output(each, output, settings.playback, paths.recordings)
            for each, output in outputs[ZoneId(name)].items()
        )
        stand_in = ZoneId(zone.stand_in) if zone.stand_in else None
        ducking = None
        if zone.ducking.before or zone.ducking.after:
            ducking = Ducking(name, zone.ducking, paths.state / f"ducked-{name}")
        zones[ZoneId(name)] = Zone(ZoneId(name), made, stand_in, ducking)
    groups = {ZoneId(name): tuple(map(ZoneId, members)) for name, members in settings.groups.items()}
    return Router(zones, groups, Lookout(on_change))


def _warn_of_restart(old: Settings, new: Settings) -> None:
    """Name the options that changed and that a running daemon does not take over."""
    changed = [section for section in RESTART_SECTIONS if _fixed(section, old) != _fixed(section, new)]
    if old.speech.waiting_max != new.speech.waiting_max:
        changed.append("speech.waiting_max")
    if changed:
        log.warning("The change of %s takes effect at the next restart", ", ".join(changed))


def _fixed(section: str, settings: Settings) -> object:
    """What a running daemon does not take over of a section."""
    if section == "zones":
        return {name: zone.model_dump(exclude=LIVE_IN_A_ZONE) for name, zone in settings.zones.items()}
    if section == "announcements":
        return settings.announcements.model_dump(include=FIXED_IN_ANNOUNCEMENTS)
    return getattr(settings, section)


def _rules(begun_with: Settings, new: Settings) -> tuple[AnnouncementSettings, dict[ZoneId, ZoneSettings]]:
    """What a running daemon goes by after a reload: zones and groups stay those that it was begun with."""
    wanted = zones_of(new)
    zones = {zone: wanted.get(zone, settings) for zone, settings in zones_of(begun_with).items()}
    if zones == wanted and begun_with.groups == new.groups:
        return new.announcements, zones
    return new.announcements.model_copy(update={"zones": begun_with.announcements.zones}), zones
