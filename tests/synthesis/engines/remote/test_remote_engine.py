"""Several servers behind one engine: who is asked, who is asked instead, and what is believed of them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from speech_servers.plain_servers import ANNA, BERT, PlainServer
from waiting import until

from voxd.errors import BadRequestError, EngineError, ProtocolError
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.settings.engines import RemoteSettings, SambertSettings, WyomingEngineSettings
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.attempt import Attempt, Patience
from voxd.synthesis.engines.remote.breaker import STRIKES_MAX, Breaker
from voxd.synthesis.engines.remote.discretion import Discretion
from voxd.synthesis.engines.remote.engine import RemoteEngine
from voxd.synthesis.engines.remote.member import Member
from voxd.synthesis.engines.remote.memory import Memory
from voxd.synthesis.engines.remote.pace import FORGOTTEN_AFTER_S, Pace
from voxd.synthesis.engines.remote.server import Learned
from voxd.synthesis.phrase_cache import PhraseCache
from voxd.synthesis.synthesizer import Synthesizer, Urgency

REFUSED = ConnectionRefusedError(111, "Connection refused")


@asynccontextmanager
async def engine(servers: Sequence[PlainServer], **options: object) -> AsyncIterator[RemoteEngine]:
    """An engine that has looked at all its servers."""
    settings = RemoteSettings.model_validate({"probe_s": 60.0, **options})
    made = RemoteEngine("gpu", settings, servers, Memory("gpu", settings, None))
    await made.start()
    await until(lambda: all(server.looks for server in servers))
    yield made
    await made.stop()


def sentence(text: str = "Hello", speaker: str = "anna") -> Sentence:
    """What is to be said."""
    return Sentence(text, Voice(VoiceId("test"), "gpu", speaker, ("en",)), "en")


async def spoken(of: RemoteEngine, text: str = "Hello", speaker: str = "anna") -> int:
    """How many bytes of sound there are."""
    async with aclosing(of.speak(sentence(text, speaker))) as chunks:
        return sum([len(chunk.pcm) async for chunk in chunks])


def pair() -> tuple[PlainServer, PlainServer]:
    """Two that are alike."""
    return PlainServer("http://one"), PlainServer("http://two")


async def test_equals_take_turns_and_who_has_more_to_do_is_spared() -> None:
    one, two = pair()
    async with engine([one, two], concurrency=4) as gpu:
        for _ in range(4):
            await spoken(gpu)
        assert len(one.spoken) == len(two.spoken) == 2
        one.gate = two.gate = asyncio.Event()
        speaking = [asyncio.create_task(spoken(gpu)) for _ in range(6)]
        await until(lambda: one.speaking + two.speaking == 6)
        assert one.speaking == two.speaking == 3
        one.gate.set()
        await asyncio.gather(*speaking)


async def test_no_server_is_asked_for_more_at_once_than_is_allowed_also_where_the_others_are_away() -> None:
    one, two = pair()
    two.down = REFUSED
    async with engine([one, two], concurrency=2) as gpu:
        assert gpu.traits.concurrency == 4
        assert all(await asyncio.gather(*(spoken(gpu, str(number)) for number in range(8))))
    assert one.most_at_once == 2
    assert not two.spoken


async def test_a_sentence_is_given_to_a_server_that_has_its_speaker() -> None:
    one, two = PlainServer("http://one", ANNA), PlainServer("http://two", ANNA, BERT)
    async with engine([one, two]) as gpu:
        assert gpu.speakers == (ANNA, BERT)
        for _ in range(3):
            assert await spoken(gpu, speaker="bert")
        assert not one.spoken
        with pytest.raises(EngineError, match="The engine gpu has no speaker carla"):
            await spoken(gpu, speaker="carla")
        two.fails = REFUSED
        with pytest.raises(EngineError, match="http://two does not answer"):
            await spoken(gpu, speaker="bert")
        assert await spoken(gpu), "the other one is not blamed"


async def test_a_server_that_hangs_is_outrun_and_left_and_spared_from_then_on() -> None:
    one, two = pair()
    one.gate = asyncio.Event()
    async with engine([one, two], first_sound_timeout_s=1.0) as gpu:
        begun = time.monotonic()
        assert await spoken(gpu)
        assert time.monotonic() - begun < 5, "it is not waited for as long as it may take"
        assert one.left == 1
        for _ in range(3):
            await spoken(gpu)
        assert len(one.spoken) == 1


async def test_nobody_who_has_something_to_do_is_asked_beside_a_server_that_is_late() -> None:
    one, two = pair()
    one.gate = two.gate = asyncio.Event()
    async with engine([one, two], first_sound_timeout_s=0.5) as gpu:
        outcomes = await asyncio.gather(spoken(gpu, "a"), spoken(gpu, "b"), return_exceptions=True)
        assert all(isinstance(outcome, EngineError) for outcome in outcomes)
        assert one.spoken + two.spoken == ["a", "b"]


async def test_all_that_is_tried_for_a_sentence_takes_no_longer_than_its_first_sound_may() -> None:
    servers = [PlainServer(f"http://{number}") for number in range(4)]
    for server in servers:
        server.gate = asyncio.Event()
    async with engine(servers, first_sound_timeout_s=0.6) as gpu:
        begun = time.monotonic()
        with pytest.raises(EngineError, match=r"http://0: it gave no sound for 0\.6 s.*; http://1"):
            await spoken(gpu)
        assert time.monotonic() - begun < 5


async def test_what_is_refused_is_not_asked_again() -> None:
    one, two = pair()
    one.fails = two.fails = BadRequestError("the text is too long")
    async with engine([one, two]) as gpu:
        for _ in range(2 * STRIKES_MAX):
            with pytest.raises(EngineError, match=r"The engine gpu cannot say that: http://(one|two): the text is too"):
                await spoken(gpu)
        assert len(one.spoken) + len(two.spoken) == 2 * STRIKES_MAX
        assert gpu.health.state == "ready", "that is no fault of theirs"


async def test_a_sound_that_drips_without_end_is_left_however_little_of_it_there_is() -> None:
    one, _ = pair()
    one.drips = True
    member = Member(one, Discretion(None), lambda _: None)
    attempt = Attempt(member, sentence(), Patience(20.0, 20.0, 0.2), lambda: None)
    sound = attempt.chunks()
    with pytest.raises(ProtocolError, match=r"did not come to an end within 0\.2 s"):
        [chunk async for chunk in sound]
    await attempt.end()
    assert not one.speaking


async def test_who_refuses_a_sentence_is_looked_at_soon_as_it_may_have_another_model_by_now() -> None:
    one, _ = pair()
    async with engine([one]) as gpu:
        one.fails, one.tells = BadRequestError("there is no such model"), replace(one.tells, program="plain 2")
        with pytest.raises(EngineError):
            await spoken(gpu)
        await until(lambda: "plain 2" in gpu.traits.fingerprint)


@pytest.mark.parametrize("cut", [None, -6])
async def test_what_people_say_is_not_told_where_a_server_repeats_it(
    cut: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    text = "The door's code is 4711, said Anna"
    shown = text if cut is None else text[:cut] + "…"
    one, _ = pair()
    async with engine([one]) as gpu:
        one.fails = BadRequestError(f"{{'input': '{shown}'")
        with pytest.raises(EngineError, match=r"'input': '\(text\)") as refusal:
            await spoken(gpu, text=text)
        one.fails = ProtocolError(f"{{'input': '{shown}'")
        for _ in range(STRIKES_MAX):
            with pytest.raises(EngineError):
                await spoken(gpu, text=text)
        assert "4711" not in str(refusal.value) + gpu.health.reason + caplog.text
        assert "(text)" in caplog.text


async def test_sentences_that_fail_take_a_server_out_of_use_until_a_probe_and_then_on_trial(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    one = PlainServer()
    async with engine([one], probe_s=0.05) as gpu:
        one.fails = ProtocolError("it answers: CUDA error")
        for _ in range(STRIKES_MAX):
            with pytest.raises(EngineError, match="CUDA error"):
                await spoken(gpu)
        assert gpu.health.state == "failed"
        await until(lambda: gpu.health.state == "ready")
        with pytest.raises(EngineError, match="CUDA error"):
            await spoken(gpu)
        assert gpu.health.state == "failed", "one failure is enough on trial"
        one.fails = None
        await until(lambda: gpu.health.state == "ready")
        assert await spoken(gpu)
    told = [record.getMessage() for record in caplog.records]
    assert sum("CUDA error" in line for line in told) == 1, "lost once"
    assert sum("answers again" in line for line in told) == 1, "back once: when it has spoken"


async def test_a_server_that_came_back_a_moment_ago_is_asked_at_once() -> None:
    one = PlainServer()
    one.down = REFUSED
    async with engine([one], concurrency=3) as gpu:
        assert gpu.health.state == "failed"
        assert gpu.traits.concurrency == 3, "whoever asks first may keep that in mind"
        one.down = None
        await asyncio.sleep(0.6)  # what was found out in the last moment is not asked again
        assert await spoken(gpu)
        assert gpu.health.state == "ready"


async def test_a_server_that_speaks_is_not_probed() -> None:
    one = PlainServer()
    one.gate = asyncio.Event()
    async with engine([one], probe_s=0.02) as gpu:
        await until(lambda: one.looks > 3)
        speaking = asyncio.create_task(spoken(gpu))
        await until(lambda: one.speaking)
        looks = one.looks
        await asyncio.sleep(0.2)
        assert one.looks <= looks + 1
        one.gate.set()
        await speaking
        await until(lambda: one.looks > looks + 1)


async def test_one_server_of_several_is_enough_and_who_is_away_is_told() -> None:
    one, two = pair()
    two.down = REFUSED
    async with engine([one, two]) as gpu:
        health = gpu.health
        assert health.state == "ready"
        assert health.reason == "http://two does not answer: Connection refused; looked for again every 60 s"
        assert health.details["servers"] == {"http://one": "ready", "http://two": "away"}


async def test_the_fingerprint_changes_with_what_changes_the_sound_and_nothing_else() -> None:
    def fingerprint(settings: RemoteSettings, program: str = "plain 1") -> str:
        one = PlainServer()
        one.tells = Learned(program, (ANNA,))
        made = RemoteEngine("gpu", settings, [one], Memory("gpu", settings, None))
        made._members[0].answers(one.tells)
        return made.traits.fingerprint

    plain = fingerprint(SambertSettings())
    assert "sambert http://one plain 1" in plain
    assert plain == fingerprint(SambertSettings(probe_s=3.0, concurrency=2, first_sound_timeout_s=5.0))
    assert plain != fingerprint(SambertSettings(), "plain 2")
    assert plain != fingerprint(SambertSettings(intensity=0.5))
    assert plain != fingerprint(WyomingEngineSettings())


async def test_what_servers_told_is_remembered_unless_the_options_of_their_sound_were_changed(tmp_path: Path) -> None:
    told = {"http://one": Learned("plain 1", (ANNA, BERT), 16_000, styles=frozenset({"sad", "happy"}), clones=True)}
    file = tmp_path / "servers.json"
    await Memory("gpu", SambertSettings(), file).keep(told)
    assert await Memory("gpu", SambertSettings(probe_s=3.0), file).recall() == told
    assert await Memory("gpu", SambertSettings(intensity=0.5), file).recall() == {}
    assert await Memory("gpu", WyomingEngineSettings(), file).recall() == {}
    file.write_text('{"version": 1}')
    assert await Memory("gpu", SambertSettings(), file).recall() == {}


async def test_a_cached_sentence_is_heard_in_a_house_that_starts_while_all_servers_are_away(tmp_path: Path) -> None:
    one = PlainServer()
    heard, file = [], tmp_path / "servers.json"
    for one.down in (None, REFUSED):
        gpu = RemoteEngine("gpu", RemoteSettings(), [one], Memory("gpu", RemoteSettings(), file))
        await gpu.start()
        synthesizer = Synthesizer({"gpu": gpu}, PhraseCache(tmp_path / "phrases", 1_000_000), 0, 4)
        await synthesizer.start()
        rendition = synthesizer.speak(sentence("The alarm is on"), Urgency.ALARM)
        heard.append(await rendition.clip())
        rendition.close()
        await until(file.exists)
        await synthesizer.stop()
        await gpu.stop()
    assert heard[0] == heard[1]
    assert one.spoken == ["The alarm is on"]


def test_a_breaker_begins_open_and_a_first_answer_is_no_trial() -> None:
    breaker = Breaker()
    states = [breaker.open]
    breaker.answers()
    breaker.fails("once")
    assert [*states, breaker.open] == [True, False]


def test_probes_that_are_answered_do_not_excuse_sentences_that_fail() -> None:
    breaker = Breaker()
    breaker.answers()
    for _ in range(STRIKES_MAX):
        assert not breaker.reason
        breaker.answers()
        breaker.fails("CUDA error")
    assert breaker.reason == "CUDA error"


def test_what_cannot_be_reached_is_out_of_use_at_once() -> None:
    breaker = Breaker()
    breaker.answers()
    breaker.is_silent("refused", at_once=True)
    assert breaker.open


def test_a_server_that_was_slow_is_given_another_chance() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    pace.note(9.0)
    found = [pace.usual_s]
    now += FORGOTTEN_AFTER_S + 1
    found.append(pace.usual_s)
    pace.note(0.2)
    assert [*found, pace.usual_s] == [9.0, None, 0.2]
