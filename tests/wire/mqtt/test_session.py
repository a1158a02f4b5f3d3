import asyncio
import logging
import re
from contextlib import aclosing
from typing import Any

import pytest
from brokers import Broker, Peer
from mqtt_sessions import Sessions, break_connection, is_connected
from waiting import until

from voxd.errors import BadRequestError
from voxd.settings import MqttSettings
from voxd.wire.mqtt.packets import Delivery, Publication
from voxd.wire.mqtt.session import Bounds, Session

SAY = "voxd/test/say"

pytestmark = pytest.mark.realtime  # connections break and come back against the clock of a real broker


async def take(session: Session, count: int, *, ack: bool = True) -> list[Delivery]:
    """The next `count` deliveries."""
    taken: list[Delivery] = []
    async with asyncio.timeout(10), aclosing(session.batches()) as batches:
        async for batch in batches:
            taken += batch
            for delivery in batch:
                if ack:
                    session.ack(delivery)
            if len(taken) >= count:
                return taken
    raise AssertionError("the session was closed")


def words(deliveries: list[Delivery]) -> list[str]:
    return [delivery.payload.decode() for delivery in deliveries]


def settings_of(broker: Broker) -> MqttSettings:
    return MqttSettings(port=broker.port)


async def test_what_is_published_arrives_with_its_properties(broker: Broker, peer: Peer, sessions: Sessions) -> None:
    session = await sessions.run(settings_of(broker))
    await asyncio.to_thread(
        lambda: peer.publish(
            SAY, "hello", ResponseTopic="ha/answer", CorrelationData=b"\x01\x02", MessageExpiryInterval=60
        )
    )
    (delivery,) = await take(session, 1)
    assert (delivery.topic, delivery.payload, delivery.response_topic) == (SAY, b"hello", "ha/answer")
    assert delivery.correlation == b"\x01\x02"
    assert delivery.expiry_s is not None
    assert 58 <= delivery.expiry_s <= 60


