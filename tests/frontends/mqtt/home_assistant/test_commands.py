"""What Home Assistant publishes when somebody acts, as voxd understands it."""

from typing import Any

import pytest
from home_assistant_templates import rendered
from homes import ODD_NAME, entities, home, house_state

from voxd.frontends import order_payloads, payloads
from voxd.frontends.payloads import Circumstances
from voxd.model.announcement import Announcement, Priority

ODD_TEXT = 'Say "hi" to Zoë:\n5 < 6 & {{ 7 }} % 🎉 \\o/ \'\t'
HOUSE = entities(home(house_state("kitchen", "hall")))


def announced(id_: str, **variables: Any) -> Announcement:
    payload = rendered(HOUSE[id_]["command_template"], **variables)
    alarm = HOUSE[id_]["command_topic"] == "voxd/den/alarm"
    return payloads.announcement(payload.encode(), Circumstances("mqtt", 5.0, alarm=alarm, may_be_alarm=alarm))


def published(id_: str, **variables: Any) -> bytes:
    return rendered(HOUSE[id_]["command_template"], **variables).encode()


@pytest.mark.parametrize(
    ("id_", "priority", "zones"),
    [
        ("announce", Priority.NORMAL, ()),
        ("say", Priority.NORMAL, ()),
        ("urgent", Priority.HIGH, ()),
        ("alarm", Priority.ALARM, ()),
        ("kitchen/announce", Priority.NORMAL, ("kitchen",)),
        ("hall/say", Priority.NORMAL, ("hall",)),
        ("kitchen/urgent", Priority.HIGH, ("kitchen",)),
    ],
)
def test_a_text_arrives_as_written(id_: str, priority: Priority, zones: tuple[str, ...]) -> None:
    got = announced(id_, value=ODD_TEXT)
    assert (got.text, got.priority, got.zones) == (ODD_TEXT, priority, zones)


@pytest.mark.parametrize("text", ["42", "true", "[1, 2]", "{'a': 1}", '"quoted"', "none"])
def test_a_text_that_looks_like_something_else_is_a_text(text: str) -> None:
    assert announced("announce", value=text).text == text


def test_a_voice_of_any_name_is_chosen() -> None:
    chosen = order_payloads.choice(published("voice", value=ODD_NAME)).choice
    assert chosen.voice == ODD_NAME
    assert chosen.named == {"voice"}


@pytest.mark.parametrize(("option", "chime"), [("gong", "gong"), ("no chime", False), ("default", None)])
def test_a_chime_is_chosen(option: str, chime: object) -> None:
    chosen = order_payloads.choice(published("chime", value=option)).choice
    assert chosen.chime == chime
    assert chosen.named == {"chime"}


def test_the_volume_of_a_zone_is_set() -> None:
    chosen = order_payloads.choice(published("kitchen/volume", value=35)).choice
    assert (chosen.volume, chosen.zones) == (35, ("kitchen",))


def test_the_volume_of_the_house_is_that_of_all_zones() -> None:
    chosen = order_payloads.choice(published("volume", value=35)).choice
    assert (chosen.volume, chosen.zones) == (35, ())


def test_the_speech_rate_is_set() -> None:
    assert order_payloads.choice(published("rate", value=1.25)).choice.rate == 1.25


def test_one_button_goes_back_to_the_settings() -> None:
    chosen = order_payloads.choice(HOUSE["reset"]["payload_press"].encode()).choice
    assert chosen.named == {"voice", "chime", "rate", "volume"}
    assert (chosen.voice, chosen.chime, chosen.rate, chosen.volume) == (None, None, None, None)


@pytest.mark.parametrize(("id_", "zones"), [("do_not_disturb", ()), ("hall/do_not_disturb", ("hall",))])
def test_do_not_disturb_is_switched(id_: str, zones: tuple[str, ...]) -> None:
    on, off = (order_payloads.quiet(HOUSE[id_][key].encode()) for key in ("payload_on", "payload_off"))
    assert (on.zones, on.passes) == (zones, Priority.ALARM)
    assert (off.zones, off.passes) == (zones, None)


@pytest.mark.parametrize("button", ["stop", "replay", "skip"])
def test_the_buttons_of_a_zone_are_about_that_zone(button: str) -> None:
    assert order_payloads.order(HOUSE[f"hall/{button}"]["payload_press"].encode()).which.zones == ("hall",)


@pytest.mark.parametrize("button", ["stop", "replay", "skip", "acknowledge"])
def test_the_buttons_of_the_house_are_about_all(button: str) -> None:
    assert order_payloads.order(HOUSE[button]["payload_press"].encode()).which == order_payloads.EVERYTHING


def test_a_siren_is_turned_on_with_tone_duration_and_volume() -> None:
    given = {"tone": "gong", "duration": 20, "volume_level": 0.3}
    wish = order_payloads.siren(published("kitchen/siren", value="ON", state="ON", **given))
    assert wish.tone is not None
    assert (wish.tone.chime, wish.tone.lasts_s, wish.tone.volume) == ("gong", 20, 30)
    assert wish.zones == ("kitchen",)


def test_a_siren_is_turned_on_with_nothing_said() -> None:
    wish = order_payloads.siren(published("siren", value="ON", state="ON"))
    assert wish.tone is not None
    assert (wish.tone.chime, wish.tone.volume, wish.zones) == (None, None, ())


@pytest.mark.parametrize(("duration_s", "sounds_s"), [(0, 1), (100_000, 600)])
def test_a_siren_lasts_as_long_as_one_may(duration_s: int, sounds_s: int) -> None:
    wish = order_payloads.siren(published("siren", value="ON", state="ON", duration=duration_s))
    assert wish.tone is not None
    assert wish.tone.lasts_s == sounds_s


def test_a_siren_is_turned_off() -> None:
    wish = order_payloads.siren(published("kitchen/siren", value="OFF", state="OFF"))
    assert (wish.tone, wish.zones) == (None, ("kitchen",))
