"""Text-to-speech over Wyoming, with the reference library as the hub."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import free_port
from daemons import DaemonProcess
from hubs import TIMEOUT_S, hub, read, rendered, reply
from wyoming.audio import AudioChunk, AudioStart
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

pytestmark = pytest.mark.journey


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    with DaemonProcess(tmp_path / "voxd") as running:
        yield running


async def test_plain_synthesis_gives_audio(daemon: DaemonProcess) -> None:
    async with hub(daemon) as client:
        for text in ("The washing machine is done.", "So is the dryer. It really is."):
            await client.write_event(Synthesize(text).event())
            formats, pcm = await reply(client)
            assert formats == {(22050, 2, 1)}
            assert len(pcm) > 22050


async def test_streamed_synthesis_gives_its_first_audio_before_the_whole_text_was_sent(daemon: DaemonProcess) -> None:
    async with hub(daemon) as client:
        await client.write_event(SynthesizeStart().event())
        for word in ("This", " is", " the", " first", " sentence", "."):
            await client.write_event(SynthesizeChunk(word).event())
        assert AudioStart.is_type((await read(client)).type)
        assert AudioChunk.is_type((await read(client)).type)
        await client.write_event(SynthesizeChunk(" And this is the second one.").event())
        await client.write_event(Synthesize("This is the first sentence. And this is the second one.").event())
        await client.write_event(SynthesizeStop().event())
        formats, pcm = await reply(client, until=SynthesizeStopped)
        assert formats == set(), "there is one audio-start in a reply"
        assert len(pcm) > 22050


async def test_32_hubs_at_once_all_get_their_own_reply(daemon: DaemonProcess) -> None:
    async def ask(text: str) -> bytes:
        async with hub(daemon) as client:
            await client.write_event(Synthesize(text).event())
            return (await reply(client))[1]

    texts = [f"Sentence number {number}." for number in range(16)] * 2
    replies = await asyncio.gather(*(ask(text) for text in texts))
    assert all(len(pcm) > 10_000 for pcm in replies)
    assert replies[:16] == replies[16:]
    assert len(set(replies)) == 16


async def test_describe_and_ping_are_answered_while_synthesis_is_busy(daemon: DaemonProcess) -> None:
    async with hub(daemon) as busy, hub(daemon) as client:
        await busy.write_event(Synthesize("A rather long sentence to keep it going. " * 100).event())
        assert AudioStart.is_type((await read(busy)).type)
        await busy.write_event(Ping("here").event())
        await client.write_event(Describe().event())
        info = Info.from_event(await read(client))
        (program,) = info.tts
        assert program.name == "voxd"
        assert program.supports_synthesize_streaming
        assert {"espeak-en-us", "espeak-de"} <= {voice.name for voice in program.voices}
        while not Pong.is_type((event := await read(busy)).type):
            assert AudioChunk.is_type(event.type), "the answer to a ping comes before the end of the reply"


async def test_an_unknown_voice_is_an_error_and_never_somebody_elses(daemon: DaemonProcess) -> None:
    async with hub(daemon) as client:
        await client.write_event(Synthesize("Hello", voice=SynthesizeVoice(name="nobody")).event())
        event = await read(client)
        assert Error.is_type(event.type)
        error = Error.from_event(event)
        assert "nobody" in error.text
        assert error.code == "unknown_voice"


async def test_all_that_home_assistant_can_say_of_a_voice_is_its_name(daemon: DaemonProcess) -> None:
    text = "The washing machine is done."
    plain, slow, soft, whispered = [
        (await rendered(daemon, text, f"espeak-en-us{how}"))[1]
        for how in ("", "?rate=0.5", "?volume=50", "?style=whisper&rate=1.0")
    ]
    assert len(slow) > 1.5 * len(plain)
    assert max(memoryview(soft).cast("h")) == pytest.approx(max(memoryview(plain).cast("h")) / 8, rel=0.05)
    assert len(set(map(bytes, (plain, slow, soft, whispered)))) == 4
    async with hub(daemon) as client:
        await client.write_event(Synthesize(text, voice=SynthesizeVoice(name="espeak-en-us?speed=2")).event())
        event = await read(client)
        assert Error.is_type(event.type)
        assert 'no parameter "speed"' in Error.from_event(event).text


async def test_a_german_sentence_sounds_german_whole_and_streamed_where_the_owner_wants_that(tmp_path: Path) -> None:
    english, german = "The washing machine is done.", "Die Waschmaschine ist fertig."
    settings = {"speech": {"languages": {"de": None}}}
    with DaemonProcess(tmp_path / "voxd", settings=settings) as daemon:
        as_german = (await rendered(daemon, german, "espeak-de"))[1]
        assert (await rendered(daemon, german, "espeak-en-us"))[1] == as_german
        async with hub(daemon) as client:
            await client.write_event(Synthesize(f"{english} {german}").event())
            _, whole = await reply(client)
            await client.write_event(SynthesizeStart().event())
            for word in f"{english} {german}".split():
                await client.write_event(SynthesizeChunk(f"{word} ").event())
            await client.write_event(SynthesizeStop().event())
            _, streamed = await reply(client, until=SynthesizeStopped)
    assert whole == streamed
    assert whole.endswith(as_german)


@pytest.mark.parametrize("text", ["", "   ", "🎉🎉", "..."])
async def test_nothing_to_say_is_an_error(daemon: DaemonProcess, text: str) -> None:
    async with hub(daemon) as client:
        await client.write_event(Synthesize(text).event())
        assert Error.is_type((await read(client)).type)


async def test_a_hub_that_leaves_stops_its_synthesis(tmp_path: Path) -> None:
    """The engine is a slow Wyoming server; it sees the daemon close its connection."""
    left = asyncio.Event()
    asked = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if b'"describe"' in line:
                voice = (
                    '{"name":"slow","attribution":{"name":"","url":""},"installed":true,'
                    '"description":null,"version":null,"languages":["en"]}'
                )
                program = voice.replace('"languages":["en"]', f'"voices":[{voice}]')
                writer.write(f'{{"type":"info","data":{{"tts":[{program}]}}}}\n'.encode())
            elif b'"synthesize"' in line:
                asked.set()
        if asked.is_set():
            left.set()
        writer.close()

    port = free_port()
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    settings = {
        "engines": {"slow": {"type": "wyoming", "port": port}, "espeak": {"type": "espeak"}},
    }
    voxd = DaemonProcess(tmp_path / "voxd", settings=settings)
    try:
        await asyncio.to_thread(voxd.start)
        asked.clear()
        async with hub(voxd) as client:
            await client.write_event(Synthesize("Hello", voice=SynthesizeVoice(name="slow-slow")).event())
            await asyncio.wait_for(asked.wait(), TIMEOUT_S)
            left.clear()
        began_s = time.monotonic()
        await asyncio.wait_for(left.wait(), TIMEOUT_S)
        assert time.monotonic() - began_s < 5.0
    finally:
        await asyncio.to_thread(voxd.__exit__)
        server.close()
        await server.wait_closed()
