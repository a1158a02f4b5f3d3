"""The voices folder: what is put there is enrolled while voxd runs, and what is wrong is told once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from cloning import CloningSine, wish
from miniature_house import MiniatureHouse
from waiting import until

from voxd.errors import UnknownVoiceError
from voxd.frontends.folder.frontend import FolderFrontend
from voxd.synthesis.engine import EngineTraits


class Home:
    """A house whose voices folder is looked at all the time."""

    def __init__(self, folder: Path) -> None:
        self.engine = CloningSine()
        self.house = MiniatureHouse(folder, others=[self.engine])
        self.voices = self.house.voices_folder.path
        self.frontend = FolderFrontend(self.house.voices_folder, self.house.voice_desk, 0.02, 0.1)

    def put(self, name: str, content: bytes | str = b"a recording") -> None:
        (self.voices / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    @property
    def revision(self) -> int:
        """Mum's."""
        voice = self.house.register.get("mum")
        return voice.revision if voice else 0

    @property
    def problems(self) -> tuple[str, ...]:
        return self.house.voice_desk.listed().problems

    async def look_often(self) -> None:
        """Wait until the folder was looked at several times more."""
        await asyncio.sleep(0.2)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = Home(tmp_path)
    async with made.house.alive():
        await made.frontend.start()
        running = asyncio.create_task(made.frontend.run())
        yield made
        assert made.frontend.healthy
        await made.frontend.stop()
        assert running.done()


async def test_a_file_that_is_put_there_becomes_a_voice(home: Home) -> None:
    home.put("mum.txt", "Hello there\n")
    home.put("mum.yaml", "language: zh\nseed: 4\nconsent: Anna\n")
    home.put("mum.mp3")
    await until(lambda: home.revision)
    voice = home.house.register.get("mum")
    assert voice
    assert (voice.transcript, voice.language, voice.seed) == ("Hello there", "zh", 4)
    assert (voice.consent.by, voice.origin) == ("Anna", "file")
    assert home.house.speech.voice("mum").speaker == "mum@1"


async def test_without_a_word_on_consent_it_is_who_put_it_there(home: Home) -> None:
    home.put("mum.wav")
    await until(lambda: home.revision)
    voice = home.house.register.get("mum")
    assert voice
    assert voice.consent.by.startswith("put into the voices folder by ")


async def test_a_changed_file_is_a_new_revision_and_a_touched_one_is_not(home: Home) -> None:
    home.put("mum.wav")
    await until(lambda: home.revision == 1)
    home.put("mum.wav")
    await home.look_often()
    assert home.revision == 1
    home.put("mum.wav", b"a better recording")
    await until(lambda: home.revision == 2)
    home.put("mum.txt", "now with its words")
    await until(lambda: home.revision == 3)


async def test_a_restart_enrols_nothing_again(home: Home, tmp_path: Path) -> None:
    home.put("mum.wav")
    await until(lambda: home.revision == 1)
    await home.house.voice_desk.enrol(wish(clip=b"from the command line"))
    await home.frontend.stop()
    home.frontend = FolderFrontend(home.house.voices_folder, home.house.voice_desk, 0.02)
    asyncio.create_task(home.frontend.run())  # noqa: RUF006 - ended by the frontend's stop
    await home.look_often()
    assert home.revision == 2, "the older file does not win over what was enrolled after it"


async def test_what_is_wrong_is_told_once_until_it_changes(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    home.put("mum.wav", b"bad")
    await until(lambda: home.problems)
    await home.look_often()
    assert "mum.wav: This is not a sound file" in home.problems[0]
    assert len([record for record in caplog.records if "not a sound file" in record.getMessage()]) == 1
    assert home.house.clips.asked == 1
    home.put("mum.wav", b"a recording")
    await until(lambda: home.revision == 1)
    await until(lambda: not home.problems)


async def test_a_problem_that_is_not_the_files_is_tried_again(home: Home) -> None:
    home.engine.state = "failed"
    home.put("mum.wav")
    await until(lambda: home.problems)
    assert "the model is not there" in home.problems[0]
    home.engine.state = "ready"
    await until(lambda: home.revision == 1)
    await until(lambda: not home.problems)


async def test_a_recording_without_words_waits_for_an_engine_that_loads_long(home: Home) -> None:
    traits, home.engine.traits, home.engine.state = home.engine.traits, EngineTraits("unknown"), "loading"
    home.put("mum.wav")
    await until(lambda: home.problems)
    assert "still loading" in home.problems[0]
    home.engine.traits, home.engine.state = traits, "ready"
    home.engine.changed.set()
    await until(lambda: home.revision == 1)
    await until(lambda: not home.problems)


async def test_a_recording_that_never_became_a_voice_is_not_removed_as_one(home: Home) -> None:
    home.put("mum.wav", b"bad")
    await until(lambda: home.problems)
    with pytest.raises(UnknownVoiceError, match="no enrolled voice"):
        await home.house.voice_desk.remove("mum")
    assert (home.voices / "mum.wav").exists()


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("mum.yaml", "speed: 3", "/mum.yaml: unknown key 'speed'"),
        ("mum.yaml", "a: [", "/mum.yaml cannot be read at line 1"),
        ("mum.yaml", "engine: sine", '/mum.wav: The engine "sine" does not clone voices'),
        ("mum.yaml", "engine: sine", "(engine in mum.yaml)"),
        ("mum.yaml", "fallbacks: nobody", "(fallbacks in mum.yaml)"),
        ("mum.txt", "x" * 2001, "/mum.txt: has 2001 characters"),
        ("mum.txt", b"\xff\xfe\xff", "/mum.txt is not UTF-8"),
        ("mum.txt", "Hi", "/mum.wav: The transcript has 2 characters for 3.0 s of speech"),
    ],
)
async def test_a_mistake_names_the_file_that_it_is_in(
    home: Home, file: str, content: bytes | str, sentence: str
) -> None:
    home.put(file, content)
    home.put("mum.wav")
    await until(lambda: home.problems)
    assert sentence in home.problems[0]