async def test_what_is_given_back_comes_again_in_its_order_and_the_connection_stays(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    session = await sessions.run(settings_of(broker))
    for text in ("one", "two"):
        await asyncio.to_thread(lambda text=text: peer.publish(SAY, text))  # type: ignore[misc]  # a bound loop variable
    for _ in range(3):
        first = await take(session, 2, ack=False)
        assert words(first) == ["one", "two"]
        session.give_back(first)
    await asyncio.to_thread(peer.publish, SAY, "three")
    await until(lambda: len(session._inbox) == 1)
    last = await take(session, 3)
    assert words(last) == ["one", "two", "three"]
    assert {delivery.connection for delivery in last} == {first[0].connection}
    assert await left_after(session, broker, sessions) == []


async def test_what_is_given_back_when_the_connection_breaks_is_delivered_again_once(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    session = await sessions.run(settings_of(broker))
    await asyncio.to_thread(peer.publish, SAY, "hello")
    first = await take(session, 1, ack=False)
    session.give_back(first)
    break_connection(session)
    await until(lambda: not is_connected(session))
    second = await take(session, 1)
    assert (words(second), second[0].again) == (["hello"], True)
    assert await left_after(session, broker, sessions) == []


async def test_what_was_delivered_again_while_it_was_worked_on_can_be_given_back(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    session = await sessions.run(settings_of(broker))
    await asyncio.to_thread(peer.publish, SAY, "hello")
    first = await take(session, 1, ack=False)
    break_connection(session)
    await until(lambda: not is_connected(session))
    await until(lambda: is_connected(session))
    await asyncio.to_thread(peer.publish, SAY, "next")
    assert words(await take(session, 1)) == ["next"]
    session.give_back(first)
    assert words(await take(session, 1)) == ["hello"]
    assert await left_after(session, broker, sessions) == []


async def test_of_what_nobody_else_keeps_only_so_much_is_held(
    broker: Broker, peer: Peer, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    session = await sessions.run(settings_of(broker), bounds=Bounds(inbox_max=3, again_after_s=0.05))
    for number in range(5):
        await asyncio.to_thread(lambda number=number: peer.publish(SAY, str(number), qos=0))  # type: ignore[misc]  # a bound loop variable
    kept = await take(session, 3)
    kept += await take(session, 5 - len(kept)) if len(kept) < 5 else []
    session.give_back(kept)
    assert words(await take(session, 3)) == ["2", "3", "4"]
    assert "Lost 2 publications of QoS 0" in caplog.text


async def left_after(session: Session, broker: Broker, sessions: Sessions) -> list[str]:
    """What the broker still has for us when a session is over."""
    await asyncio.sleep(0.1)
    await session.close(1.0)
    next_session = await sessions.run(settings_of(broker))
    await asyncio.sleep(0.2)
    return words(list(next_session._inbox))


async def test_what_was_done_while_the_connection_broke_is_acknowledged_but_not_delivered_twice(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    session = await sessions.run(settings_of(broker))
    for text in ("one", "two"):
        await asyncio.to_thread(peer.publish, SAY, text)
    one, two = await take(session, 2, ack=False)
    break_connection(session)
    session.give_back([two])
    session.ack(one)
    assert words(await take(session, 1)) == ["two"]
    await asyncio.to_thread(peer.publish, SAY, "three")
    assert words(await take(session, 1)) == ["three"]


async def test_published_while_away_is_delivered_after_the_return(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    session = await sessions.run(settings_of(broker))
    await session.close(1.0)
    await asyncio.to_thread(peer.publish, SAY, "while away")
    again = await sessions.run(settings_of(broker))
    assert words(await take(again, 1)) == ["while away"]


async def test_a_broker_killed_and_returned_is_found_again_and_has_lost_and_doubled_nothing(
    lasting_broker: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    broker = lasting_broker
    session = await sessions.run(settings_of(broker))
    with Peer(broker.port) as peer:
        await asyncio.to_thread(peer.publish, SAY, "before")
        assert words(await take(session, 1, ack=False)) == ["before"]
    await asyncio.to_thread(broker.save)
    broker.kill()
    await asyncio.sleep(0.5)
    broker.start()
    with Peer(broker.port) as peer:
        await asyncio.to_thread(peer.publish, SAY, "after")
        assert words(await take(session, 1)) == ["after"]
    await asyncio.sleep(0.7)
    await session.close(1.0)
    assert words(await take(await sessions.run(settings_of(broker)), 1)) == ["before"]
    lines = [record.message for record in caplog.records if "MQTT broker" in record.message]
    assert sum("Lost the MQTT broker" in line for line in lines) == 1
    assert sum("is back" in line for line in lines) == 1


async def test_nothing_is_taken_in_beyond_the_receive_maximum_until_it_is_acknowledged(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    session = await sessions.run(settings_of(broker), bounds=Bounds(inbox_max=20))
    await asyncio.to_thread(peer.publish_many, SAY, [str(n) for n in range(300)])
    await asyncio.sleep(0.3)
    assert len(session._inbox) <= 70
    assert words(await take(session, 300)) == [str(n) for n in range(300)]


async def test_a_retained_command_is_ignored(broker: Broker, peer: Peer, sessions: Sessions) -> None:
    await asyncio.to_thread(lambda: peer.publish(SAY, "old", retain=True))
    session = await sessions.run(settings_of(broker))
    await asyncio.to_thread(peer.publish, SAY, "fresh")
    assert words(await take(session, 1)) == ["fresh"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("UserProperty", [("k", "\ufeffv")]), ("ContentType", "\ufefftext"), ("ResponseTopic", "ha/\ufeffx")],
)
async def test_properties_that_cannot_be_read_neither_break_the_connection_nor_come_again(
    name: str, value: Any, broker: Broker, peer: Peer, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="voxd")
    session = await sessions.run(settings_of(broker))
    for qos in (0, 1, 1):
        await asyncio.to_thread(peer.publish, SAY, "odd", qos=qos, **{name: value})
    await asyncio.to_thread(peer.publish, SAY, "next")
    assert words(await take(session, 1)) == ["next"]
    await asyncio.sleep(0.1)
    await session.close(1.0)
    again = await sessions.run(settings_of(broker))
    await asyncio.to_thread(peer.publish, SAY, "last")
    assert words(await take(again, 1)) == ["last"]
    assert "Lost the MQTT broker" not in caplog.text
    assert caplog.text.count("properties cannot be read") == 1


async def test_a_packet_over_the_bound_is_kept_out_and_the_next_is_served(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    session = await sessions.run(settings_of(broker))
    await asyncio.to_thread(peer.publish, SAY, "x" * 300_000)
    await asyncio.to_thread(peer.publish, SAY, "small")
    assert words(await take(session, 1)) == ["small"]


async def test_the_last_will_is_published_when_the_connection_breaks_and_not_when_it_is_closed(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    await asyncio.to_thread(peer.subscribe, "voxd/test/availability")
    will = Publication("voxd/test/availability", b"offline", retain=True)
    session = await sessions.run(settings_of(broker), will=will)
    break_connection(session)
    assert (await asyncio.to_thread(peer.next)).payload == b"offline"
    await asyncio.sleep(0.5)
    assert is_connected(session)
    await session.close(1.0)
    await asyncio.sleep(0.2)
    assert peer.arrivals.empty()


@pytest.mark.parametrize("topic", ["a/+", "#", "a\0b", "", "x" * 2000, "\ud800"])
async def test_an_impossible_topic_is_refused(topic: str, broker: Broker, sessions: Sessions) -> None:
    session = await sessions.run(settings_of(broker))
    with pytest.raises(BadRequestError):
        session.publish(Publication(topic, b""))


async def test_thousands_of_publications_go_out_in_order(
    broker: Broker, peer: Peer, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(peer.subscribe, "voxd/test/event")
    session = await sessions.run(settings_of(broker))
    for n in range(5000):
        session.publish(Publication("voxd/test/event", str(n).encode()))
    got = [await asyncio.to_thread(peer.next) for _ in range(5000)]
    assert [int(arrival.payload) for arrival in got] == list(range(5000))
    assert "given up" not in caplog.text


async def test_what_is_published_while_the_broker_is_away_is_bounded_and_told_when_it_is_back(
    lasting_broker: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    session = await sessions.run(settings_of(lasting_broker), bounds=Bounds(outbox_max=100))
    lasting_broker.kill()
    for n in range(150):
        session.publish(Publication("voxd/test/event", str(n).encode()))
    lasting_broker.start()
    with Peer(lasting_broker.port) as peer:
        await asyncio.to_thread(peer.subscribe, "voxd/test/event")
        got = await asyncio.to_thread(lambda: peer.until(lambda arrival: arrival.payload == b"149"))
    assert got.payload == b"149"
    told = re.search(r"(\d+) publications were given up", caplog.text)
    assert told
    assert 0 < int(told[1]) <= 50


async def test_to_a_broker_that_hangs_only_a_bounded_number_of_bytes_is_on_its_way(
    broker: Broker, peer: Peer, sessions: Sessions
) -> None:
    await asyncio.to_thread(peer.subscribe, "voxd/test/sound")
    session = await sessions.run(settings_of(broker), bounds=Bounds(outbox_bytes_max=12_000_000))
    broker.freeze()
    for n in range(20):
        session.publish(Publication("voxd/test/sound", bytes([n]) * 1_000_000))
    on_their_way = list(session._sender._in_flight.values())
    assert sum(len(parcel.publication.payload) for parcel in on_their_way) <= 2_000_000
    broker.thaw()
    got = [(await asyncio.to_thread(peer.next)).payload for _ in range(13)]
    assert [payload[0] for payload in got] == [0, 1, *range(9, 20)]
    assert all(len(payload) == 1_000_000 for payload in got)


async def test_two_with_one_name_are_told_apart_in_words_and_do_not_fight(
    broker: Broker, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    first = await sessions.run(settings_of(broker))
    second = await sessions.run(settings_of(broker))
    caplog.set_level(logging.INFO, logger="voxd")
    await until(lambda: "another voxd uses the same node name" in caplog.text, 10)
    await asyncio.sleep(0.3)
    assert is_connected(first) != is_connected(second)


async def test_closing_while_the_broker_is_away_is_quick(broker: Broker, sessions: Sessions) -> None:
    session = await sessions.run(settings_of(broker))
    broker.kill()
    await asyncio.sleep(0.3)
    async with asyncio.timeout(0.5):
        await session.close(1.0)


async def test_closing_while_the_broker_hangs_takes_no_longer_than_asked(broker: Broker, sessions: Sessions) -> None:
    session = await sessions.run(settings_of(broker))
    broker.freeze()
    session.publish(Publication("voxd/test/event", b"never confirmed"))
    async with asyncio.timeout(1.0):
        await session.close(0.5)
    broker.thaw()
