"""What was asked survives the broker, a full disk and voxd itself, is said once, and its end is told."""

import asyncio
from dataclasses import replace

from brokers import Broker, Peer
from hermes_houses import TOLD, House, Houses, Rhasspy
from mqtt_sessions import break_connection
from waiting import until

from voxd.announcing.journal.rows import Past
from voxd.model.announcement import Announcement, State
from voxd.model.identifiers import AnnouncementId
from voxd.settings import MqttSettings

SAID = "hermes/tts/sayFinished"


def under_way(announcement: Announcement) -> Past:
    """It is in the journal, and not over."""
    return Past(announcement, State.QUEUED, "", 1.0, {})


async def test_what_could_not_be_stored_is_said_when_there_is_room_and_told_once(
    house: House, rhasspy: Rhasspy
) -> None:
    house.announcer.disk_full = True
    await rhasspy.say({"text": "patience", "id": "r1"})
    await rhasspy.say({"text": "", "id": "r2"})
    await until(lambda: len(house.announcer.asked) >= 2, 10)
    assert rhasspy.silent
    house.announcer.disk_full = False
    house.end((await house.announced()).id)
    told = [await rhasspy.told() for _ in range(3)]
    assert sorted(what["id"] for topic, what in told if topic == SAID) == ["r1", "r2"]
    assert await rhasspy.is_told_nothing()


async def test_said_while_voxd_was_away_is_announced_once_when_it_returns(
    broker: Broker, rhasspy: Rhasspy, houses: Houses
) -> None:
    settings = MqttSettings(port=broker.port)
    first = await houses.open(settings)
    await first.frontend.stop()
    await rhasspy.say("while away")
    await rhasspy.play("kitchen", "q1")
    second = await houses.open(settings)
    await second.announced()
    await asyncio.sleep(0.2)
    assert second.texts == ["while away"], "a sound is played now or never"


async def test_a_retained_text_is_never_said(broker: Broker, rhasspy: Rhasspy, houses: Houses) -> None:
    await rhasspy.say("yesterday's news", retain=True)
    house = await houses.open(MqttSettings(port=broker.port))
    await rhasspy.say("today's")
    await house.announced()
    assert house.texts == ["today's"]


async def test_what_an_earlier_run_has_taken_over_is_told_as_finished_by_the_next(
    broker: Broker, rhasspy: Rhasspy, houses: Houses
) -> None:
    settings = MqttSettings(port=broker.port)
    first = await houses.open(settings)
    await rhasspy.say({"text": "x", "siteId": ["kitchen", "lounge"], "id": "r1", "sessionId": "s1"})
    await rhasspy.play("kitchen", "q1")
    await first.announced(2)
    await first.frontend.stop()
    stranger = replace(first.taken[0], transaction="of some other door", id=AnnouncementId("other"))
    second = await houses.open(settings, past=tuple(map(under_way, (*first.taken, stranger))))
    for announcement in (*first.taken, stranger):
        second.end(announcement.id)
    told = [await rhasspy.told() for _ in range(2)]
    assert (SAID, {"id": "r1", "sessionId": "s1", "siteId": "kitchen,lounge"}) in told
    assert ("hermes/audioServer/kitchen/playFinished", {"id": "q1", "sessionId": None}) in told
    assert await rhasspy.is_told_nothing()


async def test_what_ended_before_the_broker_was_back_is_told_when_it_is(lasting_broker: Broker, houses: Houses) -> None:
    house = await houses.open(MqttSettings(port=lasting_broker.port))
    with Peer(lasting_broker.port) as peer:
        await Rhasspy(peer).say({"text": "before", "id": "r1"})
        said = await house.announced()
    lasting_broker.kill()
    await asyncio.sleep(0.2)
    house.end(said.id)
    lasting_broker.start()
    with Peer(lasting_broker.port) as peer:
        rhasspy = Rhasspy(peer)
        await rhasspy.subscribe(*TOLD)
        told = await rhasspy.told(15)
        assert (told[0], told[1]["id"]) == (SAID, "r1")
        await until(lambda: house.connected, 15)
        await rhasspy.say("after")
        await until(lambda: house.texts == ["before", "after"])
        await rhasspy.play("kitchen", "q1")
        await house.announced(3)


async def test_a_broken_connection_doubles_and_loses_nothing(house: House, rhasspy: Rhasspy) -> None:
    house.announcer.gate.clear()
    for number in range(5):
        await rhasspy.say({"text": str(number), "id": str(number)})
    await until(lambda: house.announcer.asked)
    break_connection(house.frontend._speech)
    await asyncio.sleep(0.01)
    house.announcer.gate.set()
    house.frontend._speech._redialling._waits.reset()
    await until(lambda: house.connected and len(house.texts) >= 5)
    await asyncio.sleep(0.2)
    assert sorted(house.texts) == ["0", "1", "2", "3", "4"]
    for said in house.taken:
        house.end(said.id)
    told = [await rhasspy.told() for _ in range(5)]
    assert sorted(what["id"] for _, what in told) == ["0", "1", "2", "3", "4"]
    assert await rhasspy.is_told_nothing()


async def test_what_was_heard_in_an_earlier_run_is_told_as_finished_when_it_comes_again(
    house: House, rhasspy: Rhasspy
) -> None:
    """The broker delivers it again, since our last run could send neither its acknowledgement nor its end."""
    house.announcer.knows_all = True
    await rhasspy.say({"text": "x", "id": "r1"})
    assert await rhasspy.told() == (SAID, {"id": "r1", "sessionId": None, "siteId": "default"})
    assert house.texts == []
