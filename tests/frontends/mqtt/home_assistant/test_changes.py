import json
from typing import Any

from homes import OWN_ID, home, house_state

from voxd.frontends.mqtt.home_assistant.changes import MIGRATE, joined, steps, told_by
from voxd.frontends.mqtt.home_assistant.configs import Config, Style, configs

HOUSE = f"homeassistant/device/voxd_{OWN_ID}/config"
HALL = f"homeassistant/device/voxd_{OWN_ID}_zone_hall/config"


def wanted(*zones: str, style: Style = "device", prefix: str = "homeassistant") -> dict[str, Config]:
    return dict(configs(home(house_state(*zones)), style, prefix))


def published(before: dict[str, Config], after: dict[str, Config]) -> list[dict[str, bytes]]:
    all_steps = steps(told_by(before), after)
    assert all(publication.retain for step in all_steps for publication in step)
    return [{publication.topic: publication.payload for publication in step} for step in all_steps]


def body(payload: bytes) -> Any:
    return json.loads(payload)


def test_what_stays_is_published_in_one_step() -> None:
    (step,) = published(wanted("kitchen", "hall"), wanted("kitchen", "hall"))
    assert next(iter(step)) == HOUSE
    assert len(step) == 3


def test_a_zone_that_goes_away_is_removed_first() -> None:
    first, second = published(wanted("kitchen", "hall", "attic"), wanted("kitchen", "attic"))
    assert first == {HALL: b""}
    assert HALL not in second


def test_zones_are_removed_before_the_house_that_they_name() -> None:
    (step,) = published(wanted("kitchen", "hall"), {})
    assert list(step)[-1] == HOUSE
    assert set(step.values()) == {b""}


def test_a_component_that_goes_away_is_named_by_its_platform_once_and_then_left_out() -> None:
    before = {HOUSE: {**told_by(wanted())[HOUSE], "lamp": "light"}}
    first, second = steps(before, wanted())
    assert body(first[0].payload)["components"]["lamp"] == {"platform": "light"}
    assert "lamp" not in body(second[0].payload)["components"]


def test_a_component_of_another_platform_is_removed_before_it_comes_again() -> None:
    before = {HOUSE: {**told_by(wanted())[HOUSE], "volume": "light"}}
    first, second = steps(before, wanted())
    assert body(first[0].payload)["components"]["volume"] == {"platform": "light"}
    assert body(second[0].payload)["components"]["volume"]["platform"] == "number"


def test_single_entities_migrate_into_a_device() -> None:
    before, after = wanted("kitchen", "hall", style="entities"), wanted("kitchen", "hall")
    let_go, told, cleared = published(before, after)
    migrating = {topic for topic, payload in let_go.items() if payload == MIGRATE}
    assert migrating | {topic for topic, payload in let_go.items() if not payload} == set(before)
    assert {topic.split("/")[3] for topic in before if topic not in migrating} == {"say_urgent", "say_alarm"}
    assert set(told) == set(after)
    assert cleared == dict.fromkeys(migrating, b"")


def test_a_device_that_becomes_single_entities_is_removed_first() -> None:
    after = wanted(style="entities")
    first, second = published(wanted(), after)
    assert first == {HOUSE: b""}
    assert set(second) == set(after)


def test_below_another_prefix_the_former_is_cleared() -> None:
    first, _ = published(wanted(style="entities"), wanted(prefix="ha/discovery"))
    assert set(first.values()) == {b""}


def test_while_one_becomes_the_other_both_are_remembered() -> None:
    before = {"a": {"x": "light", "y": "number"}, "b": {"z": "text"}}
    after = {"a": {"x": "switch", "w": "event"}, "c": {"v": "text"}}
    assert joined(before, after) == {
        "a": {"x": "light", "y": "number", "w": "event"},
        "b": {"z": "text"},
        "c": {"v": "text"},
    }
