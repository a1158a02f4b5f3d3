"""Voices over MQTT: listed by everybody, enrolled and removed only where the owner allows it."""

import base64
import json

import pytest
from brokers import Broker
from mqtt_houses import Friend, House, Houses

from voxd.settings import MqttSettings

CLIP = base64.b64encode(b"a recording").decode()
ENROLMENT = {"name": "mum", "clip": CLIP, "consent": "Anna", "transaction": "t"}


@pytest.fixture
async def open_house(broker: Broker, houses: Houses) -> House:
    return await houses.open(MqttSettings(port=broker.port, enroll=True))


async def test_an_enrolment_is_answered_on_both_topics(open_house: House, friend: Friend) -> None:
    await friend.subscribe("ha/answer", "voxd/den/response/enroll")
    await friend.publish("voxd/den/request/enroll", json.dumps(ENROLMENT), ResponseTopic="ha/answer")
    for answer in (await friend.next_json(), await friend.next_json()):
        assert (answer["status"], answer["transaction"]) == ("ok", "t")
        assert (answer["data"]["name"], answer["data"]["revision"]) == ("mum", 1)
        assert answer["data"]["notes"] == ["Some noise"]
    assert [wish.clip for wish in open_house.voices.wishes] == [b"a recording"]


async def test_a_clip_that_is_none_is_told_and_logged(
    open_house: House, friend: Friend, caplog: pytest.LogCaptureFixture
) -> None:
    await friend.subscribe("voxd/den/response/enroll")
    await friend.publish("voxd/den/request/enroll", json.dumps(ENROLMENT | {"name": "bad"}))
    answer = await friend.next_json()
    assert (answer["status"], answer["error"], answer["transaction"]) == ("error", "This is not a sound file", "t")
    assert caplog.messages == ["The MQTT request 'enroll' is refused: This is not a sound file"]
    for _ in range(20):
        await friend.publish("voxd/den/request/enroll", json.dumps(ENROLMENT | {"name": "bad"}))
        await friend.next_json()
    assert len(caplog.messages) == 11, "nobody can fill the log with that"


async def test_voices_are_listed_and_removed(open_house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/+")
    await friend.publish("voxd/den/request/enroll", json.dumps(ENROLMENT))
    await friend.next_json()
    await friend.publish("voxd/den/request/voices", "")
    listed = (await friend.next_json())["data"]
    assert [voice["engine"] for voice in listed["voices"]] == ["voxcpm"]
    assert listed["problems"] == ["One is damaged"]
    for language, names in {"en-GB": ["voxcpm-mum"], "zh": []}.items():
        await friend.publish("voxd/den/request/voices", json.dumps({"language": language}))
        assert [voice["name"] for voice in (await friend.next_json())["data"]["voices"]] == names
    await friend.publish("voxd/den/request/remove_voice", '{"name": "mum", "transaction": 1}')
    assert await friend.next_json() == {"status": "ok", "data": {"name": "mum"}, "transaction": 1}
    await friend.publish("voxd/den/request/remove_voice", '{"name": "mum"}')
    assert "no enrolled voice" in (await friend.next_json())["error"]


async def test_without_leave_nobody_is_enrolled_or_removed(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/+")
    for verb, payload in {"enroll": ENROLMENT, "remove_voice": {"name": "mum"}}.items():
        await friend.publish(f"voxd/den/request/{verb}", json.dumps(payload))
        assert "mqtt.enroll" in (await friend.next_json())["error"]
    assert house.voices.wishes == []
    await friend.publish("voxd/den/request/voices", "")
    assert (await friend.next_json())["status"] == "ok"
