"""Announcements whose voice cannot speak: never silent, never late, and all zones hear the same."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from announced import wish
from engines_for_tests import SineEngine, sentence
from miniature_house import MiniatureHouse
from waiting import until

from voxd.model.announcement import Priority, State
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId, ZoneId
from voxd.settings import FirstAudioSettings, SpeechSettings, VoiceSettings
from voxd.synthesis.engine import EngineTraits, Sentence
from voxd.synthesis.synthesizer import Urgency

MUM = VoiceId("mum")
KITCHEN = (ZoneId("kitchen"),)


def organ(name: str = "organ", rate_hz: int = 16000) -> SineEngine:
    """An engine that can be told from the sine by its rate."""
    engine = SineEngine(name)
    engine.traits = EngineTraits(f"{name} 1", rate_hz, concurrency=4)
    engine.format = AudioFormat(rate_hz)
    return engine


def mum(*fallbacks: str, first_audio_s: float | None = None) -> dict[str, VoiceSettings]:
    settings = VoiceSettings(engine="sine", speaker="anna", fallbacks=fallbacks, first_audio_s=first_audio_s)
    return {"mum": settings}


async def test_a_fallback_speaks_for_a_voice_whose_engine_fails(tmp_path: Path) -> None:
    second = organ()
    async with MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna")).alive() as house:
        house.engine.fails_after = 0
        await house.announcer.announce(wish("one", voice=MUM))
        playing, finished = await house.until("one", State.PLAYING), await house.until("one", State.FINISHED)
        assert [output.heard for output in house.outputs.values()] == [[second.pcm(sentence("Hello there."))]] * 2
        for step in (playing, finished):
            assert (step.voice, step.spoken_by, step.fallback_reason) == (MUM, "organ-anna", "The sine broke off")


async def test_a_voice_that_speaks_itself_is_told_as_nobody_elses(house: MiniatureHouse) -> None:
    await house.announcer.announce(wish("one"))
    finished = await house.until("one", State.FINISHED)
    assert (finished.spoken_by, finished.fallback_reason) == (None, "")


@pytest.mark.realtime
async def test_a_sentence_that_breaks_off_is_spoken_from_its_beginning_in_every_zone(tmp_path: Path) -> None:
    second = organ()
    async with MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna")).alive() as house:
        house.engine.fails_after, house.engine.chunk_delay_s = 2, 0.05  # every zone hears it begin
        await house.announcer.announce(wish("one", "One. Two.", voice=MUM))
        finished = await house.until("one", State.FINISHED)
        one, two = sentence("One."), sentence("Two.")
        begun = house.engine.pcm(one)[: 2 * 2 * house.engine.chunk_frames]
        heard = begun + second.pcm(one) + second.pcm(two)  # that the second broke off was known before its turn
        assert [output.heard for output in house.outputs.values()] == [[heard], [heard]]
        assert finished.spoken_by == "organ-anna"
        assert second.spoken == ["One.", "Two."], "the choice is made once for all zones"


async def test_the_voice_asked_for_is_tried_again_for_the_next_sentence(tmp_path: Path) -> None:
    second = organ()
    async with MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna")).alive() as house:
        house.engine.chunks = 1
        house.engine.fails_after = 0
        paced = house.paced("kitchen")
        await house.announcer.announce(wish("one", "One. Two. Three. Four. Five. Six.", voice=MUM, zones=KITCHEN))
        await until(lambda: second.spoken)
        house.engine.fails_after = None
        for _ in range(50):
            paced.leave.release()
        await house.until("one", State.FINISHED)
        assert "Six." not in second.spoken
        assert "Six." in house.engine.spoken


async def test_the_next_fallback_speaks_where_the_first_fails_too(tmp_path: Path) -> None:
    second, third = organ(), organ("harp", 8000)
    async with MiniatureHouse(
        tmp_path, others=[second, third], voices=mum("nobody", "organ-anna", "harp-anna")
    ).alive() as house:
        house.engine.fails_after, second.fails_after = 0, 0
        await house.announcer.announce(wish("one", voice=MUM))
        finished = await house.until("one", State.FINISHED)
        assert house.outputs["attic"].heard == [third.pcm(sentence("Hello there."))]
        assert finished.spoken_by == "harp-anna"
        assert finished.fallback_reason == "mum: The sine broke off; organ-anna: The sine broke off"


async def test_only_those_that_the_owner_named_speak(tmp_path: Path) -> None:
    second = organ()
    async with MiniatureHouse(tmp_path, others=[second], voices=mum()).alive() as house:
        house.engine.fails_after = 0
        await house.announcer.announce(wish("one", voice=MUM))
        assert (await house.until("one", State.FAILED)).reason == "The sine broke off"
        assert not second.spoken


async def test_fallbacks_of_fallbacks_and_those_of_another_language_are_passed_over(tmp_path: Path) -> None:
    second, third = organ(), organ("harp", 8000)
    voices = mum("organ-bert", "aunt") | {
        "aunt": VoiceSettings(engine="organ", speaker="anna", fallbacks=("harp-anna",)),
    }
    async with MiniatureHouse(tmp_path, others=[second, third], voices=voices).alive() as house:
        house.engine.fails_after, second.fails_after = 0, 0
        await house.announcer.announce(wish("one", voice=MUM))
        failed = await house.until("one", State.FAILED)
        assert failed.reason == "mum: The sine broke off; aunt: The sine broke off"
        assert not third.spoken


async def test_the_last_resort_speaks_in_the_language_of_the_sentence(tmp_path: Path) -> None:
    second, last = organ(), organ("espeak", 8000)
    async with MiniatureHouse(tmp_path, others=[second, last], voices=mum("organ-anna")).alive() as house:
        house.engine.fails_after, second.fails_after = 0, 0
        await house.announcer.announce(wish("english", voice=MUM))
        assert (await house.until("english", State.FINISHED)).spoken_by == "espeak-anna"
        await house.announcer.announce(wish("german", voice=VoiceId("sine-bert")))
        assert (await house.until("german", State.FINISHED)).spoken_by == "espeak-bert"


@pytest.mark.parametrize(("last_resort", "voice"), [(None, "mum"), ("espeak", "espeak-anna")])
async def test_there_is_no_last_resort_where_the_owner_wants_none_or_it_is_what_failed(
    tmp_path: Path, last_resort: str | None, voice: str
) -> None:
    last = organ("espeak")
    speech = SpeechSettings(last_resort=last_resort)
    async with MiniatureHouse(tmp_path, others=[last], voices=mum(), speech=speech).alive() as house:
        house.engine.fails_after, last.fails_after = 0, 0
        await house.announcer.announce(wish("one", voice=VoiceId(voice)))
        assert (await house.until("one", State.FAILED)).reason == "The sine broke off"


async def test_a_fallback_keeps_the_rate_where_it_can_and_the_text_anyway(tmp_path: Path) -> None:
    fixed, flexible = organ(), organ("harp", 8000)
    flexible.traits = EngineTraits("harp 1", 8000, changes_rate=True)
    async with MiniatureHouse(
        tmp_path, others=[fixed, flexible], voices=mum("organ-anna", "harp-anna")
    ).alive() as house:
        house.engine.traits = EngineTraits("sine 2", 22050, changes_rate=True)
        house.engine.fails_after, fixed.fails_after = 0, 2
        await house.announcer.announce(wish("one", voice=MUM, rate=1.5))
        await house.until("one", State.FINISHED)
        normal, quick = sentence("Hello there."), sentence("Hello there.", rate=1.5)
        assert house.outputs["kitchen"].heard == [fixed.pcm(normal)[: 4 * fixed.chunk_frames] + flexible.pcm(quick)]


@pytest.mark.parametrize(
    ("voice_s", "priority_s", "priority"),
    [(0.05, None, Priority.NORMAL), (None, 0.05, Priority.HIGH), (30.0, 0.05, Priority.HIGH)],
)
async def test_who_misses_the_deadline_is_replaced_and_cancelled(
    tmp_path: Path, voice_s: float | None, priority_s: float | None, priority: Priority
) -> None:
    second = organ()
    speech = SpeechSettings(first_audio_s=FirstAudioSettings(high=priority_s))
    voices = mum("organ-anna", first_audio_s=voice_s)
    async with MiniatureHouse(tmp_path, others=[second], voices=voices, speech=speech).alive() as house:
        house.engine.gate = asyncio.Event()
        await house.announcer.announce(wish("one", voice=MUM, priority=priority))
        finished = await house.until("one", State.FINISHED)
        assert finished.fallback_reason == "It gave no sound within 0.05 s"
        assert [output.heard for output in house.outputs.values()] == [[second.pcm(sentence("Hello there."))]] * 2
        await until(lambda: house.engine.cancelled == 1 and not house.engine.speaking)


async def test_a_deadline_of_another_priority_hurries_nobody(tmp_path: Path) -> None:
    second = organ()
    speech = SpeechSettings(first_audio_s=FirstAudioSettings(alarm=0.05))
    async with MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna"), speech=speech).alive() as house:
        house.engine.chunk_delay_s = 0.1
        house.engine.chunks = 1
        await house.announcer.announce(wish("one", voice=MUM))
        assert (await house.until("one", State.FINISHED)).spoken_by is None
        assert not second.spoken


async def test_nobody_is_hurried_whom_nobody_could_replace(tmp_path: Path) -> None:
    async with MiniatureHouse(tmp_path, voices=mum(first_audio_s=0.02)).alive() as house:
        house.engine.chunk_delay_s = 0.05
        await house.announcer.announce(wish("one", voice=MUM))
        assert (await house.until("one", State.FINISHED)).spoken_by is None


async def test_a_deadline_is_waited_for_once_in_an_announcement(tmp_path: Path) -> None:
    second = organ()
    voices = mum("organ-anna", first_audio_s=0.3)
    async with MiniatureHouse(tmp_path, others=[second], voices=voices).alive() as house:
        house.engine.gate = asyncio.Event()
        await house.announcer.announce(wish("one", "One. Two. Three. Four. Five. Six.", voice=MUM))
        finished = await house.until("one", State.FINISHED)
        assert finished.timings_ms["total"] < 900
        assert second.spoken == ["One.", "Two.", "Three.", "Four.", "Five.", "Six."]
        assert len(house.engine.spoken) == 3, "those that were begun ahead were given up, no further one was begun"
        await until(lambda: not house.engine.speaking)


async def test_a_sentence_that_waits_behind_its_predecessor_is_not_late(tmp_path: Path) -> None:
    second = organ()
    async with MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna", first_audio_s=0.3)).alive() as house:
        house.engine.traits = EngineTraits("sine 2", 22050, concurrency=1)
        house.engine.chunk_delay_s = 0.1
        await house.announcer.announce(wish("one", "One. Two. Three.", voice=MUM))
        assert (await house.until("one", State.FINISHED)).spoken_by is None


async def test_where_too_many_wait_for_one_engine_the_next_speaks(tmp_path: Path) -> None:
    second = organ()
    house = MiniatureHouse(
        tmp_path, others=[second], voices=mum("organ-anna"), speech=SpeechSettings(waiting_max=1, ahead=1)
    )
    async with house.alive():
        house.engine.traits = EngineTraits("sine 2", 22050, concurrency=1)
        house.engine.gate = asyncio.Event()
        holding = [house.synthesizer.speak(sentence(text), Urgency.ALARM) for text in ("A.", "B.")]
        await house.announcer.announce(wish("one", voice=MUM))
        finished = await house.until("one", State.FINISHED)
        assert finished.spoken_by == "organ-anna"
        assert "Too many" in finished.fallback_reason
        for rendition in holding:
            rendition.close()


async def test_a_zone_that_lags_behind_hears_who_spoke_in_the_others(tmp_path: Path) -> None:
    second = organ()
    async with MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna")).alive() as house:
        house.engine.chunks = 1
        house.engine.fails_after = 0
        slow = house.paced("attic")
        await house.announcer.announce(wish("one", "One. Two. Three. Four.", voice=MUM))
        await until(lambda: house.outputs["kitchen"].heard)
        house.engine.fails_after = None
        for _ in range(50):
            slow.leave.release()
        await house.until("one", State.FINISHED)
        assert house.outputs["attic"].heard == house.outputs["kitchen"].heard


class Runaway(SineEngine):
    """Does not come to an end with its first roll of the dice."""

    def __init__(self, runs: int) -> None:
        super().__init__("wild")
        self.fault = "runaway"
        self.seeds: list[int | None] = []
        self.runs = runs

    async def speak(self, sentence: Sentence) -> AsyncGenerator[Chunk, None]:
        self.seeds.append(sentence.voice.seed)
        self.fails_after = 1 if len(self.seeds) <= self.runs else None
        async for chunk in super().speak(sentence):
            yield chunk


@pytest.mark.parametrize("seed", [7, None])
async def test_a_runaway_is_spoken_once_more_with_other_dice(tmp_path: Path, seed: int | None) -> None:
    wild, second = Runaway(1), organ()
    voices = {"mum": VoiceSettings(engine="wild", seed=seed, fallbacks=("organ-anna",))}
    async with MiniatureHouse(tmp_path, others=[wild, second], voices=voices).alive() as house:
        await house.announcer.announce(wish("one", voice=MUM))
        finished = await house.until("one", State.FINISHED)
        whole = wild.pcm(sentence("Hello there."))
        assert house.outputs["kitchen"].heard == [whole[: 2 * wild.chunk_frames] + whole]
        assert wild.seeds == [seed, None if seed is None else seed + 1]
        assert finished.spoken_by is None


async def test_a_runaway_that_runs_again_is_replaced(tmp_path: Path) -> None:
    wild, second = Runaway(2), organ()
    voices = {"mum": VoiceSettings(engine="wild", fallbacks=("organ-anna",))}
    async with MiniatureHouse(tmp_path, others=[wild, second], voices=voices).alive() as house:
        await house.announcer.announce(wish("one", voice=MUM))
        assert (await house.until("one", State.FINISHED)).spoken_by == "organ-anna"
        assert len(wild.seeds) == 2


async def test_draining_lets_the_fallback_finish_the_sentence(tmp_path: Path) -> None:
    second = organ()
    house = MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna"))
    async with house.alive():
        house.engine.fails_after = 0
        second.gate = asyncio.Event()
        await house.announcer.announce(wish("one", "One. Two. Three.", voice=MUM))
        await until(lambda: second.spoken)
        draining = asyncio.create_task(house.announcer.drain())
        await asyncio.sleep(0)
        second.gate.set()
        await draining
        assert house.outputs["kitchen"].heard == [second.pcm(sentence("One."))]
        assert State.FINISHED not in house.states("one")


async def test_nothing_is_left_of_an_announcement_that_is_cut_off(tmp_path: Path) -> None:
    second = organ()
    house = MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna", first_audio_s=0.05))
    before = asyncio.all_tasks()
    async with house.alive():
        house.engine.gate, second.gate = asyncio.Event(), asyncio.Event()
        await house.announcer.announce(wish("one", "One. Two. Three.", voice=MUM))
        await until(lambda: second.spoken)
    assert not house.engine.speaking
    assert not second.speaking
    assert asyncio.all_tasks() == before


async def test_the_owner_reads_once_who_stands_in_and_once_that_the_voice_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    second = organ()
    async with MiniatureHouse(tmp_path, others=[second], voices=mum("organ-anna")).alive() as house:
        for fails_after in (0, 0, 0, None, None):
            house.engine.fails_after = fails_after
            id_ = f"{len(house.steps)}"
            await house.announcer.announce(wish(id_, voice=MUM))
            await house.until(id_, State.FINISHED)
            stood_in_for = house.announcer.house_state().stand_ins
            assert stood_in_for.keys() == ({"mum"} if fails_after == 0 else set())
        lines = [record.getMessage() for record in caplog.records if "mum" in record.getMessage()]
        assert lines == [
            "The voice organ-anna speaks in place of mum: The sine broke off",
            "The voice mum speaks again",
        ]
