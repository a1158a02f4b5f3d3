"""Orders over MQTT: obeyed at once and answered, whatever else the house is doing."""

import asyncio
import time

import pytest
from brokers import Broker
from mqtt_houses import Friend, House, Houses
from remembering_orders import past
from waiting import until

from voxd.announcing.selection import Selection
from voxd.announcing.sirens import Tone
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, ZoneId
from voxd.settings import MqttSettings

ORDERS = ["acknowledge", "stop", "skip", "clear", "replay"]
A1 = Selection(AnnouncementId("a1"))
HALL = Selection(zones=(ZoneId("hall"),))


@pytest.mark.parametrize("verb", ORDERS)
async def test_an_order_is_about_all_an_id_or_zones_and_is_answered(verb: str, house: House, friend: Friend) -> None:
    await friend.subscribe(f"voxd/den/response/{verb}")
    for payload in ("", "a1", '{"id": "a1", "transaction": "t"}', '{"zones": ["hall"]}'):
        await friend.publish(f"voxd/den/request/{verb}", payload)
    answers = [await friend.next_json() for _ in range(4)]
    assert house.orders.given == [(verb, Selection()), (verb, A1), (verb, A1), (verb, HALL)]
    done = {"status": "ok", "data": {"ids": ["a1"]}}
    assert answers == [done, done, {**done, "transaction": "t"}, done]


