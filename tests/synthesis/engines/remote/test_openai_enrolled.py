"""Enrolled voices at a vLLM-Omni: from the wish to the sound, across its restarts and ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from cloning import TrustingClipMaker, wish
from engines_for_tests import SineEngine
from speech_servers.openai_pairs import TEXT, clip, pitch_for, pitch_of
from speech_servers.openai_server import OpenAiLikeServer, openai_server
from waiting import until

from voxd.errors import BadRequestError, EngineError
from voxd.settings.engines import OpenAiSettings
from voxd.synthesis.engine import Engine, Sentence
from voxd.synthesis.engines.remote.table import remote_engine
from voxd.synthesis.enrolled.enrolment import Enrolment
from voxd.synthesis.enrolled.register import Register
from voxd.synthesis.enrolled.store import VoiceStore
from voxd.synthesis.voices import VoiceBook


class House:
    """What of the daemon enrols voices and speaks with them, over a folder."""

    def __init__(self, folder: Path, *servers: OpenAiLikeServer, **options: object) -> None:
        urls = [server.url for server in servers]
        settings = OpenAiSettings.model_validate({"url": urls, "probe_s": 0.2, **options})
        self.engine = remote_engine("cluster", settings)
        engines: dict[str, Engine] = {"sine": SineEngine(), "cluster": self.engine}
        self.register = Register(VoiceStore(folder / "enrolled"))
        self.book = VoiceBook({}, "sine-anna", engines, self.register)
        self.enrolment = Enrolment(self.register, engines, TrustingClipMaker(), self.book, wait_s=5.0)

    async def known(self) -> None:
        """Until the engine can speak in all that is enrolled."""
        async with asyncio.timeout(5):
            while True:
                try:
                    await self.sound()
                except EngineError:
                    await asyncio.sleep(0.01)
                else:
                    return

    async def sound(self, name: str = "mum") -> bytes:
        """The samples of TEXT in an enrolled voice."""
        voice = self.book.find(name, None)
        async with aclosing(self.engine.speak(Sentence(TEXT, voice, "en"))) as sound:
            return b"".join([chunk.pcm async for chunk in sound])


@asynccontextmanager
async def house(folder: Path, *servers: OpenAiLikeServer, **options: object) -> AsyncIterator[House]:
    """A house that lives."""
    made = House(folder, *servers, **options)
    await made.engine.start()
    await made.register.start()
    await made.enrolment.start()
    try:
        yield made
    finally:
        await made.enrolment.stop()
        await made.engine.stop()


def recording(folder: Path, pitch: float = 120.0) -> bytes:
    """What is enrolled; the clip that is made of it has its first letters back."""
    return clip(folder, pitch=pitch).wav.read_bytes()[4:]


def pitch_of_voice(given: bytes) -> int:
    """How a voice sounds that is made of such a recording."""
    return pitch_for(b"RIFF" + given + b"Hello")


async def test_an_enrolled_voice_speaks_and_speaks_again_after_the_server_forgot_it(tmp_path: Path) -> None:
    given = recording(tmp_path)
    async with openai_server("vllm-omni") as server, house(tmp_path, server) as home:
        server.default_voice = True
        done = await home.enrolment.enrol(wish(clip=given, engine="cluster"))
        assert not done.waits
        before = await home.sound()
        assert pitch_of(before) == pytest.approx(pitch_of_voice(given), rel=0.02)
        await server.stop()
        with pytest.raises(EngineError, match="cluster failed"):
            await home.sound()
        await server.start()
        await home.known()
        assert await home.sound() == before


async def test_after_our_own_restart_the_voice_is_found_there_and_not_sent_again(tmp_path: Path) -> None:
    async with openai_server("vllm-omni") as server:
        async with house(tmp_path, server) as home:
            await home.enrolment.enrol(wish(clip=recording(tmp_path), engine="cluster"))
            before = await home.sound()
        async with house(tmp_path, server) as again:
            await again.known()
            assert await again.sound() == before
        assert server.paths.count("POST /v1/audio/voices") == 1


async def test_enrolled_again_the_new_clip_speaks_and_removed_the_server_has_forgotten_all(tmp_path: Path) -> None:
    better = recording(tmp_path, pitch=180)
    async with openai_server("vllm-omni") as server, house(tmp_path, server) as home:
        await home.enrolment.enrol(wish(clip=recording(tmp_path), engine="cluster"))
        await home.enrolment.enrol(wish(clip=better, engine="cluster"))
        assert pitch_of(await home.sound()) == pytest.approx(pitch_of_voice(better), rel=0.02)
        assert [name[:11] for name in server.uploads] == ["voxd-mum-2-"]
        await home.enrolment.remove("mum")
        assert not server.uploads


async def test_a_new_revision_is_not_forgotten_with_the_old_one_where_the_name_is_long(tmp_path: Path) -> None:
    name = "grandmother-who-lives-on-the-second-floor"
    async with openai_server("vllm-omni") as server, house(tmp_path, server) as home:
        for pitch in (120.0, 180.0):
            await home.enrolment.enrol(wish(name, recording(tmp_path, pitch=pitch), engine="cluster"))
        assert len(server.uploads) == 1
        await home.sound(name)
        assert server.paths.count("POST /v1/audio/voices") == 2, "it has not lost what it speaks with"


async def test_every_server_of_a_cluster_is_given_the_voice_also_one_that_comes_later(tmp_path: Path) -> None:
    given = recording(tmp_path)
    async with openai_server("vllm-omni") as one, openai_server("vllm-omni") as other:
        await other.stop()
        async with house(tmp_path, one, other) as home:
            await home.enrolment.enrol(wish(clip=given, engine="cluster"))
            await other.start()
            await until(lambda: other.uploads)
            await one.stop()
            assert pitch_of(await home.sound()) == pytest.approx(pitch_of_voice(given), rel=0.02)
            assert other.requests


async def test_a_server_that_clones_nobody_says_so(tmp_path: Path) -> None:
    async with openai_server("kokoro") as server, house(tmp_path, server) as home:
        with pytest.raises(BadRequestError, match="clone"):
            await home.enrolment.enrol(wish(clip=recording(tmp_path), engine="cluster"))
        assert not home.register.voices


async def test_where_cloning_is_off_the_owner_is_told_how_to_have_it(tmp_path: Path) -> None:
    async with openai_server("vllm-omni") as server, house(tmp_path, server, cloning="off") as home:
        with pytest.raises(BadRequestError, match="does not clone voices: set its option cloning to auto"):
            await home.enrolment.enrol(wish(clip=recording(tmp_path), engine="cluster"))
        assert not server.uploads


async def test_a_cloned_voice_speaks_what_its_engines_voices_are_said_to_speak(tmp_path: Path) -> None:
    async with openai_server("vllm-omni") as server, house(tmp_path, server, languages=["zh", "de"]) as home:
        await home.enrolment.enrol(wish(clip=recording(tmp_path), engine="cluster", language="en"))
        assert home.book.find("mum", "de").languages == ("en", "zh", "de")
