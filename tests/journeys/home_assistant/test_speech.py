"""Home Assistant has voxd speak: the audio comes back, and what they said to each other is as it needs it."""

import io
import time
import urllib.request
import wave
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from home_assistant.custom_components.rig import FIRST
from home_assistant.house import ENGINE, TIMEOUT_S, House
from home_assistant.recorder import Talk
from home_assistant.releases import MODERN, PER_ENTITY
from wyoming.event import Event

pytestmark = pytest.mark.home_assistant

NUMBERS = count(1)
STREAMED_HEADER_BYTES = 44
SECOND_BYTES = 2 * 22_050
MP3_BYTES = 10_000


def new_sentence() -> str:
    """A sentence that was never said before, so that no cache has it."""
    return f"The washing machine has finished run number {next(NUMBERS)}."


def pcm_of(wav: bytes) -> bytes:
    """The samples; in what Home Assistant streams on the header knows no length."""
    assert wav[:4] == b"RIFF"
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (22050, 2, 1)
    return wav[STREAMED_HEADER_BYTES:]


def talk_of(house: House, message: str) -> Talk:
    """The connection on which a message was asked for, when it is over."""
    talks = house.recorder.talks_with("synthesize")

    def found() -> list[Talk]:
        return [talk for talk in talks if said_of(talk) == message and talk.closed_by]

    house.until(found)
    (talk,) = found()
    return talk


def said_of(talk: Talk) -> str:
    """The text that was asked for as a whole."""
    return str(next(said.event.data["text"] for said in talk.said if said.event.type == "synthesize"))


def test_the_wyoming_entry_gives_an_engine_with_voxds_voices(house: House) -> None:
    (entry,) = [entry for entry in house.api.entries("wyoming") if entry["title"] == "voxd"]
    assert entry["state"] == "loaded"
    assert house.api.state(ENGINE) != "unavailable"
    with house.hub.socket() as socket:
        engine = socket.ask("tts/engine/get", engine_id=ENGINE)["provider"]
        assert {"en-US", "de"} <= set(engine["supported_languages"])
        voices = socket.ask("tts/engine/voices", engine_id=ENGINE, language="de")["voices"]
    assert "espeak-de" in {voice["voice_id"] for voice in voices}


def test_tts_speak_brings_the_audio_to_a_media_player(house: House) -> None:
    message = new_sentence()
    heard = house.hub.folder / "heard"
    before = set(heard.glob("*"))
    house.api.call("tts.speak", ENGINE, media_player_entity_id="media_player.rig", message=message, cache=False)
    house.until(lambda: set(heard.glob("*")) - before)
    (sound,) = set(heard.glob("*")) - before
    assert sound.suffix == ".mp3", "what media players are given, unless asked otherwise"
    assert sound.stat().st_size > 4000
    assert talk_of(house, message).pcm()


def test_a_fetched_message_is_all_that_voxd_said_in_the_voice_that_was_asked_for(house: House) -> None:
    message = new_sentence()
    wav = house.api.fetch(house.url(message, voice="espeak-de", preferred_format="wav"))
    talk = talk_of(house, message)
    assert pcm_of(wav) == talk.pcm()
    assert next(said.event.data["voice"]["name"] for said in talk.said if said.event.type.startswith("synth"))


def test_a_voice_with_parameters_comes_through(house: House) -> None:
    message = new_sentence()
    slow, quick = (
        pcm_of(house.api.fetch(house.url(message, voice=f"espeak-en-us?rate={rate}", preferred_format="wav")))
        for rate in ("0.7", "1.6")
    )
    assert len(slow) > 1.6 * len(quick) > 22_050


@pytest.mark.parametrize("house", MODERN, indirect=True, ids=str)
def test_a_reply_that_an_agent_is_still_thinking_of_is_heard_as_it_comes(house: House) -> None:
    go_on = house.hub.folder / "go-on"
    go_on.unlink(missing_ok=True)
    before = len(house.recorder.talks_with("synthesize-start"))
    with house.hub.socket() as socket:
        pipeline = socket.ask(
            "assist_pipeline/pipeline/create",
            **dict.fromkeys(("stt_engine", "stt_language", "wake_word_entity", "wake_word_id", "tts_voice")),
            name="Story",
            language="en",
            conversation_engine="conversation.teller",
            conversation_language="en",
            tts_engine=ENGINE,
            tts_language="en-US",
        )
        socket.ask(
            "assist_pipeline/run",
            start_stage="intent",
            end_stage="tts",
            pipeline=pipeline["id"],
            input={"text": "Tell me a story"},
        )
        while (event := socket.next())["type"] != "run-start":
            pass
        url = event["data"]["tts_output"]["url"]
        while not ((event := socket.next())["type"] == "intent-progress" and event["data"].get("tts_start_streaming")):
            pass
        with ThreadPoolExecutor() as threads:
            fetched = threads.submit(house.api.fetch, url)
            house.until(lambda: len(house.recorder.talks_with("synthesize-start")) > before)
            talk = house.recorder.talks_with("synthesize-start")[-1]
            house.until(lambda: len(talk.pcm()) > SECOND_BYTES)
            assert "synthesize-stop" not in talk.asked(), "the first sentence is heard before the second is there"
            go_on.touch()
            assert len(fetched.result(TIMEOUT_S)) > MP3_BYTES
        while (event := socket.next())["type"] != "run-end":
            assert event["type"] != "error", event
    assert said_of(talk).startswith(FIRST)
    assert talk.asked().count("synthesize-chunk") > 1
    assert talk.answered()[-1] == "synthesize-stopped"
    assert len(talk.pcm()) > 5 * SECOND_BYTES


