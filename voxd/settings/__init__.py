"""Every option of voxd, its default, its unit and its limits. How they are read: settings_file.py."""

import ipaddress
import socket
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from voxd.settings.engines import EngineSettings, EspeakSettings
from voxd.settings.http import HttpSettings
from voxd.settings.section import (
    NAME,
    HomePath,
    IpNetwork,
    LanguageTag,
    Name,
    Port,
    RateSettings,
    Section,
    WantedTlsSettings,
)

HOST_NAME = r"^[A-Za-z0-9][A-Za-z0-9-]{0,49}$"
NODE = r"^[A-Za-z0-9_-]{1,64}$"
HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$"
TOPIC_PREFIX = r"^[^$#+\s/][^#+\s/]*(/[^#+\s/]+)*$"
TopicPrefix = Annotated[str, Field(pattern=TOPIC_PREFIX, max_length=200)]
FirstAudio = Annotated[float, Field(gt=0, le=600)] | None
"""Seconds until a sentence's first sound; None waits as long as its engine does."""
Hours = Annotated[str, Field(pattern=HOURS)]
"""A part of the day, by the wall clock: 22:00-07:00 begins in the evening and ends in the morning."""
PriorityName = Literal["low", "normal", "high", "alarm"]

PRIVATE_NETWORKS = (
    *("127.0.0.0/8", "::1/128"),
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
    *("fc00::/7", "fe80::/10"),
)
"""Networks that nobody reaches from the internet: loopback, private, link-local."""


class HomeAssistantSettings(Section):
    """What Home Assistant is told of us over MQTT, so that it finds us by itself.

    `style`: one message for a whole device, or one for each entity, which Home Assistant before 2024.12 needs.
    """

    enabled: bool = True
    prefix: TopicPrefix = "homeassistant"
    style: Literal["device", "entities"] = "device"


class MqttSettings(Section):
    """The MQTT frontend."""

    enabled: bool = True
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 1883
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    password_file: HomePath | None = None
    base_topic: TopicPrefix = "voxd"
    session_expiry_s: Annotated[int, Field(ge=0, le=4294967294)] = 604800
    enroll: bool = False
    alarms_on_say: bool = False
    rate: RateSettings = RateSettings()
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()
    tls: WantedTlsSettings = WantedTlsSettings()

    @model_validator(mode="after")
    def _one_password(self) -> "MqttSettings":
        if self.password is not None and self.password_file is not None:
            raise ValueError("give password or password_file, not both")
        return self


class ServerTlsSettings(Section):
    """Our own certificate and its key, where those who connect to us may speak TLS; None: they may not."""

    cert_file: HomePath | None = None
    key_file: HomePath | None = None

    @model_validator(mode="after")
    def _both(self) -> "ServerTlsSettings":
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("give cert_file and key_file, or neither")
        return self


