"""Home Assistant is told over a real broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from broker_fixtures import broker, lasting_broker, peer
from brokers import Broker, Peer
from homes import house_state
from mqtt_houses import Friend, open_house
from mqtt_sessions import Sessions
from paho.mqtt.client import MQTTMessage
from waiting import until

from voxd.announcing.progress import HouseState
from voxd.frontends import order_answers
from voxd.frontends.mqtt.home_assistant.changes import MIGRATE
from voxd.frontends.mqtt.home_assistant.discovery import Discovery, Pace, birth_topics
from voxd.frontends.mqtt.topics import Topics
from voxd.lib.own_id import own_id
from voxd.settings import HomeAssistantSettings, MqttSettings
from voxd.wire.mqtt.packets import Publication
from voxd.wire.mqtt.session import Session

__all__ = ["broker", "lasting_broker", "peer"]

QUICK = Pace(jitter_s=0.05, step_s=0.05, calm_s=0.02, again_s=0.3)
ON, OFF = HomeAssistantSettings(), HomeAssistantSettings(enabled=False)


@dataclass
class Told:
    """A house that tells of itself, and what it last told of its state."""

    discovery: Discovery
    state: HouseState
    states: int = 0
    published: list[Publication] = field(default_factory=list)

    def becomes(self, state: HouseState) -> None:
        self.state = state
        self.discovery.changed()


class Shelf:
    """What the broker keeps below `homeassistant/`, as another client sees it."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.configs: dict[str, Any] = {}
        self.payloads: list[tuple[str, bytes]] = []

    async def until(self, holds: Callable[[], object]) -> None:
        def look() -> bool:
            while not self.peer.arrivals.empty():
                arrival = self.peer.arrivals.get_nowait()
                self.payloads.append((arrival.topic, bytes(arrival.payload)))
                if arrival.payload:
                    self.configs[arrival.topic] = json.loads(arrival.payload)
                else:
                    self.configs.pop(arrival.topic, None)
            return bool(holds())

        await until(look)

    def house(self) -> Any:
        (topic,) = (topic for topic in self.configs if "device" in topic and "_zone_" not in topic)
        return self.configs[topic]

    @property
    def zones(self) -> list[str]:
        return sorted(topic.split("_zone_")[1].split("/")[0] for topic in self.configs if "_zone_" in topic)


@asynccontextmanager
async def telling(
    broker: Broker,
    folder: Path,
    state: HouseState | None = None,
    settings: HomeAssistantSettings = ON,
    node: str = "den",
) -> AsyncIterator[Told]:
    topics = Topics("voxd", node)
    async with AsyncExitStack() as stack:
        house: Told
        session: Session

        def publish(publication: Publication) -> None:
            house.published.append(publication)
            session.publish(publication)

        def note_state() -> None:
            house.states += 1

        def current() -> Any:
            return order_answers.house(house.state)

        discovery = Discovery(settings, topics, publish, current, note_state, "1.2.3", folder, QUICK)
        house = Told(discovery, state or house_state("home"))
        mqtt = MqttSettings(port=broker.port)
        births = birth_topics(settings) or ("voxd/nothing",)
        session = await Sessions(stack).run(mqtt, *births, on_connected=discovery.connected)
        running = asyncio.create_task(discovery.run(), name="discovery")
        try:
            yield house
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.fixture
async def shelf(peer: Peer) -> Shelf:
    await asyncio.to_thread(peer.subscribe, "homeassistant/#", "ha/#")
    return Shelf(peer)


async def test_discovery_is_published_at_connect_and_the_state_after_it(
    broker: Broker, shelf: Shelf, tmp_path: Path
) -> None:
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
        assert all(publication.retain for publication in house.published)
    assert shelf.house()["device"]["identifiers"] == [f"voxd_{own_id(tmp_path / 'id')}"]


async def test_discovery_is_kept_by_the_broker(broker: Broker, peer: Peer, tmp_path: Path) -> None:
    async with telling(broker, tmp_path) as house:
        await until(lambda: house.states)
    await asyncio.to_thread(peer.subscribe, "homeassistant/#")
    assert json.loads((await asyncio.to_thread(peer.next)).payload)["components"]


