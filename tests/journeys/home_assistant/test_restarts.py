"""Whatever ends and begins again, everything is available again: the broker, voxd, Home Assistant."""

import time
from collections.abc import Callable
from itertools import count

import pytest
from announcements import wait_until_online
from home_assistant.house import ENGINE, House
from home_assistant.household import UNAVAILABLE, all_available, entity, events_of, ours

pytestmark = pytest.mark.home_assistant

NUMBERS = count(1)
OF_CONNECTIONS = ("homeassistant.components.mqtt.client", "homeassistant.components.wyoming", "paho.mqtt.client")


@pytest.fixture(autouse=True)
def discovered(house: House) -> None:
    house.until(lambda: all_available(house))


def none_available(house: House) -> bool:
    return all(state == UNAVAILABLE for state in ours(house).values())


def works(house: House) -> None:
    """What is said is heard, the event entity tells it, and text becomes audio."""
    house.until(lambda: is_heard_and_told(house))
    house.until(lambda: house.api.state(entity("binary_sensor", "speaking")) == "off")
    assert house.api.fetch(house.url("So it speaks again."))


def is_heard_and_told(house: House) -> bool:
    """Whether the event entity tells what is heard; for a moment after it is back, Home Assistant hears no events."""
    event = entity("event", "announcement")
    with events_of(house) as events:
        before = house.api.state(event)
        house.api.call("text.set_value", entity("text", "say"), value=f"Here we are again, number {next(NUMBERS)}.")
        events.until("finished")
    end_s = time.monotonic() + 2.0
    while time.monotonic() < end_s and house.api.state(event) in (before, "unknown", UNAVAILABLE):
        time.sleep(0.1)
    return house.api.state(event) not in (before, "unknown", UNAVAILABLE)


def only_about_being_away(house: House) -> None:
    """What Home Assistant logged meanwhile is about its connections; nothing that voxd told it was wrong."""
    for complaint in house.hub.complaints():
        assert complaint.logger.startswith(OF_CONNECTIONS) or "Error talking to MQTT" in complaint.text, complaint


def test_a_broker_restart_ends_with_everything_available_again(house: House) -> None:
    known = set(ours(house))
    house.broker.stop()
    house.until(lambda: none_available(house))
    house.broker.start()
    wait_until_online(house.broker.port)
    house.until(lambda: all_available(house))
    assert set(ours(house)) == known
    works(house)
    only_about_being_away(house)


def test_a_broker_that_forgot_everything_is_told_again(house: House) -> None:
    known = set(ours(house))
    house.broker.kill()
    house.broker.folder.joinpath("mosquitto.db").unlink(missing_ok=True)
    house.until(lambda: none_available(house))
    house.broker.start()
    wait_until_online(house.broker.port)
    house.until(lambda: all_available(house))
    assert set(ours(house)) == known
    works(house)
    only_about_being_away(house)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_of_voxd_ends_with_everything_available_again(house: House, end: str) -> None:
    known = set(ours(house))
    ends: dict[str, Callable[[], object]] = {"stop": house.voxd.stop, "kill": house.voxd.kill}
    ends[end]()
    house.until(lambda: none_available(house))
    house.voxd.start()
    wait_until_online(house.broker.port)
    house.until(lambda: all_available(house))
    assert set(ours(house)) == known
    works(house)


def test_the_restart_button_ends_with_everything_available_again(house: House) -> None:
    known = set(ours(house))
    began = house.voxd.log.count("Connected to the MQTT broker")
    house.api.call("button.press", entity("button", "restart"))
    house.until(lambda: house.voxd.log.count("Connected to the MQTT broker") > began)
    house.until(lambda: all_available(house))
    assert set(ours(house)) == known
    works(house)


def test_a_restart_of_home_assistant_ends_with_everything_available_again(house: House) -> None:
    known = set(ours(house))
    states = ours(house)
    house.hub.restart()
    house.until(lambda: all_available(house))
    assert set(ours(house)) == known
    kept = {id_ for id_ in known if id_.partition(".")[0] in ("select", "number", "switch", "siren", "binary_sensor")}
    assert {id_: house.api.state(id_) for id_ in kept} == {id_: states[id_] for id_ in kept}
    house.until(lambda: house.api.states().get(ENGINE, {}).get("state", UNAVAILABLE) != UNAVAILABLE)
    works(house)
