import asyncio
import json
from functools import partial

import pytest
from brokers import Broker, Peer, property_of
from mqtt_houses import Friend, House, Houses
from mqtt_sessions import break_connection
from waiting import until

from voxd.errors import BusyError, UnknownZoneError, VoxdError
from voxd.model.announcement import Priority
from voxd.settings import MqttSettings
from voxd.settings.section import RateSettings


async def test_a_plain_text_is_announced(house: House, friend: Friend) -> None:
    await friend.publish("voxd/den/say", "The washing machine is done")
    await until(lambda: house.texts)
    (got,) = house.announcer.taken
    assert (got.text, got.source, got.priority) == ("The washing machine is done", "mqtt", Priority.NORMAL)


async def test_the_source_is_the_level_after_say_and_no_deeper(house: House, friend: Friend) -> None:
    await friend.publish("voxd/den/say/doorbell/deep", "unheard")
    await friend.publish("voxd/den/say/doorbell", "Somebody is at the door")
    await until(lambda: house.texts)
    assert [(got.text, got.source) for got in house.announcer.taken] == [("Somebody is at the door", "mqtt/doorbell")]


@pytest.mark.parametrize("source", ["x" * 65, "x" * 60_000, "", " ", "\u202edoor"])
async def test_a_source_that_is_no_name_is_refused_and_written_down_nowhere(
    source: str, house: House, friend: Friend
) -> None:
    await friend.subscribe("voxd/den/event")
    await friend.publish(f"voxd/den/say/{source}", "x")
    await friend.publish("voxd/den/say/" + "y" * 64, "good")
    await until(lambda: house.texts == ["good"])
    refused = await friend.next_json()
    assert (refused["event_type"], refused["source"]) == ("refused", "mqtt")
    assert "source" in refused["reason"]
    assert "64 printable" in refused["reason"]


async def test_the_alarm_topic_gives_alarm_priority(house: House, friend: Friend) -> None:
    await friend.publish("voxd/den/alarm", "Fire")
    await until(lambda: house.texts)
    assert house.announcer.taken[0].priority is Priority.ALARM


async def test_what_is_left_of_the_message_expiry_is_the_time_to_live_unless_the_payload_says_otherwise(
    house: House, friend: Friend
) -> None:
    await friend.publish("voxd/den/say", "one", MessageExpiryInterval=60)
    await friend.publish("voxd/den/say", '{"text": "two", "ttl_s": 5}', MessageExpiryInterval=60)
    await until(lambda: len(house.texts) == 2)
    first, second = (got.ttl_s for got in house.announcer.taken)
    assert first is not None
    assert 58 <= first <= 60
    assert second == 5


async def test_nothing_is_acknowledged_before_it_was_taken_over(
    house: House, friend: Friend, broker: Broker, houses: Houses
) -> None:
    house.announcer.gate.clear()
    for n in range(3):
        await friend.publish("voxd/den/say", f"text {n}")
    await until(lambda: house.announcer.asked)
    await house.frontend.stop()
    assert house.texts == []
    later = await houses.open(MqttSettings(port=broker.port))
    await until(lambda: len(later.texts) == 3)
    assert later.texts == ["text 0", "text 1", "text 2"]
    house.announcer.gate.set()


async def test_what_was_taken_over_is_not_delivered_again(
    house: House, friend: Friend, broker: Broker, houses: Houses
) -> None:
    await friend.publish("voxd/den/say", "once")
    await until(lambda: house.texts)
    await asyncio.sleep(0.1)
    await house.frontend.stop()
    later = await houses.open(MqttSettings(port=broker.port))
    await friend.publish("voxd/den/say", "new")
    await until(lambda: later.texts)
    assert later.texts == ["new"]


async def test_concurrent_announcements_are_announced_side_by_side(house: House, friend: Friend) -> None:
    house.announcer.gate.clear()
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say", [str(n) for n in range(20)])
    await asyncio.sleep(0.1)
    house.announcer.gate.set()
    await until(lambda: len(house.texts) == 20)
    assert house.texts == [str(n) for n in range(20)]


