import json
import re
from dataclasses import replace

import pytest
from homes import OWN_ID, entities, home, house_state, published

from voxd.frontends.mqtt.home_assistant.configs import Style
from voxd.frontends.mqtt.home_assistant.home import zone_key
from voxd.model.announcement import State

STYLES: tuple[Style, ...] = ("device", "entities")
TOPIC = re.compile(r"homeassistant/(device|[a-z_]+/[a-zA-Z0-9_-]+)/[a-zA-Z0-9_-]+/config")
HOUSE = f"homeassistant/device/voxd_{OWN_ID}/config"


def unique_ids(node: str, *zones: str) -> set[str]:
    parts = entities(home(house_state(*zones), node)).values()
    return {part["unique_id"] for part in parts if part["platform"] != "device_automation"}


@pytest.mark.parametrize(
    ("platform", "ids"),
    [
        ("notify", {"announce", "urgent", "alarm"}),
        ("text", {"say"}),
        ("select", {"voice", "chime"}),
        ("number", {"volume", "rate"}),
        ("switch", {"do_not_disturb"}),
        ("button", {"stop", "replay", "skip", "acknowledge", "restart", "reset"}),
        ("sensor", {"state", "queue", "first_audio", "last_error"}),
        ("binary_sensor", {"speaking", "audio_problem", "voice_problem", "alarm_waits"}),
        ("event", {"announcement"}),
        ("siren", {"siren"}),
        ("update", {"update"}),
    ],
)
def test_the_house_has_the_entities_that_people_expect(platform: str, ids: set[str]) -> None:
    found = entities(home(house_state()))
    assert {id_ for id_, part in found.items() if part["platform"] == platform} == ids


def test_automations_can_begin_with_what_becomes_of_announcements() -> None:
    triggers = [part for part in entities(home(house_state())).values() if part["platform"] == "device_automation"]
    told = {(trigger["subtype"], trigger["type"]) for trigger in triggers}
    assert told >= {("announcement", "finished"), ("announcement", "failed"), ("alarm", "playing")}
    assert len(told) == len(triggers)


def test_every_event_is_known() -> None:
    event = entities(home(house_state()))["announcement"]
    assert set(event["event_types"]) == {*(state.value for state in State), "warning"}


def test_a_house_of_one_zone_is_one_device() -> None:
    assert list(published(home(house_state("home")))) == [HOUSE]


def test_several_zones_are_devices_of_the_house() -> None:
    found = published(home(house_state("kitchen", "hall")))
    assert next(iter(found)) == HOUSE
    zones = [device for topic, device in found.items() if topic != HOUSE]
    assert [zone["device"]["name"] for zone in zones] == ["voxd kitchen", "voxd hall"]
    assert {zone["device"]["via_device"] for zone in zones} == {f"voxd_{OWN_ID}"}
    wanted = {"announce", "urgent", "say", "volume", "do_not_disturb", "stop", "replay", "skip", "siren", "speaking"}
    assert [set(zone["components"]) for zone in zones] == [wanted, wanted]


def test_no_zone_is_taken_for_another() -> None:
    names = ("hall", "Hall", "ha.ll", "ha-ll", "ha_ll", "ha__ll")
    assert len({zone_key(name) for name in names}) == len(names)
    assert all(TOPIC.fullmatch(topic) for topic in published(home(house_state(*names))))


@pytest.mark.parametrize("style", STYLES)
def test_topics_and_payloads_are_as_home_assistant_has_them(style: Style) -> None:
    found = published(home(house_state("kitchen", "hall"), "Living-room"), style)
    assert all(TOPIC.fullmatch(topic) for topic in found)
    for body in found.values():
        assert body["origin"]["name"] == "voxd"
        words = {"payload_available": "online", "payload_not_available": "offline"}
        assert body["availability"] == [{"topic": "voxd/Living-room/availability", **words}], "nothing left to defaults"


def test_a_rename_of_the_node_changes_no_unique_id() -> None:
    assert unique_ids("den", "kitchen", "hall") == unique_ids("Other-name", "kitchen", "hall")


def test_a_new_zone_changes_no_unique_id() -> None:
    assert unique_ids("den", "kitchen") < unique_ids("den", "kitchen", "hall")


def test_unique_ids_are_unique_and_the_same_in_both_styles() -> None:
    both = [published(home(house_state("kitchen", "hall")), style) for style in STYLES]
    of_devices = [
        (part["platform"], part["unique_id"])
        for body in both[0].values()
        for part in body["components"].values()
        if "unique_id" in part
    ]
    singles = [(topic.split("/")[1], body["unique_id"]) for topic, body in both[1].items() if "unique_id" in body]
    assert len(set(of_devices)) == len(of_devices)
    assert len(set(singles)) == len(singles)
    alike = {one for one in of_devices if one[0] != "notify"}
    assert alike < set(singles)
    assert {id_.rpartition("_say_")[1] for _, id_ in set(singles) - alike} == {"_say_"}


def test_single_entities_ask_nothing_of_a_release_without_notify() -> None:
    found = published(home(house_state()), "entities")
    assert not any(topic.startswith("homeassistant/notify/") for topic in found)
    texts = {topic.split("/")[3]: body for topic, body in found.items() if topic.startswith("homeassistant/text/")}
    assert set(texts) == {"say", "say_urgent", "say_alarm"}
    assert texts["say_alarm"]["command_topic"] == "voxd/den/alarm"


def test_single_entities_are_named_for_old_and_new_releases() -> None:
    body = published(home(house_state(), "Living-room"), "entities")[
        f"homeassistant/number/voxd_{OWN_ID}_single/volume/config"
    ]
    assert (body["object_id"], body["default_entity_id"]) == (
        "voxd_living_room_volume",
        "number.voxd_living_room_volume",
    )
    assert "platform" not in body


@pytest.mark.parametrize("style", STYLES)
def test_a_payload_is_below_64_kib_however_much_there_is_to_choose(style: Style) -> None:
    voices = tuple(f"voice-{number:04}-{'é' * 50}" for number in range(400))
    quotes = '"\\' * 29
    chimes = tuple(f"{number:04} {quotes}" for number in range(400))
    zones = tuple(f"zone-{number:04}-{'z' * 54}" for number in range(255))
    found = published(home(house_state(*zones, voices=voices, chimes=chimes)), style)
    assert max(len(json.dumps(body, ensure_ascii=False).encode()) for body in found.values()) < 64 * 1024


def test_the_voice_in_use_is_an_option_where_there_are_too_many() -> None:
    voices = tuple(f"voice-{number:04}" for number in range(400))
    select = entities(home(replace(house_state(voices=voices), voice=voices[-1])))["voice"]
    assert voices[-1] in select["options"]
    assert len(select["options"]) <= 255
