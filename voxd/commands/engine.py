"""`voxd engine NAME`: the process that a neural engine lives in, or the one that makes reference clips."""

import asyncio
import ctypes
import logging
import os
import signal
import sys

from pydantic import ValidationError

from voxd.engine_host.host import EngineHost
from voxd.engine_host.room import End
from voxd.engine_host.service import Service
from voxd.engine_host.speech import NeuralEngine, SpeechService
from voxd.errors import VoxdError
from voxd.lib import logs
from voxd.neural.models import speech_model
from voxd.paths import Paths, paths_in_force
from voxd.settings import Settings
from voxd.settings.engines import HostSettings

CLIPS = "clips"
"""The host that makes reference clips and speaker vectors; no engine may be called that."""
_NOT_OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_PR_SET_PDEATHSIG = 1


def run(settings: Settings, name: str) -> None:
    """Serve as a unit of its own. Raises VoxdError where it cannot start; does not return otherwise."""
    _serve(settings, name, None)


def run_as_child(name: str) -> None:
    """Serve a daemon that gives us its settings as a line of JSON on standard input, and ends us by its end."""
    _die_with_parent()
    for variable in _NOT_OURS:  # they are the daemon's, who speaks to systemd for us
        os.environ.pop(variable, None)
    line = sys.stdin.buffer.readline()
    try:
        settings = Settings.model_validate_json(line)
    except ValidationError as error:
        raise VoxdError(f"Standard input gave no settings: {error.errors()[0]['msg']}") from None
    _serve(settings, name, sys.stdin.fileno())


def _die_with_parent() -> None:
    """Have the kernel kill us with the thread that started us (prctl(2)).

    Where a model holds all of Python up, the end of our input is never read.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _serve(settings: Settings, name: str, parent_fd: int | None) -> None:
    logs.configure(settings.log.level)
    paths = paths_in_force(settings.paths)
    code = asyncio.run(_run(settings, name, paths, parent_fd))
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # The model's thread may be in the middle of a sentence, or hang in a driver; it is not waited for, and must not
    # meet an interpreter that is being torn down.
    os._exit(code)


async def _run(settings: Settings, name: str, paths: Paths, parent_fd: int | None) -> int:
    def make(end: End) -> Service:
        return _service(settings, name, paths, end)

    socket = paths.unit_socket(name) if parent_fd is None else paths.child_socket(name)
    return await EngineHost(name, socket, make, parent_fd).run()


def _service(settings: Settings, name: str, paths: Paths, end: End) -> Service:
    if name == CLIPS:
        from voxd.engine_host.clips import ClipsService, clip_maker

        return ClipsService(clip_maker, end)
    engine = settings.engines.get(name)
    if not isinstance(engine, HostSettings):
        hosted = [known for known, one in settings.engines.items() if isinstance(one, HostSettings)]
        names = ", ".join([*hosted, CLIPS])
        what = "is unknown" if engine is None else "lives in the daemon itself"
        raise VoxdError(f"The engine {name} {what}; a process of their own have: {names}")
    scratch = paths.cache / "engines" / name
    kind: str = getattr(engine, "type", "")
    made = NeuralEngine(name, kind, engine, lambda: speech_model(engine, paths.models, scratch), paths.embeddings)
    return SpeechService(made, end)
