"""hermes/tts/say becomes an announcement in the zones of its sites, and its end is told whatever came of it."""

import asyncio
from typing import Any

import pytest
from brokers import Broker
from cloning import wish
from hermes_houses import House, Houses, Rhasspy, refusing
from waiting import until

from voxd.errors import BusyError, UnknownVoiceError, VoxdError
from voxd.model.announcement import State
from voxd.settings import MqttSettings
from voxd.settings.section import RateSettings

SAID = "hermes/tts/sayFinished"
ERROR = "hermes/error/tts"


def finished(site: str = "default", id_: object = None, session: object = None) -> tuple[str, dict[str, object]]:
    return SAID, {"id": id_, "sessionId": session, "siteId": site}


async def test_what_is_said_is_announced_and_its_end_told_when_it_was_heard(house: House, rhasspy: Rhasspy) -> None:
    asked = {"text": "Dinner", "siteId": "kitchen", "id": "r1", "sessionId": "s1", "lang": "de_DE", "volume": 0.5}
    await rhasspy.say(asked)
    said = await house.announced()
    assert (said.text, said.zones, said.language, said.volume) == ("Dinner", ("kitchen",), "de-DE", 50)
    assert said.source == "hermes/kitchen"
    house.end(said.id, State.PLAYING)
    assert await rhasspy.is_told_nothing()
    house.end(said.id)
    assert await rhasspy.told() == finished("kitchen", "r1", "s1")
    house.end(said.id)
    assert await rhasspy.is_told_nothing(), "it is told once"


