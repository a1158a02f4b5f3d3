"""The synthesizer: one synthesis for all who ask, in the order of urgency, cached when it is whole."""

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from statistics import median

import pytest
from engines_for_tests import SineEngine, sentence, voice

from voxd.errors import BusyError, EngineError
from voxd.model.audio import AudioFormat, Clip
from voxd.synthesis.engine import EngineTraits
from voxd.synthesis.fingerprint import phrase_key
from voxd.synthesis.phrase_cache import PhraseCache
from voxd.synthesis.rendition import Rendition
from voxd.synthesis.spoken import Spoken
from voxd.synthesis.synthesizer import Synthesizer, Urgency

RENDERING, ANNOUNCEMENT, ALARM = Urgency
MEMORY = 10_000_000


class Room:
    """A synthesizer with a sine engine of one voice at a time, and how to make another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = SineEngine()
        self.engine.traits = EngineTraits("sine 1", concurrency=1)
        self.made: list[Synthesizer] = []

    async def synthesizer(self, memory_bytes: int = MEMORY, waiting_max: int = 3, cached: bool = False) -> Synthesizer:
        cache = PhraseCache(self.folder, 100_000_000) if cached else None
        made = Synthesizer({"sine": self.engine}, cache, memory_bytes, waiting_max)
        await made.start()
        self.made.append(made)
        return made


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    threads = threading.active_count()
    made = Room(tmp_path / "phrases")
    yield made
    for synthesizer in made.made:
        await synthesizer.stop()
    await eventually(lambda: threading.active_count() == threads)
    assert made.engine.speaking == 0


async def heard(rendition: Rendition) -> bytes:
    async with aclosing(rendition.chunks()) as chunks:
        return b"".join([chunk.pcm async for chunk in chunks])


async def eventually(what: object) -> None:
    """A few turns of the event loop."""
    assert callable(what)
    for _ in range(200):
        if what():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never came true")


async def test_a_sentence_is_heard_chunk_by_chunk_and_again_as_one_clip(room: Room) -> None:
    synthesizer, door = await room.synthesizer(), sentence("door")
    with synthesizer.speak(door, RENDERING) as rendition:
        assert rendition.ready is None
        async with aclosing(rendition.chunks()) as sound:
            chunks = [chunk async for chunk in sound]
        assert [chunk.pcm for chunk in chunks] == [room.engine.chunk(door, number).pcm for number in range(4)]
        assert await heard(rendition) == (await rendition.clip()).pcm == room.engine.pcm(door)
        assert rendition.ready == await rendition.clip()


async def test_the_first_chunk_is_there_before_the_last_is_made(room: Room) -> None:
    room.engine.chunk_delay_s = 0.01
    synthesizer = await room.synthesizer()
    with synthesizer.speak(sentence("door"), RENDERING) as rendition:
        async with aclosing(rendition.chunks()) as sound:
            await anext(sound)
            assert room.engine.speaking == 1


async def test_a_recent_sentence_is_ready_at_once_without_the_engine(room: Room) -> None:
    synthesizer = await room.synthesizer()
    with synthesizer.speak(sentence("door"), RENDERING) as rendition:
        clip = await rendition.clip()
    again = synthesizer.speak(sentence("door"), RENDERING)
    assert again.ready == clip
    assert await heard(again) == clip.pcm
    assert room.engine.spoken == ["door"]


async def test_a_sentence_on_disk_is_one_chunk_without_the_engine_also_after_a_restart(room: Room) -> None:
    first = await room.synthesizer(cached=True)
    with first.speak(sentence("door"), RENDERING) as rendition:
        clip = await rendition.clip()
    await first.stop()
    second = await room.synthesizer(cached=True)
    with second.speak(sentence("door"), RENDERING) as rendition:
        async with aclosing(rendition.chunks()) as sound:
            assert [chunk.pcm async for chunk in sound] == [clip.pcm]
    assert room.engine.spoken == ["door"]


async def test_a_sound_tells_whether_it_was_kept_from_an_earlier_time(room: Room) -> None:
    async def told(synthesizer: Synthesizer) -> bool:
        with synthesizer.speak(sentence("door"), RENDERING) as rendition:
            await rendition.clip()
            return rendition.cached

    first = await room.synthesizer(cached=True)
    assert [await told(first), await told(first)] == [False, True]
    await first.stop()
    assert await told(await room.synthesizer(cached=True, memory_bytes=0)), "from the disk"


async def test_what_is_stored_is_sample_for_sample_what_was_heard(room: Room) -> None:
    synthesizer, door = await room.synthesizer(cached=True), sentence("door")
    with synthesizer.speak(door, RENDERING) as rendition:
        pcm = await heard(rendition)
    await synthesizer.stop()
    stored = PhraseCache(room.folder, MEMORY).get(phrase_key(door, room.engine.traits))
    assert stored is not None
    assert stored.pcm == pcm


async def test_what_a_voice_said_is_forgotten_in_memory_on_disk_and_in_the_making(room: Room) -> None:
    synthesizer = await room.synthesizer(cached=True)
    room.engine.traits = EngineTraits("sine 1", concurrency=4)
    anna, bert = voice(), voice(speaker="bert", language="de-DE")
    for spoken_by in (anna, bert):
        with synthesizer.speak(sentence("door", spoken_by), RENDERING) as rendition:
            await rendition.clip()
    await eventually(lambda: len(list(room.folder.glob("??/*.wav"))) == 2)
    room.engine.gate = asyncio.Event()
    with synthesizer.speak(sentence("window", anna), RENDERING) as rendition:
        await eventually(lambda: "window" in room.engine.spoken)
        await synthesizer.forget(anna.name)
        room.engine.gate.set()
        await rendition.clip()
    for words, spoken_by in (("door", bert), ("door", anna), ("window", anna)):
        with synthesizer.speak(sentence(words, spoken_by), RENDERING) as rendition:
            await rendition.clip()
    assert room.engine.spoken == ["door", "door", "window", "door", "window"], "only what bert said was kept"


async def test_many_who_ask_for_the_same_sentence_share_one_synthesis_and_all_hear_it_from_the_start(
    room: Room,
) -> None:
    room.engine.chunk_delay_s = 0.005
    synthesizer, door = await room.synthesizer(), sentence("door")

    async def listen(delay_s: float) -> bytes:
        await asyncio.sleep(delay_s)
        with synthesizer.speak(door, RENDERING) as rendition:
            return await heard(rendition)

    sounds = await asyncio.gather(*(listen(0.001 * number) for number in range(20)))
    assert set(sounds) == {room.engine.pcm(door)}
    assert room.engine.spoken == ["door"]


async def test_a_sentence_being_stored_is_not_made_twice(room: Room) -> None:
    synthesizer = await room.synthesizer(memory_bytes=0, cached=True)
    for _ in range(3):
        with synthesizer.speak(sentence("door"), RENDERING) as rendition:
            await rendition.clip()
    assert room.engine.spoken == ["door"]


async def test_an_alarm_goes_before_announcements_before_renderings(room: Room) -> None:
    synthesizer = await room.synthesizer(waiting_max=10)
    room.engine.gate = asyncio.Event()
    asked = [("first", RENDERING), ("r1", RENDERING), ("a1", ANNOUNCEMENT), ("r2", RENDERING), ("alarm", ALARM),
             ("a2", ANNOUNCEMENT)]  # fmt: skip
    renditions = [synthesizer.speak(sentence(text), urgency) for text, urgency in asked]
    await eventually(lambda: room.engine.spoken == ["first"])
    room.engine.gate.set()
    await asyncio.gather(*(rendition.clip() for rendition in renditions))
    assert room.engine.spoken == ["first", "alarm", "a1", "a2", "r1", "r2"]


async def test_a_waiting_sentence_is_promoted_when_an_alarm_wants_it_too(room: Room) -> None:
    synthesizer = await room.synthesizer(waiting_max=10)
    room.engine.gate = asyncio.Event()
    renditions = [synthesizer.speak(sentence(text), RENDERING) for text in ("first", "second", "fire")]
    await eventually(lambda: room.engine.spoken)
    renditions.append(synthesizer.speak(sentence("fire"), ALARM))
    room.engine.gate.set()
    await asyncio.gather(*(rendition.clip() for rendition in renditions))
    assert room.engine.spoken == ["first", "fire", "second"]


async def test_an_engine_is_never_asked_for_more_at_once_than_it_declares(room: Room) -> None:
    room.engine.traits = EngineTraits("sine 1", concurrency=3)
    room.engine.chunk_delay_s = 0.001
    synthesizer = await room.synthesizer(waiting_max=30)
    renditions = [synthesizer.speak(sentence(f"number {number}"), RENDERING) for number in range(30)]
    await asyncio.gather(*(rendition.clip() for rendition in renditions))
    assert room.engine.most_at_once == 3


async def test_too_many_waiting_are_refused_but_an_alarm_and_cached_sentences_pass(room: Room) -> None:
    room.engine.traits = EngineTraits("sine 1", concurrency=1)
    synthesizer = await room.synthesizer(memory_bytes=6 * 4 * 1024, waiting_max=2, cached=True)
    for text in ("in memory", "on disk", "in memory"):
        with synthesizer.speak(sentence(text), RENDERING) as rendition:
            await rendition.clip()
    await eventually(lambda: len(list(room.folder.glob("??/*.wav"))) == 2)
    for text in ("filler 1", "filler 2", "in memory"):
        with synthesizer.speak(sentence(text), RENDERING) as rendition:
            await rendition.clip()
    await eventually(lambda: len(list(room.folder.glob("??/*.wav"))) == 4)
    room.engine.gate = asyncio.Event()
    waiting = [synthesizer.speak(sentence(f"waits {number}"), RENDERING) for number in range(3)]
    with pytest.raises(BusyError):
        synthesizer.speak(sentence("one too many"), RENDERING)
    assert synthesizer.speak(sentence("in memory"), RENDERING).ready
    with synthesizer.speak(sentence("on disk"), RENDERING) as rendition:
        assert await rendition.clip()
    alarm = synthesizer.speak(sentence("fire"), ALARM)
    room.engine.gate.set()
    assert await alarm.clip()
    with pytest.raises(BusyError):
        await waiting[2].clip()
    await waiting[0].clip()
    await waiting[1].clip()
    assert "waits 2" not in room.engine.spoken


@pytest.mark.realtime
async def test_closing_the_last_hold_cancels_the_synthesis_within_50_ms(room: Room) -> None:
    room.engine.chunk_delay_s = 10
    synthesizer = await room.synthesizer(cached=True)
    assert median([await seconds_to_cancel(room, synthesizer) for _ in range(5)]) < 0.05
    room.engine.chunk_delay_s = 0
    with synthesizer.speak(sentence("door"), RENDERING) as rendition:
        assert await heard(rendition) == room.engine.pcm(sentence("door"))


async def seconds_to_cancel(room: Room, synthesizer: Synthesizer) -> float:
    """From the close of the second of two holds to the end of the synthesis."""
    holds = [synthesizer.speak(sentence("door"), RENDERING) for _ in range(2)]
    await eventually(lambda: room.engine.speaking == 1)
    holds[0].close()
    holds[0].close()
    await asyncio.sleep(0.01)
    assert room.engine.speaking == 1, "somebody still wants it"
    begun = time.perf_counter()
    holds[1].close()
    await eventually(lambda: room.engine.speaking == 0)
    return time.perf_counter() - begun


async def test_a_rendition_closed_at_once_gives_its_place_back(room: Room) -> None:
    synthesizer = await room.synthesizer(waiting_max=1)
    for number in range(10):
        synthesizer.speak(sentence(f"number {number}"), RENDERING).close()
        await asyncio.sleep(0)
    with synthesizer.speak(sentence("door"), RENDERING) as rendition:
        assert await rendition.clip()
    assert room.engine.spoken[-1] == "door"


async def test_a_sentence_wanted_again_right_after_it_was_cancelled_is_made_afresh(room: Room) -> None:
    synthesizer = await room.synthesizer()
    room.engine.gate = asyncio.Event()
    synthesizer.speak(sentence("door"), RENDERING).close()
    rendition = synthesizer.speak(sentence("door"), RENDERING)
    room.engine.gate.set()
    assert await rendition.clip()


async def test_what_an_engine_said_before_it_knew_itself_is_not_stored(room: Room) -> None:
    room.engine.gate = asyncio.Event()
    synthesizer = await room.synthesizer(cached=True)
    rendition = synthesizer.speak(sentence("door"), RENDERING)
    await eventually(lambda: room.engine.speaking)
    room.engine.traits = EngineTraits("sine 2", concurrency=1)
    room.engine.gate.set()
    assert await rendition.clip()
    await synthesizer.stop()
    assert not list(room.folder.glob("??/*.wav"))


async def test_a_failure_is_told_after_what_was_made_of_it_and_is_never_stored(room: Room) -> None:
    room.engine.fails_after = 2
    synthesizer, door = await room.synthesizer(cached=True), sentence("door")
    rendition = synthesizer.speak(door, RENDERING)
    async with aclosing(rendition.chunks()) as sound:
        assert [(await anext(sound)).pcm for _ in range(2)] == [room.engine.chunk(door, n).pcm for n in range(2)]
        with pytest.raises(EngineError, match="broke off"):
            await anext(sound)
    with pytest.raises(EngineError, match="broke off"):
        await rendition.clip()
    room.engine.fails_after = None
    with synthesizer.speak(door, RENDERING) as again:
        assert await heard(again) == room.engine.pcm(door)
    assert room.engine.spoken == ["door", "door"]


async def test_a_cancelled_synthesis_is_never_stored(room: Room) -> None:
    room.engine.chunk_delay_s = 0.01
    synthesizer = await room.synthesizer(cached=True)
    with synthesizer.speak(sentence("door"), RENDERING) as rendition:
        async with aclosing(rendition.chunks()) as sound:
            await anext(sound)
    await synthesizer.stop()
    assert not list(room.folder.glob("??/*.wav"))


async def test_a_bug_in_an_engine_rises_where_the_sound_is_awaited_and_harms_no_other(room: Room) -> None:
    room.engine.bug_after = 1
    synthesizer = await room.synthesizer()
    with synthesizer.speak(sentence("door"), RENDERING) as rendition, pytest.raises(ValueError, match="a bug"):
        await rendition.clip()
    room.engine.bug_after = None
    with synthesizer.speak(sentence("window"), RENDERING) as rendition:
        assert await rendition.clip()


async def test_an_engine_that_gives_no_sound_has_failed(room: Room) -> None:
    synthesizer = await room.synthesizer()
    room.engine.chunk_frames = 0
    with synthesizer.speak(sentence("a"), RENDERING) as rendition, pytest.raises(EngineError, match="no sound"):
        await heard(rendition)
    room.engine.chunks = 0
    with synthesizer.speak(sentence("b"), RENDERING) as rendition, pytest.raises(EngineError, match="no sound"):
        await heard(rendition)


async def test_an_engine_that_changes_its_format_has_failed(room: Room) -> None:
    room.engine.chunk_delay_s = 0.01
    synthesizer = await room.synthesizer()
    with synthesizer.speak(sentence("door"), RENDERING) as rendition:
        async with aclosing(rendition.chunks()) as sound:
            await anext(sound)
            room.engine.format = AudioFormat(44100)
            with pytest.raises(EngineError, match="changed the format"):
                [chunk async for chunk in sound]
    assert room.engine.cancelled == 1


async def test_an_engine_that_cannot_stop_is_stopped_after_ten_minutes_of_sound(room: Room) -> None:
    room.engine.format = AudioFormat(1000)
    room.engine.chunk_frames, room.engine.chunks = 60_000, 1_000_000
    synthesizer = await room.synthesizer()
    with synthesizer.speak(sentence("door"), RENDERING) as rendition, pytest.raises(EngineError, match="600 s"):
        await rendition.clip()
    assert room.engine.cancelled == 1


async def test_a_voice_without_its_engine_is_a_clear_error(room: Room) -> None:
    synthesizer = await room.synthesizer()
    with pytest.raises(EngineError, match='needs the engine "piper"'):
        synthesizer.speak(sentence("door", voice("piper")), RENDERING)


async def test_stopping_ends_what_is_made_and_tells_who_listens(room: Room) -> None:
    room.engine.chunk_delay_s = 10
    synthesizer = await room.synthesizer()
    renditions = [synthesizer.speak(sentence(text), RENDERING) for text in ("door", "window")]
    await eventually(lambda: room.engine.speaking)
    await synthesizer.stop()
    for rendition in renditions:
        with pytest.raises(EngineError, match="cancelled"):
            await rendition.clip()
        rendition.close()


async def test_a_warmed_engine_has_spoken_and_nothing_is_kept_of_it(room: Room) -> None:
    synthesizer = await room.synthesizer(cached=True)
    await synthesizer.warm(voice())
    await synthesizer.stop()
    assert len(room.engine.spoken) == 1
    assert not list(room.folder.glob("??/*.wav"))


@pytest.fixture
def unwritable(room: Room) -> Iterator[None]:
    """The cache's folder cannot be written: a read-only file system where root could write anywhere else."""
    room.folder.mkdir(0o500)
    if os.geteuid() != 0:
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "voxd-test", room.folder], check=True)
    yield
    subprocess.run(["umount", "-l", room.folder], check=True)


