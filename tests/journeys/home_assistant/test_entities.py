"""What Home Assistant has of voxd by discovery: every entity is there, does what it says, and dirties no log."""

import json
from itertools import count

import pytest
from home_assistant.house import SLOW, House
from home_assistant.household import all_available, entity, events_of, house_state, ours, told_components
from home_assistant.releases import MODERN, PER_ENTITY

pytestmark = pytest.mark.home_assistant

NUMBERS = count(1)
LONG = "And so on, and on, and on it goes. " * 5
AS_WRITTEN = 'He said: "Mind {{ the }} gap", \\ and\nleft. Grüße, 50 % & 🎉!'


def new_sentence() -> str:
    return f"The postman has rung {next(NUMBERS)} times."


def text_of(house: House, id_: str) -> str:
    """What was announced by that id."""
    history = json.loads(house.voxd.run_verb("history", "--json").stdout)
    return str(next(one["text"] for one in history if one["id"] == id_))


@pytest.fixture(autouse=True)
def discovered(house: House) -> None:
    house.until(lambda: all_available(house))


def test_every_component_that_voxd_tells_of_is_an_entity_with_a_state(house: House) -> None:
    told = [one for one in told_components(house) if one["platform"] != "device_automation"]
    with house.hub.socket() as socket:
        registered = {one["unique_id"]: one for one in socket.ask("config/entity_registry/list")}
    assert {one["unique_id"] for one in told} <= set(registered)
    assert len(told) == len(ours(house)) > 30
    assert {registered[one["unique_id"]]["entity_id"] for one in told} == {one["default_entity_id"] for one in told}
    platforms = {one["platform"] for one in told}
    expected = {"text", "select", "number", "switch", "button", "sensor", "binary_sensor", "event", "siren", "update"}
    assert platforms == (expected if house.release is PER_ENTITY else expected | {"notify"})


def test_states_are_known_where_something_is_known(house: House) -> None:
    pressed_or_past = ("button", "event", "notify", "text")
    nothing_yet = {entity("sensor", "first_audio"), entity("sensor", "last_error")}
    unknown = {id_ for id_, state in ours(house).items() if state == "unknown"} - nothing_yet
    assert not [id_ for id_ in unknown if id_.partition(".")[0] not in pressed_or_past]


def test_the_house_is_a_device_with_its_zones_behind_it(house: House) -> None:
    with house.hub.socket() as socket:
        devices = [one for one in socket.ask("config/device_registry/list") if one["manufacturer"] == "voxd"]
    (voxd,) = [one for one in devices if one["model"] == "Announcer"]
    zones = [one for one in devices if one["model"] == "Zone"]
    assert {one["name"] for one in zones} == {"voxd kitchen", "voxd hall", "voxd study"}
    assert {one["via_device_id"] for one in zones} == {voxd["id"]}
    assert voxd["sw_version"]


@pytest.mark.parametrize("house", MODERN, indirect=True, ids=str)
@pytest.mark.parametrize(
    ("id_", "zone", "priority", "heard_in"),
    [
        ("announce", "", "normal", "kitchen"),
        ("urgent", "", "high", "kitchen"),
        ("announce", "hall", "normal", "hall"),
        ("urgent", "hall", "high", "hall"),
    ],
)
def test_notify_is_heard(house: House, id_: str, zone: str, priority: str, heard_in: str) -> None:
    before = len(house.voxd.recordings())
    with events_of(house) as events:
        house.api.call("notify.send_message", entity("notify", id_, zone), message=new_sentence())
        assert events.until("finished")["priority"] == priority
    assert [file.name.partition("-")[0] for file in house.voxd.recordings()[before:]] == [heard_in]


