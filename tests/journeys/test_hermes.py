"""Hermes on the whole daemon: what is said and played is heard, told when it was, and never goes round."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from announcements import Events, wait_until_online
from audio_servers import AudioServer, audio_server
from brokers import Broker, Peer
from daemons import DaemonProcess
from sounds import noise, without_silence

from voxd.audio.wav import parse, wav_bytes

pytestmark = pytest.mark.journey

SAID = "hermes/tts/sayFinished"
PLAYED = "hermes/audioServer/hall/playFinished"
AS_IT_CAME = {"loudness_lufs": None, "fade_ms": 0}
ZONES = {"kitchen": {"outputs": {"type": "hermes", "site": "kitchen"}}, "hall": {"outputs": "file"}}


def hermes(*, enabled: bool) -> dict[str, Any]:
    """A house in which the kitchen has Rhasspy's own audio server, and the site up is the hall."""
    return {"hermes": {"enabled": enabled, "sites": {"up": "hall"}}, "zones": ZONES, "sound": AS_IT_CAME}


def say(peer: Peer, site: str, id_: str, text: str = "Dinner is ready.") -> None:
    """As a skill of Rhasspy does."""
    peer.publish("hermes/tts/say", json.dumps({"text": text, "siteId": site, "id": id_}), qos=0)


def told(peer: Peer, topic: str, timeout_s: float = 20.0) -> Any:
    """What is told there next."""
    return json.loads(peer.until(lambda arrival: arrival.topic == topic, timeout_s).payload)


def open_by_reload(daemon: DaemonProcess, broker: Broker, peer: Peer) -> None:
    """Have a running daemon open the door of Hermes, and wait until it answers."""
    daemon.configure(broker.port, hermes(enabled=True))
    daemon.signal(signal.SIGHUP)
    peer.subscribe("rhasspy/tts/voices", SAID, PLAYED, "hermes/error/#")
    end_s = time.monotonic() + 20
    while peer.arrivals.empty():
        assert time.monotonic() < end_s, daemon.log
        peer.publish("rhasspy/tts/getVoices", "{}")
        time.sleep(0.2)
    assert told(peer, "rhasspy/tts/voices")["voices"]


def test_what_hermes_brings_is_heard_told_and_survives_a_kill(tmp_path: Path, broker: Broker, events: Events) -> None:
    sound = noise(0.5, 22_050)
    with (
        audio_server(broker.port, AudioServer("kitchen")) as kitchen,
        Peer(broker.port) as peer,
        DaemonProcess(tmp_path / "voxd", mqtt_port=broker.port, settings=hermes(enabled=False)) as daemon,
    ):
        wait_until_online(broker.port)
        open_by_reload(daemon, broker, peer)

        say(peer, "kitchen", "r1")
        assert told(peer, SAID) == {"id": "r1", "sessionId": None, "siteId": "kitchen"}
        assert kitchen.pcm, "the audio server of the site has played it"
        peer.publish("hermes/audioServer/hall/playBytes/q1", wav_bytes(sound), qos=0)
        assert told(peer, PLAYED) == {"id": "q1", "sessionId": None}
        (recorded,) = daemon.recordings()
        assert without_silence(parse(recorded.read_bytes()).pcm) == sound.pcm
        said, played = (events.until("finished")["source"] for _ in range(2))
        assert (said, played) == ("hermes/kitchen", "hermes/hall"), "and what was published for the kitchen is no third"

        say(peer, "up,kitchen", "r2", "The washing machine in the cellar has been done for quite some time now.")
        events.until("playing")
        daemon.kill()
        daemon.start()
        assert told(peer, SAID) == {"id": "r2", "sessionId": None, "siteId": "up,kitchen"}
        assert peer.arrivals.empty()
