"""Never silent, never late: whatever an engine runs into, the announcement is heard, and the engine comes back."""

import json
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from announcements import Events, say, wait_until_online
from brokers import Broker
from daemons import DaemonProcess
from models_for_tests import RATE_HZ

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
BACK_WITHIN_S = 60.0
TRIES = 20
ESPEAK_RATE_HZ = 22_050


@dataclass(frozen=True, slots=True)
class Failure:
    """A text that gets the engine into trouble, and what the event says of it; or a standing `trouble`.

    `midway`: something of the sentence was heard before. `deadline_s` is the voice's, `timeout_s` the engine's.
    """

    text: str
    reason: str
    midway: bool = False
    deadline_s: float | None = None
    timeout_s: float = 20.0
    trouble: str = ""
    options: dict[str, Any] = field(default_factory=dict)


FAILURES = {
    "it fails": Failure("Please FAIL now.", "bug"),
    "it fails in the middle of a sentence": Failure("Please BREAK now.", "bug", midway=True),
    "it is out of memory": Failure("Please say OOM1 now.", "memory"),
    "it is out of memory until it needs less": Failure("Please SQUEEZE now.", "memory"),
    "its device is lost": Failure("Please say STICKY now.", "CUDA error"),
    "its device is lost in the middle of a sentence": Failure(
        "Somebody rings.", "CUDA error", midway=True, trouble="BREAK_STICKY"
    ),
    "its process dies": Failure("Please DIE now.", ""),
    "it misses the deadline": Failure("Please HANG now.", "within 1 s", deadline_s=1.0, timeout_s=3.0),
    "it hangs": Failure("Please HANG now.", "3 s", timeout_s=3.0),
    "it gives no numbers": Failure("Please NAN now.", "noise that is no sound"),
    "it gives endless silence": Failure("Please SILENCE now.", "nothing but silence"),
    "it does not stop": Failure("Please be ENDLESS now.", "did not come to an end", midway=True),
}


def settings(failure: Failure, switch: Path) -> dict[str, Any]:
    """A house whose voice comes from the test engine, and whose owner named a fallback."""
    options = {"switch": str(switch), "delay_s": 0.05 if failure.midway else 0.0} | failure.options
    return {
        "engines": {
            "espeak": {"type": "espeak"},
            "sine": {
                "type": "python",
                "model": "models_for_tests:SineModel",
                "options": options,
                "chunk_timeout_s": failure.timeout_s,
            },
        },
        "voices": {
            "anna": {
                "engine": "sine",
                "speaker": "anna",
                "fallbacks": ["espeak-en-gb"],
                "first_audio_s": failure.deadline_s,
            }
        },
        "cache": {"enabled": False},
        "zones": {"home": {"outputs": "file"}},
    }


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, broker: Broker) -> Iterator[DaemonProcess]:
    """A daemon with the engine that will fail, its host being a process of its own."""
    switch = tmp_path / "trouble"
    switch.write_text(request.param.trouble)
    with DaemonProcess(
        tmp_path / "voxd",
        mqtt_port=broker.port,
        settings=settings(request.param, switch),
        environment={"PYTHONPATH": str(TESTS)},
    ) as daemon:
        wait_until_online(broker.port)
        yield daemon


def engine_is(daemon: DaemonProcess, state: str) -> None:
    """Wait until the engine is in that state."""
    daemon.run_until(lambda status: status["engines"]["sine"]["state"] == state, BACK_WITHIN_S)


def announced(events: Events, broker: Broker, text: str, id_: str) -> dict[str, Any]:
    """Announce in anna's voice; gives the event of its end."""
    say(broker.port, json.dumps({"text": text, "voice": "anna", "id": id_}))
    return events.until("finished", timeout_s=60.0, id=id_)


def heard(daemon: DaemonProcess) -> tuple[int, np.ndarray[Any, np.dtype[np.int16]]]:
    """The rate and the samples of the last recording."""
    with wave.open(str(daemon.recordings()[-1])) as file:
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def assert_back(daemon: DaemonProcess, broker: Broker, events: Events) -> None:
    """The engine speaks again, itself; whoever asks before it is back hears the fallback."""
    for number in count():
        engine_is(daemon, "ready")
        again = announced(events, broker, f"This is said by Anna again: {number}.", f"again-{number}")
        if not again.get("spoken_by"):
            break
        assert number < TRIES, again
    assert heard(daemon)[0] == RATE_HZ


@pytest.mark.parametrize(
    ("house", "failure"), [(one, one) for one in FAILURES.values()], ids=FAILURES, indirect=["house"]
)
def test_when_the_engine_fails_the_fallback_is_heard_the_event_says_so_and_the_engine_comes_back(
    house: DaemonProcess, failure: Failure, broker: Broker, events: Events, tmp_path: Path
) -> None:
    engine_is(house, "ready")
    finished = announced(events, broker, failure.text, "trouble")
    assert finished["voice"] == "anna"
    assert finished["spoken_by"] == "espeak-en-gb"
    assert failure.reason.lower() in finished["fallback_reason"].lower()
    rate_hz, samples = heard(house)
    assert rate_hz == (RATE_HZ if failure.midway else ESPEAK_RATE_HZ)
    assert len(samples) > rate_hz // 2
    assert np.abs(samples).max() > 1000
    (tmp_path / "trouble").unlink()
    assert_back(house, broker, events)


@pytest.mark.parametrize("house", [Failure("", "", options={"load_s": 4.0})], indirect=True)
def test_while_the_engine_is_loading_the_fallback_speaks(house: DaemonProcess, broker: Broker, events: Events) -> None:
    finished = announced(events, broker, "Somebody is at the door.", "early")
    assert finished["spoken_by"] == "espeak-en-gb"
    assert "loading" in finished["fallback_reason"]
    assert house.status()["fallbacks"]["anna"]["spoken_by"] == "espeak-en-gb"
    house.run_until(lambda status: not status["fallbacks"], BACK_WITHIN_S)
    assert_back(house, broker, events)


@pytest.mark.parametrize("house", [Failure("", "", options={"trouble": "TAIL1"})], indirect=True)
def test_a_sentence_that_trails_off_into_silence_is_cut_and_was_heard(
    house: DaemonProcess, broker: Broker, events: Events
) -> None:
    engine_is(house, "ready")
    finished = announced(events, broker, "Somebody is at the door.", "tail")
    assert not finished.get("spoken_by")
    rate_hz, samples = heard(house)
    assert rate_hz == RATE_HZ
    assert len(samples) < 5 * rate_hz
