"""Promises of the programme: what is heard of an announcement, and in which order, as one stream of sound."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from announced import wish
from engines_for_tests import SineEngine, sentence, sine
from miniature_house import KnownGains, MiniatureHouse
from sounds import samples_of
from waiting import until

from voxd.announcing.speaking.act import Act
from voxd.announcing.studio.chime_book import ChimeBook
from voxd.announcing.studio.studio import Studio
from voxd.audio.chimes import CHIMES
from voxd.audio.pcm import silence
from voxd.audio.seams import PAUSE_S, SEAM_MIN_S
from voxd.errors import EngineError
from voxd.model.announcement import Announcement, Priority, State
from voxd.model.audio import AudioFormat, Chunk, Seam
from voxd.settings import ChimeSettings, SoundSettings, VoiceSettings
from voxd.synthesis.engine import EngineTraits, Sentence

PLAIN = SoundSettings(loudness_lufs=None)


class Ears:
    """Hears all of a programme, or as many sentences as it wants; remembers what was said to be speech."""

    def __init__(self, sentences: int = 100) -> None:
        self.left = sentences
        self.heard: list[Chunk] = []
        self.speech: list[bool] = []
        self._speaks = False

    def sounding(self, take: Act) -> None:
        """See Follower."""
        assert take.voice
        self._speaks = True

    def sentence_over(self) -> bool:
        """See Follower."""
        self.left -= 1
        return self.left > 0

    async def listen(self, house: MiniatureHouse, said: Announcement, first: int = 0) -> bytes:
        """Hear it."""
        style = house.speech.announced_style(said.voice, said.language, said.rate)
        script = house.speech.script(said.text, style)
        programme = house.studio.programme(said, house.speech.announced(script, said.priority), first)
        async with aclosing(programme.sound(self)) as sound:
            async for chunk in sound:
                self.heard.append(chunk)
                self.speech.append(self._speaks)
                self._speaks = False
        return self.pcm

    @property
    def pcm(self) -> bytes:
        """All of it."""
        return b"".join(chunk.pcm for chunk in self.heard)


def studio(sound: SoundSettings = PLAIN, **more: Any) -> Callable[[MiniatureHouse], Studio]:
    """How a house gets a studio with these settings."""

    def made(house: MiniatureHouse) -> Studio:
        usual = ChimeSettings(**more.get("chimes", {"alarm": "siren"}))
        book = ChimeBook(house.folder / "chimes")
        return Studio(sound, usual, book, more.get("gains", KnownGains()), house.engines, more.get("pause_s", PAUSE_S))

    return made


@asynccontextmanager
async def living(folder: Path, *given: Any, **more: Any) -> AsyncIterator[MiniatureHouse]:
    """A house with a studio of these settings; it keeps a megabyte of what was said lately in memory."""
    others, voices = more.pop("others", ()), more.pop("voices", None)
    house = MiniatureHouse(folder, others=others, voices=voices, memory_bytes=1_000_000, studio=studio(*given, **more))
    async with house.alive():
        yield house


def spoken(house: MiniatureHouse, text: str = "Hello there.") -> bytes:
    return house.engine.pcm(sentence(text))


async def test_the_sentence_follows_its_chime_at_once_and_at_the_same_rate(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        ears = Ears()
        heard = await ears.listen(house, wish("one", chime="ding"))
        assert heard == CHIMES["ding"](22_050).pcm + spoken(house)
        assert {chunk.format for chunk in ears.heard} == {AudioFormat(22_050)}
        assert (ears.speech[0], ears.speech[-1]) == (False, True)


async def test_an_alarm_sounds_its_siren_at_once_while_the_sentence_is_made(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        house.engine.gate = asyncio.Event()
        ears = Ears()
        listening = asyncio.create_task(ears.listen(house, wish("one", priority=Priority.ALARM)))
        await until(lambda: ears.pcm == CHIMES["siren"](22_050).pcm)
        assert house.engine.speaking == 1
        house.engine.gate.set()
        assert await listening == CHIMES["siren"](22_050).pcm + spoken(house)


async def test_a_chime_waits_for_an_engine_of_which_nobody_knows_how_quick_it_is(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        house.engine.gate = asyncio.Event()
        ears = Ears()
        listening = asyncio.create_task(ears.listen(house, wish("one", chime="ding")))
        await asyncio.sleep(0.1)
        assert not ears.heard
        house.engine.gate.set()
        assert (await listening).endswith(spoken(house))


async def test_a_chime_begins_at_once_where_the_engine_was_quicker_than_it_of_late(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        await Ears().listen(house, wish("before", "Something else."))
        house.engine.gate = asyncio.Event()
        ears = Ears()
        listening = asyncio.create_task(ears.listen(house, wish("one", chime="ding")))
        await until(lambda: ears.pcm == CHIMES["ding"](22_050).pcm)
        house.engine.gate.set()
        assert (await listening).endswith(spoken(house))


@pytest.mark.realtime
async def test_a_chime_waits_for_a_slow_engine_only_as_long_as_it_does_not_cover(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        house.studio._pace.note_first_sound("sine", CHIMES["ding"](22_050).duration_s + 0.2)
        house.engine.gate = asyncio.Event()
        ears = Ears()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        listening = asyncio.create_task(ears.listen(house, wish("one", chime="ding")))
        await until(lambda: ears.heard)
        assert 0.15 < loop.time() - begun < 1.0
        house.engine.gate.set()
        await listening


async def test_a_chime_begins_at_once_where_the_sentence_is_known_by_heart(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        await Ears().listen(house, wish("before"))
        house.studio._pace.note_first_sound("sine", 60.0)
        house.engine.gate = asyncio.Event()
        assert (await Ears().listen(house, wish("one", chime="ding"))).endswith(spoken(house))


async def test_the_next_sentences_are_begun_while_the_chime_is_heard(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        ears = Ears()
        listening = asyncio.create_task(ears.listen(house, wish("one", "One. Two. Three.", priority=Priority.ALARM)))
        await until(lambda: ears.heard)
        await until(lambda: len(house.engine.spoken) == 3)
        await listening


async def test_a_chime_with_nothing_to_follow_is_not_heard(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        house.engine.fails_after = 0
        ears = Ears()
        with pytest.raises(EngineError):
            await ears.listen(house, wish("one", chime="ding"))
        assert not ears.heard


async def test_a_siren_is_heard_even_if_nobody_can_speak(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        house.engine.fails_after = 0
        ears = Ears()
        with pytest.raises(EngineError):
            await ears.listen(house, wish("one", priority=Priority.ALARM))
        assert ears.pcm == CHIMES["siren"](22_050).pcm


async def test_a_chime_that_cannot_be_played_costs_nobody_the_announcement(tmp_path: Path) -> None:
    (tmp_path / "chimes").mkdir()
    (tmp_path / "chimes/torn.wav").write_bytes(b"RIFF")
    async with living(tmp_path) as house:
        assert await Ears().listen(house, wish("one", chime="torn")) == spoken(house)
        assert await Ears().listen(house, wish("two", chime="gone")) == spoken(house)


async def test_what_goes_on_after_an_interruption_has_no_chime_again(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        heard = await Ears().listen(house, wish("one", "One. Two.", chime="ding"), first=1)
        assert heard == spoken(house, "Two.")


@pytest.mark.parametrize("chime", ["ding", None])
async def test_amplifiers_are_woken_by_silence(tmp_path: Path, chime: str | None) -> None:
    async with living(tmp_path, SoundSettings(loudness_lufs=None, wake_ms=500)) as house:
        heard = await Ears().listen(house, wish("one", chime=chime))
        woken = bytes(2 * 11_025)
        assert heard == woken + (CHIMES[chime](22_050).pcm if chime else b"") + spoken(house)


async def test_silence_that_wakes_is_heard_while_the_sentence_is_made(tmp_path: Path) -> None:
    async with living(tmp_path, SoundSettings(loudness_lufs=None, wake_ms=500)) as house:
        house.engine.gate = asyncio.Event()
        ears = Ears()
        listening = asyncio.create_task(ears.listen(house, wish("one")))
        await until(lambda: len(ears.pcm) == 2 * 11_025)
        house.engine.gate.set()
        await listening


@pytest.mark.parametrize("wake_ms", [0, 100])
async def test_a_rate_that_nobody_foresaw_is_that_of_the_chime_too(tmp_path: Path, wake_ms: int) -> None:
    organ = SineEngine("organ")
    organ.traits, organ.format = EngineTraits("organ 1", None, concurrency=4), AudioFormat(16_000)
    sound = SoundSettings(loudness_lufs=None, wake_ms=wake_ms)
    async with living(tmp_path, sound, others=[organ], voices={"mum": VoiceSettings(engine="organ")}) as house:
        for chime in ("ding", False):
            ears = Ears()
            await ears.listen(house, wish("one", voice="mum", chime=chime))
            assert {chunk.format for chunk in ears.heard} == {AudioFormat(16_000)}


async def test_between_sentences_there_is_a_seam_and_nowhere_else(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        ears = Ears()
        await ears.listen(house, wish("one", "One. Two. Three.", chime="ding"))
        seams = [at for at, chunk in enumerate(ears.heard) if isinstance(chunk, Seam)]
        assert len(seams) == 2
        assert all(not any(ears.heard[at].pcm) and not ears.speech[at] for at in seams)
        assert all(ears.speech[at - 1] and ears.speech[at + 1] for at in seams)
        assert all(ears.heard[at].duration_s == pytest.approx(PAUSE_S, abs=0.001) for at in seams)


class Trailing(SineEngine):
    """Ends each sentence with silence."""

    quiet_s = 0.0

    def chunk(self, sentence: Sentence, number: int) -> Chunk:
        """The chunk of that number."""
        if number < self.chunks - 1:
            return super().chunk(sentence, number)
        return silence(self.format, self.quiet_s)


@pytest.mark.parametrize(("quiet_s", "seam_s"), [(0.001, 0.299), (0.1, 0.2), (0.28, SEAM_MIN_S), (0.9, SEAM_MIN_S)])
async def test_silence_at_the_end_of_a_sentence_is_a_part_of_the_pause(
    tmp_path: Path, quiet_s: float, seam_s: float
) -> None:
    engine = Trailing("organ")
    engine.quiet_s = quiet_s
    voices = {"mum": VoiceSettings(engine="organ", speaker="anna")}
    async with living(tmp_path, others=[engine], voices=voices) as house:
        ears = Ears()
        await ears.listen(house, wish("one", "One. Two.", voice="mum"))
        (seam,) = [chunk for chunk in ears.heard if isinstance(chunk, Seam)]
        assert seam.duration_s == pytest.approx(seam_s, abs=0.002)


async def test_who_wants_no_more_hears_the_sentence_to_its_end_and_no_seam(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        assert await Ears(sentences=1).listen(house, wish("one", "One. Two.")) == spoken(house, "One.")


async def test_who_leaves_while_the_chime_is_heard_cancels_the_sentence(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        house.engine.gate = asyncio.Event()
        ears = Ears()
        listening = asyncio.create_task(ears.listen(house, wish("one", priority=Priority.ALARM)))
        await until(lambda: ears.heard and house.engine.speaking)
        listening.cancel()
        await until(lambda: house.engine.cancelled == 1)
        assert listening.cancelled()


async def test_each_voice_has_its_own_gain(tmp_path: Path) -> None:
    gains = KnownGains(**{"sine-anna": -6.0206, "sine-bert": 0.0})
    text = '<speak>One. <voice name="sine-bert">Two.</voice></speak>'
    async with living(tmp_path, SoundSettings(fade_ms=0), gains=gains, pause_s=0.0) as house:
        heard = samples_of(await Ears().listen(house, wish("one", text)))
        first, second = heard[:4096], heard[4096:]
        assert np.abs(first - samples_of(spoken(house, "One.")) / 2).max() <= 0.51
        assert second.tobytes() == spoken(house, "Two.")
        assert gains.used == ["sine-anna", "sine-bert"]


async def test_a_gain_does_not_change_within_an_announcement(tmp_path: Path) -> None:
    gains = KnownGains(**{"sine-anna": -12.0})
    async with living(tmp_path, SoundSettings(fade_ms=0), gains=gains) as house:
        paced = house.engine
        ears = Ears()
        paced.gate = asyncio.Event()
        paced.gate.set()
        listening = asyncio.create_task(ears.listen(house, wish("one", "One. Two. Three.")))
        await until(lambda: any(ears.speech))
        gains.gains_db["sine-anna"] = 0.0
        heard = samples_of(await listening)
        assert np.abs(heard).max() < 16_000 * 0.26
        louder = samples_of(await Ears().listen(house, wish("two", "One.")))
        assert np.abs(louder).max() > 15_000


async def test_ssml_makes_a_passage_softer_even_where_loudness_is_left_alone(tmp_path: Path) -> None:
    text = '<speak>One. <prosody volume="-6dB">Two.</prosody></speak>'
    async with living(tmp_path, SoundSettings(loudness_lufs=None, fade_ms=0), pause_s=0.0) as house:
        heard = await Ears().listen(house, wish("one", text))
        assert heard[: 2 * 4096] == spoken(house, "One.")
        assert np.abs(samples_of(heard[2 * 4096 :])).max() == pytest.approx(16_000 * 10 ** (-6 / 20), rel=0.01)


async def test_an_abrupt_end_is_faded_where_loudness_is_looked_after(tmp_path: Path) -> None:
    async with living(tmp_path, SoundSettings()) as house:
        assert abs(int(samples_of(spoken(house, "One."))[-1])) > 1_000
        heard = samples_of(await Ears().listen(house, wish("one", "One. Two."))).astype(int)
        steps = np.abs(np.diff(np.concatenate((heard, [0]))))
        own = np.abs(np.diff(samples_of(sine(900, AudioFormat(22_050), 4096, 0)).astype(int))).max()
        assert steps.max() <= 1.1 * own


async def test_a_house_hears_chime_and_sentence_in_every_zone(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        await house.announcer.announce(wish("one", chime="gong"))
        await house.until("one", State.FINISHED)
        expected = CHIMES["gong"](22_050).pcm + spoken(house)
        assert [output.heard for output in house.outputs.values()] == [[expected], [expected]]


async def test_every_repeat_of_an_alarm_has_its_siren_and_lower_ones_have_theirs(tmp_path: Path) -> None:
    chimes = {"low": None, "normal": "ding", "high": "gong", "alarm": "siren"}
    async with living(tmp_path, chimes=chimes) as house:
        for priority, chime in zip(Priority, (None, "ding", "gong", "siren"), strict=True):
            heard = await Ears().listen(house, wish("one", priority=priority))
            assert heard == (CHIMES[chime](22_050).pcm if chime else b"") + spoken(house)


@pytest.mark.parametrize(("chime", "heard"), [(False, None), (True, "dingdong"), ("chirp", "chirp"), (None, None)])
async def test_an_announcement_says_which_chime_it_wants(tmp_path: Path, chime: Any, heard: str | None) -> None:
    async with living(tmp_path) as house:
        sound = await Ears().listen(house, wish("one", chime=chime))
        assert sound == (CHIMES[heard](22_050).pcm if heard else b"") + spoken(house)


async def test_one_that_wants_a_chime_which_there_is_none_of_is_refused(tmp_path: Path) -> None:
    async with living(tmp_path) as house:
        with pytest.raises(Exception, match='There is no chime "dong"'):
            await house.announcer.announce(wish("one", chime="dong"))
        assert house.states("one") == [State.REFUSED]
