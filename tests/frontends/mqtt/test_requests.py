import asyncio
import io
import json
import wave
from pathlib import Path

import pytest
from brokers import Broker, BrokerOptions, Peer, property_of
from mqtt_houses import Friend, House, Houses
from waiting import until

from voxd.settings import MqttSettings


async def test_a_rendering_comes_back_as_wav_on_the_response_topic(house: House, friend: Friend) -> None:
    await friend.subscribe("ha/sound", "voxd/den/response/render")
    await friend.publish(
        "voxd/den/request/render",
        '{"text": "hello", "transaction": "t1"}',
        ResponseTopic="ha/sound",
        CorrelationData=b"\x07",
    )
    sound, told = await friend.next(), await friend.next_json()
    assert sound.topic == "ha/sound"
    assert (property_of(sound, "ContentType"), property_of(sound, "CorrelationData")) == ("audio/wav", b"\x07")
    with wave.open(io.BytesIO(sound.payload)) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 5)
    assert told == {"status": "ok", "data": {"duration_s": 0.001, "rate_hz": 8000}, "transaction": "t1"}


async def test_a_rendering_without_a_response_topic_is_an_error_that_says_so(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/render")
    await friend.publish("voxd/den/request/render", '{"text": "hello", "transaction": 7}')
    answer = await friend.next_json()
    assert "response topic" in answer.pop("error")
    assert answer == {"status": "error", "data": {}, "transaction": 7}


async def test_a_failed_rendering_is_told_on_both_topics(house: House, friend: Friend) -> None:
    await friend.subscribe("ha/sound", "voxd/den/response/render")
    await friend.publish("voxd/den/request/render", "mute", ResponseTopic="ha/sound", CorrelationData=b"c")
    first, second = await friend.next(), await friend.next()
    assert {first.topic, second.topic} == {"ha/sound", "voxd/den/response/render"}
    for answer in (first, second):
        assert json.loads(answer.payload)["error"] == "There is nothing to say"
        if answer.topic == "ha/sound":
            assert property_of(answer, "CorrelationData") == b"c"


async def test_bad_requests_are_answered(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/+")
    await friend.publish("voxd/den/request/dance", '{"transaction": "t"}')
    answer = await friend.next()
    assert answer.topic == "voxd/den/response/dance"
    assert json.loads(answer.payload) == {
        "status": "error",
        "data": {},
        "error": "There is no request 'dance'; known: render, voices, enroll, remove_voice, acknowledge, stop, skip, "
        "clear, replay, pause, resume, do_not_disturb, prefer, siren, restart, history",
        "transaction": "t",
    }
    await friend.publish("voxd/den/request/render", '{"text": "x", "voise": "a"}', ResponseTopic="ha/sound")
    assert "did you mean voice" in (await friend.next_json())["error"]
    await friend.publish("voxd/den/request/render", "x", ResponseTopic="voxd/den/say")
    assert "own topics" in (await friend.next_json())["error"]


@pytest.mark.parametrize("verb", ["x" * 1100, "x" * 60_000, "", "$", "\ufeff", "Dance", "\U0001f600" * 300])
async def test_a_request_with_an_impossible_verb_ends_nothing_and_is_answered_only_to_its_asker(
    verb: str, house: House, friend: Friend
) -> None:
    await friend.subscribe("voxd/den/response/#", "ha/answer")
    await friend.publish(f"voxd/den/request/{verb}", "x")
    await friend.publish(f"voxd/den/request/{verb}", "x", ResponseTopic="ha/answer")
    answer = await friend.next()
    assert answer.topic == "ha/answer"
    assert len(answer.payload) < 1000
    await friend.publish("voxd/den/say", "still here")
    await until(lambda: house.texts == ["still here"])
    assert house.frontend.healthy
    assert friend.silent


async def test_slow_renderings_hold_up_no_announcement_and_too_many_are_refused(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/render")
    for _ in range(21):
        await friend.publish("voxd/den/request/render", "slow", ResponseTopic="ha/sound")
    assert "Too many requests" in (await friend.next_json())["error"]
    await friend.publish("voxd/den/say", "meanwhile")
    await until(lambda: house.texts == ["meanwhile"])
    assert house.renderer.most_running == 4
    house.renderer.gate.set()
    for _ in range(20):
        assert (await friend.next_json())["status"] == "ok"


async def test_a_sound_out_of_bounds_is_refused_and_its_synthesis_ended(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/render")
    await friend.publish("voxd/den/request/render", "endless", ResponseTopic="ha/sound")
    assert "longer than" in (await friend.next_json(20))["error"]
    assert house.renderer.running == 0


async def test_a_sound_larger_than_the_broker_takes_is_an_error_and_never_called_ok(
    tmp_path: Path, houses: Houses
) -> None:
    with Broker(tmp_path / "narrow", BrokerOptions(extra="max_packet_size 20000")) as broker, Peer(broker.port) as peer:
        friend = Friend(peer)
        house = await houses.open(MqttSettings(port=broker.port))
        await friend.subscribe("ha/sound", "voxd/den/response/render")
        await friend.publish("voxd/den/request/render", "x" * 11_000, ResponseTopic="ha/sound")
        for answer in (await friend.next_json(), await friend.next_json()):
            assert answer["status"] == "error"
            assert "larger than the MQTT broker takes" in answer["error"]
        await friend.publish("voxd/den/request/render", "x" * 9_000, ResponseTopic="ha/sound")
        assert len((await friend.next()).payload) > 18_000
        assert (await friend.next_json())["status"] == "ok"
        await house.frontend.stop()


async def test_stopping_ends_what_is_being_rendered(house: House, friend: Friend) -> None:
    await friend.publish("voxd/den/request/render", "slow", ResponseTopic="ha/sound")
    await until(lambda: house.renderer.running == 1)
    await asyncio.wait_for(house.frontend.stop(), 2)
    await until(lambda: house.renderer.running == 0)
