"""Every state that is published is valid for its entity, so that nothing dirties Home Assistant's log."""

import json
from typing import Any

import pytest
from home_assistant_templates import shown
from homes import ODD_NAME, entities, home, house_state, told

from voxd.announcing.progress import HouseState
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId

KITCHEN, HALL = ZoneId("kitchen"), ZoneId("hall")
CALM = house_state("kitchen", "hall")
BUSY = house_state(
    "kitchen",
    "hall",
    voices=(ODD_NAME, "mum"),
    playing=(AnnouncementId("1"),),
    waiting=3,
    alarms=(AnnouncementId("1"),),
    undisturbed=(HALL,),
    lost={"hall": "It is unplugged"},
    chime="gong",
    rate=1.25,
    volume={KITCHEN: 40, HALL: 61},
    sirens=(KITCHEN,),
    sounding=(KITCHEN,),
    last_error="The speaker\nis gone " * 40,
    first_audio_ms=12.5,
)
HOUSE = entities(home(BUSY))
UP_TO_DATE = '{"installed_version": "1.2.3", "latest_version": "1.2.3"}'
STATELESS = ("button", "notify", "text", "device_automation", "event")


def seen(id_: str, state: dict[str, Any] | HouseState, among: dict[str, dict[str, Any]] = HOUSE) -> str:
    template = among[id_].get("value_template") or among[id_]["state_value_template"]
    return shown(template, told(state) if isinstance(state, HouseState) else state)


@pytest.mark.parametrize(
    ("id_", "calm", "busy"),
    [
        ("state", "idle", "speaking"),
        ("queue", "0", "3"),
        ("first_audio", "None", "12.5"),
        ("last_error", "None", None),
        ("speaking", "OFF", "ON"),
        ("kitchen/speaking", "OFF", "ON"),
        ("hall/speaking", "OFF", "OFF"),
        ("audio_problem", "OFF", "ON"),
        ("alarm_waits", "OFF", "ON"),
        ("voice", "mum", ODD_NAME),
        ("chime", "default", "gong"),
        ("rate", "1.0", "1.25"),
        ("volume", "100", "50"),
        ("kitchen/volume", "100", "40"),
        ("do_not_disturb", "OFF", "OFF"),
        ("hall/do_not_disturb", "OFF", "ON"),
        ("siren", "OFF", "ON"),
        ("kitchen/siren", "OFF", "ON"),
        ("hall/siren", "OFF", "OFF"),
        ("update", UP_TO_DATE, UP_TO_DATE),
    ],
)
def test_the_state_of_an_entity(id_: str, calm: str, busy: str | None) -> None:
    assert seen(id_, CALM) == calm
    if busy is not None:
        assert seen(id_, BUSY) == busy


def test_the_house_is_not_disturbed_where_no_zone_is() -> None:
    assert seen("do_not_disturb", house_state("kitchen", "hall", undisturbed=(HALL, KITCHEN))) == "ON"


def test_a_voice_that_rests_is_a_problem_that_is_told_with_its_reason() -> None:
    resting = {"mum": "Connection refused"}
    assert seen("voice_problem", told(CALM) | {"resting": {}}) == "OFF"
    assert seen("voice_problem", told(CALM) | {"resting": resting}) == "ON"
    attributes = shown(HOUSE["voice_problem"]["json_attributes_template"], {"resting": resting})
    assert json.loads(attributes) == {"resting": resting}


def test_an_error_fits_a_state() -> None:
    assert seen("last_error", BUSY).startswith("The speaker")
    assert len(seen("last_error", {"last_error": "x" * 1000})) == 255


def test_a_switch_knows_its_states() -> None:
    switch = HOUSE["kitchen/do_not_disturb"]
    assert {switch["state_on"], switch["state_off"]} == {"ON", "OFF"}


@pytest.mark.parametrize("id_", [id_ for id_, part in HOUSE.items() if part["platform"] not in STATELESS])
@pytest.mark.parametrize("state", [{}, {"state": "new", "voice": None, "chime": 5, "rate": 9, "waiting": "a"}])
def test_a_state_that_is_not_there_or_of_another_kind_is_unknown(id_: str, state: dict[str, Any]) -> None:
    """That of an older or a newer voxd, which the broker kept."""
    assert seen(id_, state) in ("None", "OFF", '{"installed_version": "", "latest_version": ""}')
    if attributes := HOUSE[id_].get("json_attributes_template"):
        assert shown(attributes, state).startswith("{")


def test_what_is_chosen_is_among_the_options() -> None:
    for among in (entities(home(CALM)), HOUSE):
        for id_ in ("voice", "chime"):
            assert {seen(id_, state, among) for state in (CALM, BUSY)} <= {*among[id_]["options"], "None"}


def test_a_voice_that_home_assistant_has_not_heard_of_yet_is_unknown() -> None:
    assert seen("voice", house_state(voices=("new",))) == "None"


def test_what_has_the_name_of_nothing_is_no_option() -> None:
    state = house_state(voices=("None", "mum"), chimes=("none", "default", "No chime", "gong"))
    among = entities(home(state))
    assert among["voice"]["options"] == ["mum"]
    assert among["chime"]["options"] == ["default", "no chime", "gong"]
    assert among["siren"]["available_tones"] == ["gong"]
    assert seen("voice", state, among) == "None"


def test_no_chime_is_an_option_of_its_own() -> None:
    assert seen("chime", house_state(chime=False)) == "no chime"


def test_the_numbers_are_within_their_bounds() -> None:
    for volume in (0, 100):
        state = house_state("kitchen", "hall", volume={KITCHEN: volume, HALL: volume})
        assert 0 <= float(seen("volume", state)) <= HOUSE["volume"]["max"] == 100
    assert HOUSE["rate"]["min"] <= float(seen("rate", house_state(rate=0.5)))
    assert float(seen("rate", house_state(rate=2.0))) <= HOUSE["rate"]["max"]


def test_attributes_stay_small() -> None:
    """More than 16 KiB of attributes are not recorded, which is told in the log."""
    many = {f"zone-{number}": "x" * 250 for number in range(300)}
    state = told(house_state("kitchen", "hall", lost=many, voices=tuple(VoiceId(zone) for zone in many)))
    state |= {"resting": many}
    for id_ in ("state", "audio_problem", "voice_problem"):
        assert len(shown(HOUSE[id_]["json_attributes_template"], state)) < 8000