@pytest.mark.parametrize(
    ("payload", "text", "zones", "told"),
    [
        ("Dinner is ready", "Dinner is ready", ("kitchen",), finished()),
        ({"text": "only that"}, "only that", ("kitchen",), finished()),
        (
            {"text": "mobile", "lang": None, "sessionId": "", "siteId": None},
            "mobile",
            ("kitchen",),
            finished(session=""),
        ),
        ({"text": "cron", "siteId": "default", "lang": "es"}, "cron", ("kitchen",), finished()),
        ({"text": "no site", "siteId": "", "id": ""}, "no site", ("kitchen",), finished(id_="")),
        (
            {"text": "a list", "siteId": ["kitchen", "parlour"]},
            "a list",
            ("kitchen", "lounge"),
            finished("kitchen,parlour"),
        ),
        ({"text": "csv", "siteId": "kitchen, lounge"}, "csv", ("kitchen", "lounge"), finished("kitchen, lounge")),
        ({"text": "all", "siteId": "*"}, "all", ("kitchen", "lounge", "hall"), finished("*")),
        ({"text": "group", "siteId": "downstairs"}, "group", ("downstairs",), finished("downstairs")),
        ({"text": "names", "siteId": "all-of-it"}, "names", ("kitchen", "downstairs"), finished("all-of-it")),
        ({"text": "x", "siteId": ["kitchen", None, "garage"]}, "x", ("kitchen",), finished("kitchen,garage")),
        ({"text": 21.5, "volume": None, "id": 7}, "21.5", ("kitchen",), finished(id_=7)),
        ({"text": "more", "init": {"type": "notification"}, "customData": None}, "more", ("kitchen",), finished()),
        (b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe", "Grüße", ("kitchen",), finished()),
    ],
)
async def test_payloads_are_taken_as_real_clients_send_them(
    payload: object, text: str, zones: tuple[str, ...], told: object, house: House, rhasspy: Rhasspy
) -> None:
    await rhasspy.say(payload)
    said = await house.announced()
    assert (said.text, said.zones) == (text, zones)
    house.end(said.id)
    assert await rhasspy.told() == told


@pytest.mark.parametrize(
    ("volume", "percent"), [(0, 0), (0.25, 25), (1, 100), (1.0, 100), (4, 100), ("0.5", 50), (None, None), ("", None)]
)
async def test_a_volume_from_0_to_1_is_percent(
    volume: Any, percent: int | None, house: House, rhasspy: Rhasspy
) -> None:
    await rhasspy.say({"text": "x", "volume": volume})
    assert (await house.announced()).volume == percent


async def test_a_lang_may_be_a_voice_and_nonsense_is_left_out(house: House, rhasspy: Rhasspy) -> None:
    house.voices.wishes.append(wish("mum"))
    for lang in ("voxcpm-mum", "voxcpm-mum?rate=1.2", "en", "glow-speak:de_thorsten", 5):
        await rhasspy.say({"text": "x", "lang": lang})
    await house.announced(5)
    assert [(said.voice, said.language) for said in house.taken] == [
        ("voxcpm-mum", None),
        ("voxcpm-mum?rate=1.2", None),
        (None, "en"),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize("site", ["garage", ["garage", "shed"], "garage,shed", "Kitchen"])
async def test_sites_of_others_are_ignored_without_a_word(site: object, house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.say({"text": "not for us", "siteId": site})
    await rhasspy.say({"text": "", "siteId": site})
    await rhasspy.say({"text": "ours"})
    house.end((await house.announced()).id)
    assert await rhasspy.told() == finished()
    assert house.texts == ["ours"]
    assert not house.announcer.refused


@pytest.mark.parametrize(
    ("payload", "site", "reason"),
    [
        ({"text": "", "siteId": "kitchen"}, "kitchen", "text is missing or empty"),
        ({"siteId": "kitchen"}, "kitchen", "text is missing or empty"),
        ({"text": ["a"], "siteId": "kitchen"}, "kitchen", "text must be a text"),
        ({"text": "x", "volume": -1}, "default", "volume must be a number from 0 to 1"),
        ({"text": "x", "volume": "loud"}, "default", "volume must be a number from 0 to 1"),
        ({"text": "x", "siteId": {"a": 1}}, "default", "siteId must be a name"),
        ({"text": "x", "siteId": ["kitchen"] * 200}, "default", "siteId has 1,599 characters"),
        ({"text": "x", "id": "x" * 300}, "default", "id must be a text of at most 256"),
        ('{"text": ', "default", "begins like JSON but is not"),
        (b"\xff\xfe", "default", "is not UTF-8"),
        ("", "default", "text is missing or empty"),
        ({"text": "x" * 20_001}, "default", "20001 characters"),
    ],
)
async def test_what_cannot_be_read_is_told_as_an_error_and_then_as_finished(
    payload: object, site: str, reason: str, house: House, rhasspy: Rhasspy
) -> None:
    await rhasspy.say(payload)
    topic, error = await rhasspy.told()
    assert (topic, error["siteId"], error["context"], error["sessionId"]) == (ERROR, site, None, None)
    assert reason in error["error"]
    assert await rhasspy.told() == finished(site)
    assert reason in house.announcer.refused[0][1]
    assert house.texts == []


@pytest.mark.parametrize("refusal", [BusyError("The queue is full"), UnknownVoiceError("There is no voice es")])
async def test_a_refusal_is_an_error_whose_context_is_the_id(
    refusal: VoxdError, house: House, rhasspy: Rhasspy
) -> None:
    refusing(house, refusal)
    await rhasspy.say({"text": "x", "id": "r1", "sessionId": "s1", "siteId": "kitchen"})
    told = {"error": str(refusal), "siteId": "kitchen", "context": "r1", "sessionId": "s1"}
    assert await rhasspy.told() == (ERROR, told)
    assert await rhasspy.told() == finished("kitchen", "r1", "s1")
    assert await rhasspy.is_told_nothing()


@pytest.mark.parametrize("state", [state for state in State if state.is_end])
async def test_every_end_is_told_and_a_failure_as_an_error_before_it(
    state: State, house: House, rhasspy: Rhasspy
) -> None:
    await rhasspy.say({"text": "x", "id": "r1"})
    house.end((await house.announced()).id, state, "a reason")
    if state in (State.FAILED, State.EXPIRED, State.REFUSED):
        told = {"error": "a reason", "siteId": "default", "context": "r1", "sessionId": None}
        assert await rhasspy.told() == (ERROR, told)
    assert await rhasspy.told() == finished(id_="r1")


async def test_the_same_id_twice_is_said_twice_as_rhasspy_does(house: House, rhasspy: Rhasspy) -> None:
    for _ in range(2):
        await rhasspy.say({"text": "Ding", "id": "constant"})
    await house.announced(2)
    for said in house.taken:
        house.end(said.id)
    assert [await rhasspy.told() for _ in range(2)] == [finished(id_="constant")] * 2


async def test_a_text_of_qos_0_is_said_too(house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.say("by the way", qos=0)
    house.end((await house.announced()).id)
    assert await rhasspy.told() == finished()


async def test_a_flood_is_bounded_for_each_site_told_once_and_each_is_finished(
    broker: Broker, rhasspy: Rhasspy, houses: Houses
) -> None:
    house = await houses.open(MqttSettings(port=broker.port, rate=RateSettings(per_s=0.1, burst=3)))
    house.frontend._says._backlog._since = float("-inf")
    await asyncio.to_thread(rhasspy.peer.publish_many, "hermes/tts/say", [f"text {n}" for n in range(50)])
    await rhasspy.say({"text": "elsewhere", "siteId": "lounge"})
    await until(lambda: "elsewhere" in house.texts)
    assert len(house.texts) == 4
    told = [await rhasspy.told() for _ in range(48)]
    (error,) = [what["error"] for topic, what in told if topic == ERROR]
    assert error.startswith("hermes/default asks for more than 0.1 announcements a second")
    assert sum(topic == SAID for topic, _ in told) == 47
    assert len(house.announcer.refused) == 1, "the others stand in no journal"