class WyomingSettings(Section):
    """The Wyoming frontend."""

    enabled: bool = True
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 10200
    allow: tuple[IpNetwork, ...] = tuple(ipaddress.ip_network(net) for net in PRIVATE_NETWORKS)
    max_connections: Annotated[int, Field(ge=1, le=100_000)] = 600
    max_connections_per_address: Annotated[int, Field(ge=1, le=100_000)] = 300
    max_text_chars: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    rate: RateSettings = RateSettings(per_s=100.0, burst=1000)
    tls: ServerTlsSettings = ServerTlsSettings()
    token_file: HomePath | None = None

    @field_validator("allow", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class SatelliteSettings(Section):
    """The announcement satellite: what Home Assistant has played on it is announced.

    Who may connect, TLS and token are those of WyomingSettings; so is the host, where it is None.
    """

    enabled: bool = True
    host: Annotated[str, Field(min_length=1)] | None = None
    port: Annotated[int, Field(ge=0, le=65535)] = 10710
    zones: tuple[str, ...] = ("*",)
    priority: PriorityName = "normal"
    rate: RateSettings = RateSettings()
    sound_max_s: Annotated[float, Field(gt=0, le=3600)] = 300.0

    @field_validator("zones", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class HermesSettings(Section):
    """The Hermes frontend: Rhasspy's topics, at the broker of mqtt.

    `sites` are names for zones; zones and groups are sites of their own names, and `default` is where announcements are
    heard that name no zone.
    """

    enabled: bool = False
    sites: dict[Name, str | tuple[str, ...]] = {}


class MdnsSettings(Section):
    """Telling the network of the doors that listen beyond this machine (zeroconf)."""

    enabled: bool = True
    name: Annotated[str, Field(pattern=HOST_NAME)] | None = None


class PathSettings(Section):
    """Where voxd keeps what it must not lose, what it can make again, and its control socket.

    None stands for: what systemd names, else the XDG directories of the user.
    """

    state: HomePath | None = None
    cache: HomePath | None = None
    runtime: HomePath | None = None
    hosts: HomePath | None = None
    voices: HomePath | None = None
    chimes: HomePath | None = None
    models: HomePath | None = None


class VoiceSettings(Section):
    """A voice of the owner's naming."""

    engine: Name
    speaker: str | None = None
    language: LanguageTag | None = None
    description: str = ""
    rate: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    style: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    fallbacks: tuple[Name, ...] = ()
    first_audio_s: FirstAudio = None
    guard: Annotated[float, Field(gt=0, lt=1)] | None = None

    @field_validator("fallbacks", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class FirstAudioSettings(Section):
    """Seconds after which an announcement of each priority goes to the next voice if none has been heard yet."""

    low: FirstAudio = None
    normal: FirstAudio = None
    high: FirstAudio = None
    alarm: FirstAudio = None


class SpeechSettings(Section):
    """What is spoken, and how, when nobody says otherwise."""

    voice: Name = "espeak-en-us"
    ahead: Annotated[int, Field(ge=1, le=16)] = 2
    waiting_max: Annotated[int, Field(ge=1, le=100_000)] = 512
    first_audio_s: FirstAudioSettings = FirstAudioSettings()
    languages: dict[LanguageTag, Name | None] = {}
    last_resort: Name | None = "espeak"
    render_fallback: bool = False
    pronunciations: dict[str, str] = {}


class CacheSettings(Section):
    """The phrase cache."""

    enabled: bool = True
    max_mb: Annotated[int, Field(ge=1)] = 512
    memory_mb: Annotated[int, Field(ge=0)] = 8


class DeviceOutputSettings(Section):
    """A sound device of this machine; `auto` writes WAV files where there is none."""

    type: Literal["auto", "device"] = "auto"
    device: Annotated[str, Field(min_length=1)] = "default"
    rate_hz: Annotated[int, Field(ge=8000, le=192_000)] | None = None


class FileOutputSettings(Section):
    """A WAV file for each announcement, in the folder `recordings` of the state."""

    type: Literal["file"] = "file"


class SatelliteOutputSettings(Section):
    """A Wyoming satellite, or a Wyoming server that plays sound (`snd`)."""

    type: Literal["satellite"] = "satellite"
    host: Annotated[str, Field(min_length=1)]
    port: Port = 10700
    connect_timeout_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    rate_hz: Annotated[int, Field(ge=8000, le=192_000)] = 22_050


class HermesOutputSettings(Section):
    """An MQTT audio server that speaks the Hermes protocol, at our own broker."""

    type: Literal["hermes"] = "hermes"
    site: Annotated[str, Field(pattern=NAME)] = "default"


class SnapcastOutputSettings(Section):
    """A source of a Snapcast server: its TCP source (host and port) or its pipe (path)."""

    type: Literal["snapcast"] = "snapcast"
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 4953
    pipe: HomePath | None = None
    rate_hz: Annotated[int, Field(ge=8000, le=192_000)] = 48_000
    channels: Annotated[int, Field(ge=1, le=8)] = 2


OutputSettings = Annotated[
    DeviceOutputSettings | FileOutputSettings | SatelliteOutputSettings | HermesOutputSettings | SnapcastOutputSettings,
    Field(discriminator="type"),
]


class QuietSettings(Section):
    """Hours in which only urgent announcements are spoken; the others are suppressed."""

    hours: Hours | None = None
    passes: PriorityName = "high"


class NightSettings(Section):
    """Hours in which nothing is louder than `volume` percent."""

    hours: Hours | None = None
    volume: Annotated[int, Field(ge=0, le=100)] = 40
    alarms_too: bool = False


class DuckingSettings(Section):
    """Commands of the owner's, run before and after something is heard in a zone: program and arguments."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 2.0


class ZoneSettings(Section):
    """A named place, and what makes sound there."""

    outputs: Annotated[tuple[OutputSettings, ...], Field(min_length=1, max_length=16)] = (DeviceOutputSettings(),)
    volume: Annotated[int, Field(ge=0, le=100)] = 100
    stand_in: Name | None = None
    quiet: QuietSettings = QuietSettings()
    night: NightSettings = NightSettings()
    ducking: DuckingSettings = DuckingSettings()

    @field_validator("outputs", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        """A bare type (`outputs: file`), one mapping, or a list of either; without a type it is a device."""
        many = value if isinstance(value, list | tuple) else (value,)
        return [_output(one) for one in many]


def _output(value: object) -> object:
    if isinstance(value, str):
        return {"type": value}
    if isinstance(value, dict) and "type" not in value:
        return value | {"type": "device" if "device" in value else "auto"}
    return value


class PlaybackSettings(Section):
    """How sound is given to local devices."""

    latency_ms: Annotated[int, Field(ge=20, le=2000)] = 100
    lead_in_ms: Annotated[int, Field(ge=0, le=5000)] = 50
    lead_out_ms: Annotated[int, Field(ge=100, le=5000)] = 300
    idle_close_s: Annotated[float, Field(ge=0, le=3600)] = 5.0
    stalled_after_ms: Annotated[int, Field(ge=200, le=60_000)] = 1500
    files_kept: Annotated[int, Field(ge=1, le=100_000)] = 50


class SoundSettings(Section):
    """How loud and how clean everything is that is announced."""

    loudness_lufs: Annotated[float, Field(ge=-40, le=-5)] | None = -20.0
    true_peak_dbtp: Annotated[float, Field(ge=-20, le=0)] = -1.0
    wake_ms: Annotated[int, Field(ge=0, le=10_000)] = 0
    fade_ms: Annotated[int, Field(ge=0, le=1000)] = 5


class ChimeSettings(Section):
    """The chime before announcements of each priority that name none; None is none."""

    low: str | None = None
    normal: str | None = None
    high: str | None = None
    alarm: str | None = "siren"


Repeating = Literal["always", "half", "never"]


class CutOffSettings(Section):
    """Which announcements are spoken again that were cut off when voxd ended: all, those not heard by half, none."""

    low: Repeating = "half"
    normal: Repeating = "half"
    high: Repeating = "half"
    alarm: Repeating = "always"


class AlarmSettings(Section):
    """How alarms are repeated until somebody acknowledges them."""

    repeat_s: Annotated[float, Field(ge=1, le=86_400)] = 30.0
    repeat_max: Annotated[int, Field(ge=0, le=10_000)] = 20


class AnnouncementSettings(Section):
    """The queue of announcements, its rules, and their history."""

    zones: tuple[str, ...] = ("*",)
    queue_max: Annotated[int, Field(ge=1, le=100_000)] = 500
    history_days: Annotated[float, Field(gt=0, le=3650)] = 30.0
    coalesce_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    wait_for_output_s: Annotated[float, Field(ge=0, le=86_400)] = 300.0
    chimes: ChimeSettings = ChimeSettings()
    cut_off: CutOffSettings = CutOffSettings()
    alarms: AlarmSettings = AlarmSettings()

    @field_validator("zones", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class LogSettings(Section):
    """What the owner reads."""

    level: Literal["debug", "info", "warning", "error"] = "info"


def host_node() -> str:
    """The machine's short host name, made fit for a topic."""
    name = socket.gethostname().partition(".")[0]
    return "".join(c if (c.isalnum() and c.isascii()) or c in "_-" else "-" for c in name).strip("-")[:64] or "voxd"


class Settings(Section):
    """All of it."""

    node: Annotated[str, Field(pattern=NODE)] = Field(default_factory=host_node)
    mqtt: MqttSettings = MqttSettings()
    wyoming: WyomingSettings = WyomingSettings()
    satellite: SatelliteSettings = SatelliteSettings()
    hermes: HermesSettings = HermesSettings()
    http: HttpSettings = HttpSettings()
    mdns: MdnsSettings = MdnsSettings()
    paths: PathSettings = PathSettings()
    engines: dict[Name, EngineSettings] = {"espeak": EspeakSettings()}
    voices: dict[Name, VoiceSettings] = {}
    speech: SpeechSettings = SpeechSettings()
    cache: CacheSettings = CacheSettings()
    zones: Annotated[dict[Name, ZoneSettings], Field(min_length=1)] = {"home": ZoneSettings()}
    groups: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = {}
    playback: PlaybackSettings = PlaybackSettings()
    sound: SoundSettings = SoundSettings()
    announcements: AnnouncementSettings = AnnouncementSettings()
    log: LogSettings = LogSettings()
