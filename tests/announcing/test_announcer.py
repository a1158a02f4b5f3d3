"""The announcer: what it takes over is spoken once, in order, and everybody learns its end."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from announced import wish
from miniature_house import MiniatureHouse
from waiting import until

from voxd.errors import BadRequestError, BusyError, StorageError, UnknownVoiceError, UnknownZoneError
from voxd.model.announcement import Priority, State
from voxd.model.identifiers import AnnouncementId, VoiceId, ZoneId


async def test_an_announcement_is_told_from_its_acceptance_to_its_end(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("one"))
    finished = await house.until("one", State.FINISHED)
    assert house.states("one") == [
        State.ACCEPTED,
        State.QUEUED,
        State.SYNTHESIZING,
        State.PLAYING,
        State.FINISHED,
    ]
    assert finished.timings_ms.keys() == {"queued", "first_audio", "total"}
    assert finished.source == "test"
    assert [len(output.heard) for output in house.outputs.values()] == [1, 1], "without zones it is heard everywhere"


async def test_it_is_not_finished_before_it_was_heard(house: MiniatureHouse) -> None:
    gate = house.outputs["kitchen"].gate = asyncio.Event()
    await house.announcer.announce(wish("one"))
    await house.until("one", State.PLAYING)
    await asyncio.sleep(0.05)
    assert State.FINISHED not in house.states("one")
    assert house.announcer.house_state().playing == ("one",)
    gate.set()
    await house.until("one", State.FINISHED)


async def test_the_more_urgent_goes_first(house: MiniatureHouse) -> None:
    gate = house.outputs["kitchen"].gate = asyncio.Event()
    await house.announcer.announce(wish("first"))
    await house.until("first", State.PLAYING)
    await house.announcer.announce(wish("low", priority=Priority.LOW))
    await house.announcer.announce(wish("normal"))
    assert house.announcer.house_state().waiting == 2
    gate.set()
    await house.until("low", State.FINISHED)
    started = [step.announcement for step in house.steps if step.state is State.SYNTHESIZING]
    assert started == ["first", "normal", "low"]


async def test_a_busy_zone_keeps_no_other_zone_waiting(house: MiniatureHouse) -> None:
    gate = house.outputs["kitchen"].gate = asyncio.Event()
    await house.announcer.announce(wish("kitchen", zones=(ZoneId("kitchen"),)))
    await house.announcer.announce(wish("kitchen, too", zones=(ZoneId("kitchen"),)))
    await house.announcer.announce(wish("attic", zones=(ZoneId("attic"),)))
    await house.until("attic", State.FINISHED)
    assert State.SYNTHESIZING not in house.states("kitchen, too")
    gate.set()
    await house.until("kitchen, too", State.FINISHED)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"zones": (ZoneId("cellar"),)}, UnknownZoneError),
        ({"voice": VoiceId("nobody")}, UnknownVoiceError),
        ({"language": "ja"}, UnknownVoiceError),
        ({"text": "🎉"}, BadRequestError),
        ({"chime": "no-such"}, BadRequestError),
        ({"rate": 1.5}, BadRequestError),
    ],
)
async def test_what_cannot_be_spoken_is_refused_at_once(
    house: MiniatureHouse, more: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await house.announcer.announce(wish("bad", **more))
    assert house.states("bad") == [State.REFUSED]


async def test_a_full_queue_refuses_the_next_but_not_an_alarm(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path, queue_max=2).alive() as house:
        house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(wish("playing"))
        await house.until("playing", State.PLAYING)
        wishes = [wish(f"waiting-{number}") for number in range(4)]
        outcomes = await asyncio.gather(*map(house.announcer.announce, wishes), return_exceptions=True)
        assert [isinstance(outcome, BusyError) for outcome in outcomes] == [False, False, True, True]
        await house.announcer.announce(wish("alarm", priority=Priority.ALARM))
        assert house.states("waiting-3") == [State.REFUSED]


async def test_an_id_that_is_known_changes_nothing(house: MiniatureHouse) -> None:
    assert await house.announcer.announce(wish("one"))
    assert not await house.announcer.announce(wish("one"))
    await house.until("one", State.FINISHED)
    assert not await house.announcer.announce(wish("one"))
    assert not await house.announcer.announce(wish("one", voice=VoiceId("nobody"))), "it was accepted once"
    await asyncio.sleep(0.05)
    assert house.states("one").count(State.ACCEPTED) == 1
    assert State.REFUSED not in house.states("one")
    assert len(house.outputs["kitchen"].heard) == 1


async def test_what_was_refused_can_be_asked_again(house: MiniatureHouse) -> None:
    with pytest.raises(UnknownVoiceError):
        await house.announcer.announce(wish("again", voice=VoiceId("nobody")))
    assert await house.announcer.announce(wish("again"))
    await house.until("again", State.FINISHED)


async def test_an_announcement_whose_sender_leaves_meanwhile_is_spoken(house: MiniatureHouse) -> None:
    announcing = asyncio.create_task(house.announcer.announce(wish("one")))
    await asyncio.sleep(0)
    announcing.cancel()
    await house.until("one", State.FINISHED)


async def test_steps_name_the_voice_and_the_zones(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("one"))
    finished = await house.until("one", State.FINISHED)
    assert finished.voice == "sine-anna"
    assert finished.zones == ("kitchen", "attic")


async def test_refusals_are_logged_but_never_flood_the_log(
    house: MiniatureHouse, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(50):
        await house.announcer.refuse(AnnouncementId(f"bad-{number}"), "mqtt/robot", "is no JSON")
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "Refused an announcement from mqtt/robot: is no JSON"
    assert len(lines) == 11


async def test_what_has_become_stale_expires_when_it_does_and_not_when_its_turn_comes(house: MiniatureHouse) -> None:
    house.outputs["kitchen"].gate = asyncio.Event()
    await house.announcer.announce(wish("first"))
    await house.announcer.announce(wish("stale", ttl_s=0.05))
    expired = await house.until("stale", State.EXPIRED)
    assert expired.reason
    assert State.FINISHED not in house.states("first")
    assert State.SYNTHESIZING not in house.states("stale")


async def test_an_engine_that_fails_ends_one_announcement_and_not_the_next(house: MiniatureHouse) -> None:
    house.engine.fails_after = 1
    await house.announcer.announce(wish("bad"))
    failed = await house.until("bad", State.FAILED)
    assert "broke off" in failed.reason
    house.engine.fails_after = None
    await house.announcer.announce(wish("good", "Something else."))
    await house.until("good", State.FINISHED)


async def test_after_a_crash_what_was_not_finished_is_spoken(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        house.outputs["kitchen"].gate = asyncio.Event()
        await house.announcer.announce(wish("cut"))
        await house.announcer.announce(wish("waiting"))
        await house.until("cut", State.PLAYING)
        left = house.crashed(tmp_path / "crashed")
    async with MiniatureHouse(left).alive() as house:
        await house.until("waiting", State.FINISHED)
        ended = [step.announcement for step in house.steps if step.state is State.FINISHED]
        assert ended == ["cut", "waiting"]
        assert house.states("cut") == [State.SYNTHESIZING, State.PLAYING, State.FINISHED]
    async with MiniatureHouse(left).alive() as house:
        await asyncio.sleep(0.05)
        assert house.steps == []


async def test_what_ends_the_daemon_again_and_again_is_given_up(tmp_path: Path) -> None:
    for attempt in range(2):
        house = MiniatureHouse(tmp_path)
        house.engine.bug_after = 1
        await house.synthesizer.start()
        await house.announcer.start()
        if attempt == 0:
            await house.announcer.announce(wish("poison"))
        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(house.announcer.run(), 10)
        await house.announcer.stop()
        await house.synthesizer.stop()
    async with MiniatureHouse(tmp_path).alive() as house:
        assert "ended 2 times" in (await house.until("poison", State.FAILED)).reason
        await house.announcer.announce(wish("next"))
        await house.until("next", State.FINISHED)


async def test_draining_waits_for_the_slowest_zone_and_counts_what_all_have_heard(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        house.engine.chunks = 1
        slow = house.paced("attic")
        await house.announcer.announce(wish("long", "One. Two. Three. Four."))
        slow.leave.release()
        await until(lambda: house.taken("long") == 1)
        draining = asyncio.create_task(house.announcer.drain())
        await asyncio.sleep(0)
        slow.leave.release()
        await draining
        assert State.FINISHED not in house.states("long")
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.until("long", State.FINISHED)
        assert house.engine.spoken == ["Three.", "Four."]


async def test_draining_finishes_the_sentence_and_the_rest_comes_after_the_restart(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path).alive() as house:
        house.engine.chunk_delay_s = 0.05
        await house.announcer.announce(wish("long", "One. Two. Three. Four."))
        await house.announcer.announce(wish("later"))
        await house.until("long", State.PLAYING)
        await house.announcer.drain()
        before = len(house.outputs["kitchen"].heard[0])
        assert State.FINISHED not in house.states("long")
        assert State.SYNTHESIZING not in house.states("later")
    async with MiniatureHouse(tmp_path).alive() as house:
        await house.until("later", State.FINISHED)
        sentence_bytes = house.engine.chunks * house.engine.chunk_frames * 2
        assert len(house.outputs["kitchen"].heard[0]) == 4 * sentence_bytes - before
        assert before % sentence_bytes == 0


async def test_nothing_is_taken_over_while_the_journal_is_closed(house: MiniatureHouse) -> None:
    await house.announcer.stop()
    with pytest.raises(StorageError):
        await house.announcer.announce(wish("lost"))
    assert house.steps == []


async def test_a_bad_payload_is_told_as_refused(house: MiniatureHouse) -> None:
    await house.announcer.refuse(AnnouncementId("bad"), "mqtt", "is no JSON", "{")
    assert [(step.state, step.reason) for step in house.steps] == [(State.REFUSED, "is no JSON")]


async def test_a_bug_ends_the_daemon_instead_of_being_hidden(tmp_path: Path) -> None:
    house = MiniatureHouse(tmp_path)
    house.engine.bug_after = 1
    await house.synthesizer.start()
    await house.announcer.start()
    await house.announcer.announce(wish("bug"))
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(house.announcer.run(), 10)
    assert caught.group_contains(ValueError)
    await house.announcer.stop()
    await house.synthesizer.stop()
