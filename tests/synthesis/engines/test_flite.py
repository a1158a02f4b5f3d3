"""The engine flite with the real program, and with programs that misbehave as it might."""

import asyncio
import os
import resource
import shutil
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from engines_for_tests import sentence, voice
from processes import children, command

from voxd.errors import EngineError
from voxd.settings.engines import FliteSettings
from voxd.synthesis.engines.flite import FliteEngine
from voxd.synthesis.engines.host_process import HostPlace
from voxd.synthesis.engines.table import engine_for

QUICK = voice("flite", "kal16")
PARAGRAPH = "Somebody rang at the door of the house. " * 60
LOOKS_LIKE_FLITE = """#!/bin/sh
case "$1" in
--version) echo "flite: a synthesizer, version: flite-9"; exit 1;;
-lv) echo "Voices available: kal16 "; exit;;
esac
"""


@pytest.fixture
async def flite() -> AsyncIterator[FliteEngine]:
    engine = FliteEngine("flite", FliteSettings())
    await engine.start()
    yield engine
    await engine.stop()
    assert children() == set()


@pytest.fixture
def voice_file(tmp_path: Path) -> Path:
    """A further voice as flite itself writes one: slt under another name."""
    file = tmp_path / "cmu_us_anna.flitevox"
    subprocess.run(["flite", "-voice", "slt", "-voicedump", file], check=True, timeout=10)
    return file


async def pcm(engine: FliteEngine, text: str, speaker: str = "kal16") -> bytes:
    async with aclosing(engine.speak(sentence(text, voice("flite", speaker)))) as chunks:
        return b"".join([chunk.pcm async for chunk in chunks])


async def failure(folder: Path, speaks: str) -> str:
    """The sentence that it fails with where its program speaks as the given shell lines do; nothing may run on."""
    program = folder / "flite-impostor"
    program.write_text(LOOKS_LIKE_FLITE + speaks)
    program.chmod(stat.S_IRWXU)
    engine = FliteEngine("flite", FliteSettings(program=str(program), timeout_s=0.3))
    await engine.start()
    with pytest.raises(EngineError) as failed:
        await pcm(engine, "Hello.")
    assert children() == set()
    return str(failed.value)


async def test_its_speakers_are_those_of_the_program_that_can_say_anything(flite: FliteEngine) -> None:
    assert [speaker.name for speaker in flite.speakers] == ["slt", "rms", "awb", "kal16", "kal"]
    assert all(speaker.languages[0].startswith("en-") for speaker in flite.speakers)
    assert "flite-2" in flite.traits.fingerprint


async def test_the_table_of_engines_makes_it() -> None:
    assert isinstance(engine_for("mine", FliteSettings(), HostPlace(Path("/nowhere"))), FliteEngine)


async def test_a_missing_program_is_said_with_its_remedy() -> None:
    with pytest.raises(EngineError, match="apt install flite"):
        await FliteEngine("flite", FliteSettings(program="flite-nowhere")).start()
    with pytest.raises(EngineError, match="is it flite"):
        await FliteEngine("flite", FliteSettings(program="true")).start()


async def test_nobody_reads_the_text_in_the_list_of_processes(flite: FliteEngine) -> None:
    sound = flite.speak(sentence(PARAGRAPH, voice("flite", "slt")))
    await anext(sound)
    (child,) = children()
    assert command(child)[0] == b"flite"
    assert b"door" not in b" ".join(command(child))
    await sound.aclose()
    assert children() == set()


async def test_the_first_sound_is_there_before_all_is_made(flite: FliteEngine) -> None:
    async with aclosing(flite.speak(sentence(PARAGRAPH, voice("flite", "slt")))) as sound:
        assert (await anext(sound)).duration_s <= 1.03
        assert children(), "it is still at work"


async def test_the_sound_is_that_of_the_bare_program(flite: FliteEngine, tmp_path: Path) -> None:
    text = "The washing machine is done. Who empties it?"
    wav = tmp_path / "bare.wav"
    words = ("flite", "-voice", "slt", "-f", "-", "-o", wav)
    bare = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE)
    await bare.communicate(text.encode())
    assert await pcm(flite, text, "slt") == wav.read_bytes()[44:]


async def test_an_option_is_only_a_word(flite: FliteEngine) -> None:
    assert len(await pcm(flite, "--version")) > 8000
    assert len(await pcm(flite, "-o /tmp/x")) > 8000


async def test_accents_and_typographic_signs_are_read_as_plain_letters(flite: FliteEngine) -> None:
    assert await pcm(flite, "Zoë’s café — open…") == await pcm(flite, "Zoe's cafe  -  open...")


async def test_letters_that_no_accent_makes_are_not_left_out(flite: FliteEngine) -> None:
    assert await pcm(flite, "Łukasz Strauß, Ørsted, Æsir") == await pcm(flite, "Lukasz Strauss, Orsted, Aesir")


async def test_a_text_without_any_english_is_a_clear_error(flite: FliteEngine) -> None:
    for text in ("你好", "...", " ", "🙂"):
        with pytest.raises(EngineError, match="flite speaks English"):
            await pcm(flite, text)


async def test_an_endless_word_is_heard_before_all_of_it_is_made(flite: FliteEngine) -> None:
    async with aclosing(flite.speak(sentence("word" * 500, voice("flite", "slt")))) as sound:
        assert await anext(sound)
        await asyncio.sleep(0.02)
        assert children(), "it is still at work; as one word it would be for minutes, and nothing heard"


async def test_a_speaker_is_never_taken_for_a_file(flite: FliteEngine, voice_file: Path) -> None:
    for speaker in (str(voice_file), "http://127.0.0.1/x.flitevox", "-lv", "", "awb_time"):
        with pytest.raises(EngineError, match="no speaker"):
            await pcm(flite, "Hello.", speaker)