async def test_zones_are_paused_and_resumed(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/+")
    await friend.publish("voxd/den/request/pause", '{"zones": "hall"}')
    await friend.publish("voxd/den/request/resume", "")
    assert [(await friend.next_json())["status"] for _ in range(2)] == ["ok", "ok"]
    assert house.orders.given == [("pause", HALL), ("resume", Selection())]


async def test_do_not_disturb_is_a_switch(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/do_not_disturb")
    await friend.publish("voxd/den/request/do_not_disturb", '{"zones": "hall", "on": true}')
    await friend.publish("voxd/den/request/do_not_disturb", "OFF")
    assert (await friend.next_json())["data"] == {"zones": ["hall"], "on": True, "passes": "alarm"}
    assert (await friend.next_json())["data"] == {"zones": [], "on": False, "passes": None}
    assert house.orders.quiet == [((ZoneId("hall"),), Priority.ALARM), ((), None)]


async def test_a_siren_is_switched_over_the_alarm_session_which_no_flood_stands_before(
    house: House, friend: Friend
) -> None:
    assert "voxd/den/request/siren" in house.frontend._topics.urgent
    await friend.subscribe("voxd/den/response/siren")
    await friend.publish("voxd/den/request/siren", '{"on": true, "zones": ["hall"], "duration_s": 5}')
    await friend.publish("voxd/den/request/siren", "OFF")
    assert [await friend.next_json() for _ in range(2)] == 2 * [{"status": "ok", "data": {"ids": ["a1"]}}]
    assert house.orders.sirens == [((ZoneId("hall"),), Tone(lasts_s=5.0)), ((), None)]


async def test_a_restart_is_answered_before_it_begins(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/restart")
    for payload in ("PRESS", '{"transaction": 1}', "now"):
        await friend.publish("voxd/den/request/restart", payload)
    answers = [await friend.next_json() for _ in range(3)]
    assert [answer["status"] for answer in answers] == ["ok", "ok", "error"]
    assert house.orders.restarts == 2


async def test_a_preference_is_kept_and_answered_with_what_holds(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/response/prefer")
    await friend.publish("voxd/den/request/prefer", '{"voice": "mum", "chime": "none", "transaction": 7}')
    await friend.publish("voxd/den/request/prefer", '{"volume": 40, "zones": ["hall"]}')
    await friend.publish("voxd/den/request/prefer", '{"volume": 140}')
    first, second, third = [await friend.next_json() for _ in range(3)]
    assert first == {"status": "ok", "data": {"voice": "mum", "chime": "none"}, "transaction": 7}
    assert second == {"status": "ok", "data": {"volume": 40, "zones": ["hall"]}}
    assert third["status"] == "error"
    assert third["error"] == "volume must be a number from 0 to 100 (percent), or null, not 140"
    assert [choice.named for choice in house.orders.choices] == [{"voice", "chime"}, {"volume"}]


async def test_the_history_is_told_to_whoever_asks_and_to_nobody_else(house: House, friend: Friend) -> None:
    house.orders.past = (past("b", "Newer"), past("a", "Older"))
    await friend.subscribe("ha/history")
    await friend.publish("voxd/den/request/history", '{"limit": 1, "state": "finished"}', ResponseTopic="ha/history")
    (newer,) = (await friend.next_json())["data"]["announcements"]
    assert (newer["id"], newer["text"], newer["state"]) == ("b", "Newer", "finished")
    assert (1, State.FINISHED) in house.orders.asked
    await friend.subscribe("voxd/den/response/history")
    await friend.publish("voxd/den/request/history", "", ResponseTopic="ha/other")
    assert (await friend.next_json())["data"] == {"count": 2}
    await friend.publish("voxd/den/request/history", "")
    assert len((await friend.next_json())["data"]["announcements"]) == 2


@pytest.mark.parametrize(
    ("verb", "payload", "said"),
    [
        ("stop", "a2", "There is no announcement a2"),
        ("stop", '{"zones": "attic"}', "There is no zone attic"),
        ("acknowledge", '{"ids": "a1"}', "did you mean id"),
        ("do_not_disturb", "", "on is missing"),
        ("history", "all of it", "limit must be a whole number"),
    ],
)
async def test_a_wrong_order_is_refused_in_words(
    verb: str, payload: str, said: str, house: House, friend: Friend
) -> None:
    await friend.subscribe(f"voxd/den/response/{verb}")
    await friend.publish(f"voxd/den/request/{verb}", payload)
    assert said in (await friend.next_json())["error"]
    assert house.orders.given == []


async def test_orders_do_not_wait_behind_slow_renderings(house: House, friend: Friend) -> None:
    for _ in range(20):
        await friend.publish("voxd/den/request/render", "slow", ResponseTopic="ha/sound")
    await until(lambda: house.renderer.running == 4)
    for verb in ORDERS:
        await friend.publish(f"voxd/den/request/{verb}", "")
    await until(lambda: len(house.orders.given) == len(ORDERS))
    house.renderer.gate.set()


async def test_orders_that_hang_are_bounded_too(house: House, friend: Friend) -> None:
    house.orders.gate.clear()
    await friend.subscribe("voxd/den/response/skip")
    for _ in range(65):
        await friend.publish("voxd/den/request/skip", "")
    assert "Too many requests" in (await friend.next_json())["error"]
    house.orders.gate.set()
    await until(lambda: len(house.orders.given) == 64)


@pytest.mark.realtime
@pytest.mark.parametrize("verb", ["acknowledge", "stop"])
async def test_a_flood_does_not_stand_in_front_of_an_acknowledgement(verb: str, house: House, friend: Friend) -> None:
    house.announcer.gate.clear()
    await asyncio.to_thread(friend.peer.publish_many, "voxd/den/say", [str(n) for n in range(500)])
    await until(lambda: house.announcer.asked)
    begun = time.monotonic()
    await friend.publish(f"voxd/den/request/{verb}", "")
    await until(lambda: house.orders.given == [(verb, Selection())], 1)
    assert time.monotonic() - begun < 0.5
    house.announcer.gate.set()
    await asyncio.sleep(0.1)
    assert house.orders.given == [(verb, Selection())], "it is obeyed once, though both sessions hear it"


async def test_an_acknowledgement_given_while_voxd_was_away_counts(
    broker: Broker, friend: Friend, houses: Houses
) -> None:
    settings = MqttSettings(port=broker.port)
    first = await houses.open(settings)
    await first.frontend.stop()
    await friend.publish("voxd/den/request/acknowledge", "")
    second = await houses.open(settings)
    await until(lambda: second.orders.given == [("acknowledge", Selection())])
