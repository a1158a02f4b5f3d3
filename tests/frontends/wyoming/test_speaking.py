"""What Home Assistant and its relatives are promised of a reply."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info, SelectProgram
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from voxd.frontends.wyoming import WyomingFrontend

Start = Callable[..., Awaitable[WyomingFrontend]]
Connect = Callable[[WyomingFrontend], Awaitable[AsyncTcpClient]]


def pcm_of(text: str) -> bytes:
    return b"".join(ord(char).to_bytes(2, "little") * 220 for char in text)


async def until(client: AsyncTcpClient, kind: str) -> list[Event]:
    """All events up to one of this type; fails if the connection ends before."""
    events: list[Event] = []
    while not events or events[-1].type != kind:
        event = await client.read_event()
        assert event is not None, f"the connection ended after {[one.type for one in events]}"
        events.append(event)
    return events


async def to_the_end(client: AsyncTcpClient) -> list[Event]:
    events: list[Event] = []
    while (event := await client.read_event()) is not None:
        events.append(event)
    return events


def sound(events: list[Event]) -> bytes:
    """The PCM of one reply, as Home Assistant would take it: one start, sound, one stop."""
    kinds = [event.type for event in events if event.type.startswith("audio")]
    assert kinds[0] == "audio-start"
    assert kinds[-1] == "audio-stop"
    assert set(kinds[1:-1]) == {"audio-chunk"}
    start = AudioStart.from_event(next(event for event in events if AudioStart.is_type(event.type)))
    chunks = [AudioChunk.from_event(event) for event in events if AudioChunk.is_type(event.type)]
    assert {(chunk.rate, chunk.width, chunk.channels) for chunk in chunks} == {(start.rate, 2, 1)}
    assert all(chunk.audio for chunk in chunks)
    return b"".join(chunk.audio for chunk in chunks)


async def say(client: AsyncTcpClient, text: str, **more: Any) -> None:
    await client.write_event(Synthesize(text=text, **more).event())


async def stream(client: AsyncTcpClient, *texts: str, **more: Any) -> None:
    """A streamed text as Home Assistant sends it, with the whole text for servers that know no streams."""
    await client.write_event(SynthesizeStart(**more).event())
    for text in texts:
        await client.write_event(SynthesizeChunk(text).event())
    await client.write_event(Synthesize("".join(texts), **more).event())
    await client.write_event(SynthesizeStop().event())


async def test_a_plain_text_is_spoken(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await say(client, "dinner is ready")
    assert sound(await until(client, AudioStop().event().type)) == pcm_of("dinnerisready")


async def test_a_streamed_text_is_spoken_once_and_ended_with_stopped(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    client = await connect(frontend)
    await stream(client, "dinner ", "is re", "ady")
    events = await until(client, SynthesizeStopped().event().type)
    assert sound(events) == pcm_of("dinnerisready")


async def test_the_first_sound_of_a_stream_comes_before_its_last_text(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    client = await connect(frontend)
    await client.write_event(SynthesizeStart().event())
    await client.write_event(SynthesizeChunk("washing-machine: ").event())
    first = await until(client, "audio-chunk")
    await client.write_event(SynthesizeChunk("done").event())
    await client.write_event(SynthesizeStop().event())
    assert sound(first + await until(client, "synthesize-stopped")) == pcm_of("washing-machine:done")


async def test_the_first_sentence_of_a_stream_does_not_wait_for_the_second(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    client = await connect(frontend)
    await client.write_event(SynthesizeStart().event())
    await client.write_event(SynthesizeChunk("washing-").event())
    await client.write_event(SynthesizeChunk("machine.").event())
    first = await until(client, "audio-chunk")
    await client.write_event(SynthesizeChunk("done").event())
    await client.write_event(SynthesizeStop().event())
    assert sound(first + await until(client, "synthesize-stopped")) == pcm_of("washing-machine.done")


async def test_a_plain_text_after_a_stream_is_spoken_again(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await stream(client, "first-one")
    await until(client, "synthesize-stopped")
    await say(client, "second-one")
    assert sound(await until(client, "audio-stop")) == pcm_of("second-one")


async def test_requests_on_one_connection_are_answered_in_order(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await say(client, "one-after-another")
    await stream(client, "two-and-then")
    await say(client, "three-in-the-end")
    assert sound(await until(client, "audio-stop")) == pcm_of("one-after-another")
    assert sound(await until(client, "synthesize-stopped")) == pcm_of("two-and-then")
    assert sound(await until(client, "audio-stop")) == pcm_of("three-in-the-end")


async def test_too_many_waiting_requests_are_refused_as_busy(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    for _ in range(20):
        await say(client, "HANG")
    error = Error.from_event((await until(client, "error"))[-1])
    assert error.code == "busy"
    assert await client.read_event() is None


@pytest.mark.parametrize("busy_with", ["HANG", "long*500 HANG"])
async def test_describe_and_ping_are_answered_while_a_synthesis_runs(
    frontend: WyomingFrontend, connect: Connect, busy_with: str
) -> None:
    client = await connect(frontend)
    await say(client, busy_with)
    await client.write_event(Describe().event())
    await client.write_event(Ping("still there?").event())
    async with asyncio.timeout(1):
        await until(client, "info")
        assert Pong.from_event((await until(client, "pong"))[-1]).text == "still there?"


@pytest.mark.realtime
async def test_a_client_that_leaves_stops_its_synthesis(
    frontend: WyomingFrontend, connect: Connect, renderer: Any
) -> None:
    client = await connect(frontend)
    await say(client, "HANG")
    await asyncio.wait_for(renderer.begun.wait(), 5)
    await client.disconnect()
    await asyncio.wait_for(renderer.cancelled.wait(), 0.1)


@pytest.mark.realtime
async def test_a_client_that_leaves_a_stream_open_stops_its_synthesis(
    frontend: WyomingFrontend, connect: Connect, renderer: Any
) -> None:
    client = await connect(frontend)
    await client.write_event(SynthesizeStart().event())
    await client.write_event(SynthesizeChunk("HANG ").event())
    await asyncio.wait_for(renderer.begun.wait(), 5)
    await client.disconnect()
    await asyncio.wait_for(renderer.cancelled.wait(), 0.1)


@pytest.mark.realtime
async def test_nonsense_in_the_middle_of_a_synthesis_stops_it(
    frontend: WyomingFrontend, connect: Connect, renderer: Any
) -> None:
    client = await connect(frontend)
    await say(client, "HANG")
    await asyncio.wait_for(renderer.begun.wait(), 5)
    assert client._writer is not None
    client._writer.write(b"\n")
    assert (await until(client, "error"))[-1].data["code"] == "protocol_error"
    await asyncio.wait_for(renderer.cancelled.wait(), 0.1)


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        ("hello", {"voice": SynthesizeVoice(name="nobody")}, "unknown_voice"),
        ("hello", {"voice": SynthesizeVoice(name="mum", speaker="f2")}, "unknown_voice"),
        ("", {}, "nothing_to_say"),
        ("SILENCE", {}, "engine_failed"),
        ("FAIL", {}, "engine_failed"),
        ("no FAIL", {}, "engine_failed"),
        ("BUG", {}, "failed"),
        ("x" * 20_001, {}, "bad_request"),
        ("*hello*", {"text_format": "markdown"}, "bad_request"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_text_that_cannot_be_spoken_is_an_error_before_any_sound(
    frontend: WyomingFrontend, connect: Connect, text: str, more: dict[str, Any], code: str, streamed: bool
) -> None:
    client = await connect(frontend)
    await (stream if streamed else say)(client, text, **more)
    events = await to_the_end(client)
    error = Error.from_event(events[0])
    assert (error.code, bool(error.text)) == (code, True)
    assert {event.type for event in events[1:]} <= {"synthesize-stopped"}


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_failure_after_the_first_sound_is_an_error_and_never_an_end(
    frontend: WyomingFrontend, connect: Connect, streamed: bool
) -> None:
    client = await connect(frontend)
    await (stream if streamed else say)(client, "the-beginning-is-fine FAIL")
    kinds = [event.type for event in await to_the_end(client) if event.type != "audio-chunk"]
    assert kinds == ["audio-start", "error"] + ["synthesize-stopped"] * streamed


async def test_the_bounded_length_of_a_text_is_that_of_all_its_fragments(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    client = await connect(frontend)
    await stream(client, *["x" * 1000] * 21)
    assert (await to_the_end(client))[-1].data["code"] == "bad_request"


async def test_ssml_that_is_plain_text_is_spoken(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await say(client, "plain-enough", text_format="ssml")
    assert sound(await until(client, "audio-stop")) == pcm_of("plain-enough")


@pytest.mark.parametrize(
    ("text", "heard"), [("<speak>hi</speak>", "<speak>hi</speak>"), ("<break/>hi", "<speak><break/>hi</speak>")]
)
async def test_ssml_is_left_to_those_who_understand_it(
    frontend: WyomingFrontend, connect: Connect, text: str, heard: str
) -> None:
    client = await connect(frontend)
    await say(client, text, text_format="ssml")
    assert sound(await until(client, "audio-stop")) == pcm_of(heard)


async def test_ssml_that_is_still_being_written_is_left_to_them_too(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    client = await connect(frontend)
    await stream(client, "<speak>h", "i</speak>", text_format="ssml")
    assert sound(await until(client, "audio-stop")) == pcm_of("<speak>hi</speak>")


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_address_that_asks_too_much_gets_an_error_and_is_told_of_once(
    start: Start, connect: Connect, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    frontend = await start(rate={"per_s": 0.001, "burst": 3})
    for _ in range(3):
        client = await connect(frontend)
        await (stream if streamed else say)(client, "hello")
        await until(client, "audio-stop")
    for _ in range(5):
        client = await connect(frontend)
        await (stream if streamed else say)(client, "hello")
        error = Error.from_event((await to_the_end(client))[0])
        assert error.code == "busy"
        assert "wyoming.rate" in error.text
    assert [record.message for record in caplog.records] == [
        "Wyoming: 127.0.0.1 asks for more than 0.001 texts a second; what is too much is refused"
    ]
    await frontend.stop()
    assert "127.0.0.1: 5 texts refused in 1 s" in caplog.records[-1].message


@pytest.mark.parametrize(
    ("voice", "asked"),
    [
        (None, (None, None)),
        (SynthesizeVoice(name="dad"), ("dad", None)),
        (SynthesizeVoice(language="fr"), (None, "fr")),
        (SynthesizeVoice(language="de_DE"), (None, "de-DE")),
        (SynthesizeVoice(language=""), (None, None)),
        (SynthesizeVoice(name="mum", speaker="f1"), ("mum", None)),
        (SynthesizeVoice(name="espeak", speaker="fr"), ("espeak-fr", None)),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_voice_is_chosen_by_name_speaker_or_language(
    frontend: WyomingFrontend,
    connect: Connect,
    renderer: Any,
    voice: SynthesizeVoice | None,
    asked: tuple[str | None, str | None],
    streamed: bool,
) -> None:
    client = await connect(frontend)
    await (stream if streamed else say)(client, "hello-there", voice=voice)
    await until(client, "audio-stop")
    assert renderer.asked == [asked]


async def test_info_tells_what_home_assistant_needs(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await client.write_event(Describe().event())
    info = Info.from_event((await until(client, "info"))[0])
    (program,) = info.tts
    assert (program.name, program.version, program.installed) == ("voxd", "1.2.3", True)
    assert program.supports_synthesize_streaming
    assert [(voice.name, voice.languages, voice.description) for voice in program.voices] == [
        ("mum", ["en-GB", "de"], "Mum"),
        ("dad", ["de"], "Papa"),
        ("espeak-fr", ["fr"], "espeak-fr"),
    ]
    assert all(voice.installed for voice in program.voices)
    assert info.satellite is None


async def test_our_program_may_be_selected_and_unknown_events_are_dropped(
    frontend: WyomingFrontend, connect: Connect
) -> None:
    client = await connect(frontend)
    await client.write_event(SelectProgram("voxd").event())
    await client.write_event(Event("tomorrows-event", {"new": True}))
    await say(client, "all-the-same")
    assert sound(await until(client, "audio-stop")) == pcm_of("all-the-same")


async def test_a_program_that_is_not_here_is_refused(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await client.write_event(SelectProgram("piper").event())
    assert (await to_the_end(client))[-1].data["code"] == "bad_request"


async def test_32_clients_at_once_all_get_their_own_sound(frontend: WyomingFrontend, connect: Connect) -> None:
    async def one(number: int) -> None:
        client = await connect(frontend)
        text = f"number-{number:05}"
        await (stream if number % 2 else say)(client, text)
        assert sound(await until(client, "synthesize-stopped" if number % 2 else "audio-stop")) == pcm_of(text)

    await asyncio.gather(*(one(number) for number in range(32)))


async def test_a_long_sound_arrives_whole(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await say(client, "abc*2000 def")
    assert sound(await until(client, "audio-stop")) == pcm_of("abc") * 2000 + pcm_of("def")


async def test_stereo_becomes_mono(frontend: WyomingFrontend, connect: Connect) -> None:
    client = await connect(frontend)
    await say(client, "STEREO STEREO")
    assert sound(await until(client, "audio-stop")) == b"\x00\x20" * 44100