async def test_a_further_voice_from_a_file_is_the_preferred_one(voice_file: Path) -> None:
    engine = FliteEngine("flite", FliteSettings(voices=(voice_file,)))
    await engine.start()
    assert engine.speakers[0].name == "cmu_us_anna"
    assert engine.speakers[0].languages == ("en-US",)
    assert "cmu_us_anna" in engine.traits.fingerprint
    assert await pcm(engine, "Hello.", "cmu_us_anna") == await pcm(engine, "Hello.", "slt")
    voice_file.unlink()
    with pytest.raises(EngineError, match="cannot be read: No such file"):
        await pcm(engine, "Hello.", "cmu_us_anna")
    assert await pcm(engine, "Hello."), "the others speak on"


async def test_another_voice_under_the_name_of_a_file_has_another_fingerprint_before_it_is_heard(
    voice_file: Path,
) -> None:
    engine = FliteEngine("flite", FliteSettings(voices=(voice_file,)))
    await engine.start()
    before = engine.traits.fingerprint
    other = voice_file.read_bytes()[:-1] + b"\n"
    voice_file.with_suffix(".new").write_bytes(other)
    voice_file.with_suffix(".new").replace(voice_file)
    async with aclosing(engine.speak(sentence("Hello.", voice("flite", "cmu_us_anna")))) as sound:
        await anext(sound)
        assert engine.traits.fingerprint != before
    again = FliteEngine("flite", FliteSettings(voices=(voice_file,)))
    await again.start()
    assert again.traits.fingerprint == engine.traits.fingerprint


async def test_a_file_takes_the_place_of_a_built_in_voice_and_two_of_one_name_are_refused(voice_file: Path) -> None:
    slt = voice_file.rename(voice_file.with_name("slt.flitevox"))
    engine = FliteEngine("flite", FliteSettings(voices=(slt,)))
    await engine.start()
    assert [speaker.name for speaker in engine.speakers] == ["slt", "rms", "awb", "kal16", "kal"]
    assert engine.speakers[0].description == ""
    other = slt.parent / "other" / slt.name
    other.parent.mkdir()
    shutil.copy(slt, other)
    with pytest.raises(EngineError, match="have the same name; rename one"):
        await FliteEngine("flite", FliteSettings(voices=(slt, other))).start()


async def test_a_disk_that_hangs_keeps_no_house_from_starting(tmp_path: Path) -> None:
    hanging = tmp_path / "cmu_us_anna.flitevox"
    os.mkfifo(hanging)
    with pytest.raises(EngineError, match="look at their disk"):
        await FliteEngine("flite", FliteSettings(voices=(hanging,), timeout_s=0.2)).start()
    os.close(os.open(hanging, os.O_WRONLY | os.O_NONBLOCK))


async def test_a_file_that_is_no_english_voice_is_refused_at_the_start(voice_file: Path) -> None:
    of_nobody = voice_file.with_name("notes.flitevox")
    of_nobody.write_text("Dear diary")
    hindi = voice_file.with_name("cmu_indic_hin.flitevox")
    hindi.write_bytes(voice_file.read_bytes().replace(b"eng\0", b"hin\0", 1))
    for file, complaint in ((of_nobody, "not a voice of flite"), (hindi, "speaks hin"), (hindi.parent, "cannot be")):
        with pytest.raises(EngineError, match=complaint):
            await FliteEngine("flite", FliteSettings(voices=(file,))).start()


async def test_a_damaged_voice_is_an_error_and_no_silence(voice_file: Path) -> None:
    voice_file.write_bytes(voice_file.read_bytes()[:200_000])
    engine = FliteEngine("flite", FliteSettings(voices=(voice_file,)))
    await engine.start()
    with pytest.raises(EngineError, match="ended with code -11"):
        await pcm(engine, "Hello.", "cmu_us_anna")


async def test_a_program_that_hangs_is_ended_after_its_timeout(tmp_path: Path) -> None:
    assert "gave no sound for 0.3 s" in await failure(tmp_path, "exec sleep 60")


async def test_a_program_that_says_nothing_or_dies_is_an_error_in_its_own_words(tmp_path: Path) -> None:
    assert (await failure(tmp_path, "cat >/dev/null; echo hoarse >&2")).endswith("gave no sound: hoarse")
    assert (await failure(tmp_path, "cat >/dev/null; echo 'no tree' >&2; exit 3")).endswith("with code 3: no tree")
    assert "not a WAV stream" in await failure(tmp_path, 'while [ "$1" != -o ]; do shift; done; seq 100 > "$2"')


async def test_too_few_descriptors_are_an_engine_error_and_none_is_lost(flite: FliteEngine) -> None:
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = descriptors()
    gaps = [os.open("/dev/null", os.O_RDONLY) for _ in range(max(before) + 1 - len(before))]
    highest, failed = max(descriptors()), 0
    for left in range(12):
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + left, usual[1]))
        try:
            await pcm(flite, "one")
        except EngineError as error:
            failed += "Too many open files" in str(error)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
    for gap in gaps:
        os.close(gap)
    assert 0 < failed < 12
    assert children() == set()
    assert descriptors() <= before


def descriptors() -> set[int]:
    """The open ones, by number."""
    return {int(entry.name) for entry in list(Path("/proc/self/fd").iterdir()) if entry.exists()}


async def test_a_stop_ends_a_sentence_that_is_being_spoken() -> None:
    engine = FliteEngine("flite", FliteSettings())
    await engine.start()
    sound = engine.speak(sentence(PARAGRAPH, voice("flite", "slt")))
    await anext(sound)
    await engine.stop()
    with pytest.raises(EngineError, match="ended with code -9"):
        async for _ in sound:
            pass
    assert children() == set()
