"""Promises of the levels: each voice is measured once, when nobody is disturbed, and is as loud as all others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from engines_for_tests import SineEngine, sentence, voice
from waiting import until

from voxd.announcing.studio.levels import Levels
from voxd.announcing.studio.measuring import Measuring
from voxd.announcing.studio.mix import GAIN_MAX_DB
from voxd.announcing.studio.passages import PASSAGES, passage
from voxd.audio import loudness
from voxd.errors import BusyError, EngineError
from voxd.model.identifiers import VoiceId
from voxd.synthesis.engine import EngineTraits
from voxd.synthesis.synthesizer import Synthesizer, Urgency

TARGET_LUFS = -20.0
SINE_LUFS = -9.2
"""A sine at 16000: about what it has, told by ffmpeg; its pitch matters a little."""


def levels(folder: Path, engine: SineEngine, target_lufs: float | None = TARGET_LUFS) -> Levels:
    return Levels(folder / "levels.json", target_lufs, {engine.name: engine})


class House:
    """A synthesizer with an engine, and measuring beside it; `idle` says whether something is announced."""

    def __init__(self, folder: Path) -> None:
        self.engine = SineEngine()
        self.engine.chunk_frames = 5_000
        self.synthesizer = Synthesizer({"sine": self.engine}, None, 0, 10)
        self.levels = levels(folder, self.engine)
        self.idle = True
        self.measuring = Measuring(self.levels, TARGET_LUFS, self.synthesizer, lambda: self.idle, quiet_s=0.05)

    @asynccontextmanager
    async def alive(self) -> AsyncIterator["House"]:
        await self.engine.start()
        await self.synthesizer.start()
        await self.measuring.start()
        try:
            yield self
        finally:
            await self.measuring.stop()
            await self.synthesizer.stop()


async def test_a_voice_that_was_used_is_measured_once_by_ten_sentences_in_its_language(tmp_path: Path) -> None:
    bert = voice(speaker="bert", language="de-DE")
    async with House(tmp_path).alive() as house:
        assert house.measuring.gain_db(bert) == 0.0
        house.measuring.note_use(bert)
        await until(lambda: house.measuring.gain_db(bert) != 0.0)
        assert house.engine.spoken == list(PASSAGES["de"])
        assert house.measuring.gain_db(bert) == pytest.approx(TARGET_LUFS - SINE_LUFS, abs=3)
        house.measuring.note_use(bert)
        await asyncio.sleep(0.1)
        assert len(house.engine.spoken) == 10


async def test_it_is_known_after_a_restart_and_under_every_name(tmp_path: Path) -> None:
    known = levels(tmp_path, SineEngine())
    known.note(voice(), -30.0)
    known.save()
    later = levels(tmp_path, SineEngine())
    later.load()
    assert later.gain_db(replace(voice(), name=VoiceId("butler"), rate=0.9)) == 10.0


async def test_a_new_revision_or_model_is_another_sound(tmp_path: Path) -> None:
    engine = SineEngine()
    known = levels(tmp_path, engine)
    known.note(voice(), -30.0)
    assert not known.knows(replace(voice(), revision=2))
    assert not known.knows(replace(voice(), reference="another clip"))
    engine.traits = EngineTraits("sine 2", 22050)
    assert not known.knows(voice())


async def test_until_it_is_known_it_has_the_gain_of_another_voice_of_its_engine(tmp_path: Path) -> None:
    engine, organ = SineEngine(), SineEngine("organ")
    known = Levels(tmp_path / "levels.json", TARGET_LUFS, {"sine": engine, "organ": organ})
    known.note(voice(speaker="anna"), -26.0)
    assert known.gain_db(voice(speaker="bert")) == 6.0
    assert known.gain_db(voice("organ")) == 0.0
    assert known.gain_db(voice("gone")) == 0.0


async def test_without_a_target_no_voice_is_changed_or_measured(tmp_path: Path) -> None:
    engine = SineEngine()
    known = levels(tmp_path, engine, None)
    known.note(voice(), -30.0)
    assert known.gain_db(voice()) == 0.0
    measuring = Measuring(known, None, Synthesizer({"sine": engine}, None, 0, 10), lambda: True, quiet_s=0.01)
    await measuring.start()
    measuring.note_use(voice(speaker="bert"))
    await asyncio.sleep(0.05)
    await measuring.stop()
    assert not engine.spoken


async def test_without_the_library_the_owner_is_told_once_and_sound_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loudness, "LIBRARY", "libebur128.so.absent")
    loudness._library.cache_clear()
    try:
        async with House(tmp_path).alive() as house:
            house.measuring.note_use(voice())
            assert house.measuring.gain_db(voice()) == 0.0
    finally:
        loudness._library.cache_clear()
    assert caplog.text.count("apt install libebur128-1") == 1


async def test_a_voice_that_is_hardly_to_be_heard_is_not_raised_without_end(tmp_path: Path) -> None:
    known = levels(tmp_path, SineEngine())
    known.note(voice(), -65.0)
    assert known.gain_db(voice()) == GAIN_MAX_DB


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1, "voices": {"a": 1}}', "\x00"])
async def test_a_damaged_file_only_means_measuring_again(tmp_path: Path, content: str) -> None:
    (tmp_path / "levels.json").write_text(content)
    known = levels(tmp_path, SineEngine())
    known.load()
    assert known.gain_db(voice()) == 0.0
    known.note(voice(), -30.0)
    known.save()
    assert len(json.loads((tmp_path / "levels.json").read_text())["voices"]) == 1


async def test_nothing_is_measured_while_something_is_announced(tmp_path: Path) -> None:
    async with House(tmp_path).alive() as house:
        house.idle = False
        house.measuring.note_use(voice())
        await asyncio.sleep(0.2)
        assert not house.engine.spoken
        house.idle = True
        await until(lambda: house.levels.knows(voice()))


async def test_whoever_wants_the_engine_has_it_at_once_and_no_sentence_is_measured_twice(tmp_path: Path) -> None:
    async with House(tmp_path).alive() as house:
        house.engine.chunk_delay_s = 0.02  # slow enough to be caught in the middle of the ten
        house.measuring.note_use(voice())
        await until(lambda: len(house.engine.spoken) > 3)
        house.engine.gate = asyncio.Event()
        await until(lambda: house.engine.speaking)
        house.engine.chunk_delay_s = 0.0
        measured = len(house.engine.spoken)
        with house.synthesizer.speak(sentence("Fire!"), Urgency.ALARM) as rendition:
            await until(lambda: house.engine.cancelled == 1)
            house.engine.gate.set()
            await rendition.clip()
        await until(lambda: house.levels.knows(voice()))
        assert house.engine.spoken[measured] == "Fire!"
        assert len(house.engine.spoken) <= 10 + 1 + 1


async def test_a_voice_that_fails_is_left_alone_after_three_tries_until_its_engine_is_ready_anew(
    tmp_path: Path,
) -> None:
    async with House(tmp_path).alive() as house:
        house.engine.fails_after = 0
        for tries in range(1, 6):
            house.measuring.note_use(voice())
            await until(lambda tries=tries: len(house.engine.spoken) >= min(tries, 3))  # type: ignore[misc]  # bound now
        await asyncio.sleep(0.15)
        assert len(house.engine.spoken) == 3
        house.engine.fails_after = None
        house.measuring.note_ready("sine")
        house.measuring.note_use(voice())
        await until(lambda: house.levels.knows(voice()))


async def test_a_voice_that_nobody_can_hear_is_left_alone_after_three_tries(tmp_path: Path) -> None:
    async with House(tmp_path).alive() as house:
        house.engine.chunks, house.engine.chunk_frames = 1, 1
        for _ in range(5):
            house.measuring.note_use(voice())
            await asyncio.sleep(0.15)
        assert len(house.engine.spoken) == 3 * 10


async def test_a_voice_whose_engine_is_busy_keeps_no_other_waiting(tmp_path: Path) -> None:
    busy, free = SineEngine("busy"), SineEngine("free")
    free.chunk_frames = 5_000
    synthesizer = Synthesizer({"busy": busy, "free": free}, None, 0, 10)
    known = Levels(tmp_path / "levels.json", TARGET_LUFS, {"busy": busy, "free": free})
    measuring = Measuring(known, TARGET_LUFS, synthesizer, lambda: True, quiet_s=0.05)
    first, second = (replace(voice(), name=VoiceId(name), engine=name) for name in ("busy", "free"))
    busy.gate = asyncio.Event()
    await synthesizer.start()
    await measuring.start()
    try:
        with synthesizer.speak(replace(sentence("A book."), voice=first), Urgency.RENDERING):
            measuring.note_use(first)
            measuring.note_use(second)
            await until(lambda: known.knows(second))
    finally:
        await measuring.stop()
        await synthesizer.stop()


async def test_what_nobody_hears_is_kept_nowhere_and_gives_way(tmp_path: Path) -> None:
    async with House(tmp_path).alive() as house:
        await house.synthesizer.unheard(sentence("Quiet."))
        with house.synthesizer.speak(sentence("Quiet."), Urgency.RENDERING) as rendition:
            await rendition.clip()
            assert house.engine.spoken == ["Quiet.", "Quiet."]
            house.engine.gate = asyncio.Event()
            with house.synthesizer.speak(sentence("Loud."), Urgency.RENDERING), pytest.raises(BusyError):
                await house.synthesizer.unheard(sentence("Quiet."))


async def test_what_an_engine_cannot_say_to_nobody_is_told(tmp_path: Path) -> None:
    async with House(tmp_path).alive() as house:
        house.engine.fails_after = 0
        with pytest.raises(EngineError):
            await house.synthesizer.unheard(sentence("Quiet."))


@pytest.mark.parametrize("language", [*PASSAGES, "cmn-latn-pinyin", "en-GB", "cs", "de_AT"])
def test_every_language_has_ten_sentences_to_say(language: str) -> None:
    assert len(passage(language)) == 10
    assert all(words for words in passage(language))
