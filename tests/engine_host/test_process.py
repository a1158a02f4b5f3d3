"""The life of an engine host's process."""

import signal
import time
from pathlib import Path

from engine_hosts import HostProcess, client_of, clip_wav, sine_engine
from models_for_tests import heard_pcm_hz, pitch_hz, speaker_hz

from voxd.wire.wyoming.host_events import HostState

HEARD_WITHIN_HZ = 8.0


async def test_a_host_loads_speaks_and_clones(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine()) as host:
        await host.listening()
        async with client_of(host.socket) as client:
            health = await client.follow_until(HostState.READY)
            assert health.speakers == ("anna", "bert")
        async with client_of(host.socket) as client:
            reply = await client.synthesize("Good morning", "bert")
            assert reply.types[0] == "audio-start"
            assert reply.types[-1] == "audio-stop"
            assert abs(heard_pcm_hz(reply.pcm, reply.rate_hz) - pitch_hz("Good morning", speaker_hz("bert"))) < 8
            embedded = await client.embed("mum@1", clip_wav(440))
            assert embedded.source == "clip"
            reply = await client.synthesize("Good morning", "mum@1")
            assert abs(heard_pcm_hz(reply.pcm, reply.rate_hz) - pitch_hz("Good morning", 440)) < HEARD_WITHIN_HZ
        assert host.socket.stat().st_mode & 0o777 == 0o600


async def test_a_child_ends_with_its_daemon(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine(load_s=600.0)) as host:
        await host.listening()
        assert host.process.stdin is not None
        host.process.stdin.close()
        assert await host.ended() == 0
        assert not host.socket.exists()


async def test_sigterm_ends_a_host_within_a_second_or_so_whatever_its_model_does(tmp_path: Path) -> None:
    with HostProcess(tmp_path, sine_engine(trouble="LOAD_HANGS")) as host:
        await host.listening()
        began_s = time.monotonic()
        host.process.send_signal(signal.SIGTERM)
        assert await host.ended() == 0
        assert time.monotonic() - began_s < 2.0