async def test_who_has_no_command_line_is_told_where_the_transcript_goes(home: Home) -> None:
    home.engine.traits = replace(home.engine.traits, needs_transcript=True)
    home.put("mum.wav", b"bad")
    await until(lambda: home.problems)
    assert "not a sound file" in home.problems[0], "what is no recording needs no transcript first"
    home.put("mum.wav")
    await until(lambda: home.problems and "add its transcript (mum.txt beside it)" in home.problems[0])
    home.put("mum.txt", "Hello")
    await until(lambda: home.revision == 1)


async def test_consent_that_is_written_down_later_is_recorded(home: Home) -> None:
    home.put("mum.wav")
    await until(lambda: home.revision == 1)
    home.put("mum.yaml", "consent: Mum herself")
    await until(lambda: home.revision == 2)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("mum@2.wav", "cannot be the name"),
        ("sine-anna.wav", "choose another name"),
        ("mum two.wav", "cannot be the name"),
    ],
)
async def test_a_file_name_that_can_be_no_voice_is_told(home: Home, file: str, sentence: str) -> None:
    home.put(file)
    await until(lambda: home.problems)
    assert sentence in home.problems[0]


async def test_two_recordings_of_one_voice_are_told(home: Home) -> None:
    home.put("mum.wav")
    home.put("mum.mp3", b"another")
    await until(lambda: home.problems)
    assert "more than one recording: mum.mp3, mum.wav" in home.problems[0]
    (home.voices / "mum.mp3").unlink()
    await until(lambda: home.revision == 1)


async def test_a_file_that_is_still_being_written_is_left_alone(home: Home) -> None:
    for number in range(10):
        home.put("mum.wav", b"x" * number)
        await asyncio.sleep(0.01)
    await until(lambda: home.revision == 1)
    assert home.house.clips.asked <= 2
    await home.look_often()
    voice = home.house.register.get("mum")
    assert voice
    assert home.engine.known[voice.speaker] == b"RIFF" + b"x" * 9


async def test_links_folders_hidden_and_other_files_are_no_voices(home: Home, tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(b"a recording")
    (home.voices / "link.wav").symlink_to(tmp_path / "secret.wav")
    (home.voices / "folder.wav").mkdir()
    home.put(".hidden.wav")
    home.put("notes.txt", "no voice")
    await home.look_often()
    assert home.house.register.voices == ()
    assert home.problems == ()


async def test_too_large_a_file_is_not_read_into_memory(home: Home) -> None:
    with (home.voices / "mum.wav").open("wb") as file:
        file.truncate(33 * 2**20)
    await until(lambda: home.problems)
    assert "larger than" in home.problems[0]
    assert home.house.clips.asked == 0


async def test_a_file_that_may_be_read_at_last_is_taken(home: Home) -> None:
    home.put("mum.wav", b"bad")
    await until(lambda: home.problems)
    (home.voices / "mum.wav").write_bytes(b"OK!")
    await until(lambda: home.revision == 1)
    (home.voices / "mum.wav").chmod(0o640)
    await home.look_often()
    assert home.revision == 1, "the same content is the same voice"


async def test_a_file_that_goes_takes_no_voice_with_it_but_a_removed_voice_takes_its_file(home: Home) -> None:
    home.put("mum.wav")
    home.put("dad.wav")
    await until(lambda: len(home.house.register.voices) == 2)
    (home.voices / "dad.wav").unlink()
    await home.house.voice_desk.remove("mum")
    await home.look_often()
    assert [voice.name for voice in home.house.register.voices] == ["dad"]
    home.put("mum.wav")
    await until(lambda: home.revision == 2)


async def test_a_folder_that_is_away_is_told_once_and_looked_for_again(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.voices.rmdir()
    await until(lambda: "cannot be read" in caplog.text)
    await home.look_often()
    assert caplog.text.count("cannot be read") == 1
    home.voices.mkdir()
    home.put("mum.wav")
    await until(lambda: home.revision == 1)