async def test_a_bad_payload_is_refused_answered_and_the_next_one_is_served(house: House, friend: Friend) -> None:
    await friend.subscribe("ha/answer")
    await friend.publish(
        "voxd/den/say", '{"text": "x", "volum": 3, "id": "mine"}', ResponseTopic="ha/answer", CorrelationData=b"c1"
    )
    await friend.publish("voxd/den/say", b"\xff\xfe")
    await friend.publish("voxd/den/say", "good")
    await until(lambda: house.texts)
    (id_, reason, excerpt), (_, second, _) = house.announcer.refused
    assert (id_, excerpt) == ("mine", '{"text": "x", "volum": 3, "id": "mine"}')
    assert "did you mean volume" in reason
    assert "not UTF-8" in second
    answer = await friend.next()
    assert json.loads(answer.payload) == {"status": "error", "data": {}, "error": reason}
    assert property_of(answer, "CorrelationData") == b"c1"


async def test_an_announcement_is_answered_with_its_id(house: House, friend: Friend) -> None:
    await friend.subscribe("ha/answer")
    await friend.publish("voxd/den/say", '{"text": "x", "id": "mine"}', ResponseTopic="ha/answer")
    assert await friend.next_json() == {"status": "ok", "data": {"id": "mine"}}


@pytest.mark.parametrize("refusal", [BusyError("The queue is full"), UnknownZoneError("There is no zone attic")])
async def test_a_refusal_is_answered_and_acknowledged(refusal: VoxdError, house: House, friend: Friend) -> None:
    house.announcer.refusal = refusal
    await friend.subscribe("ha/answer")
    await friend.publish("voxd/den/say", "x", ResponseTopic="ha/answer")
    assert (await friend.next_json())["error"] == str(refusal)
    house.announcer.refusal = None
    await friend.publish("voxd/den/say", "y")
    await until(lambda: house.texts == ["y"])


@pytest.mark.parametrize("topic", ["voxd/den/say", "voxd/den/request/render", "voxd/den/state", "$share/x"])
async def test_a_response_topic_that_nobody_may_be_answered_on_is_refused(
    topic: str, house: House, friend: Friend
) -> None:
    await friend.publish("voxd/den/say", "x", ResponseTopic=topic)
    await until(lambda: house.announcer.refused)
    assert "response topic" in house.announcer.refused[0][1]
    await friend.publish("voxd/den/say", "next")
    await until(lambda: house.texts == ["next"])
    assert house.frontend._main._connections == 1


async def test_what_could_not_be_stored_comes_again_and_is_announced_when_there_is_room(
    house: House, friend: Friend
) -> None:
    house.announcer.disk_full = True
    await friend.publish("voxd/den/say", "patience")
    await friend.publish("voxd/den/say", b"\xff")
    await until(lambda: len(house.announcer.asked) >= 2)
    assert house.texts == []
    house.announcer.disk_full = False
    await until(lambda: house.texts, 10)
    assert house.texts == ["patience"]
    await until(lambda: house.announcer.refused)
    assert house.frontend._main._connections == 1, "availability does not flap"


async def test_what_could_not_be_stored_for_a_while_has_less_time_to_live(house: House, friend: Friend) -> None:
    house.announcer.disk_full = True
    await friend.publish("voxd/den/say", '{"text": "brief", "ttl_s": 0.3}')
    await friend.publish("voxd/den/say", "for ever")
    await friend.publish("voxd/den/say", "long", MessageExpiryInterval=60)
    await until(lambda: len(house.announcer.asked) >= 3)
    await asyncio.sleep(0.5)
    house.announcer.disk_full = False
    await until(lambda: len(house.texts) == 3, 10)
    brief, lasting, long = (one.ttl_s for one in house.announcer.taken)
    assert (brief, lasting) == (0.0, None)
    assert long is not None
    assert 40 < long < 59.6


async def test_a_retained_command_is_never_spoken(broker: Broker, friend: Friend, houses: Houses) -> None:
    await friend.publish("voxd/den/say", "yesterday's news", retain=True)
    house = await houses.open(MqttSettings(port=broker.port))
    await friend.publish("voxd/den/say", "today's")
    await until(lambda: house.texts)
    assert house.texts == ["today's"]


async def test_published_while_the_daemon_was_away_is_announced_once_when_it_returns(
    broker: Broker, friend: Friend, houses: Houses
) -> None:
    settings = MqttSettings(port=broker.port)
    first = await houses.open(settings)
    await first.frontend.stop()
    await friend.publish("voxd/den/say", "while away")
    second = await houses.open(settings)
    await until(lambda: second.texts)
    await asyncio.sleep(0.2)
    assert second.texts == ["while away"]
    assert first.texts == []


