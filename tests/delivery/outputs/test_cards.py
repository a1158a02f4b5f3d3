"""Promises of naming sound cards: the name stays, the number goes to whoever is plugged in next."""

import io
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from voxd.delivery.outputs.cards import is_plugged_in, stable_name
from voxd.delivery.outputs.child_wire import Words, read_frame, words
from voxd.delivery.outputs.portaudio_child import Child
from voxd.delivery.outputs.tape import Tape

USB = "USB Audio: - (hw:1,0)"


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    plug_in(tmp_path, 0, "PCH")
    plug_in(tmp_path, 1, "Kitchen")
    return tmp_path


def plug_in(cards: Path, number: int, name: str) -> None:
    (cards / f"card{number}").mkdir(exist_ok=True)
    (cards / f"card{number}" / "id").write_text(f"{name}\n")


@pytest.mark.parametrize(
    ("name", "stable"),
    [
        (USB, "hw:CARD=Kitchen,DEV=0"),
        ("HDA Intel PCH: HDMI 0 (hw:0,3)", "hw:CARD=PCH,DEV=3"),
        ("Gone (hw:7,0)", ""),
        ("pulse", ""),
    ],
)
def test_a_device_of_a_card_has_a_name_that_stays(name: str, stable: str, cards: Path) -> None:
    assert stable_name(name, cards) == stable


def test_a_card_is_plugged_in_under_whatever_number(cards: Path) -> None:
    shutil.rmtree(cards / "card1")
    assert not is_plugged_in("hw:CARD=Kitchen,DEV=0", cards)
    plug_in(cards, 5, "Kitchen")
    assert is_plugged_in("hw:CARD=Kitchen,DEV=0", cards)


class Silent:
    """A device that takes everything at once."""

    opened = 0
    write_available = 48_000

    def __init__(self, **_how: object) -> None:
        Silent.opened += 1

    def start(self) -> None: ...

    def write(self, _pcm: bytes) -> bool:
        return False

    def abort(self) -> None: ...

    def close(self) -> None:
        Silent.opened -= 1


def a_child(cards: Path, wire: io.BytesIO) -> Child:
    """An audio child whose PortAudio listed one card; as in PortAudio the list stays what it was."""
    listed = [{"name": USB, "hostapi": 0, "max_output_channels": 2, "default_samplerate": 48000.0}]
    portaudio = SimpleNamespace(
        default=SimpleNamespace(device=(0, 0)),
        query_hostapis=lambda: [{"name": "ALSA"}],
        query_devices=lambda: listed,
        RawOutputStream=Silent,
        PortAudioError=OSError,
    )
    return Child(portaudio, Tape(), wire, cards)


def said(wire: io.BytesIO) -> Words:
    wire.seek(0)
    frame = read_frame(wire.read)
    assert frame
    return words(frame[1])


@pytest.mark.parametrize(("now", "plays"), [("Kitchen", True), ("Headset", False), (None, False)])
def test_a_number_that_another_card_has_by_now_is_not_played_on(now: str | None, plays: bool, cards: Path) -> None:
    Silent.opened = 0
    wire = io.BytesIO()
    child = a_child(cards, wire)
    shutil.rmtree(cards / "card1")
    if now:
        plug_in(cards, 1, now)
    how = {"latency_s": 0.1, "lead_in_s": 0.0, "by_name": False}
    child.answer({"do": "open", "device": 0, "stable": "hw:CARD=Kitchen,DEV=0", "formats": [(48000, 1)], "n": 1, **how})
    answer = said(wire)
    assert ("error" not in answer, Silent.opened) == (plays, int(plays))
    if not plays:
        assert answer["error"] == "hw:CARD=Kitchen,DEV=0 is gone, or another card has its number"