@pytest.mark.usefixtures("unwritable")
@pytest.mark.parametrize("memory_bytes", [0, MEMORY])
async def test_a_sound_that_was_spoiled_is_made_again(room: Room, memory_bytes: int) -> None:
    synthesizer = await room.synthesizer(memory_bytes, cached=True)
    for _ in range(2):
        with synthesizer.speak(sentence("One."), ANNOUNCEMENT) as rendition:
            await rendition.clip()
            rendition.spoil()
    assert room.engine.spoken == ["One.", "One."]
    await synthesizer.stop()
    assert not PhraseCache(room.folder, 100_000_000).stats().clips


async def test_an_unwritable_folder_is_no_reason_to_be_silent(room: Room) -> None:
    synthesizer = await room.synthesizer(cached=True, memory_bytes=0)
    for _ in range(2):
        with synthesizer.speak(sentence("door"), RENDERING) as rendition:
            assert await rendition.clip()


class SlowCache(PhraseCache):
    """A cache on a disk that takes its time."""

    def get(self, key: str) -> Clip | None:
        time.sleep(1.8)
        return super().get(key)


async def test_a_disk_that_does_not_answer_is_not_waited_for(room: Room) -> None:
    synthesizer = Synthesizer({"sine": room.engine}, SlowCache(room.folder, MEMORY), MEMORY, 3)
    await synthesizer.start()
    room.made.append(synthesizer)
    begun = time.perf_counter()
    with synthesizer.speak(sentence("door"), RENDERING) as rendition:
        assert await heard(rendition) == room.engine.pcm(sentence("door"))
        assert 0.9 < time.perf_counter() - begun < 1.8


