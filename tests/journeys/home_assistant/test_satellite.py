"""Home Assistant takes voxd for a satellite: what is announced there is heard in the house, and over when it was."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from announcements import say
from home_assistant.house import SLOW, House
from home_assistant.household import events_of
from home_assistant.releases import MODERN

pytestmark = [
    pytest.mark.home_assistant,
    pytest.mark.parametrize("house", MODERN, indirect=True, ids=str),
]

BYTES_PER_S = 2 * 22_050


@pytest.fixture(scope="session")
def satellite(house: House) -> Iterator[str]:
    """The entity id of the satellite that Home Assistant has of voxd."""
    house.api.set_up("wyoming", host="127.0.0.1", port=house.satellite_recorder.port)

    def found() -> list[str]:
        return [id_ for id_, state in house.api.states().items() if id_.startswith("assist_satellite.")]

    house.until(found)
    (id_,) = found()
    house.until(lambda: house.api.state(id_) == "idle")
    yield id_
    (entry,) = [one for one in house.api.entries("wyoming") if one["title"] != "voxd"]
    house.api.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")


def announce(house: House, satellite: str, message: str) -> float:
    """Announce, and give how long that took in seconds."""
    began_s = time.monotonic()
    house.api.call("assist_satellite.announce", satellite, message=message, preannounce=False)
    return time.monotonic() - began_s


def test_an_announcement_is_heard_and_returns_when_it_was(house: House, satellite: str) -> None:
    before = len(house.loudspeaker.heard.pcm)
    with events_of(house) as events:
        took_s = announce(house, satellite, "The cake in the oven is ready to be eaten.")
        heard = house.loudspeaker.heard.pcm[before:]
        assert events.until("finished", 1.0)["zones"] == [SLOW], "it had been heard when the call returned"
    length_s = len(heard) / BYTES_PER_S
    assert length_s > 1.5
    assert length_s - 0.5 < took_s < length_s + 10.0
    assert house.api.state(satellite) == "idle"


def test_what_is_said_meanwhile_is_as_home_assistant_needs_it(house: House, satellite: str) -> None:
    announce(house, satellite, "A parcel is at the door.")
    (talk,) = [talk for talk in house.satellite_recorder.talks if "run-satellite" in talk.asked()]
    house.until(lambda: talk.answered().count("pong") >= 3)
    assert talk.waited_s("describe", "info") < 1.0
    (info,) = [event for event in talk.answers() if event.type == "info"][:1]
    assert info.data["satellite"]["installed"]
    assert not info.data.get("tts"), "or Home Assistant would have two engines"
    said = [said for said in talk.said if said.event.type in ("ping", "pong", "played", "audio-stop", "error")]
    asked = [one for one in said if one.event.type == "ping"]
    answered = [one for one in said if one.event.type == "pong"]
    waits_s = [pong.at_s - ping.at_s for ping, pong in zip(asked, answered, strict=False)]
    assert max(waits_s) < 5.0, "Home Assistant would take us for lost, and connect anew"
    kinds = [one.event.type for one in said if one.event.type not in ("ping", "pong")]
    assert kinds == ["audio-stop", "played"] * (len(kinds) // 2)
    assert not talk.closed_by


def test_two_announcements_at_once_over_both_ways_are_both_heard_in_order(house: House, satellite: str) -> None:
    with events_of(house) as events, ThreadPoolExecutor() as threads:
        announced = threads.submit(announce, house, satellite, "First the one that comes through the satellite.")
        playing = events.until("playing")["id"]
        say(house.broker.port, '{"text": "And then the one that comes over MQTT.", "zones": ["study"]}')
        first, second = (events.until("finished")["id"] for _ in range(2))
        announced.result(60)
    assert first == playing != second
