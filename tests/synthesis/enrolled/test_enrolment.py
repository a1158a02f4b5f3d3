"""Enrolment: all of it or nothing, a new revision each time, and the engine knows."""

import asyncio
import re
from pathlib import Path

import pytest
from cloning import CloningSine, TrustingClipMaker, files_below, wish
from engines_for_tests import SineEngine
from waiting import until

from voxd.errors import BadRequestError, EngineError, StorageError, UnknownVoiceError
from voxd.settings import VoiceSettings
from voxd.synthesis.engine import Engine, EngineTraits
from voxd.synthesis.enrolled.enrolment import Enrolment
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.store import VoiceStore
from voxd.synthesis.voices import VoiceBook


class Home:
    """An enrolment over a folder; a second one over the same folder is a restart."""

    def __init__(self, folder: Path, *engines: Engine, configured: dict[str, VoiceSettings] | None = None) -> None:
        self.folder = folder / "enrolled"
        self.engine = CloningSine()
        self.clips = TrustingClipMaker()
        engines = engines or (self.engine,)
        known: dict[str, Engine] = {"sine": SineEngine()} | {engine.name: engine for engine in engines}
        self.register = Register(VoiceStore(self.folder))
        self.book = VoiceBook(configured or {}, "sine-anna", known, self.register)
        self.enrolment = Enrolment(self.register, known, self.clips, self.book, wait_s=0.05)

    async def start(self) -> "Home":
        await self.register.start()
        await self.enrolment.start()
        return self

    @property
    def files(self) -> list[str]:
        return files_below(self.folder)


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    return await Home(tmp_path).start()


async def test_an_enrolled_voice_is_kept_known_and_found(home: Home) -> None:
    done = await home.enrolment.enrol(wish(seed=7, fallbacks=("sine-anna",), origin="mqtt"))
    assert (done.voice.name, done.voice.revision, done.waits) == ("mum", 1, "")
    assert done.notes == ("There is some noise",)
    assert home.engine.known == {"mum@1": b"RIFFa recording"}
    assert home.engine.clips["mum@1"].wav == home.register.store.clip(done.voice)
    found = home.book.find("mum", None)
    assert (found.engine, found.speaker, found.revision, found.seed) == ("voxcpm", "mum@1", 1, 7)
    assert (found.languages, found.fallbacks) == (("en", "zh"), ("sine-anna",))
    assert (done.voice.consent.by, done.voice.origin) == ("Anna", "mqtt")


async def test_after_a_restart_the_engine_is_told_again(home: Home, tmp_path: Path) -> None:
    await home.enrolment.enrol(wish())
    again = await Home(tmp_path).start()
    await until(lambda: again.engine.known == {"mum@1": b"RIFFa recording"})
    assert again.book.find("mum", None).speaker == "mum@1"
    await again.enrolment.stop()


async def test_enrolled_again_it_is_a_new_revision_and_the_old_one_is_forgotten(home: Home) -> None:
    await home.enrolment.enrol(wish())
    done = await home.enrolment.enrol(wish(clip=b"a better one"))
    assert done.voice.revision == 2
    assert home.engine.known == {"mum@2": b"RIFFa better one"}
    assert home.engine.forgotten == ["mum@1"]
    assert home.book.find("mum", None).speaker == "mum@2"


async def test_removed_and_enrolled_again_it_gets_a_number_it_never_had(home: Home) -> None:
    await home.enrolment.enrol(wish())
    await home.enrolment.remove("mum")
    assert home.engine.known == {}
    with pytest.raises(UnknownVoiceError, match="was removed on"):
        home.book.find("mum", None)
    with pytest.raises(UnknownVoiceError, match="removed already"):
        await home.enrolment.remove("mum")
    assert (await home.enrolment.enrol(wish())).voice.revision == 2


async def test_after_a_restart_engines_are_told_again_to_forget_who_was_removed(home: Home, tmp_path: Path) -> None:
    """The engine may have been away when it happened, and keeps speaker embeddings on disk."""
    await home.enrolment.enrol(wish())
    await home.enrolment.enrol(wish(name="dad"))
    await home.enrolment.remove("mum")
    again = await Home(tmp_path).start()
    await until(lambda: "dad@1" in again.engine.known)
    assert again.engine.forgotten == ["mum@1"]
    await again.enrolment.stop()


