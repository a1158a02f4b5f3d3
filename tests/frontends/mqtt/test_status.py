import asyncio
import json
import time
from pathlib import Path

import pytest
from brokers import Broker, BrokerOptions, Peer
from engines_for_tests import SineEngine, WatchedSine
from mqtt_houses import Friend, House, Houses, open_house
from mqtt_sessions import break_connection
from waiting import until

from voxd.announcing.progress import HouseState, Step
from voxd.announcing.speaking.stand_ins import StandIn
from voxd.lib import steps
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId
from voxd.settings import MqttSettings
from voxd.wire.mqtt import driver

A1 = AnnouncementId("a1")


async def test_availability_and_state_are_retained(house: House, friend: Friend) -> None:
    await asyncio.sleep(0.1)
    await friend.subscribe("voxd/den/availability", "voxd/den/state")
    got = {arrival.topic: arrival for arrival in (await friend.next(), await friend.next())}
    assert all(arrival.retain for arrival in got.values())
    assert got["voxd/den/availability"].payload == b"online"
    assert json.loads(got["voxd/den/state"].payload) == {
        "state": "idle",
        "playing": [],
        "waiting": 0,
        "alarms": [],
        "paused": [],
        "undisturbed": [],
        "lost": {},
        "fallbacks": {},
        "voice": "",
        "voices": [],
        "chime": "default",
        "chimes": [],
        "rate": 1.0,
        "volume": {},
        "siren": [],
        "zones_playing": [],
        "last_error": "",
        "first_audio_ms": None,
        "engines": {},
        "resting": {},
        "version": "1.2.3",
    }


async def test_a_stopped_frontend_is_offline_and_a_lost_one_too(broker: Broker, friend: Friend, houses: Houses) -> None:
    house = await houses.open(MqttSettings(port=broker.port))
    await friend.subscribe("voxd/den/availability")
    assert (await friend.next()).payload == b"online"
    await house.frontend.stop()
    assert (await friend.next()).payload == b"offline"
    await asyncio.sleep(0.2)
    assert friend.silent
    other = await houses.open(MqttSettings(port=broker.port))
    assert (await friend.next()).payload == b"online"
    break_connection(other.frontend._main)
    assert (await friend.next()).payload == b"offline"
    assert (await friend.next()).payload == b"online"