async def test_a_folder_in_whose_place_a_file_lies_is_no_reason_to_be_silent(room: Room) -> None:
    room.folder.write_text("in the way")
    synthesizer = await room.synthesizer(cached=True, memory_bytes=0)
    for _ in range(2):
        with synthesizer.speak(sentence("door"), RENDERING) as rendition:
            assert await rendition.clip()


async def test_every_sentence_is_told_of_with_where_its_sound_came_from(room: Room) -> None:
    synthesizer = await room.synthesizer(cached=True)
    told: list[Spoken] = []
    silence = synthesizer.news.listen(told.append)

    async def said(synthesizer: Synthesizer, words: str) -> None:
        with synthesizer.speak(sentence(words), ALARM) as rendition:
            await rendition.clip()

    await said(synthesizer, "door")
    await said(synthesizer, "door")
    room.engine.fails_after = 0
    with pytest.raises(EngineError):
        await said(synthesizer, "window")
    silence()
    await said(synthesizer, "door")
    assert [(one.engine, one.urgency, one.source, one.failed) for one in told] == [
        ("sine", ALARM, "engine", False),
        ("sine", ALARM, "memory", False),
        ("sine", ALARM, "engine", True),
    ]
    made, _, failed = told
    assert made.first_s is not None
    assert 0 <= made.first_s <= made.total_s
    assert failed.first_s is None
    assert synthesizer.waiting() == {"sine": 0}
