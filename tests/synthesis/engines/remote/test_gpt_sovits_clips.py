"""Enrolled voices at GPT-SoVITS: their clips in the folder that both share."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from cloning import TrustingClipMaker, wish
from sounds import samples_of, tone
from speech_servers.gpt_sovits_server import FakeGptSovits, gpt_sovits_server
from waiting import until

from voxd.audio.wav import parse, wav_bytes
from voxd.errors import BadRequestError, EngineError, ProtocolError, UnknownVoiceError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import GptSovitsSettings
from voxd.synthesis.engine import ReferenceClip, Sentence
from voxd.synthesis.engines.remote.gpt_sovits.server import GptSovitsServer
from voxd.synthesis.engines.remote.gpt_sovits.shared_clips import STALE_S
from voxd.synthesis.engines.remote.table import remote_engine
from voxd.synthesis.enrolled.enrolment import Enrolment
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.store import VoiceStore
from voxd.synthesis.voices import VoiceBook
from voxd.wire.wyoming.host_events import ClipReady

RATE_HZ = 48_000
SAID = "Good morning, this is how I sound."


class House:
    """The server, and the folder that it knows as /voxd."""

    def __init__(self, server: FakeGptSovits, folder: Path) -> None:
        self.server = server
        self.kept = folder / "kept"
        self.shared = folder / "shared"
        self.kept.mkdir()
        self.shared.mkdir()
        server.mounts = {"/voxd": self.shared}
        self.opened: list[GptSovitsServer] = []

    def settings(self, **options: object) -> GptSovitsSettings:
        clips = {"ours": str(self.shared), "theirs": "/voxd"}
        return GptSovitsSettings.model_validate({"url": self.server.url, "clips": clips} | options)

    def asks(self, **options: object) -> GptSovitsServer:
        """Our side of it."""
        self.opened.append(GptSovitsServer(self.server.url, self.settings(**options)))
        return self.opened[-1]

    def clip(self, speaker: str = "mum@1", sound: Chunk | None = None, language: str = "en") -> ReferenceClip:
        """An enrolled clip."""
        wav = self.kept / f"{speaker}.wav"
        wav.write_bytes(wav_bytes(sound or tone(5.0, RATE_HZ)))
        return ReferenceClip(speaker, wav, SAID, language)

    def asked(self, path: str) -> list[str]:
        """What the server was asked for there, from now on only anew."""
        found = [what for at, what in self.server.asked if at == path]
        self.server.asked.clear()
        return found

    @property
    def files(self) -> list[str]:
        return sorted(file.name for file in self.shared.iterdir())


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with gpt_sovits_server() as server:
        made = House(server, tmp_path)
        yield made
        for opened in made.opened:
            await opened.close()


def talk(*spells: tuple[float, float], noise: float = 0.0) -> Chunk:
    """Spells of speech and the pauses behind them, in seconds."""
    parts = [np.zeros(round(0.1 * RATE_HZ))]
    for speech_s, pause_s in spells:
        parts.append(9000.0 * np.sin(np.arange(round(speech_s * RATE_HZ)) * 0.05))
        parts.append(np.zeros(round(pause_s * RATE_HZ)))
    samples = np.concatenate(parts)
    samples += np.random.default_rng(1).normal(0.0, noise, len(samples)) if noise else 0.0
    return Chunk(AudioFormat(RATE_HZ), np.rint(samples).astype("<i2").tobytes())


async def heard(server: GptSovitsServer, speaker: str = "mum@1", language: str = "en", style: str = "") -> Chunk:
    """All of a sentence."""
    voice = Voice(VoiceId("mum"), "gpt_sovits", speaker, (language,), style=style)
    async with aclosing(server.speak(Sentence("The door is open.", voice, language))) as sound:
        chunks = [chunk async for chunk in sound]
    return Chunk(chunks[0].format, b"".join(chunk.pcm for chunk in chunks))


async def test_a_short_clip_is_used_whole_and_with_its_transcript(house: House) -> None:
    server, clip = house.asks(), house.clip()
    assert (await server.learn()).clones
    await server.introduce(clip)
    assert await heard(server)
    said = house.server.spoken[-1]
    assert said.clip == clip.wav.read_bytes()
    assert (said.fields["prompt_text"], said.fields["prompt_lang"]) == (SAID, "en")


async def test_the_file_tells_nothing_of_the_voice_and_everybody_may_read_it(house: House) -> None:
    server = house.asks()
    await server.introduce(house.clip("mum@1"))
    [name] = house.files
    assert name.startswith("voxd-")
    assert "mum" not in name
    assert (house.shared / name).stat().st_mode & 0o777 == 0o644
    await server.introduce(house.clip("mum@2", tone(6.0, RATE_HZ)))
    assert len(set(house.files)) == 2, "the server goes by the name alone: another clip, another name"


async def test_of_a_long_clip_a_part_from_pause_to_pause_is_used_without_a_transcript(house: House) -> None:
    server = house.asks()
    await server.introduce(house.clip(sound=talk((2.0, 0.6), (4.0, 0.2), (4.0, 0.6), (3.0, 0.4))))
    assert await heard(server)
    said = house.server.spoken[-1]
    assert said.fields["prompt_text"] == ""
    part = parse(said.clip)
    assert 8.0 < part.duration_s < 9.8, "the two spells in the middle, with the pause between them"
    samples = samples_of(part.pcm)
    assert abs(int(samples[0])) < 10
    assert abs(int(samples[-1])) < 10
    edge = round(0.1 * RATE_HZ)
    assert np.abs(samples[:edge]).max() < 100, "it begins in a pause"
    assert np.abs(samples[-edge:]).max() < 100, "it ends in a pause"


@pytest.mark.parametrize(
    "sound", [talk((25.0, 0.0)), talk((5.0, 0.5), (20.0, 0.3)), talk(*[(0.3, 0.1)] * 60, noise=300.0)]
)
async def test_every_long_clip_has_a_part_that_the_server_takes(house: House, sound: Chunk) -> None:
    server = house.asks()
    await server.introduce(house.clip(sound=sound))
    assert 3.0 <= parse(house.server.prompt_clip).duration_s <= 10.0


async def test_a_clip_that_is_too_short_is_refused_with_its_length(house: House) -> None:
    with pytest.raises(BadRequestError, match=r"needs a clip of 3 s at least, and this one has 2\.5 s"):
        await house.asks().introduce(house.clip(sound=tone(2.5, RATE_HZ)))
    assert house.files == []


async def test_a_clip_in_a_language_that_the_model_does_not_know_lends_its_sound(house: House) -> None:
    server = house.asks()
    await server.introduce(house.clip(language="de"))
    assert await heard(server)
    fields = house.server.spoken[-1].fields
    assert (fields["prompt_text"], fields["prompt_lang"]) == ("", "en")


async def test_a_model_that_must_know_its_clip_refuses_one_that_had_to_be_cut(house: House) -> None:
    house.server.weights["sovits.pth"] = "v4"
    server = house.asks()
    assert (await server.learn()).needs_transcript
    with pytest.raises(BadRequestError, match="GPT-SoVITS v4 must know all that is said"):
        await server.introduce(house.clip(sound=talk((9.0, 0.5), (5.0, 0.2))))


async def test_a_forgotten_voice_leaves_no_clip_unless_another_has_the_same(house: House) -> None:
    server = house.asks()
    await server.introduce(house.clip("mum@1"))
    await server.introduce(house.clip("mum@2"))
    await server.forget("mum@1")
    assert len(house.files) == 1
    assert await heard(server, "mum@2")
    await server.forget("mum@2")
    await server.forget("nobody@1")
    assert house.files == []
    with pytest.raises(UnknownVoiceError):
        await heard(server, "mum@2")


async def test_an_enrolled_voice_has_weights_and_styles_of_its_own(house: House) -> None:
    house.server.weights |= {"mum.pth": "v2"}
    angry = house.shared / "angry.wav"
    angry.write_bytes(wav_bytes(tone(4.0, RATE_HZ, 300.0)))
    own = {"mum": {"sovits_weights": "mum.pth", "styles": {"angry": {"clip": "/voxd/angry.wav"}}}}
    server = house.asks(sovits_weights="sovits.pth", speakers=own)
    assert (await server.learn()).speakers == ()
    await server.introduce(house.clip())
    await heard(server)
    await heard(server, style="angry")
    plain, styled = house.server.spoken
    assert (plain.sovits, plain.clip_sovits, styled.sovits) == ("mum.pth", "mum.pth", "mum.pth")
    assert styled.clip == angry.read_bytes()


async def test_clips_that_nobody_uses_any_more_are_swept_and_others_files_left(house: House) -> None:
    long_ago = time.time() - STALE_S - 60
    for name in (f"voxd-{'0' * 32}.wav", f".voxd-{'0' * 32}.wav.0000.new", "holiday.wav"):
        (house.shared / name).write_bytes(b"")
        os.utime(house.shared / name, (long_ago, long_ago))
    (house.shared / f"voxd-{'1' * 32}.wav").write_bytes(b"")
    await house.asks().learn()
    assert house.files == ["holiday.wav", f"voxd-{'1' * 32}.wav"]


async def test_two_servers_may_be_given_the_same_clip_at_once(house: House) -> None:
    servers = [house.asks() for _ in range(4)]
    await asyncio.gather(*(server.introduce(house.clip()) for server in servers))
    assert len(house.files) == 1
    assert parse((house.shared / house.files[0]).read_bytes()).duration_s == 5.0


async def test_a_folder_that_is_not_there_or_not_shared_is_told_with_what_to_do(house: House) -> None:
    nowhere = {"ours": str(house.shared / "nowhere"), "theirs": "/voxd"}
    with pytest.raises(ProtocolError, match=r"/nowhere \(clips\.ours\) is not there: make it, or mount it"):
        await house.asks(clips=nowhere).introduce(house.clip())
    elsewhere = {"ours": str(house.shared), "theirs": "/other"}
    with pytest.raises(ProtocolError, match=r"/other/voxd-.*No such file.*clips\.theirs must be the path"):
        await house.asks(clips=elsewhere).introduce(house.clip())


async def test_without_a_shared_folder_a_cloned_voice_is_refused_with_what_to_configure(house: House) -> None:
    server = house.asks(clips=None)
    assert not (await server.learn()).clones
    for asked in (server.introduce(house.clip()), heard(server)):
        with pytest.raises(BadRequestError, match=r"needs a folder that voxd and the server share.*ours, theirs"):
            await asked


class Recorded(TrustingClipMaker):
    """Makes reference clips of WAVs without looking at them."""

    async def clip(self, data: bytes) -> tuple[ClipReady, bytes]:
        ready, _ = await super().clip(data)
        return ready, data


class Home:
    """An enrolment over a folder, with the real engine; a second one over the same folder is a restart."""

    def __init__(self, house: House, **options: object) -> None:
        self.engine = remote_engine("gpt_sovits", house.settings(probe_s=0.05, **options))
        engines = {"gpt_sovits": self.engine}
        self.register = Register(VoiceStore(house.kept / "enrolled"))
        self.book = VoiceBook({}, "mum", engines, self.register)
        self.enrolment = Enrolment(self.register, engines, Recorded(), self.book, wait_s=0.05)

    async def says(self) -> Chunk:
        """A sentence of hers."""
        voice = self.book.find("mum", None)
        async with aclosing(self.engine.speak(Sentence("Tea is ready.", voice, voice.language))) as sound:
            chunks = [chunk async for chunk in sound]
        return Chunk(chunks[0].format, b"".join(chunk.pcm for chunk in chunks))


@asynccontextmanager
async def at_home(house: House, **options: object) -> AsyncIterator[Home]:
    """One that is started, and stopped."""
    home = Home(house, **options)
    await home.engine.start()
    await home.register.start()
    await home.enrolment.start()
    yield home
    await home.enrolment.stop()
    await home.engine.stop()


async def test_who_is_enrolled_speaks_and_speaks_after_a_restart_and_is_gone_when_removed(house: House) -> None:
    async with at_home(house) as home:
        done = await home.enrolment.enrol(wish(clip=wav_bytes(tone(5.0, RATE_HZ)), transcript=SAID))
        assert (done.waits, done.voice.engine) == ("", "gpt_sovits")
        first = await home.says()
        assert first.duration_s > 0.2
    house.server.restart()
    house.server.asked.clear()
    async with at_home(house) as home:
        await until(lambda: house.asked("/set_refer_audio"))
        assert (await home.says()).pcm == first.pcm
        await home.enrolment.remove("mum")
        assert house.files == []


async def test_a_clip_that_somebody_took_away_is_put_there_again(house: House) -> None:
    async with at_home(house) as home:
        await home.enrolment.enrol(wish(clip=wav_bytes(tone(5.0, RATE_HZ))))
        (house.shared / house.files[0]).unlink()
        house.server.restart()
        with pytest.raises(EngineError):
            await home.says()  # the server's own copy went with its restart, which nobody could notice before
        assert await home.says()
        assert len(house.files) == 1


async def test_a_voice_waits_for_the_folder_and_speaks_once_that_is_mounted(house: House) -> None:
    folder = house.shared.rename(house.shared.with_name("unmounted"))
    async with at_home(house) as home:
        done = await home.enrolment.enrol(wish(clip=wav_bytes(tone(5.0, RATE_HZ))))
        assert "is not there: make it, or mount it" in done.waits
        with pytest.raises(EngineError, match="not prepared"):
            await home.says()
        folder.rename(house.shared)
        await until(lambda: house.asked("/set_refer_audio"))
        assert await home.says()


async def test_a_recording_that_it_cannot_use_is_no_voice(house: House) -> None:
    async with at_home(house) as home:
        with pytest.raises(BadRequestError, match=r"cannot make a voice of this clip.*needs a clip of 3 s at least"):
            await home.enrolment.enrol(wish(clip=wav_bytes(tone(2.0, RATE_HZ))))
        assert house.files == []


async def test_who_enrols_without_a_shared_folder_is_told_what_to_configure(house: House) -> None:
    async with at_home(house, clips=None) as home:
        with pytest.raises(BadRequestError, match=r"needs a folder that voxd and the server share.*ours, theirs"):
            await home.enrolment.enrol(wish(clip=wav_bytes(tone(5.0, RATE_HZ)), engine="gpt_sovits"))


async def test_an_enrolled_voice_speaks_all_languages_of_the_model(house: House) -> None:
    async with at_home(house) as home:
        await home.enrolment.enrol(wish(clip=wav_bytes(tone(5.0, RATE_HZ)), transcript=SAID, language="en"))
        assert home.book.find("mum", None).languages == ("en", "zh", "ja", "ko", "yue")
        assert home.book.find("mum", "zh-CN").speaker == "mum@1"
