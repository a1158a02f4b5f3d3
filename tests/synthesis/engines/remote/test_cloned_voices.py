"""Cloned voices at remote servers: each is introduced to them, again where it was lost, and forgotten by all."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from speech_servers.plain_servers import PlainCloner
from waiting import until

from voxd.errors import BadRequestError, EngineError, ProtocolError
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import RemoteSettings
from voxd.synthesis.engine import ReferenceClip, Sentence, Speaker
from voxd.synthesis.engines.remote.cloning import CloningRemoteEngine
from voxd.synthesis.engines.remote.memory import Memory
from voxd.wire.wyoming.host_events import Fault

MUM = ReferenceClip("mum", Path("/nowhere/mum.wav"), "Hello", "en")
REFUSED = ConnectionRefusedError(111, "Connection refused")


@asynccontextmanager
async def engine(
    servers: Sequence[PlainCloner], probe_s: float = 0.02, token_file: Path | None = None
) -> AsyncIterator[CloningRemoteEngine]:
    """An engine that has looked at all its servers."""
    settings = RemoteSettings(probe_s=probe_s, token_file=token_file)
    made = CloningRemoteEngine("gpu", settings, servers, Memory("gpu", settings, None))
    await made.start()
    await until(lambda: all(server.looks for server in servers))
    yield made
    await made.stop()


async def spoken(of: CloningRemoteEngine, speaker: str = "mum") -> int:
    """How many bytes of sound there are."""
    voice = Voice(VoiceId("test"), "gpu", speaker, ("en",))
    async with aclosing(of.speak(Sentence("Hello", voice, "en"))) as chunks:
        return sum([len(chunk.pcm) async for chunk in chunks])


def pair() -> tuple[PlainCloner, PlainCloner]:
    """Two that are alike."""
    return PlainCloner("http://one"), PlainCloner("http://two")


async def test_a_voice_is_introduced_to_every_server_once() -> None:
    one, two = pair()
    async with engine([one, two]) as gpu:
        assert await gpu.know(MUM) == "clip"
        for _ in range(4):
            assert await spoken(gpu)
        await until(lambda: one.looks > 5)
    assert one.introductions == two.introductions == ["mum"]
    assert len(one.spoken) == len(two.spoken) == 2


async def test_a_server_that_comes_back_is_introduced_to_it_again() -> None:
    one, two = pair()
    async with engine([one, two]) as gpu:
        two.down = REFUSED
        await until(lambda: gpu.health.reason)
        await gpu.know(MUM)
        two.down = None
        await until(lambda: two.voices == ["mum"])
        two.down, two.voices = REFUSED, []
        await until(lambda: gpu.health.reason)
        assert await spoken(gpu), "the other one speaks"
        two.down = None
        await until(lambda: two.voices == ["mum"])


async def test_a_voice_that_a_server_has_lost_is_introduced_before_it_is_asked_again() -> None:
    one = PlainCloner()
    async with engine([one], probe_s=60) as gpu:
        await gpu.know(MUM)
        one.voices = []
        assert await spoken(gpu)
        assert one.introductions == ["mum", "mum"]


async def test_where_no_server_is_there_the_voice_waits_and_is_told_later() -> None:
    one = PlainCloner()
    one.down = REFUSED
    async with engine([one]) as gpu:
        with pytest.raises(EngineError, match="does not answer") as raised:
            await gpu.know(MUM)
        assert raised.value.fault == Fault.LOADING
        one.down = None
        await until(lambda: one.voices)
        assert await spoken(gpu)


async def test_a_clip_that_a_server_cannot_use_is_told_and_that_voice_alone_rests() -> None:
    one = PlainCloner()
    one.refuses = BadRequestError("the clip is too short")
    async with engine([one]) as gpu:
        with pytest.raises(EngineError, match="http://one cannot use the reference clip: the clip is too short"):
            await gpu.know(MUM)
        with pytest.raises(EngineError, match=r"The voice mum is not prepared: .* too short") as raised:
            await spoken(gpu)
        assert raised.value.fault == Fault.PREPARING
        assert await spoken(gpu, "anna")
        looks = one.looks
        await until(lambda: one.looks > looks + 3)
    assert len(one.introductions) == 1, "it would not be taken the next time, either"


@pytest.mark.parametrize("kind", [BadRequestError, ProtocolError])
async def test_a_server_that_tells_our_token_where_it_takes_no_clip_tells_it_to_nobody_else(
    kind: type[Exception], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "token").write_text("sk-a-secret-of-the-house")
    one, _ = pair()
    async with engine([one], token_file=tmp_path / "token") as gpu:
        one.refuses = kind("no clips for the token sk-a-secret-of-the-house")
        with pytest.raises(EngineError, match=r"no clips for the token \(token\)") as refusal:
            await gpu.know(MUM)
        await until(lambda: one.looks > 5)
    assert "sk-a" not in str(refusal.value) + caplog.text


async def test_an_introduction_that_fails_otherwise_is_tried_again_with_the_next_probe() -> None:
    one = PlainCloner()
    one.refuses = ProtocolError("it answers with 500")
    async with engine([one]) as gpu:
        with pytest.raises(EngineError, match="it answers with 500"):
            await gpu.know(MUM)
        one.refuses = None
        await until(lambda: one.voices)
        assert await spoken(gpu)


async def test_a_voice_is_forgotten_by_all_also_by_who_is_away_now() -> None:
    one, two = pair()
    async with engine([one, two]) as gpu:
        await gpu.know(MUM)
        two.down = REFUSED
        await until(lambda: gpu.health.reason)
        await gpu.forget("mum")
        assert not one.voices
        two.down = None
        await until(lambda: not two.voices)
        with pytest.raises(EngineError, match="has no speaker mum"):
            await spoken(gpu)


async def test_a_voice_speaks_on_while_a_server_is_told_that_its_clip_lies_elsewhere() -> None:
    one, _ = pair()
    async with engine([one]) as gpu:
        await gpu.know(MUM)
        one.taking = asyncio.Event()
        knowing = asyncio.create_task(gpu.know(replace(MUM, wav=Path("/elsewhere/mum.wav"))))
        await until(lambda: len(one.introductions) == 2)
        assert await spoken(gpu)
        one.taking.set()
        await knowing


async def test_a_voice_that_is_removed_while_a_server_is_given_it_is_forgotten_there_all_the_same() -> None:
    one, _ = pair()
    one.taking = asyncio.Event()
    async with engine([one]) as gpu:
        knowing = asyncio.create_task(gpu.know(MUM))
        await until(lambda: one.introductions)
        await gpu.forget("mum")
        one.taking.set()
        await knowing
        await until(lambda: not one.voices)


async def test_a_cloned_voice_that_a_server_lists_is_no_speaker_of_the_engine() -> None:
    one = PlainCloner()
    async with engine([one]) as gpu:
        await gpu.know(MUM)
        one.tells = replace(one.tells, speakers=(*one.tells.speakers, Speaker("mum", ("en",)), Speaker("new", ("en",))))
        await until(lambda: len(gpu.speakers) == 2)
        assert [speaker.name for speaker in gpu.speakers] == ["anna", "new"]


async def test_an_engine_whose_servers_do_not_clone_says_so() -> None:
    one = PlainCloner()
    one.tells = replace(one.tells, clones=False)
    async with engine([one]) as gpu:
        with pytest.raises(EngineError, match="clones voices"):
            await gpu.know(MUM)
