"""The engine espeak with the real program, and with programs that misbehave as it might."""

import asyncio
import os
import resource
import stat
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from engines_for_tests import sentence, voice
from processes import children

from voxd.errors import EngineError
from voxd.model.voice import Voice
from voxd.settings.engines import EspeakSettings
from voxd.synthesis.engines.espeak import EspeakEngine
from voxd.synthesis.engines.host_process import HostPlace
from voxd.synthesis.engines.table import engine_for

NO_HOST = HostPlace(Path("/nowhere"))
AMERICAN = voice("espeak", "en-us")
Impostor = Callable[[str], EspeakEngine]


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakEngine]:
    engine = EspeakEngine("espeak", EspeakSettings())
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
def impostor(tmp_path: Path) -> Impostor:
    """An engine whose program answers like espeak-ng when asked, and speaks as the given shell lines do."""

    def make(speaks: str) -> EspeakEngine:
        program = tmp_path / "espeak-impostor"
        program.write_text(
            '#!/bin/sh\ncase "$1" in\n--version) echo "eSpeak NG text-to-speech: 9"; exit;;\n'
            f'--voices) echo " 2  en-us  --/M  English  x"; exit;;\nesac\n{speaks}\n'
        )
        program.chmod(stat.S_IRWXU)
        return EspeakEngine("espeak", EspeakSettings(program=str(program), timeout_s=0.3))

    return make


HEAD = r"printf 'RIFF\044\360\377\177WAVEfmt \020\000\000\000\001\000\001\000\042\126\000\000\104\254\000\000\002\000\020\000data\000\360\377\177'"  # noqa: E501


async def pcm(engine: EspeakEngine, text: str, of: Voice = AMERICAN, rate: float = 1.0) -> bytes:
    async with aclosing(engine.speak(sentence(text, of, rate))) as chunks:
        return b"".join([chunk.pcm async for chunk in chunks])


async def failure(engine: EspeakEngine) -> str:
    """The sentence it fails with; nothing of it may run on."""
    await engine.start()
    with pytest.raises(EngineError) as failed:
        await pcm(engine, "Hello.")
    await engine.stop()
    return str(failed.value)


async def test_its_speakers_are_those_of_the_program(espeak: EspeakEngine) -> None:
    names = [speaker.name for speaker in espeak.speakers]
    assert names[0] == "en-us"
    assert {"de", "fr-fr", "es", "it", "nl", "cmn", "en-gb"} <= set(names)
    assert "1.5" in espeak.traits.fingerprint
    assert "espeak-ng" in espeak.traits.fingerprint


async def test_its_styles_are_the_variants_of_the_program_and_change_its_sound(espeak: EspeakEngine) -> None:
    assert {"whisper", "whisperf", "croak", "f2", "m3"} <= espeak.traits.styles
    plain, whispered = AMERICAN, replace(AMERICAN, style="whisper")
    robot = replace(AMERICAN, speaker="en-us+f2", style="whisper")
    sounds = [await pcm(espeak, "Hello.", of) for of in (plain, whispered, robot)]
    assert sounds[0] != sounds[1] == sounds[2], "the style takes the place of the speaker's variant"


async def test_the_table_of_engines_makes_it() -> None:
    assert isinstance(engine_for("mine", EspeakSettings(), NO_HOST), EspeakEngine)
    assert engine_for("mine", EspeakSettings(), NO_HOST).name == "mine"


async def test_the_last_letter_is_spoken_and_nothing_is_read_from_the_command_line(espeak: EspeakEngine) -> None:
    assert len(await pcm(espeak, "a")) > 8000
    assert len(await pcm(espeak, "--voices")) > 8000


async def test_a_speaker_is_never_taken_for_an_option_or_a_path(espeak: EspeakEngine) -> None:
    for speaker in ("--version", "-x", "../../etc/passwd", "gmw/de", "de fr", "", "en-us+../f2", "en-us+"):
        with pytest.raises(EngineError, match="no speaker"):
            await pcm(espeak, "Hello.", replace(AMERICAN, speaker=speaker))


async def test_a_variant_sounds_different(espeak: EspeakEngine) -> None:
    text = "The same words."
    assert await pcm(espeak, text, replace(AMERICAN, speaker="en-us+f2")) != await pcm(espeak, text)


async def test_the_sound_is_that_of_the_bare_program(espeak: EspeakEngine) -> None:
    text = "The washing machine is done."
    bare = await asyncio.create_subprocess_exec(
        "espeak-ng", "--stdout", "-v", "en-us", text, stdout=asyncio.subprocess.PIPE
    )
    wav, _ = await bare.communicate()
    for _ in range(3):
        assert len(await pcm(espeak, text)) == pytest.approx(len(wav) - 44, rel=0.02)


async def test_the_sound_begins_before_it_is_all_made(espeak: EspeakEngine) -> None:
    chunks = 0
    async with aclosing(espeak.speak(sentence("A rather long sentence, with several parts. " * 20, AMERICAN))) as sound:
        async for chunk in sound:
            assert chunk.duration_s < 2
            chunks += 1
    assert chunks > 10


