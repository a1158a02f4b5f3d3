"""Every engine there is, and all remote servers down: the house begins, says what rests and why, and speaks."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from announcements import Events, say, wait_until_online
from brokers import Broker, Peer, free_port
from daemons import NODE, DaemonProcess
from hubs import hub, read, rendered
from speech_servers.processes import ServerProcess
from wyoming.error import Error
from wyoming.tts import Synthesize, SynthesizeVoice

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
HERE = {"espeak", "flite", "sine"}
AWAY = {"next-door", "vllm", "sovits", "sambert", "voxcpm", "pocket", "piper"}
"""Who has no server, or no model; what another silent server is, is not known before a minute is over."""
SETTLED_WITHIN_S = 60.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Where somebody takes every connection, and never says a word."""
    with socket.create_server(("127.0.0.1", free_port()), backlog=64) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def port() -> int:
    """Where nobody listens yet."""
    return free_port()


def settings(port: int, silent_port: int) -> dict[str, Any]:
    """An engine of every type, and a voice of each that is away."""
    return {
        "engines": {
            "espeak": {"type": "espeak"},
            "flite": {"type": "flite"},
            "sine": {"type": "python", "model": "models_for_tests:SineModel"},
            "next-door": {"type": "wyoming", "port": port, "probe_s": 1.0},
            "vllm": {"type": "openai", "url": f"http://127.0.0.1:{silent_port}/v1", "connect_timeout_s": 1},
            "sovits": {"type": "gpt_sovits", "url": f"http://127.0.0.1:{free_port()}"},
            "sambert": {"type": "sambert", "url": f"http://127.0.0.1:{silent_port}/tts", "connect_timeout_s": 60},
            "voxcpm": {"type": "voxcpm"},
            "pocket": {"type": "pocket"},
            "piper": {"type": "piper", "model": "/no/such/voice.onnx"},
        },
        "voices": {
            "amy": {"engine": "next-door", "speaker": "anna", "fallbacks": ["espeak-en-gb"]},
            "vera": {"engine": "vllm", "speaker": "vera"},
            "thorsten": {"engine": "piper", "speaker": "thorsten"},
        },
        "speech": {"voice": "amy"},
        "cache": {"enabled": False},
        "zones": {"home": {"outputs": "file"}},
    }


@pytest.fixture
def house(tmp_path: Path, broker: Broker, port: int, silent_port: int) -> Iterator[DaemonProcess]:
    """A daemon that is ready with all of that."""
    chosen, path = settings(port, silent_port), {"PYTHONPATH": str(TESTS)}
    with DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=chosen, environment=path) as running:
        wait_until_online(broker.port)
        yield running


def announced(events: Events, broker: Broker, voice: str) -> dict[str, Any]:
    """Announce in that voice; gives the event of its end."""
    id_ = f"in-{voice}-{time.monotonic_ns()}"
    say(broker.port, json.dumps({"text": f"Somebody is at the door, {id_}.", "voice": voice, "id": id_}))
    return events.until("finished", timeout_s=30.0, id=id_)


AGAIN_AND_AGAIN = "There is no voice|is loading"
"""A host that cannot load its model is begun anew from time to time, for the owner may have put it there."""


def are(status: dict[str, Any], state: str) -> set[str]:
    """The engines in that state."""
    return {name for name, engine in status["engines"].items() if engine["state"] == state}


async def refusal(house: DaemonProcess, voice: str) -> str:
    """Why nothing is rendered in that voice."""
    async with hub(house) as client:
        await client.write_event(Synthesize("Good morning.", voice=SynthesizeVoice(name=voice)).event())
        return Error.from_event(await read(client)).text


def test_with_every_engine_configured_and_all_remote_servers_down_the_daemon_is_ready_says_which_voices_rest_and_speaks(
    house: DaemonProcess, broker: Broker, events: Events, port: int
) -> None:
    told = house.run_until(
        lambda status: are(status, "ready") == HERE and are(status, "failed") >= AWAY, SETTLED_WITHIN_S
    )
    assert set(told["resting"]) == {"amy", "vera", "thorsten"}
    assert f"127.0.0.1:{port} does not answer: Connection refused" in told["resting"]["amy"]
    assert "There is no voice /no/such/voice.onnx" in told["resting"]["thorsten"]
    with Peer(broker.port) as other:
        other.subscribe(f"voxd/{NODE}/state")
        assert json.loads(other.next().payload)["resting"] == told["resting"]
    for engine in AWAY:
        assert re.search(f"(WARNING|ERROR) +The engine {engine}", house.log), house.log
    shown = house.run_verb("status").stdout
    assert re.search("engine next-door +failed: .*Connection refused", shown), shown
    assert re.search("voice amy +rests: .*Connection refused", shown), shown
    listed = house.run_verb("voices")
    assert re.search(r"^amy .*\(rests\)$", listed.stdout, re.MULTILINE), listed.stdout
    assert re.search("The voices of vllm rest: .*did not answer", listed.stderr), listed.stderr

    own = announced(events, broker, "amy")
    assert own["spoken_by"] == "espeak-en-gb"
    assert "The engine next-door failed" in own["fallback_reason"]
    for voice in ("vera", "thorsten", "sovits-somebody"):
        assert announced(events, broker, voice)["spoken_by"] == "espeak-en-us", "the last resort"
    refusals = {"amy": "Connection refused", "vera": "did not answer", "thorsten": AGAIN_AND_AGAIN}
    for voice, reason in refusals.items():
        assert re.search(reason, asyncio.run(refusal(house, voice)))

    with ServerProcess(port=port):
        told = house.run_until(lambda status: status["engines"]["next-door"]["state"] == "ready")
        assert set(told["resting"]) - {"thorsten"} == {"vera"}
        assert not announced(events, broker, "amy").get("spoken_by")
        assert asyncio.run(rendered(house, "Good morning.", "amy"))[1]
    assert f"The engine next-door: 127.0.0.1:{port} answers again" in house.log
