"""A broken automation cannot drown the house: it is told once, costs next to nothing, and never stops an alarm."""

import asyncio
import json
import time
from functools import partial
from pathlib import Path

import pytest
from brokers import Broker, Peer
from mqtt_houses import Friend, House, Houses
from waiting import until

from voxd.frontends.mqtt.backlog import BACKLOG_MAX, LONGEST_S, LULL_S, Backlog
from voxd.settings import MqttSettings
from voxd.settings.section import RateSettings

SLOW = RateSettings(per_s=1, burst=10)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def strict(broker: Broker, houses: Houses) -> House:
    """A house that lets ten announcements of each source through, after its backlog."""
    house = await houses.open(MqttSettings(port=broker.port, rate=SLOW))
    house.frontend._gate._backlog._since = float("-inf")
    return house


async def test_a_source_that_asks_too_much_is_refused_and_others_are_not(strict: House, friend: Friend) -> None:
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say/robot", [str(n) for n in range(300)])
    await friend.publish("voxd/den/say/doorbell", "Somebody is at the door")
    await friend.publish("voxd/den/say", "Dinner")
    await until(lambda: strict.texts[-2:] == ["Somebody is at the door", "Dinner"])
    assert 10 <= len(strict.texts) - 2 <= 15


async def test_a_flood_is_told_once_when_it_begins_and_once_when_it_is_over(strict: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/event")
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say/robot", [str(n) for n in range(300)])
    await until(lambda: not strict.frontend._main._inbox)
    events = [await friend.next_json(12) for _ in range(len(strict.texts) + 2)]
    (refused,) = [event for event in events if event["event_type"] == "refused"]
    (over,) = [event for event in events if event["event_type"] == "warning"]
    assert refused["source"] == over["source"] == "mqtt/robot"
    assert refused["reason"].startswith("say/robot asks for more than 1 announcements a second")
    count = 300 - len(strict.texts)
    assert over["reason"] == f"say/robot: {count} announcements refused in 1 s: more than 1 a second (mqtt.rate)"
    assert len(strict.announcer.refused) == 1, "the others stand in no journal"
    assert friend.silent


async def test_alarms_are_never_too_many(strict: House, friend: Friend) -> None:
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/alarm", [str(n) for n in range(100)])
    await until(lambda: len(strict.texts) == 100)


async def test_an_alarm_that_say_may_bring_passes_a_flood(broker: Broker, friend: Friend, houses: Houses) -> None:
    house = await houses.open(MqttSettings(port=broker.port, rate=SLOW, alarms_on_say=True))
    house.frontend._gate._backlog._since = float("-inf")
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say/robot", [str(n) for n in range(100)])
    await friend.publish("voxd/den/say/robot", '{"text": "Fire", "priority": "alarm"}')
    await until(lambda: "Fire" in house.texts)


async def test_what_the_broker_kept_while_we_were_away_is_no_flood(
    broker: Broker, friend: Friend, houses: Houses
) -> None:
    settings = MqttSettings(port=broker.port, rate=SLOW)
    first = await houses.open(settings)
    await first.frontend.stop()
    expected = [str(n) for n in range(200)]
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say/robot", expected)
    second = await houses.open(settings)
    await until(lambda: second.texts == expected)


def test_a_backlog_is_bounded_and_ends_with_the_first_lull() -> None:
    clock = Clock()
    backlog = Backlog(clock)
    assert not backlog.allows("robot"), "we never came back"
    backlog.begin()
    assert sum(backlog.allows("robot") for _ in range(5000)) == BACKLOG_MAX
    assert backlog.allows("doorbell")
    clock.now += LULL_S + 0.1
    backlog.go_on()
    assert not backlog.allows("doorbell")
    backlog.begin()
    while clock.now < 100 + 2 * LONGEST_S:
        clock.now += 1
        backlog.go_on()
    assert not backlog.allows("doorbell")


async def test_what_could_not_be_stored_is_not_counted_again_when_it_is_tried_again(
    strict: House, friend: Friend
) -> None:
    strict.announcer.disk_full = True
    for n in range(9):
        await friend.publish("voxd/den/say/robot", str(n))
    await until(lambda: len(strict.announcer.asked) >= 18, 10)
    strict.announcer.disk_full = False
    await until(lambda: len(strict.texts) == 9, 10)
    assert strict.announcer.refused == []


def _fire_since(house: House, taken: int) -> bool:
    """Whether an alarm is among those that were taken over after so many."""
    return any(got.text == "Fire" for got in house.announcer.taken[taken:])


@pytest.mark.realtime
async def test_a_thousand_a_second_delay_no_alarm_and_take_no_memory(
    strict: House, friend: Friend, broker: Broker
) -> None:
    """The whole daemon under a flood of 30 s: tests/journeys/test_flood.py."""
    with Peer(broker.port) as robot:
        flooding = asyncio.create_task(asyncio.to_thread(_flood, robot, 3000, 1000.0))
        delays = []
        before = _resident_bytes()
        while not flooding.done():
            begun = time.monotonic()
            taken = len(strict.announcer.taken)
            await friend.publish("voxd/den/alarm", "Fire")
            await until(partial(_fire_since, strict, taken))
            delays.append(time.monotonic() - begun)
            await asyncio.sleep(0.1)
        await flooding
    assert sorted(delays)[int(len(delays) * 0.99)] < 0.3
    assert _resident_bytes() - before < 20_000_000


def _flood(robot: Peer, count: int, per_s: float) -> None:
    begun = time.monotonic()
    for n in range(count):
        robot._client.publish("voxd/den/say/robot", json.dumps({"text": f"Error {n}"}), 1)
        time.sleep(max(0.0, begun + n / per_s - time.monotonic()))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
