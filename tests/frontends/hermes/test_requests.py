"""Voices, devices and the volume, as Rhasspy's clients ask for them."""

import pytest
from cloning import wish
from hermes_houses import House, Rhasspy
from waiting import until

from voxd.announcing.preferences import Choice
from voxd.announcing.progress import HouseState


@pytest.mark.parametrize("who", ["rhasspy", "hermes"])
async def test_voices_are_told_beside_where_they_were_asked_for(who: str, house: House, rhasspy: Rhasspy) -> None:
    house.voices.wishes.append(wish("mum"))
    await rhasspy.subscribe("rhasspy/tts/voices", "hermes/tts/voices")
    await rhasspy.publish(f"{who}/tts/getVoices", '{"id": "v1", "siteId": "garage"}')
    await rhasspy.publish(f"{who}/tts/getVoices", '{"id": "v2", "siteId": "kitchen"}')
    topic, told = await rhasspy.told()
    assert topic == f"{who}/tts/voices"
    assert (told["id"], told["siteId"]) == ("v2", "kitchen")
    ((voice_id, description),) = [(voice["voiceId"], voice["description"]) for voice in told["voices"]]
    assert voice_id == "voxcpm-mum"
    assert description


async def test_devices_are_the_outputs_of_a_site_and_whether_they_work(house: House, rhasspy: Rhasspy) -> None:
    house.announcer.state = HouseState(lost={"lounge-2": "it is gone"})
    await rhasspy.subscribe("rhasspy/audioServer/devices")
    for ignored in ('{"siteId": "garage"}', '{"siteId": "hall"}', '{"modes": ["input"], "siteId": "parlour"}'):
        await rhasspy.publish("rhasspy/audioServer/getDevices", ignored)
    await rhasspy.publish(
        "rhasspy/audioServer/getDevices", '{"modes": ["output"], "id": "d1", "siteId": "parlour", "test": true}'
    )
    topic, told = await rhasspy.told()
    assert (topic, told["id"], told["siteId"]) == ("rhasspy/audioServer/devices", "d1", "parlour")
    assert told["devices"] == [
        {"mode": "output", "id": "lounge", "name": "lounge", "description": "file", "working": True},
        {"mode": "output", "id": "lounge-2", "name": "lounge", "description": "hermes sofa", "working": False},
    ]


@pytest.mark.parametrize(
    ("payload", "percent", "zones"),
    [
        ('{"volume": 0.4, "siteId": "parlour"}', 40, ("lounge",)),
        ('{"volume": 1}', 100, ("kitchen",)),
        ("0.25", 25, ("kitchen",)),
        ('{"volume": "0.5", "siteId": ["kitchen", "lounge"]}', 50, ("kitchen", "lounge")),
    ],
)
async def test_a_volume_is_preferred_in_the_zones_of_the_site(
    payload: str, percent: int, zones: tuple[str, ...], house: House, rhasspy: Rhasspy
) -> None:
    topic = "rhasspy/audioServer/setVolume"
    for ignored in (
        '{"volume": 0.1, "siteId": "garage"}',
        '{"volume": 0.1, "siteId": "hall"}',
        '{"volume": "loud"}',
        "{}",
    ):
        await rhasspy.publish(topic, ignored)
    await rhasspy.publish(topic, payload)
    await until(lambda: house.orders.choices)
    (choice,) = house.orders.choices
    assert set(choice.zones) == set(zones)
    assert choice == Choice(frozenset({"volume"}), volume=percent, zones=choice.zones)


async def test_questions_beyond_the_rate_are_not_answered(house: House, rhasspy: Rhasspy) -> None:
    await rhasspy.subscribe("rhasspy/tts/voices")
    for _ in range(70):
        await rhasspy.publish("rhasspy/tts/getVoices", "{}", qos=0)
    await rhasspy.say("last")
    house.end((await house.announced()).id)
    told = [await rhasspy.told()]
    while told[-1][0] != "hermes/tts/sayFinished":
        told.append(await rhasspy.told())
    assert 50 <= len(told) - 1 < 70
