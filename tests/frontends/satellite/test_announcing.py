"""The announcement satellite: what a hub plays on it, as Home Assistant does, is announced in the house."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from announced import wish
from announcing_hub import RATE_HZ, AnnouncingHub, announcing_hub
from miniature_house import MiniatureHouse
from sounds import noise
from waiting import until
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event

from voxd.announcing.selection import Selection
from voxd.errors import BusyError, VoxdError
from voxd.frontends.frontend import Rereading
from voxd.frontends.satellite import SatelliteFrontend
from voxd.frontends.satellite.gathering import Gathering, Room
from voxd.model.announcement import Priority, State
from voxd.model.audio import AudioFormat, Chunk
from voxd.settings import SatelliteSettings, WyomingSettings

Open = Callable[..., Awaitable[SatelliteFrontend]]
FORM = {"rate": RATE_HZ, "width": 2, "channels": 1}


def sound(seed: int = 1, duration_s: float = 0.2) -> bytes:
    """A sound unlike all others."""
    return noise(duration_s, RATE_HZ, seed).pcm


@pytest.fixture
async def closing() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def open_(house: MiniatureHouse, closing: AsyncExitStack) -> Open:
    """Opens a satellite of the house with these settings."""

    async def opened(**settings: object) -> SatelliteFrontend:
        chosen = SatelliteSettings.model_validate({"port": 0, "host": "127.0.0.1", **settings})
        into = house.announcer, house.recordings, house.progress
        frontend = SatelliteFrontend(chosen, WyomingSettings(), *into, "1.2.3")
        await frontend.start()
        running = asyncio.create_task(frontend.run())

        async def close() -> None:
            await frontend.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        closing.push_async_callback(close)
        return frontend

    return opened


@pytest.fixture
async def hub(open_: Open) -> AsyncIterator[AnnouncingHub]:
    """A hub at a satellite with the usual settings."""
    async with announcing_hub((await open_()).port) as connected:
        yield connected


def ids(house: MiniatureHouse, state: State = State.ACCEPTED) -> list[str]:
    """What has come to that state, in order."""
    return [step.announcement for step in house.steps if step.state is state]


async def test_a_hub_takes_it_for_a_satellite_that_cannot_speak(hub: AnnouncingHub) -> None:
    await until(lambda: hub.info)
    assert hub.info is not None
    assert hub.info.satellite is not None
    assert hub.info.satellite.installed
    assert hub.info.satellite.name == "voxd announcements", "part of what Home Assistant knows us by"
    assert not any((hub.info.tts, hub.info.asr, hub.info.wake, hub.info.snd, hub.info.mic))


async def test_what_is_announced_is_heard_sample_for_sample_and_played_is_said_afterwards(
    house: MiniatureHouse, hub: AnnouncingHub
) -> None:
    house.outputs["kitchen"].gate = gate = asyncio.Event()
    announcing = asyncio.create_task(hub.announce(sound()))
    await until(lambda: ids(house, State.PLAYING))
    await asyncio.sleep(0.1)
    assert not announcing.done()
    gate.set()
    assert await announcing
    assert [house.outputs[zone].heard for zone in ("kitchen", "attic")] == [[sound()], [sound()]]
    (accepted,) = (step for step in house.steps if step.state is State.ACCEPTED)
    assert (accepted.source, accepted.priority) == ("satellite", Priority.NORMAL)


async def test_it_announces_where_and_how_urgently_the_owner_wants(house: MiniatureHouse, open_: Open) -> None:
    satellite = await open_(zones="attic", priority="high")
    async with announcing_hub(satellite.port) as hub:
        assert await hub.announce(sound())
    assert house.outputs["kitchen"].heard == []
    assert house.outputs["attic"].heard == [sound()]
    assert {step.priority for step in house.steps} == {Priority.HIGH}


async def test_pings_are_answered_while_something_is_heard(house: MiniatureHouse, open_: Open) -> None:
    house.outputs["kitchen"].gate = gate = asyncio.Event()
    async with announcing_hub((await open_()).port, ping_delay_s=0.01) as hub:
        announcing = asyncio.create_task(hub.announce(sound(duration_s=1.0)))
        await until(lambda: ids(house, State.PLAYING))
        before = hub.pongs
        await until(lambda: hub.pongs > before + 3)
        assert not announcing.done()
        gate.set()
        assert await announcing


async def test_what_nobody_is_to_hear_is_over_at_once_and_the_hub_learns_why(
    house: MiniatureHouse, hub: AnnouncingHub
) -> None:
    await house.orders.do_not_disturb((), Priority.ALARM)
    assert await hub.announce(sound())
    assert house.outputs["kitchen"].heard == []
    (error,) = hub.errors
    assert error.code == "suppressed"
    assert error.text.startswith("Do not disturb")


async def test_what_is_cancelled_is_over(house: MiniatureHouse, hub: AnnouncingHub) -> None:
    house.outputs["kitchen"].gate = asyncio.Event()
    await house.announcer.announce(wish("before"))
    announcing = asyncio.create_task(hub.announce(sound(duration_s=1.0)))
    await until(lambda: len(ids(house)) == 2)
    await house.orders.clear(Selection())
    assert await announcing
    assert [error.code for error in hub.errors] == ["cancelled"]


async def test_what_cannot_be_taken_over_is_told_and_the_hub_stays(house: MiniatureHouse, open_: Open) -> None:
    satellite = await open_(zones="cellar")
    async with announcing_hub(satellite.port) as hub:
        assert await hub.announce(sound())
        assert [error.code for error in hub.errors] == ["unknown_zone"]
        assert "cellar" in hub.errors[0].text
        assert not hub.gone


async def test_two_at_once_by_satellite_and_by_another_door_are_both_heard_in_order(
    house: MiniatureHouse, hub: AnnouncingHub
) -> None:
    announcing = asyncio.create_task(hub.announce(sound()))
    await until(lambda: ids(house))
    await house.announcer.announce(wish("other"))
    assert await announcing
    await house.until("other", State.FINISHED)
    assert house.outputs["kitchen"].heard == [sound(), house.pcm("Hello there.")]


async def test_several_of_one_hub_are_heard_and_told_in_their_order(house: MiniatureHouse, hub: AnnouncingHub) -> None:
    house.outputs["kitchen"].gate = gate = asyncio.Event()
    for seed in (1, 2, 3):
        await send(hub, sound(seed))
    await until(lambda: len(ids(house)) == 3)
    gate.set()
    await until(lambda: len(ids(house, State.FINISHED)) == 3)
    await hub.played()
    assert house.outputs["kitchen"].heard == [sound(seed) for seed in (1, 2, 3)]


async def send(hub: AnnouncingHub, pcm: bytes) -> None:
    """All of a sound, without waiting for anything."""
    await hub.say(AudioStart(**FORM).event())
    await hub.say(AudioChunk(**FORM, audio=pcm).event())
    await hub.say(AudioStop().event())


async def test_a_hub_that_leaves_does_not_cancel_what_it_has_sent_whole(house: MiniatureHouse, open_: Open) -> None:
    satellite = await open_()
    house.outputs["kitchen"].gate = gate = asyncio.Event()
    async with announcing_hub(satellite.port) as hub:
        await send(hub, sound())
        await until(lambda: ids(house))
    await until(lambda: not satellite.door.connections)
    gate.set()
    await until(lambda: house.outputs["kitchen"].heard == [sound()])


async def test_of_half_a_sound_nothing_is_heard(house: MiniatureHouse, open_: Open) -> None:
    satellite = await open_()
    async with announcing_hub(satellite.port) as hub:
        await hub.say(AudioStart(**FORM).event())
        await hub.say(AudioChunk(**FORM, audio=sound()).event())
        await until(lambda: hub.info)
    await until(lambda: not satellite.door.connections)
    async with announcing_hub(satellite.port) as again:
        assert await again.announce(sound(2)), "a hub that comes again is served at once"
    assert house.outputs["kitchen"].heard == [sound(2)]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([AudioStart(rate=22050, width=4, channels=1).event()], "16 bits a sample"),
        ([AudioStart(rate=22050, width=2, channels=99).event()], "'channels' of audio-start"),
        ([Event("audio-start", {"rate": "fast", "width": 2, "channels": 1})], "'rate' of audio-start"),
        ([AudioChunk(**FORM, audio=b"\0\0").event()], "without an audio-start"),
        ([AudioStop().event()], "without an audio-start"),
        (
            [AudioStart(**FORM).event(), AudioChunk(rate=8000, width=2, channels=1, audio=b"\0\0").event()],
            "changed on its way",
        ),
        (
            [AudioStart(**FORM).event(), *[AudioChunk(**FORM, audio=bytes(44_100)).event()] * 3],
            r"longer than 2 s \(satellite.sound_max_s\)",
        ),
        ([AudioStart(**FORM).event(), AudioChunk(**FORM, audio=bytes(300_000)).event()], "payload_length is more than"),
    ],
)
async def test_what_breaks_the_protocol_or_our_bounds_is_told_and_closed(
    house: MiniatureHouse, open_: Open, events: list[Event], reason: str
) -> None:
    satellite = await open_(sound_max_s=2.0)
    async with announcing_hub(satellite.port) as hub:
        for event in events:
            await hub.say(event)
        await until(lambda: hub.gone)
        assert reason.replace("\\", "") in hub.errors[0].text
    assert ids(house) == []


async def test_a_sound_of_nothing_is_over_at_once(house: MiniatureHouse, hub: AnnouncingHub) -> None:
    await hub.say(AudioStart(**FORM).event())
    await hub.say(AudioStop().event())
    await hub.played()
    assert "no sound" in hub.errors[0].text
    assert ids(house) == []


async def test_an_alarm_interrupts_a_sound_which_comes_again_and_is_played_only_then(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.living()
    async with house.alive(), AsyncExitStack() as closing:
        satellite = await _opened(house, closing)
        hub = await closing.enter_async_context(announcing_hub(satellite.port))
        await send(hub, sound(duration_s=0.5))
        await until(lambda: ids(house, State.PLAYING))
        await house.announcer.announce(wish("fire", "Fire.", priority=Priority.ALARM))
        await hub.played()
        assert house.outputs["kitchen"].heard[-2:] == [house.pcm("Fire."), sound(duration_s=0.5)]
        assert hub.errors == []


async def _opened(house: MiniatureHouse, closing: AsyncExitStack, **wyoming: object) -> SatelliteFrontend:
    settings = SatelliteSettings(port=0, host="127.0.0.1"), WyomingSettings.model_validate(wyoming)
    frontend = SatelliteFrontend(*settings, house.announcer, house.recordings, house.progress, "1")
    await frontend.start()
    running = asyncio.create_task(frontend.run())
    closing.callback(running.cancel)
    closing.push_async_callback(frontend.stop)
    return frontend


async def test_an_alarm_is_played_when_it_was_heard_once(house: MiniatureHouse, open_: Open) -> None:
    satellite = await open_(priority="alarm")
    async with announcing_hub(satellite.port) as hub:
        assert await hub.announce(sound())
        assert house.outputs["kitchen"].heard == [sound()]


def test_half_sounds_of_all_clients_share_a_bounded_room() -> None:
    room = Room(max_bytes=1000)
    form = AudioFormat(8000)
    one, other = Gathering(form, 60.0, room), Gathering(form, 60.0, room)
    one.add(Chunk(form, bytes(600)))
    with pytest.raises(BusyError, match="Too many sounds"):
        other.add(Chunk(form, bytes(600)))
    one.close()
    other.add(Chunk(form, bytes(600)))


async def test_strangers_from_other_networks_are_turned_away(house: MiniatureHouse, closing: AsyncExitStack) -> None:
    frontend = await _opened(house, closing, allow=["192.0.2.0/24"])
    async with announcing_hub(frontend.port) as hub:
        await until(lambda: hub.gone)
        assert hub.info is None


async def test_a_reload_reads_token_and_certificate_anew(
    house: MiniatureHouse, closing: AsyncExitStack, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("of old")
    frontend = await _opened(house, closing, token_file=str(token))
    assert isinstance(frontend, Rereading)
    frontend.reread()
    token.write_text("")
    with pytest.raises(VoxdError, match="must hold a token"):
        frontend.reread()


async def test_an_address_announces_no_more_than_it_may(open_: Open, house: MiniatureHouse) -> None:
    satellite = await open_(rate={"per_s": 0.001, "burst": 2})
    async with announcing_hub(satellite.port) as hub:
        for seed in range(3):
            await send(hub, sound(seed))
        await until(lambda: hub.gone)
        (error,) = hub.errors
        assert (error.code, "satellite.rate" in error.text) == ("busy", True)
        await until(lambda: len(ids(house)) == 2)