async def test_after_a_restart_and_a_new_name_the_identifiers_are_the_same(
    broker: Broker, shelf: Shelf, tmp_path: Path
) -> None:
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
    before = shelf.house()
    async with telling(broker, tmp_path, node="other") as house:
        await shelf.until(lambda: house.states)
    after = shelf.house()
    assert before["device"]["identifiers"] == after["device"]["identifiers"]
    ids = [{part.get("unique_id") for part in told["components"].values()} for told in (before, after)]
    assert ids[0] == ids[1]
    assert after["components"]["say"]["command_topic"] == "voxd/other/say"


async def test_when_home_assistant_begins_it_is_told_again(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
        told = len(house.published)
        for payload in (b"offline", b"", b"\xff"):
            house.discovery.born(payload)
        for _ in range(20):
            house.discovery.born(b"online")
        await shelf.until(lambda: house.states == 2)
        assert len(house.published) == 2 * told


async def test_after_a_reconnect_it_is_told_again(lasting_broker: Broker, tmp_path: Path) -> None:
    async with telling(lasting_broker, tmp_path) as house:
        await until(lambda: house.states)
        lasting_broker.kill()
        lasting_broker.start()
        await until(lambda: house.states == 2, 20)


async def test_a_new_voice_becomes_an_option(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
        house.becomes(house_state("home", voices=("mum", "dad", "ann")))
        await shelf.until(lambda: "ann" in shelf.house()["components"]["voice"]["options"])
        await shelf.until(lambda: house.states == 3)  # and once more: it may have been overheard


async def test_a_state_that_changes_nothing_of_what_there_is_is_not_told(broker: Broker, tmp_path: Path) -> None:
    async with telling(broker, tmp_path) as house:
        await until(lambda: house.states)
        told = len(house.published)
        house.becomes(replace(house.state, waiting=5, rate=1.5, last_error="It is broken"))
        house.becomes(replace(house.state, chimes=(*house.state.chimes, "new")))
        await until(lambda: house.states > 1)
        assert len(house.published) == told + 1


async def test_zones_come_and_go(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    async with telling(broker, tmp_path, house_state("kitchen", "hall", "attic")) as house:
        await shelf.until(lambda: house.states)
        assert shelf.zones == ["attic", "hall", "kitchen"]
    async with telling(broker, tmp_path, house_state("kitchen", "hall")) as house:
        await shelf.until(lambda: house.states)
        assert shelf.zones == ["hall", "kitchen"]
    async with telling(broker, tmp_path, house_state("kitchen")) as house:
        await shelf.until(lambda: house.states)
        assert shelf.zones == []


async def test_a_component_of_an_older_release_is_taken_back(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    topic = f"homeassistant/device/voxd_{own_id(tmp_path / 'id')}/config"
    (tmp_path / "home-assistant.json").write_text(json.dumps({topic: {"lamp": "light"}}))
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
    first, last = (json.loads(payload)["components"] for _, payload in shelf.payloads)
    assert first["lamp"] == {"platform": "light"}
    assert "lamp" not in last
    assert "lamp" not in json.loads((tmp_path / "home-assistant.json").read_text())[topic]


async def test_the_style_can_be_changed_and_changed_back(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    single = HomeAssistantSettings(style="entities")
    async with telling(broker, tmp_path, settings=single) as house:
        await shelf.until(lambda: house.states)
    assert len(shelf.configs) > 20
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
    assert len(shelf.configs) == 1
    assert MIGRATE in {payload for _, payload in shelf.payloads}
    async with telling(broker, tmp_path, settings=single) as house:
        await shelf.until(lambda: house.states)
    assert not any("/device/" in topic for topic in shelf.configs)


async def test_another_prefix_is_kept_to(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
    async with telling(broker, tmp_path, settings=HomeAssistantSettings(prefix="ha/found")) as house:
        await shelf.until(lambda: house.states)
    assert [topic.startswith("ha/found/device/") for topic in shelf.configs] == [True]
    assert birth_topics(HomeAssistantSettings(prefix="ha/found")) == ("ha/found/status",)


async def test_where_it_is_switched_off_all_is_taken_back(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    async with telling(broker, tmp_path, house_state("kitchen", "hall")) as house:
        await shelf.until(lambda: house.states)
    async with telling(broker, tmp_path, settings=OFF) as house:
        await shelf.until(lambda: house.states)
    assert shelf.configs == {}
    assert birth_topics(OFF) == ()


async def test_where_it_was_never_on_nothing_is_published(broker: Broker, tmp_path: Path) -> None:
    async with telling(broker, tmp_path, settings=OFF) as house:
        await until((tmp_path / "id").exists)
        house.discovery.born(b"online")
        await asyncio.sleep(0.2)
        assert (house.published, house.states) == ([], 0)


@pytest.mark.parametrize("content", ["", "[]", '{"a": 5}', "{" * 5000, '{"homeassistant/x/config": {"a": "b"}}', "\0"])
async def test_a_damaged_memory_harms_nothing(broker: Broker, shelf: Shelf, tmp_path: Path, content: str) -> None:
    (tmp_path / "home-assistant.json").write_text(content)
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
    assert len(json.loads((tmp_path / "home-assistant.json").read_text())) == 1


async def test_what_is_not_ours_is_never_taken_back(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    others = ["homeassistant/light/lamp/config", "voxd/den/say", "homeassistant/device/other/config", "a/#"]
    (tmp_path / "home-assistant.json").write_text(json.dumps({topic: {"a": "light"} for topic in others}))
    async with telling(broker, tmp_path) as house:
        await shelf.until(lambda: house.states)
    assert not any(payload == b"" for _, payload in shelf.payloads)


async def test_a_birth_of_home_assistant_is_heard_beside_announcements_and_never_spoken(
    broker: Broker, peer: Peer, tmp_path: Path
) -> None:
    friend = Friend(peer)
    async with open_house(MqttSettings(port=broker.port), folder=tmp_path) as house:
        house.announcer.state = house_state("home")
        await friend.subscribe("homeassistant/device/+/config")
        await friend.next()
        await friend.publish("voxd/den/say", "before")
        await friend.publish("homeassistant/status", "online")
        await friend.publish("voxd/den/say", "after")
        await until(lambda: house.texts == ["before", "after"])
        await friend.next(10)


async def test_a_state_that_tells_of_another_voice_makes_it_an_option(
    broker: Broker, peer: Peer, tmp_path: Path
) -> None:
    def offers_ann(arrival: MQTTMessage) -> bool:
        return "ann" in json.loads(arrival.payload)["components"]["voice"]["options"]

    await Friend(peer).subscribe("homeassistant/device/+/config")
    async with open_house(MqttSettings(port=broker.port), folder=tmp_path) as house:
        house.announcer.state = house_state("home", voices=("mum", "ann"))
        house.progress.state_changed()
        assert await asyncio.to_thread(peer.until, offers_ann, 10)


async def test_what_former_settings_subscribed_to_is_never_spoken(broker: Broker, peer: Peer, tmp_path: Path) -> None:
    friend = Friend(peer)
    async with open_house(MqttSettings(port=broker.port), folder=tmp_path):
        pass
    async with open_house(MqttSettings(port=broker.port, home_assistant=OFF), folder=tmp_path) as house:
        await friend.publish("homeassistant/status", "online")
        await friend.publish("voxd/den/say", "Hello")
        await until(lambda: house.texts)
        assert house.texts == ["Hello"]


async def test_entities_are_available_as_long_as_voxd_is(broker: Broker, peer: Peer, tmp_path: Path) -> None:
    friend = Friend(peer)
    await friend.subscribe("homeassistant/device/+/config", "voxd/den/availability")
    async with open_house(MqttSettings(port=broker.port), folder=tmp_path):
        config = await asyncio.to_thread(peer.until, lambda arrival: arrival.topic.endswith("config"))
        (told,) = json.loads(config.payload)["availability"]
        assert told["topic"] == "voxd/den/availability"
    gone = await asyncio.to_thread(peer.until, lambda arrival: arrival.payload == b"offline")
    assert gone.topic == "voxd/den/availability"


async def test_no_secret_is_told(broker: Broker, shelf: Shelf, tmp_path: Path) -> None:
    settings = MqttSettings(port=broker.port, username="somebody", password="swordfish")
    async with open_house(settings, folder=tmp_path):
        await shelf.until(lambda: shelf.configs)
    for secret in ("swordfish", "somebody", str(tmp_path)):
        assert not any(secret.encode() in payload for _, payload in shelf.payloads)