async def test_nobody_can_be_removed_who_is_not_there(home: Home) -> None:
    with pytest.raises(UnknownVoiceError, match=r'no enrolled voice "mum"$'):
        await home.enrolment.remove("mum")
    await home.enrolment.enrol(wish())
    with pytest.raises(UnknownVoiceError, match='no enrolled voice "mumm"; did you mean "mum"'):
        await home.enrolment.remove("mumm")
    with pytest.raises(BadRequestError, match="cannot be the name"):
        await home.enrolment.remove("../mum")


@pytest.mark.parametrize("name", ["../x", "a/b", "mum@2", "", ".hidden", "mum\n", "x" * 65, "\ud800", "mum\0"])
async def test_a_name_is_never_a_path(home: Home, name: str) -> None:
    with pytest.raises(BadRequestError, match="cannot be the name of a voice"):
        await home.enrolment.enrol(wish(name))
    assert home.files == []


@pytest.mark.parametrize(
    ("clip", "sentence"),
    [
        (b"", "empty"),
        (b"x" * (32 * 2**20 + 1), "32 MiB are allowed"),
        (b"bad file", "not a sound file"),
        (b"unusable", "cannot make a voice of this clip: it is too short"),
    ],
)
async def test_what_cannot_be_a_voice_leaves_nothing(home: Home, clip: bytes, sentence: str) -> None:
    with pytest.raises(BadRequestError, match=sentence):
        await home.enrolment.enrol(wish(clip=clip))
    assert home.files == []
    assert home.engine.clips == {}
    assert "mum" not in [voice.name for voice in home.book.all()]


async def test_a_failed_new_revision_leaves_the_old_one_speaking(home: Home) -> None:
    await home.enrolment.enrol(wish())
    before = home.files
    with pytest.raises(EngineError, match="out of memory"):
        await home.enrolment.enrol(wish(clip=b"deadly"))
    assert home.files == before
    assert home.engine.known == {"mum@1": b"RIFFa recording"}
    assert home.book.find("mum", None).revision == 1


async def test_an_enrolment_that_is_given_up_leaves_nothing(home: Home) -> None:
    home.clips.gate.clear()
    enrolling = asyncio.create_task(home.enrolment.enrol(wish()))
    await until(lambda: home.clips.running)
    enrolling.cancel()
    await asyncio.gather(enrolling, return_exceptions=True)
    assert home.files == []
    home.clips.gate.set()
    assert (await home.enrolment.enrol(wish())).voice.revision == 1


async def test_they_come_one_after_the_other(home: Home) -> None:
    names = [f"v{number}" for number in range(4)]
    await asyncio.gather(*(home.enrolment.enrol(wish(name)) for name in names))
    assert home.clips.most_running == 1
    assert sorted(home.engine.known) == [f"{name}@1" for name in names]


@pytest.mark.parametrize(
    ("origin", "place"),
    [("command line", "--transcript"), ("mqtt", '"transcript"'), ("file", "mum.txt beside it")],
)
async def test_a_transcript_is_asked_for_where_the_engine_needs_it(tmp_path: Path, origin: str, place: str) -> None:
    home = await Home(tmp_path, CloningSine(needs_transcript=True)).start()
    with pytest.raises(BadRequestError, match="not a sound file"):
        await home.enrolment.enrol(wish(transcript="", clip=b"bad", origin=origin))
    sentence = f"voxcpm must know what is said in the clip: add its transcript ({place})"
    with pytest.raises(BadRequestError, match=re.escape(sentence)):
        await home.enrolment.enrol(wish(transcript="", origin=origin))
    assert home.files == []


async def test_a_transcript_that_cannot_be_of_that_clip_is_refused_with_both_lengths(home: Home) -> None:
    for transcript, count in {"Hi.": "3 characters", "word " * 30: "150 characters"}.items():
        with pytest.raises(BadRequestError, match=f"The transcript has {count} for 3.0 s of speech"):
            await home.enrolment.enrol(wish(transcript=transcript))
    assert home.files == []


@pytest.mark.parametrize("transcript", ["Hello", "你好啊。", "0 5 1", "When we two parted in silence and tears"])
async def test_a_transcript_that_may_be_of_that_clip_is_taken(home: Home, transcript: str) -> None:
    assert (await home.enrolment.enrol(wish(transcript=transcript))).is_new


async def test_the_same_recording_with_the_same_options_makes_no_new_revision(home: Home) -> None:
    await home.enrolment.enrol(wish())
    again = await home.enrolment.enrol(wish(origin="mqtt"))
    assert (again.voice.revision, again.is_new, again.notes) == (1, False, ("There is some noise",))
    assert home.clips.asked == 1
    others = (wish(seed=4), wish(transcript="Hello!"), wish(consent="Anna, in writing"))
    for revision, changed in enumerate(others, 2):
        other = await home.enrolment.enrol(changed)
        assert (other.voice.revision, other.is_new) == (revision, True)
    assert (await home.enrolment.enrol(wish())).voice.revision == 5, "an earlier one is not the current one"


