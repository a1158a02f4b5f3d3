"""Hosted engines against a host that plays the odd cases, a process of its own: nothing of it is ours to repair."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engines_for_tests import sentence, voice
from fake_host import PCM, asked_of, fake_place, fake_settings, pids_of
from waiting import until

from voxd.errors import EngineError
from voxd.model.audio import AudioFormat, Chunk
from voxd.model.voice import Voice
from voxd.settings.engines import PocketSettings, VoxcpmSettings
from voxd.synthesis.engine import EngineHealth, ReferenceClip, Speaker
from voxd.synthesis.engines import host_life
from voxd.synthesis.engines.host_condition import HostCondition
from voxd.synthesis.engines.hosted import HostedEngine
from voxd.wire.wyoming.host_events import Health, HostState

LONG_S = 20.0
"""A process may take that long to start on a busy machine."""


def hosted_engine(folder: Path, script: str = "ready", **settings: Any) -> HostedEngine:
    return HostedEngine("fake", fake_settings(**settings), fake_place(folder, script))


@asynccontextmanager
async def started(engine: HostedEngine) -> AsyncIterator[HostedEngine]:
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


@asynccontextmanager
async def ready(folder: Path, script: str = "ready", **settings: Any) -> AsyncIterator[HostedEngine]:
    async with started(hosted_engine(folder, script, **settings)) as engine:
        await until_state(engine, "ready")
        yield engine


async def until_state(engine: HostedEngine, state: str) -> None:
    await until(lambda: engine.health.state == state, LONG_S)


async def heard(engine: HostedEngine, text: str = "Hello", speaker: str = "anna", seed: int | None = None) -> bytes:
    of = replace(voice("fake", speaker, "en"), seed=seed)
    return b"".join([chunk.pcm async for chunk in spoken(engine, text, of)])


async def spoken(engine: HostedEngine, text: str, of: Voice) -> AsyncIterator[Chunk]:
    async with aclosing(engine.speak(sentence(text, of))) as sound:
        async for chunk in sound:
            yield chunk


def clip(folder: Path, speaker: str, transcript: str = "") -> ReferenceClip:
    wav = folder / f"{speaker}.wav"
    wav.write_bytes(b"a clip")
    return ReferenceClip(speaker, wav, transcript, "en")


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def embeds(folder: Path) -> list[str]:
    return [line for line in asked_of(folder) if line.startswith("embed ")]


async def test_what_a_host_tells_of_cloning_is_among_the_traits() -> None:
    condition = HostCondition("mine")
    condition.note(Health(HostState.READY, languages=("de",), clones=True))
    assert (condition.traits.clones, condition.traits.languages) == (True, ("de",))
    condition.note(Health(HostState.READY, languages=("de",), clones_once="first buy it"))
    assert (condition.traits.clones, condition.traits.clones_once) == (False, "first buy it")


@pytest.mark.realtime
async def test_start_returns_at_once_and_nothing_is_known_until_the_model_is_loaded(tmp_path: Path) -> None:
    one, other = hosted_engine(tmp_path, "loads"), hosted_engine(tmp_path)
    assert one.traits.fingerprint != other.traits.fingerprint
    began_s = time.monotonic()
    async with started(one):
        assert time.monotonic() - began_s < 0.5
        assert one.health.state in ("waiting", "loading")
        assert not one.speakers
        with pytest.raises(EngineError, match=r"The engine fake is (loading|not there)") as refused:
            await heard(one)
        assert refused.value.fault == "loading"
        assert (await asyncio.wait_for(one.settled(), LONG_S)).state == "ready"
        assert one.traits.fingerprint == "fake 1"
        assert one.traits.rate_hz == 16000
        assert one.speakers == (Speaker("anna", ("en", "de")), Speaker("bert", ("en", "de")))
        known = one.speakers
        assert one.health.details["device"] == "cpu"
        await asyncio.sleep(0.5)
        assert one.speakers is known


async def test_a_listener_hears_of_changes_only(tmp_path: Path) -> None:
    engine, told = hosted_engine(tmp_path, "loads"), list[EngineHealth]()
    silence = engine.listen(told.append)
    async with started(engine):
        await until_state(engine, "ready")
        await asyncio.sleep(0.5)
        assert [(health.state, health.reason) for health in told] == [
            ("loading", "its process starts"),
            ("loading", "reading nothing"),
            ("ready", ""),
        ]
        silence()
    assert len(told) == 3


async def test_a_sentence_goes_to_the_host_with_voice_language_and_seed(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        assert await heard(engine, "Hello", "bert", seed=5) == PCM * 2
        chunk = await anext(spoken(engine, "Hello", voice("fake", "anna", "de")))
        assert chunk.format == AudioFormat(16000)
    assert asked_of(tmp_path)[1] == ('speak {"text": "Hello", "voice": {"name": "bert", "language": "en"}, "seed": 5}')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("refuse", "There is no such voice"),
        ("wrong frames", "'rate' of audio-chunk must be a whole number"),
        ("nothing", "it sends no sound for a sentence"),
        ("close", "failed: it ended in the middle of a sentence$"),
        ("die", "failed: it ended in the middle of a sentence$"),
    ],
)
async def test_whatever_the_host_does_wrong_is_an_engine_error_and_the_next_sentence_is_spoken(
    tmp_path: Path, text: str, reason: str
) -> None:
    async with ready(tmp_path) as engine:
        with pytest.raises(EngineError, match=reason) as failure:
            await heard(engine, text)
        assert failure.value.fault == ("unknown_voice" if text == "refuse" else "engine_failed")
        await until_speaking(engine)


async def until_speaking(engine: HostedEngine) -> None:
    async with asyncio.timeout(LONG_S):
        while True:
            try:
                assert await heard(engine) == PCM * 2
            except EngineError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_a_host_that_gives_no_chunk_in_time_is_killed_and_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with ready(tmp_path) as engine:
        before = engine.traits
        with pytest.raises(EngineError, match=r"The engine fake failed: it gave no sound for 0\.5 s"):
            await heard(engine, "silence")
        first = pids_of(tmp_path)[0]
        await until(lambda: gone(first))
        await until(lambda: engine.health.state != "ready")
        assert "It hung: it gave no sound for 0.5 s" in engine.health.reason
        await until_speaking(engine)
        assert len(pids_of(tmp_path)) == 2
        assert engine.traits == before
    assert caplog.text.count("The engine fake is lost") == 1
    assert caplog.text.count("The engine fake can speak again") == 1


async def test_a_sentence_that_waits_for_another_does_not_wait_for_a_host_that_hangs(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        long = engine.speak(sentence("slow", voice("fake", "anna", "en")))
        await anext(long)
        waiting = asyncio.create_task(heard(engine))
        await asyncio.sleep(0.8)
        assert not waiting.done()
        await long.aclose()
        assert await waiting == PCM * 2
        assert len(pids_of(tmp_path)) == 1


async def test_a_host_whose_loop_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_life, "SILENT_MAX_S", 0.6)
    async with ready(tmp_path, chunk_timeout_s=30.0) as engine:
        os.kill(pids_of(tmp_path)[0], signal.SIGSTOP)
        await until(lambda: gone(pids_of(tmp_path)[0]), LONG_S)
        await until(lambda: len(pids_of(tmp_path)) == 2, LONG_S)
        await until_state(engine, "ready")


async def test_a_killed_host_is_started_again_and_its_voices_are_told_once_more_in_order(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        for speaker in ("mum@1", "dad@1", "me@1"):
            assert await engine.know(clip(tmp_path, speaker)) == "clip"
        await engine.forget("dad@1")
        os.kill(pids_of(tmp_path)[0], signal.SIGKILL)
        await until(lambda: engine.health.state != "ready")
        assert "killed" in engine.health.reason
        with pytest.raises(EngineError, match="is being repaired"):
            await heard(engine)
        await until(lambda: len(embeds(tmp_path)) == 5, LONG_S)
        assert embeds(tmp_path)[3:] == ["embed mum@1  6", "embed me@1  6"]
        await until_speaking(engine)


async def test_a_clip_is_remembered_for_a_host_that_is_not_there_yet(tmp_path: Path) -> None:
    engine = hosted_engine(tmp_path)
    with pytest.raises(EngineError, match="The engine fake is not there"):
        await engine.know(clip(tmp_path, "mum@1"))
    await engine.forget("gone@3")
    async with started(engine):
        await until(lambda: embeds(tmp_path), LONG_S)
        await until_speaking_with(engine, "mum@1")
        assert "forget gone@3" in asked_of(tmp_path)


async def test_a_voice_that_a_host_did_not_forget_is_told_to_the_next_one_and_to_each_once(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        with pytest.raises(EngineError, match="The disk fails"):
            await engine.forget("bad@1")
        os.kill(pids_of(tmp_path)[0], signal.SIGKILL)
        await until(lambda: asked_of(tmp_path).count("forget bad@1") == 2, LONG_S)
        await engine.know(clip(tmp_path, "mum@1"))
        await engine.forget("mum@1")
        assert asked_of(tmp_path).count("forget bad@1") == 2
        os.kill(pids_of(tmp_path)[1], signal.SIGKILL)
        await until(lambda: asked_of(tmp_path).count("forget bad@1") == 3, LONG_S)
        assert asked_of(tmp_path).count("forget mum@1") == 1


async def until_speaking_with(engine: HostedEngine, speaker: str) -> None:
    async with asyncio.timeout(LONG_S):
        while True:
            try:
                await heard(engine, speaker=speaker)
            except EngineError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_a_voice_that_is_not_prepared_says_so_and_the_others_speak(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        embedding = asyncio.create_task(engine.know(clip(tmp_path, "mum@1", transcript="0.8")))
        await until(lambda: embeds(tmp_path))
        with pytest.raises(EngineError, match=r"The voice mum@1 is not prepared") as refused:
            await heard(engine, speaker="mum@1")
        assert refused.value.fault == "preparing"
        assert await heard(engine)
        await embedding
        assert await heard(engine, speaker="mum@1")


async def test_a_voice_that_the_host_has_lost_is_told_again(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        await engine.know(clip(tmp_path, "mum@1"))
        with pytest.raises(EngineError, match="There is no such voice"):
            await heard(engine, "refuse", speaker="mum@1")
        await until(lambda: len(embeds(tmp_path)) == 2, LONG_S)
        await until_speaking_with(engine, "mum@1")


async def test_a_clip_that_the_host_refuses_or_that_is_gone_is_an_engine_error(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        with pytest.raises(EngineError, match="The clip is bad"):
            await engine.know(clip(tmp_path, "bad@1"))
        with pytest.raises(EngineError, match="The clip is bad"):
            await heard(engine, speaker="bad@1")
        missing = clip(tmp_path, "mum@1")
        missing.wav.unlink()
        with pytest.raises(EngineError, match="cannot be read: No such file"):
            await engine.know(missing)


@pytest.mark.realtime
async def test_closing_a_sentence_closes_its_connection_within_50_ms(tmp_path: Path) -> None:
    async with ready(tmp_path) as engine:
        sound = engine.speak(sentence("slow", voice("fake", "anna", "en")))
        await anext(sound)
        began_s = time.perf_counter()
        await sound.aclose()
        assert time.perf_counter() - began_s < 0.05
        await until(lambda: "left" in asked_of(tmp_path))


@pytest.mark.parametrize("script", ["ready", "ignores SIGTERM", "never listens"])
async def test_a_stop_leaves_no_process(tmp_path: Path, script: str) -> None:
    async with started(hosted_engine(tmp_path, script)):
        await until(lambda: pids_of(tmp_path), LONG_S)
    assert gone(pids_of(tmp_path)[0])


async def test_a_stop_that_is_cut_short_leaves_no_process_either(tmp_path: Path) -> None:
    engine = hosted_engine(tmp_path, "ignores SIGTERM")
    await engine.start()
    await until_state(engine, "ready")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(engine.stop(), 0.1)
    await until(lambda: gone(pids_of(tmp_path)[0]))


async def test_no_secret_of_the_daemon_reaches_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXD_MQTT__PASSWORD", "secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/voxd.service")
    monkeypatch.setenv("LANG_OF_THE_HOUSE", "de")
    async with ready(tmp_path):
        environment = Path(f"/proc/{pids_of(tmp_path)[0]}/environ").read_bytes().split(b"\0")
        names = {variable.partition(b"=")[0] for variable in environment}
        assert not {b"VOXD_MQTT__PASSWORD", b"CREDENTIALS_DIRECTORY"} & names
        assert b"LANG_OF_THE_HOUSE" in names


async def test_a_model_that_is_not_here_is_told_in_the_words_of_the_host(tmp_path: Path) -> None:
    async with started(hosted_engine(tmp_path, "lacks")) as engine:
        health = await asyncio.wait_for(engine.settled(), LONG_S)
        assert (health.state, health.reason) == ("failed", "The model is not here; fetch it")
        with pytest.raises(EngineError, match="The engine fake cannot speak: The model is not here; fetch it"):
            await heard(engine)
        await until(lambda: gone(pids_of(tmp_path)[0]))


async def test_a_host_that_ends_itself_is_started_again_at_once(tmp_path: Path) -> None:
    async with started(hosted_engine(tmp_path, "falls")) as engine:
        await until(lambda: engine.health.state == "repairing", LONG_S)
        assert engine.health.reason == "The device is lost"
        await until(lambda: len(pids_of(tmp_path)) >= 2, LONG_S)


async def test_a_host_that_dies_at_its_start_is_started_again(tmp_path: Path) -> None:
    async with ready(tmp_path, "dies once"):
        assert len(pids_of(tmp_path)) == 2


async def test_a_host_that_never_was_ready_in_three_lives_has_failed_and_is_tried_again(tmp_path: Path) -> None:
    async with started(hosted_engine(tmp_path, "dies")) as engine:
        health = await asyncio.wait_for(engine.settled(), LONG_S)
        assert (health.state, health.reason) == ("failed", "Its process ended with code 3; the log says why")
        await until(lambda: len(pids_of(tmp_path)) == 4, LONG_S)


@pytest.mark.realtime
async def test_a_model_that_is_not_loaded_in_time_is_killed(tmp_path: Path) -> None:
    async with started(hosted_engine(tmp_path, "never loads", load_timeout_s=1.5)) as engine:
        await until(lambda: engine.health.state == "repairing", LONG_S)
        assert engine.health.reason == "It hung: its model was not loaded within 1.5 s"
        assert gone(pids_of(tmp_path)[0])


async def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    place = replace(fake_place(tmp_path), command=("/no/such/program",))
    async with started(HostedEngine("fake", fake_settings(), place)) as engine:
        health = await asyncio.wait_for(engine.settled(), LONG_S)
        assert health.reason == "Its process cannot be started: No such file or directory"


@pytest.mark.parametrize("settings", [VoxcpmSettings(), PocketSettings()], ids=lambda settings: settings.type)
async def test_without_the_neural_extra_an_engine_says_what_to_install_and_starts_nothing(
    settings: VoxcpmSettings | PocketSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    async with started(HostedEngine("mine", settings, fake_place(tmp_path))) as engine:
        assert engine.health.reason == "The engine mine needs the neural extra: make run NEURAL=cpu (or cuda)"
        with pytest.raises(EngineError, match="make run NEURAL=cpu"):
            await heard(engine)
    assert pids_of(tmp_path) == []


async def test_a_unit_is_looked_out_for_and_outlives_us(tmp_path: Path) -> None:
    async with ready(tmp_path) as owner:
        unit = hosted_engine(tmp_path, process="unit")
        async with started(unit):
            await until_state(unit, "ready")
            assert await heard(unit) == PCM * 2
        assert not gone(pids_of(tmp_path)[0])
        async with started(unit):
            await until_state(unit, "ready")
            await owner.stop()
            await until_state(unit, "waiting")
            assert unit.health.reason.startswith("Nobody answers on ")
            await owner.start()
            await until_state(unit, "ready")


async def test_a_unit_that_hangs_is_killed(tmp_path: Path) -> None:
    async with ready(tmp_path), started(hosted_engine(tmp_path, process="unit")) as unit:
        await until_state(unit, "ready")
        with pytest.raises(EngineError, match=r"it gave no sound for 0\.5 s"):
            await heard(unit, "silence")
        await until(lambda: gone(pids_of(tmp_path)[0]))
        await until_speaking(unit)


async def test_an_engine_whose_host_is_away_is_looked_after(tmp_path: Path) -> None:
    async with started(hosted_engine(tmp_path, process="unit")) as engine:
        await until(lambda: "Nobody answers" in engine.health.reason)
        assert engine.tended


async def test_an_engine_whose_host_nobody_begins_again_is_not_looked_after(tmp_path: Path) -> None:
    nowhere: Any = None
    place = replace(fake_place(tmp_path, "ready"), socket=nowhere)
    async with started(HostedEngine("fake", fake_settings(process="unit"), place)) as engine:
        await until(lambda: not engine.tended)