async def test_a_broker_killed_and_returned_is_served_on(lasting_broker: Broker, houses: Houses) -> None:
    house = await houses.open(MqttSettings(port=lasting_broker.port))
    with Peer(lasting_broker.port) as peer:
        await asyncio.to_thread(peer.publish, "voxd/den/say", "before")
    await until(lambda: house.texts)
    await asyncio.sleep(0.1)
    lasting_broker.kill()
    await asyncio.sleep(0.3)
    lasting_broker.start()
    with Peer(lasting_broker.port) as peer:
        await asyncio.to_thread(peer.publish, "voxd/den/say", "after")
    await until(lambda: house.texts == ["before", "after"])


async def test_a_killed_broker_makes_nothing_be_announced_twice(lasting_broker: Broker, houses: Houses) -> None:
    house = await houses.open(MqttSettings(port=lasting_broker.port))
    house.announcer.gate.clear()
    with Peer(lasting_broker.port) as peer:
        await asyncio.to_thread(peer.publish, "voxd/den/say", "once")
    await until(lambda: house.announcer.asked)
    await asyncio.to_thread(lasting_broker.save)
    lasting_broker.kill()
    house.announcer.gate.set()
    lasting_broker.start()
    await until(lambda: house.connected)
    with Peer(lasting_broker.port) as peer:
        await asyncio.to_thread(peer.publish, "voxd/den/say", "next")
    await until(lambda: "next" in house.texts)
    assert house.texts == ["once", "next"]


def _more_asked(house: House, before: int) -> bool:
    """Whether something was asked since, or everything was taken."""
    return len(house.announcer.asked) > before or len(house.texts) == 300


async def test_breaks_of_the_connection_lose_nothing_and_double_nothing(house: House, friend: Friend) -> None:
    expected = [str(n) for n in range(300)]
    publishing = asyncio.create_task(asyncio.to_thread(friend.peer.publish_many, "voxd/den/say", expected))
    for _ in range(8):
        asked = len(house.announcer.asked)
        house.announcer.gate.clear()
        await until(partial(_more_asked, house, asked))
        break_connection(house.frontend._main)
        await asyncio.sleep(0.01)
        house.announcer.gate.set()
        house.frontend._main._redialling._waits.reset()
        await until(lambda: house.connected)
    await until(lambda: len(house.texts) >= 300, 20)
    await publishing
    await asyncio.sleep(0.2)
    assert sorted(house.texts) == sorted(expected)


async def test_of_a_burst_of_four_thousand_every_one_is_accounted_for(
    broker: Broker, friend: Friend, houses: Houses
) -> None:
    house = await houses.open(MqttSettings(port=broker.port, rate=RateSettings(per_s=None)))
    expected = [f"text {n}" for n in range(4000)]
    events = Peer(broker.port)
    with events:
        await asyncio.to_thread(events.subscribe, "voxd/den/event")
        await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say", expected)
        await until(lambda: len(house.texts) == 4000, 30)
        told = [await asyncio.to_thread(events.next) for _ in range(4000)]
    assert house.texts == expected
    assert {json.loads(event.payload)["id"] for event in told} == {got.id for got in house.announcer.taken}


async def test_a_flood_does_not_stand_in_front_of_an_alarm(house: House, friend: Friend) -> None:
    house.announcer.gate.clear()
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say", [str(n) for n in range(500)])
    await until(lambda: house.announcer.asked)
    await friend.publish("voxd/den/alarm", "Fire")
    await until(lambda: house.announcer.asked[-1].text == "Fire", 1)
    house.announcer.gate.set()


async def test_the_alarm_topic_makes_everything_an_alarm(house: House, friend: Friend) -> None:
    await friend.publish("voxd/den/alarm", '{"text": "Fire", "priority": "low", "repeat_max": 0}')
    await until(lambda: house.texts)
    assert house.announcer.taken[0].priority is Priority.ALARM


async def test_an_alarm_on_say_is_refused_so_that_an_access_list_on_the_alarm_topic_means_something(
    house: House, friend: Friend, broker: Broker, houses: Houses
) -> None:
    await friend.publish("voxd/den/say/robot", '{"text": "Fire", "priority": "alarm", "id": "mine"}')
    await until(lambda: house.announcer.refused)
    ((id_, reason, _),) = house.announcer.refused
    assert id_ == "mine"
    assert "mqtt.alarms_on_say" in reason
    assert house.texts == []
    await house.frontend.stop()
    trusting = await houses.open(MqttSettings(port=broker.port, alarms_on_say=True))
    await friend.publish("voxd/den/say/robot", '{"text": "Fire", "priority": "alarm"}')
    await until(lambda: trusting.texts == ["Fire"])