@pytest.mark.parametrize("house", MODERN, indirect=True, ids=str)
def test_an_alarm_is_repeated_until_it_is_acknowledged(house: House) -> None:
    alarm = entity("binary_sensor", "alarm_waits")
    with events_of(house) as events:
        house.api.call("notify.send_message", entity("notify", "alarm"), message="There is smoke in the kitchen.")
        assert events.until("playing")["priority"] == "alarm"
        house.until(lambda: house.api.state(alarm) == "on")
        house.api.call("button.press", entity("button", "acknowledge"))
        house.until(lambda: house.api.state(alarm) == "off")
        house.until(lambda: house.api.state(entity("binary_sensor", "speaking")) == "off")


@pytest.mark.parametrize("zone", ["", "hall"])
def test_what_is_written_into_text_is_heard_as_it_was_written(house: House, zone: str) -> None:
    with events_of(house) as events:
        house.api.call("text.set_value", entity("text", "say", zone), value=AS_WRITTEN)
        id_ = events.until("finished")["id"]
    assert text_of(house, id_) == AS_WRITTEN


def test_the_voice_that_is_selected_speaks_from_now_on(house: House) -> None:
    select = entity("select", "voice")
    before = house.api.state(select)
    house.api.call("select.select_option", select, option="espeak-de")
    house.until(lambda: house.api.state(select) == "espeak-de")
    with events_of(house) as events:
        house.api.call("text.set_value", entity("text", "say"), value=new_sentence())
        assert events.until("finished")["voice"] == "espeak-de"
    assert house_state(house)["voice"] == "espeak-de"
    house.api.call("select.select_option", select, option=before)
    house.until(lambda: house.api.state(select) == before)


@pytest.mark.parametrize(("option", "told"), [("gong", "gong"), ("no chime", "none"), ("default", "default")])
def test_the_chime_that_is_selected_is_heard_from_now_on(house: House, option: str, told: str) -> None:
    select = entity("select", "chime")
    house.api.call("select.select_option", select, option=option)
    house.until(lambda: house_state(house)["chime"] == told)
    house.until(lambda: house.api.state(select) == option)


def test_numbers_set_volume_and_rate_and_a_button_takes_all_back(house: House) -> None:
    rate, volume = entity("number", "rate"), entity("number", "volume")
    hall = entity("number", "volume", "hall")
    house.api.call("number.set_value", rate, value=1.25)
    house.api.call("number.set_value", volume, value=40)
    house.until(lambda: (float(house.api.state(rate)), house.api.state(volume)) == (1.25, "40"))
    house.api.call("number.set_value", hall, value=70)
    house.until(lambda: house.api.state(hall) == "70")
    state = house_state(house)
    assert (state["rate"], state["volume"]) == (1.25, {"kitchen": 40, "hall": 70, "study": 40})
    house.api.call("button.press", entity("button", "reset"))
    house.until(lambda: house_state(house)["volume"] == {"kitchen": 100, "hall": 100, "study": 100})
    house.until(lambda: (float(house.api.state(rate)), house.api.state(volume)) == (1.0, "100"))


def test_nobody_is_disturbed_while_the_switch_is_on(house: House) -> None:
    switch, text = entity("switch", "do_not_disturb", "hall"), entity("text", "say", "hall")
    house.api.call("switch.turn_on", switch)
    house.until(lambda: house.api.state(switch) == "on")
    assert house.api.state(entity("switch", "do_not_disturb")) == "off", "not all zones are"
    with events_of(house) as events:
        house.api.call("text.set_value", text, value=new_sentence())
        assert events.until("suppressed")
        house.api.call("switch.turn_off", switch)
        house.until(lambda: house.api.state(switch) == "off")
        house.api.call("text.set_value", text, value=new_sentence())
        assert events.until("finished")


def test_a_button_replays_what_was_heard_last(house: House) -> None:
    with events_of(house) as events:
        house.api.call("text.set_value", entity("text", "say"), value=(remembered := new_sentence()))
        events.until("finished")
        house.api.call("button.press", entity("button", "replay"))
        assert text_of(house, events.until("finished")["id"]) == remembered