async def test_losing_the_alarm_session_says_nothing_about_availability(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/availability")
    assert (await friend.next()).payload == b"online"
    break_connection(house.frontend._alarm)
    await until(lambda: not house.connected)
    await until(lambda: house.connected)
    assert friend.silent


async def test_every_step_is_an_event_in_the_words_of_the_design(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/event")
    house.progress.tell(
        Step(
            A1,
            State.FAILED,
            1.5,
            "mqtt/door",
            "No sound",
            Priority.HIGH,
            (ZoneId("hall"),),
            VoiceId("anna"),
            {"queued": 2.5},
        )
    )
    event = await friend.next()
    assert not event.retain
    assert json.loads(event.payload) == {
        "event_type": "failed",
        "id": "a1",
        "reason": "No sound",
        "source": "mqtt/door",
        "priority": "high",
        "zones": ["hall"],
        "voice": "anna",
        "timings_ms": {"queued": 2.5},
        "at": "1970-01-01T00:00:01.500+00:00",
    }


async def test_every_state_fits_an_entity_however_much_there_is(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/state")
    await friend.next()
    names = tuple(VoiceId(f"voice-{number}") for number in range(1000))
    house.announcer.state = HouseState(
        voice="voice-999", voices=names, chimes=names, chime=False, last_error="One\nline " + 100 * "after another "
    )
    house.progress.state_changed()
    state = await friend.next_json()
    assert state["voice"] in state["voices"]
    assert (len(state["voices"]), len(state["chimes"]), state["chime"]) == (255, 255, "none")
    assert len(state["last_error"]) <= 255
    assert "\n" not in state["last_error"]


async def test_whoever_spoke_for_another_is_named_in_the_event(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/event")
    asked, spoke = VoiceId("mum"), VoiceId("anna")
    house.progress.tell(Step(A1, State.PLAYING, 1.5, voice=asked, spoken_by=spoke, fallback_reason="voxcpm is loading"))
    event = json.loads((await friend.next()).payload)
    assert (event["voice"], event["spoken_by"], event["fallback_reason"]) == ("mum", "anna", "voxcpm is loading")


async def test_the_engine_that_was_heard_is_named_and_whether_it_spoke_from_the_cache(
    house: House, friend: Friend
) -> None:
    await friend.subscribe("voxd/den/event")
    house.progress.tell(Step(A1, State.PLAYING, 1.5, engine="espeak", cached=True))
    event = await friend.next_json()
    assert (event["engine"], event["cached"]) == ("espeak", True)


async def test_alarms_pauses_quiet_zones_and_lost_outputs_are_in_the_state(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/state")
    await friend.next()
    hall = (ZoneId("hall"),)
    lost = {"hall": "It was unplugged"}
    house.announcer.state = HouseState(alarms=(A1,), paused=hall, undisturbed=hall, lost=lost)
    house.progress.tell(Step(A1, State.QUEUED, 1.5))
    state = await friend.next_json()
    assert (state["alarms"], state["paused"], state["undisturbed"]) == (["a1"], ["hall"], ["hall"])
    assert state["lost"] == lost


async def test_a_state_that_changes_without_a_step_is_told(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/state")
    await friend.next_json()
    house.announcer.state = HouseState(paused=(ZoneId("attic"),))
    house.progress.state_changed()
    assert (await friend.next_json())["paused"] == ["attic"]


async def test_voices_that_others_speak_for_are_in_the_state(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/state")
    await friend.next()
    house.announcer.state = HouseState((A1,), 0, {VoiceId("mum"): StandIn(VoiceId("anna"), "voxcpm is loading")})
    house.progress.tell(Step(A1, State.PLAYING, 1.5))
    state = json.loads((await friend.next()).payload)
    assert state["fallbacks"] == {"mum": {"spoken_by": "anna", "reason": "voxcpm is loading"}}


async def test_a_notice_is_an_event_of_its_own_type(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/event")
    house.progress.warn("mum@1 is spoken by mum@2", "wyoming", VoiceId("mum"))
    event = json.loads((await friend.next()).payload)
    assert event.pop("at")
    assert event == {
        "event_type": "warning",
        "reason": "mum@1 is spoken by mum@2",
        "source": "wyoming",
        "voice": "mum",
    }


async def test_the_state_is_told_rarely_and_never_stale_at_the_end(house: House, friend: Friend) -> None:
    await friend.subscribe("voxd/den/state")
    await friend.next()
    begun = time.monotonic()
    for n in range(300):
        house.announcer.state = HouseState((A1,), n)
        house.progress.tell(Step(A1, State.QUEUED, time.time()))
        await asyncio.sleep(0.001)
    house.progress.tell(Step(A1, State.FINISHED, time.time()))
    house.announcer.state = HouseState()
    await asyncio.sleep(0.4)
    lasted = time.monotonic() - begun
    told = [json.loads(friend.peer.next().payload) for _ in range(friend.peer.arrivals.qsize())]
    assert told[-1]["state"] == "idle"
    assert told[0]["state"] == "speaking"
    assert 3 <= len(told) <= lasted * 10 + 2


async def test_after_a_restart_of_the_broker_availability_and_state_are_there_again(
    tmp_path: Path, houses: Houses
) -> None:
    with Broker(tmp_path / "forgetful", BrokerOptions()) as broker:
        house = await houses.open(MqttSettings(port=broker.port))
        broker.kill()
        await until(lambda: not house.connected)
        house.announcer.state = HouseState((A1,), 2)
        broker.start()
        await until(lambda: house.connected)
        await asyncio.sleep(0.1)
        with Peer(broker.port) as peer:
            await asyncio.to_thread(peer.subscribe, "voxd/den/availability", "voxd/den/state")
            got = {arrival.topic: arrival.payload for arrival in (peer.next(), peer.next())}
        assert got["voxd/den/availability"] == b"online"
        assert json.loads(got["voxd/den/state"])["playing"] == ["a1"]
        await house.frontend.stop()


async def test_it_is_healthy_while_the_broker_is_away(houses: Houses) -> None:
    house = await houses.open(MqttSettings(port=1), connected=False)
    await asyncio.sleep(0.1)
    assert house.frontend.healthy


async def test_it_is_not_where_a_connection_is_there_and_nobody_serves_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.frontend.healthy
    monkeypatch.setattr(steps, "SLACK_S", 0.1)
    monkeypatch.setattr(driver, "TICK_S", 0.05)
    alarms = house.frontend._alarm._connection
    await until(lambda: house.connected)
    assert alarms is not None
    alarms._driver._tick()
    timer = alarms._driver._timer
    assert timer is not None
    timer.cancel()
    await until(lambda: not house.frontend.healthy)


async def test_the_state_tells_how_watched_engines_are(broker: Broker, friend: Friend) -> None:
    sine = WatchedSine()
    await friend.subscribe("voxd/den/state")
    async with open_house(MqttSettings(port=broker.port), engines={"sine": sine, "plain": SineEngine("plain")}):
        assert (await friend.next_json())["engines"] == {"sine": "loading"}
        sine.turn("ready")
        assert (await friend.next_json())["engines"] == {"sine": "ready"}
        sine.turn("failed", "The model is not here")
        assert (await friend.next_json())["engines"] == {"sine": "failed"}
