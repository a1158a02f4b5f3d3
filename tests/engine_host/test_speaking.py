"""What a host's clients ask, and what they get."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from engine_hosts import HostClient, Reply, client_of, clip_wav, synthesize
from models_for_tests import heard_pcm_hz, pitch_hz, speaker_hz, spoken_s
from waiting import until
from wyoming.event import Event

from voxd.wire.wyoming.host_events import Embed, Fault, Forget, Forgotten, HealthAsked, HostState, host_event
from voxd.wire.wyoming.info import speaking_program

Start = Callable[..., Any]
Connect = Callable[..., Any]


def sounds_like(reply: Reply, text: str, base_hz: float) -> bool:
    """Whether a reply is the whole of this text in this voice."""
    length_s = len(reply.pcm) / 2 / reply.rate_hz
    whole = abs(length_s - spoken_s(text)) < 0.01
    return whole and abs(heard_pcm_hz(reply.pcm, reply.rate_hz) - pitch_hz(text, base_hz)) < 8


async def test_a_text_is_spoken_by_the_speaker_asked_for(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    assert sounds_like(await client.synthesize("Hello", "bert"), "Hello", speaker_hz("bert"))
    assert sounds_like(await client.synthesize("Hello"), "Hello", speaker_hz("anna"))


async def test_the_same_seed_gives_the_same_sound_and_another_another(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    one = await client.synthesize("Hello", "anna", seed=7)
    again = await client.synthesize("Hello", "anna", seed=7)
    other = await client.synthesize("Hello", "anna", seed=300)
    assert one.pcm == again.pcm != other.pcm


async def test_a_model_that_knows_no_rate_speaks_at_its_own(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    assert not (await client.health()).changes_rate
    await client.send(Event("synthesize", {"text": "Hello", "rate": 2.0}))
    assert sounds_like(await client.reply(), "Hello", speaker_hz("anna"))


async def test_describe_tells_speakers_and_cloned_voices(start: Start, connect: Connect) -> None:
    host = await start()
    client: HostClient = await connect(host)
    await client.embed("mum@2", clip_wav(440))
    await client.send(Event("describe"))
    program = speaking_program(await client.next())
    assert [voice.name for voice in program.voices] == ["anna", "bert", "mum@2"]
    assert (program.name, program.version) == ("sine", "sine sine 24000")


async def test_health_and_describe_are_answered_while_the_model_loads(start: Start, connect: Connect) -> None:
    host = await start(state=None, load_s=600.0)
    client: HostClient = await connect(host)
    await client.send(Event("describe"))
    assert speaking_program(await client.next()).voices == ()
    await until(lambda: host.service.health.reason == "reading nothing")
    assert (await client.health()).state is HostState.LOADING
    reply = await client.synthesize("Hello", "anna")
    assert reply.code == Fault.LOADING


async def test_a_model_that_cannot_be_loaded_says_why_whenever_it_is_asked(start: Start, connect: Connect) -> None:
    host = await start(state=HostState.FAILED, trouble="LOAD_FAILS")
    client: HostClient = await connect(host)
    assert (await client.health()).reason == "The sine is not in the mood"
    reply = await client.synthesize("Hello", "anna")
    assert reply.code == Fault.FAILED
    assert "not in the mood" in reply.text
    assert host.codes == []


async def test_a_cloned_voice_speaks_as_its_clip_sounds(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    assert (await client.embed("mum@1", clip_wav(440))).source == "clip"
    assert (await client.embed("dad@1", clip_wav(220))).source == "clip"
    assert (await client.embed("mum@1", clip_wav(440))).source == "memory"
    assert sounds_like(await client.synthesize("Hello", "mum@1"), "Hello", 440)
    assert sounds_like(await client.synthesize("Hello", "dad@1"), "Hello", 220)
    figures = (await client.health()).embeddings
    assert (figures.held, figures.misses, figures.hits) == (2, 2, 3)


async def test_a_clip_that_comes_while_the_model_loads_is_taken_once_it_has(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start(state=None, load_s=0.3))
    assert (await client.embed("mum@1", clip_wav(440))).source == "clip"


async def test_a_voice_that_is_being_prepared_says_so(start: Start, connect: Connect) -> None:
    host = await start(derive_s=0.5)
    one, other = await connect(host), await connect(host)
    await one.send(host_event(Embed("mum@1"), clip_wav(440)))
    await until(lambda: host.service._room.thread.busy_s > 0)
    assert (await other.synthesize("Hello", "mum@1")).code == Fault.PREPARING
    assert (await one.next()).type == "embedded"
    assert sounds_like(await other.synthesize("Hello", "mum@1"), "Hello", 440)


async def test_a_voice_gets_ready_even_if_nobody_waits_for_it(start: Start, connect: Connect) -> None:
    host = await start(derive_s=0.2)
    async with client_of(host.socket) as gone:
        await gone.send(host_event(Embed("mum@1"), clip_wav(440)))
        await until(lambda: host.service._room.thread.busy_s > 0)
    client: HostClient = await connect(host)
    await until(lambda: "mum@1" in host.service._voices.names)
    assert sounds_like(await client.synthesize("Hello", "mum@1"), "Hello", 440)


async def test_an_unknown_or_forgotten_voice_is_an_error(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    assert (await client.synthesize("Hello", "mum@1")).code == Fault.UNKNOWN_VOICE
    await client.embed("mum@1", clip_wav(440))
    assert await client.ask(Forget("mum@1"), Forgotten) == Forgotten("mum@1")
    assert (await client.synthesize("Hello", "mum@1")).code == Fault.UNKNOWN_VOICE
    assert await client.ask(Forget("mum@1"), Forgotten) == Forgotten("mum@1")


async def test_a_voice_whose_embedding_got_lost_is_unknown_until_its_clip_comes(start: Start, connect: Connect) -> None:
    host = await start(embeddings_memory_mb=0)
    client: HostClient = await connect(host)
    await client.embed("mum@1", clip_wav(440))
    for file in (host.folder / "embeddings").iterdir():
        file.unlink()
    assert (await client.synthesize("Hello", "mum@1")).code == Fault.UNKNOWN_VOICE
    assert (await client.embed("mum@1", clip_wav(440))).source == "clip"
    assert sounds_like(await client.synthesize("Hello", "mum@1"), "Hello", 440)


@pytest.mark.parametrize(
    ("options", "voice", "wav", "said"),
    [
        ({"clones": False}, "mum@1", clip_wav(), "does not clone"),
        ({"clones": False, "clones_once": "first buy it"}, "mum@1", clip_wav(), "does not clone voices: first buy it"),
        ({"needs_transcript": True}, "mum@1", clip_wav(), "transcript"),
        ({}, "anna", clip_wav(), "name"),
        ({}, "mum@1", b"RIFF", "WAV"),
        ({}, "mum@1", b"", "WAV"),
    ],
)
async def test_a_clip_that_cannot_be_used_is_refused_in_a_sentence(
    start: Start, connect: Connect, options: dict[str, Any], voice: str, wav: bytes, said: str
) -> None:
    client: HostClient = await connect(await start(**options))
    await client.send(host_event(Embed(voice), wav))
    refused = await client.next()
    assert (refused.type, refused.data["code"]) == ("error", "bad_request")
    assert said in refused.data["text"]
    assert (await client.synthesize("Hello", "anna")).types[-1] == "audio-stop"


async def test_sentences_of_many_clients_are_never_mixed(start: Start, connect: Connect) -> None:
    host = await start(delay_s=0.002)
    texts = [f"Sentence number {number}" for number in range(8)]
    voices = ["anna", "bert"] * 4
    clients = [await connect(host) for _ in texts]
    asked = zip(clients, texts, voices, strict=True)
    replies = await asyncio.gather(*(client.synthesize(text, voice) for client, text, voice in asked))
    for reply, text, voice in zip(replies, texts, voices, strict=True):
        assert sounds_like(reply, text, speaker_hz(voice))
    assert [line.removeprefix("speak ") for line in host.asked("speak")] == texts


async def test_the_first_sound_is_sent_before_the_next_is_made(start: Start, connect: Connect) -> None:
    host = await start(trouble="BREAK_HANG")
    client: HostClient = await connect(host)
    await client.send(synthesize("A long sentence that hangs in its middle", "anna"))
    assert (await client.next()).type == "audio-start"
    assert (await client.next()).type == "audio-chunk"


async def test_a_client_that_leaves_ends_its_sentence(start: Start, connect: Connect) -> None:
    host = await start(delay_s=0.02)
    async with client_of(host.socket) as client:
        await client.send(synthesize("A sentence of which nobody hears the end " * 5, "anna"))
        assert (await client.next()).type == "audio-start"
    await until(lambda: host.asked("closed"))
    assert len(host.asked("piece")) < 10
    other: HostClient = await connect(host)
    assert (await other.synthesize("Hello", "anna")).types[-1] == "audio-stop"


async def test_a_reader_that_does_not_read_is_not_rendered_far_ahead(start: Start, connect: Connect) -> None:
    host = await start(rate_hz=192_000)  # 61 kB a piece
    client: HostClient = await connect(host)
    await client.send(synthesize("A long sentence that its reader takes only bit by bit " * 4, "anna"))
    await until(lambda: len(host.asked("piece")) > 4)
    seen = -1
    while seen != (seen := len(host.asked("piece"))):  # noqa: ASYNC110 - it is over when nothing happens
        await asyncio.sleep(0.2)
    assert seen < 20
    reply = await client.reply()
    assert reply.types[-1] == "audio-stop"


async def test_a_failure_before_any_sound_leaves_the_connection_open(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    assert (await client.synthesize("Please FAIL", "anna")).code == Fault.FAILED
    refused = await client.synthesize("Please REFUSE", "anna")
    assert (refused.code, refused.text) == ("engine_failed", "The sine is not in the mood")
    assert (await client.synthesize("Hello", "anna")).types[-1] == "audio-stop"


async def test_a_failure_in_mid_sentence_is_an_error_and_the_end_of_the_connection(
    start: Start, connect: Connect
) -> None:
    host = await start()
    client: HostClient = await connect(host)
    reply = await client.synthesize("Please BREAK in the middle of this", "anna")
    assert reply.types[0] == "audio-start"
    assert reply.types[-1] == "error"
    assert await client.ended()
    assert (await client_health(host)) is HostState.READY


async def client_health(host: Any) -> HostState:
    async with client_of(host.socket) as client:
        return (await client.health()).state


@pytest.mark.parametrize("trouble", ["NAN", "SILENCE"])
async def test_a_runaway_before_any_sound_is_rendered_again(start: Start, connect: Connect, trouble: str) -> None:
    host = await start()
    client: HostClient = await connect(host)
    assert (await client.synthesize(f"Please {trouble}2", "anna")).types[-1] == "audio-stop"
    assert len(host.asked("speak")) == 3
    refused = await client.synthesize(f"Please {trouble}", "anna")
    assert (refused.code, refused.types) == (Fault.RUNAWAY, ["error"])
    assert len(host.asked("speak")) == 6


async def test_endless_silence_after_speech_is_cut(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    reply = await client.synthesize("Please TAIL off", "anna")
    assert reply.types[-1] == "audio-stop"
    assert len(reply.pcm) / 2 / reply.rate_hz < spoken_s("Please TAIL off") + 0.7


async def test_speech_without_end_is_an_error(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    reply = await client.synthesize("ENDLESS", "anna")
    assert reply.code == Fault.RUNAWAY
    assert await client.ended()


@pytest.mark.parametrize(
    "event",
    [
        Event("synthesize", {"text": "Hello", "seed": -1}),
        Event("synthesize", {"text": "Hello", "seed": True}),
        Event("synthesize", {"text": "Hello", "rate": "quick"}),
        Event("synthesize", {"text": "Hello", "rate": 0.1}),
        Event("synthesize", {"text": 7}),
        Event("embed", {"transcript": "no name"}),
        Event("health", {"follow": "perhaps"}),
    ],
)
async def test_what_breaks_the_protocol_ends_the_connection(start: Start, connect: Connect, event: Event) -> None:
    client: HostClient = await connect(await start())
    await client.send(event)
    assert (await client.next()).data["code"] == "protocol_error"
    assert await client.ended()


async def test_an_unknown_event_is_dropped(start: Start, connect: Connect) -> None:
    client: HostClient = await connect(await start())
    await client.send(Event("clip", {}, b"no host of clips"))
    await client.send(Event("transcribe"))
    assert (await client.synthesize("Hello", "anna")).types[-1] == "audio-stop"


async def test_whoever_follows_the_health_hears_of_every_change_and_still_every_second(
    start: Start, connect: Connect
) -> None:
    client: HostClient = await connect(await start(state=None, load_s=0.2))
    await client.send(host_event(HealthAsked(follow=True)))
    states = []
    while HostState.READY not in states:
        states.append(HostState((await client.next()).data["state"]))
    assert HostState.LOADING in states
    async with asyncio.timeout(3):
        assert (await client.next()).data["state"] == "ready"
