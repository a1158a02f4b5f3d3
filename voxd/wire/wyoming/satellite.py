"""The satellite's end of a conversation with Home Assistant: what it is asked, and what it tells of itself.

Home Assistant connects and sends run-satellite, describe, and a ping two seconds after each pong. To announce it sends
audio-start, audio-chunk..., audio-stop as fast as they are taken, and waits for `played`, at most as long as the sound
lasts and half a second (homeassistant/components/wyoming/assist_satellite.py).
"""

from dataclasses import dataclass

from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, Satellite
from wyoming.ping import Ping, Pong
from wyoming.snd import Played

from voxd.errors import ProtocolError
from voxd.model.audio import SAMPLE_WIDTH, AudioFormat, Chunk
from voxd.wire.wyoming.audio import wire_format
from voxd.wire.wyoming.frames import frame
from voxd.wire.wyoming.requests import understood

PLAYED = frame(Played().event())
"""Says that the oldest sound not yet told of is over."""


@dataclass(frozen=True, slots=True)
class SoundBegins:
    """A sound in this format comes, in chunks."""

    format: AudioFormat


@dataclass(frozen=True, slots=True)
class SoundEnds:
    """All of it was sent."""


Asked = Describe | Ping | SoundBegins | Chunk | SoundEnds


def asked(event: Event) -> Asked | None:
    """What an event asks of a satellite that only plays; None for everything else. Raises ProtocolError."""
    match event.type:
        case "describe" | "ping":
            known = understood(event)
            assert isinstance(known, Describe | Ping)
            return known
        case "audio-start":
            return SoundBegins(_format(event))
        case "audio-chunk":
            return Chunk(_format(event), event.payload or b"")
        case "audio-stop":
            return SoundEnds()
    return None


def pong(ping: Ping) -> bytes:
    """What answers a ping."""
    return frame(Pong(ping.text))


def satellite_info(name: str, description: str, version: str) -> bytes:
    """The info event of a satellite that hears nothing. Home Assistant makes no entity for speech beside one."""
    told = Satellite(
        name=name,
        attribution=Attribution(name="voxd", url=""),
        installed=True,
        description=description,
        version=version,
        has_vad=False,
        active_wake_words=[],
        max_active_wake_words=0,
        supports_trigger=False,
    )
    return frame(Info(satellite=told))


def _format(event: Event) -> AudioFormat:
    wanted = wire_format(event)
    if wanted.width != SAMPLE_WIDTH:
        raise ProtocolError(f"'width' of {event.type} must be {SAMPLE_WIDTH}: 16 bits a sample")
    return AudioFormat(wanted.rate_hz, wanted.channels)