async def test_a_process_is_parked_for_the_next_sentence_and_used_by_it(espeak: EspeakEngine) -> None:
    await pcm(espeak, "one")
    (waiting,) = children()
    sound = espeak.speak(sentence("two", AMERICAN))
    await anext(sound)
    assert waiting in children()
    await sound.aclose()
    assert waiting not in children()


async def test_no_more_than_two_are_parked_and_a_stop_ends_them(espeak: EspeakEngine) -> None:
    for speaker in ("en-us", "de", "fr-fr", "it"):
        await pcm(espeak, "one", replace(AMERICAN, speaker=speaker))
    await asyncio.sleep(0.02)
    assert len(children()) == 2
    await espeak.stop()
    assert children() == set()


async def test_a_parked_process_that_died_is_replaced(espeak: EspeakEngine) -> None:
    before = await pcm(espeak, "one")
    (waiting,) = children()
    os.kill(waiting, 9)
    await asyncio.sleep(0.02)
    assert children() == set(), "it is reaped although nobody asked for it"
    assert len(await pcm(espeak, "one")) == pytest.approx(len(before), rel=0.02)


async def test_a_missing_program_is_said_with_its_remedy() -> None:
    with pytest.raises(EngineError, match="apt install espeak-ng"):
        await EspeakEngine("espeak", EspeakSettings(program="espeak-nowhere")).start()


async def test_a_program_that_is_no_program_is_an_engine_error(tmp_path: Path) -> None:
    (tmp_path / "espeak").write_text("not executable")
    with pytest.raises(EngineError, match="cannot be run"):
        await EspeakEngine("espeak", EspeakSettings(program=str(tmp_path / "espeak"))).start()
    with pytest.raises(EngineError, match="named no voices"):
        await EspeakEngine("espeak", EspeakSettings(program="true")).start()


async def test_what_the_program_complains_of_is_told_in_short(impostor: Impostor) -> None:
    short = await failure(impostor("echo 'the voice is hoarse' >&2; exit 1"))
    assert short.endswith("gave no sound: the voice is hoarse")
    long = await failure(impostor("head -c 100000 /dev/zero | tr '\\0' x >&2"))
    assert len(long) < 500


async def test_a_program_that_hangs_is_ended_after_its_timeout(impostor: Impostor) -> None:
    begun = time.monotonic()
    assert "gave no sound for 0.3 s" in await failure(impostor("exec sleep 60"))
    assert time.monotonic() - begun < 2
    assert children() == set()


async def test_a_program_that_hangs_in_mid_sentence_is_ended_too(impostor: Impostor) -> None:
    speaks = f"{HEAD}; printf 'abcd'; exec sleep 60"
    assert "gave no sound for 0.3 s" in await failure(impostor(speaks))
    assert children() == set()


async def test_a_program_that_ignores_long_text_is_not_waited_for(impostor: Impostor) -> None:
    engine = impostor("exec sleep 60")
    await engine.start()
    with pytest.raises(EngineError, match="did not take the text"):
        await pcm(engine, "x" * 1_000_000)
    assert children() == set()
    await engine.stop()


async def test_a_program_that_dies_in_mid_sentence_is_an_error_however_much_it_said(impostor: Impostor) -> None:
    assert "ended with code 3" in await failure(impostor(f"{HEAD}; printf 'abcd'; exit 3"))
    assert "ended with code -9" in await failure(impostor(f"{HEAD}; printf 'abcd'; kill -9 $$"))


async def test_a_program_that_falls_silent_without_ending_is_ended(impostor: Impostor) -> None:
    assert "did not end" in await failure(impostor(f"{HEAD}; printf 'abcd'; exec sleep 60 >&-"))
    assert children() == set()


async def test_half_a_sample_at_the_end_is_left_out(impostor: Impostor) -> None:
    engine = impostor(f"cat >/dev/null; {HEAD}; printf 'abc'")
    await engine.start()
    assert await pcm(engine, "Hello.") == b"ab"
    await engine.stop()


def descriptors() -> set[int]:
    """The open ones, by number."""
    listed = list(Path("/proc/self/fd").iterdir())
    return {int(entry.name) for entry in listed if entry.exists()}


async def test_too_few_descriptors_are_an_engine_error_and_none_is_lost(espeak: EspeakEngine) -> None:
    before = descriptors()
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    failed = 0
    gaps = [os.open("/dev/null", os.O_RDONLY) for _ in range(max(before) + 1 - len(before))]
    highest = max(descriptors())
    for left in range(16):
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + left, usual[1]))
        try:
            await pcm(espeak, "one")
        except EngineError as error:
            failed += "Too many open files" in str(error)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
    for gap in gaps:
        os.close(gap)
    assert 0 < failed < 16
    assert await pcm(espeak, "one"), "with descriptors enough it speaks again"
    await espeak.stop()
    assert children() == set()
    assert descriptors() <= before


async def test_a_stop_ends_a_sentence_that_is_being_spoken(espeak: EspeakEngine) -> None:
    sound = espeak.speak(sentence("word " * 5000, AMERICAN))
    await anext(sound)
    await espeak.stop()
    with pytest.raises(EngineError, match="ended with code -9"):
        async for _ in sound:
            pass
    assert children() == set()
