"""Piper from end to end: in a process of its own, at the rate that was wished for, and in a house that has it not."""

import asyncio
import json
import sys
import wave
from pathlib import Path
from typing import Any

import pytest
from announcements import Events, say, wait_until_online
from brokers import Broker
from daemons import DaemonProcess
from hubs import rendered
from piper_voices import RATE_HZ, write_voice

pytestmark = pytest.mark.journey

TESTS = Path(__file__).parent.parent
LOADED_WITHIN_S = 60.0
TEXT = "Hello there, good morning."
WITHOUT_PIPER = "import sys; sys.modules['piper'] = None; from voxd.__main__ import main; sys.exit(main())"


def settings(model: Path, **voices: Any) -> dict[str, Any]:
    """A house with espeak and a voice of Piper."""
    return {
        "engines": {"espeak": {"type": "espeak"}, "piper": {"type": "piper", "model": str(model), "threads": 1}},
        "voices": voices,
        "cache": {"enabled": False},
    }


def test_a_voice_of_piper_speaks_at_every_rate_and_the_daemon_never_imports_its_library(
    tmp_path: Path, broker: Broker, events: Events
) -> None:
    modules = tmp_path / "modules"
    daemon = DaemonProcess(
        tmp_path / "voxd",
        mqtt_port=broker.port,
        settings=settings(
            write_voice(tmp_path / "voice"),
            amy={"engine": "piper"},
            hasty={"engine": "piper", "rate": 2.0},
        ),
        environment={"TESTS_MODULES": str(modules), "PYTHONPATH": str(TESTS)},
        program=(sys.executable, "-m", "daemon_that_tells_its_modules"),
    )
    with daemon:
        daemon.run_until(lambda status: status["engines"]["piper"]["state"] == "ready", LOADED_WITHIN_S)
        usual, hasty = (asyncio.run(rendered(daemon, TEXT, voice)) for voice in ("amy", "hasty"))
        assert (usual[0], hasty[0]) == (RATE_HZ, RATE_HZ)
        assert len(usual[1]) == 2 * len(hasty[1])
        wait_until_online(broker.port)
        say(broker.port, json.dumps({"text": TEXT, "voice": "amy", "rate": 0.5}))
        finished = events.until("finished")
        assert (finished["voice"], finished.get("spoken_by")) == ("amy", None)
        with wave.open(str(daemon.recordings()[-1])) as heard:
            assert heard.getnframes() / heard.getframerate() > 1.5 * len(usual[1]) / 2 / RATE_HZ
        assert daemon.stop() == 0
    loaded = modules.read_text().split()
    assert "voxd.app" in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("piper", "onnx", "onnxruntime", "torch")]
    assert not [name for name in loaded if name.startswith(("voxd.neural", "voxd.engine_host"))]


def test_a_house_without_the_extra_says_what_to_do_and_speaks_with_what_it_has(
    tmp_path: Path, broker: Broker, events: Events
) -> None:
    daemon = DaemonProcess(
        tmp_path / "voxd",
        mqtt_port=broker.port,
        settings=settings(tmp_path / "no.onnx", amy={"engine": "piper", "fallbacks": ["espeak-en-us"]}),
        program=(sys.executable, "-c", WITHOUT_PIPER),
    )
    with daemon:
        status = daemon.run_until(lambda status: status["engines"]["piper"]["state"] == "failed", LOADED_WITHIN_S)
        assert status["engines"]["piper"]["reason"] == (
            "The engine piper needs the extra piper (licensed under the GPL): "
            "make run PIPER=1, or voxd_piper: true for the Ansible role"
        )
        wait_until_online(broker.port)
        say(broker.port, json.dumps({"text": TEXT, "voice": "amy"}))
        finished = events.until("finished")
        assert (finished["voice"], finished["spoken_by"]) == ("amy", "espeak-en-us")