async def test_while_the_engine_loads_a_voice_is_kept_and_prepared_later(home: Home) -> None:
    home.engine.state = "loading"
    done = await home.enrolment.enrol(wish())
    assert "loading" in done.waits
    assert home.engine.clips["mum@1"].wav.read_bytes() == b"RIFFa recording"
    assert home.book.find("mum", None).revision == 1


async def test_an_engine_that_is_about_to_be_ready_is_waited_for(tmp_path: Path) -> None:
    home = await Home(tmp_path).start()
    home.engine.state = "loading"
    enrolling = asyncio.create_task(home.enrolment.enrol(wish()))
    await asyncio.sleep(0)
    home.engine.state = "ready"
    home.engine.changed.set()
    assert (await enrolling).waits == ""


async def test_an_engine_that_failed_enrols_nobody_and_says_why(home: Home) -> None:
    home.engine.state = "failed"
    with pytest.raises(EngineError, match="the model is not there"):
        await home.enrolment.enrol(wish())
    assert home.files == []


async def test_the_engine_is_the_only_one_that_clones_or_has_to_be_named(tmp_path: Path) -> None:
    several = await Home(tmp_path / "1", CloningSine("a"), CloningSine("b")).start()
    with pytest.raises(BadRequestError, match="say which one: a, b"):
        await several.enrolment.enrol(wish())
    assert (await several.enrolment.enrol(wish(engine="b"))).voice.engine == "b"
    for engine, sentence in {"sine": "does not clone", "c": "is not configured"}.items():
        with pytest.raises(BadRequestError, match=sentence):
            await several.enrolment.enrol(wish(engine=engine))
    none = await Home(tmp_path / "2", SineEngine()).start()
    with pytest.raises(BadRequestError, match="No engine that clones"):
        await none.enrolment.enrol(wish())


async def test_a_name_that_stands_for_another_voice_is_refused(tmp_path: Path) -> None:
    configured = {"butler": VoiceSettings(engine="sine"), "mum": VoiceSettings(engine="voxcpm", seed=3)}
    home = await Home(tmp_path, configured=configured).start()
    for name in ("butler", "sine-anna", "voxcpm-default"):
        with pytest.raises(BadRequestError, match="choose another name"):
            await home.enrolment.enrol(wish(name))
    await home.enrolment.enrol(wish())
    assert home.book.find("mum", None).seed == 3


async def test_without_a_language_it_is_the_houses_if_the_engine_speaks_that(home: Home) -> None:
    assert (await home.enrolment.enrol(wish())).voice.language == "en"
    done = await home.enrolment.enrol(wish(language="de"))
    assert done.voice.language == "de"
    assert "made for en, zh" in done.notes[-1]


async def test_where_the_store_cannot_be_read_the_house_has_its_other_voices_and_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "enrolled").write_text("in the way")
    home = await Home(tmp_path).start()
    assert home.book.find(None, None).name == "sine-anna"
    assert "The enrolled voices cannot be kept or read on the disk" in home.register.damages[0]
    with pytest.raises(StorageError):
        await home.enrolment.enrol(wish())


async def test_a_damaged_voice_can_be_enrolled_again_and_removed(home: Home, tmp_path: Path) -> None:
    done = await home.enrolment.enrol(wish())
    home.register.store.clip(done.voice).unlink()
    again = await Home(tmp_path).start()
    assert again.register.voices == ()
    assert 'The enrolled voice "mum" is damaged' in again.register.damages[0]
    assert (await again.enrolment.enrol(wish())).voice.revision == 2
    assert again.register.damages == ()


async def test_of_the_engines_that_may_clone_the_only_one_that_does_is_meant(tmp_path: Path) -> None:
    piper, voxcpm = CloningSine("piper"), CloningSine("voxcpm")
    piper.traits = EngineTraits("piper 1")
    home = await Home(tmp_path, piper, voxcpm).start()
    assert (await home.enrolment.enrol(wish())).voice.engine == "voxcpm"
    with pytest.raises(BadRequestError, match="piper does not clone voices with the model that it has"):
        await home.enrolment.enrol(wish(name="dad", engine="piper"))
    piper.traits = voxcpm.traits
    with pytest.raises(BadRequestError, match="Several engines clone voices; say which one: piper, voxcpm"):
        await home.enrolment.enrol(wish(name="dad"))
