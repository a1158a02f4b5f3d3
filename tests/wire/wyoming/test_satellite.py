"""What is asked of a satellite is understood, or refused with a sentence, whatever a stranger sends."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping
from wyoming.satellite import PauseSatellite, RunSatellite

from voxd.errors import ProtocolError
from voxd.model.audio import AudioFormat, Chunk
from voxd.wire.wyoming.decoder import EventDecoder
from voxd.wire.wyoming.satellite import SoundBegins, SoundEnds, asked, satellite_info

VALUES: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()) | st.just({})
)
FORM = {"rate": 22_050, "width": 2, "channels": 1}


def test_what_home_assistant_sends_is_understood() -> None:
    form = AudioFormat(22_050)
    sent = (Describe(), Ping("x"), AudioStart(**FORM), AudioChunk(**FORM, audio=b"\0\1"), AudioStop())
    assert [asked(one.event()) for one in sent] == [
        *(Describe(), Ping("x"), SoundBegins(form), Chunk(form, b"\0\1"), SoundEnds())
    ]
    assert [asked(one.event()) for one in (RunSatellite(), PauseSatellite())] == [None, None]


def test_the_reference_library_understands_what_we_tell_of_ourselves() -> None:
    decoder = EventDecoder(0)
    decoder.feed(satellite_info("here", "Announcements", "1.2.3"))
    event = decoder.next()
    assert event is not None
    info = Info.from_event(event)
    assert info.satellite is not None
    assert (info.satellite.name, info.satellite.installed, info.satellite.supports_trigger) == ("here", True, False)


@given(
    st.sampled_from(["audio-start", "audio-chunk", "audio-stop", "ping", "describe", "run-satellite"]),
    st.dictionaries(st.sampled_from(["rate", "width", "channels", "timestamp", "text"]), VALUES),
    st.none() | st.binary(max_size=9),
)
def test_nothing_that_a_stranger_sends_is_more_than_a_protocol_error(
    kind: str, data: dict[str, object], payload: bytes | None
) -> None:
    with suppress(ProtocolError):
        asked(Event(kind, data, payload))