@pytest.mark.parametrize("button", ["stop", "skip"])
@pytest.mark.parametrize("zone", ["", SLOW], ids=["house", "zone"])
def test_buttons_break_off_what_is_heard(house: House, button: str, zone: str) -> None:
    speaking = entity("binary_sensor", "speaking", SLOW)
    with events_of(house) as events:
        house.api.call("text.set_value", entity("text", "say", SLOW), value=f"{new_sentence()} {LONG}")
        id_ = events.until("playing")["id"]
        house.until(lambda: house.api.state(speaking) == "on")
        assert house.api.state(entity("sensor", "state")) == "speaking"
        house.api.call("button.press", entity("button", button, zone))
        while (event := events.next()).get("id") != id_ or event["event_type"] not in ("cancelled", "interrupted"):
            assert event["event_type"] != "finished"
    house.until(lambda: house.api.state(speaking) == "off")


def test_a_siren_sounds_its_tone_until_it_is_turned_off(house: House) -> None:
    siren = entity("siren", "siren", SLOW)
    assert "gong" in house.api.get(f"/api/states/{siren}")["attributes"]["available_tones"]
    before = len(house.loudspeaker.heard.pcm)
    house.api.call("siren.turn_on", siren, tone="gong", duration=600, volume_level=0.5)
    house.until(lambda: house_state(house)["siren"] == [SLOW])
    house.until(lambda: house.api.state(siren) == "on")
    house.until(lambda: len(house.loudspeaker.heard.pcm) > before + 3 * 2 * 22_050)
    house.api.call("siren.turn_off", siren)
    house.until(lambda: house.api.state(siren) == "off" and not house_state(house)["siren"])


def test_a_siren_ends_by_itself(house: House) -> None:
    siren = entity("siren", "siren", SLOW)
    house.api.call("siren.turn_on", siren, duration=2)
    house.until(lambda: house.api.state(siren) == "on")
    house.until(lambda: house.api.state(siren) == "off")


def test_an_event_fires_for_every_step_of_an_announcement(house: House) -> None:
    event = entity("event", "announcement")
    with house.hub.socket() as socket:
        socket.subscribe("state_changed")
        house.api.call("text.set_value", entity("text", "say"), value=new_sentence())
        fired: list[str] = []
        while fired[-1:] != ["finished"]:
            data = socket.next()["data"]
            if data["entity_id"] == event:
                fired.append(data["new_state"]["attributes"]["event_type"])
    assert {"accepted", "playing", "finished"} <= set(fired)


def test_an_automation_begins_when_an_announcement_was_heard(house: House) -> None:
    with house.hub.socket() as socket:
        devices = socket.ask("config/device_registry/list")
        (device,) = [one["id"] for one in devices if (one["manufacturer"], one["model"]) == ("voxd", "Announcer")]
        triggers = socket.ask("device_automation/trigger/list", device_id=device)
        (trigger,) = [one for one in triggers if (one["type"], one.get("subtype")) == ("finished", "announcement")]
        automation = {
            "alias": "heard",
            "trigger": [{key: value for key, value in trigger.items() if key != "metadata"}],
            "condition": [],
            "action": [{"event": "voxd_was_heard"}],
            "mode": "queued",
        }
        house.api.post("/api/config/automation/config/heard", automation)
        house.until(lambda: house.api.states().get("automation.heard", {}).get("state") == "on")
        socket.subscribe("voxd_was_heard")
        house.api.call("text.set_value", entity("text", "say"), value=new_sentence())
        assert socket.next()["event_type"] == "voxd_was_heard"
    house.api.delete("/api/config/automation/config/heard")


def test_diagnostics_hold_no_announced_text(house: House) -> None:
    (entry,) = house.api.entries("mqtt")
    told = house.api.get(f"/api/diagnostics/config_entry/{entry['entry_id']}")["data"]
    assert any(device["name"].startswith("voxd") for device in told["devices"])


def test_publishing_by_hand_is_heard_too(house: House) -> None:
    with events_of(house) as events:
        house.api.call("mqtt.publish", topic="voxd/here/say", payload=new_sentence(), qos=1)
        events.until("finished")
