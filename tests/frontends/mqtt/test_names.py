"""An announcement without an id is known again after a crash, and its double that is none is spoken."""

from dataclasses import replace

import pytest
from brokers import Broker
from mqtt_houses import Friend, Houses
from remembering_orders import past
from waiting import until

from voxd.frontends.mqtt.names import Names
from voxd.settings import MqttSettings
from voxd.wire.mqtt.packets import Delivery

RING = Delivery("voxd/den/say", b"The doorbell", 1, packet_id=7, again=False, connection=1, received_at=0.0)
AGAIN = replace(RING, again=True, connection=2)


def test_every_new_delivery_has_a_name_of_its_own() -> None:
    names = Names()
    given = {names.name(RING) for _ in range(100)}
    assert len(given) == 100
    assert all(len(name) <= 64 for name in given)


def test_what_comes_again_after_a_crash_has_the_name_it_had_before() -> None:
    before = Names().name(RING)
    names = Names()
    names.remember(["other", before, "f" * 16 + "-00000000"])  # type: ignore[list-item]  # ids are texts
    assert names.name(AGAIN) == before


def test_of_several_with_the_same_text_and_packet_identifier_the_newest_is_meant() -> None:
    older, newer = Names().name(RING), Names().name(RING)
    names = Names()
    names.remember([newer, older])
    assert names.name(AGAIN) == newer


@pytest.mark.parametrize(
    "other",
    [
        replace(AGAIN, packet_id=8),
        replace(AGAIN, payload=b"The doorbell!"),
        replace(AGAIN, topic="voxd/den/say/door"),
        replace(AGAIN, qos=0),
    ],
)
def test_what_differs_in_anything_was_never_here(other: Delivery) -> None:
    before = Names().name(RING)
    names = Names()
    names.remember([before])
    assert names.name(other) != before


def test_once_something_new_has_come_a_marked_delivery_is_new_too() -> None:
    before = Names().name(RING)
    names = Names()
    names.remember([before])
    names.name(replace(RING, payload=b"Dinner", packet_id=8))
    assert names.name(AGAIN) != before


async def test_what_was_committed_but_not_acknowledged_before_a_crash_keeps_its_id(
    broker: Broker, friend: Friend, houses: Houses
) -> None:
    settings = MqttSettings(port=broker.port)
    first = await houses.open(settings)
    first.announcer.gate.clear()
    await friend.publish("voxd/den/say", "once")
    await until(lambda: first.announcer.asked)
    await first.frontend.stop()  # it was committed, as the next one will learn, but never acknowledged
    committed = first.announcer.asked[0].id
    second = await houses.open(settings, past=(past(committed),))
    await until(lambda: second.announcer.asked)
    assert second.announcer.asked[0].id == committed
    await friend.publish("voxd/den/say", "once")
    await until(lambda: len(second.announcer.asked) == 2)
    assert second.announcer.asked[1].id != committed
    first.announcer.gate.set()