def audio_of(talk: Talk) -> list[str]:
    """What the server sent, repeated types once."""
    kinds: list[str] = []
    for kind in talk.answered():
        if kinds[-1:] != [kind]:
            kinds.append(kind)
    return kinds


def formats(events: list[Event]) -> set[tuple[int, int, int]]:
    """Rate, width and channels of all audio-start and audio-chunk events."""
    return {
        (event.data["rate"], event.data["width"], event.data["channels"])
        for event in events
        if event.type in ("audio-start", "audio-chunk")
    }


@pytest.mark.parametrize(
    "message", ["One.", "One. Two. And three of them!", "Zwei, drei. " * 40], ids=["one", "three", "many"]
)
def test_a_reply_is_one_sound_of_one_format_with_a_beginning_and_an_end(house: House, message: str) -> None:
    message = f"{new_sentence()} {message}".strip()
    house.api.fetch(house.url(message))
    talk = talk_of(house, message)
    end = ["audio-stop"] if house.release is PER_ENTITY else ["audio-stop", "synthesize-stopped"]
    assert audio_of(talk) == ["audio-start", "audio-chunk", *end]
    assert talk.answered().count("audio-start") == talk.answered().count("audio-stop") == 1
    assert formats(talk.answers()) == {(22050, 2, 1)}
    assert all(event.payload for event in talk.answers() if event.type == "audio-chunk"), "no chunk is empty"
    assert talk.closed_by == "Home Assistant", "a connection that the server ends would be an end of the sound"


@pytest.mark.parametrize("house", MODERN, indirect=True, ids=str)
def test_the_whole_text_that_follows_a_streamed_one_is_not_spoken_again(house: House) -> None:
    message = new_sentence()
    house.api.fetch(house.url(message))
    talk = talk_of(house, message)
    assert talk.asked() == ["synthesize-start", "synthesize-chunk", "synthesize", "synthesize-stop"]
    once = house.api.fetch(house.url(message, preferred_format="wav"))
    assert talk.pcm() == pcm_of(once)


@pytest.mark.parametrize(
    ("message", "voice"), [("...", None), ("🎉", None), ("Hello", "nobody")], ids=["dots", "emoji", "unknown voice"]
)
def test_what_cannot_be_spoken_is_an_error_and_an_end_and_no_empty_sound(
    house: House, message: str, voice: str | None
) -> None:
    before = len(house.recorder.talks)
    began_s = time.monotonic()
    with pytest.raises(Exception, match=r"500|404|Remote end|IncompleteRead"):
        house.api.fetch(house.url(message, **({"voice": voice} if voice else {})), 20.0)
    assert time.monotonic() - began_s < 10, "nobody waits for what will not come"
    house.until(lambda: len(house.recorder.talks) > before and house.recorder.talks[-1].closed_by)
    talk = house.recorder.talks[-1]
    end = [] if house.release is PER_ENTITY else ["synthesize-stopped"]
    assert talk.answered() == ["error", *end]
    assert talk.answers()[0].data["text"]
    assert not talk.pcm()
    house.hub.overlook()  # releases before 2026.8 take an error for an end, and have ffmpeg make something of nothing


def test_describe_is_answered_within_a_second_while_much_is_spoken(house: House) -> None:
    (entry,) = [entry for entry in house.api.entries("wyoming") if entry["title"] == "voxd"]
    long = [house.url(f"{new_sentence()} " * 100, preferred_format="wav") for _ in range(4)]
    streams = [urllib.request.urlopen(house.api.base + url, timeout=60) for url in long]
    before = len(house.recorder.talks_with("describe"))
    try:
        house.api.post(f"/api/config/config_entries/entry/{entry['entry_id']}/reload", {})
        house.until(lambda: len(house.recorder.talks_with("describe")) > before)
        house.until(lambda: house.api.state(ENGINE) != "unavailable")
    finally:
        for stream in streams:
            stream.close()
    talk = house.recorder.talks_with("describe")[-1]
    assert talk.waited_s("describe", "info") < 1.0
    (info,) = talk.answers()
    (program,) = info.data["tts"]
    assert program["installed"]
    assert program["supports_synthesize_streaming"]
    assert all(voice["installed"] and voice["languages"] for voice in program["voices"])
    assert not info.data.get("satellite"), "or Home Assistant would take this port for a satellite without an engine"
    house.hub.overlook()  # of the streams that nobody wanted to the end
