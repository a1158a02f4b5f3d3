"""`voxd status`: what the running daemon does, and how its engines are."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from voxd.commands.control_client import ControlClient
from voxd.errors import VoxdError
from voxd.paths import paths_in_force
from voxd.settings import Settings


def show(settings: Settings, *, as_json: bool) -> None:
    """Print a line for the house, and some for each engine; or all that is known, as JSON.

    Raises VoxdError where no daemon runs, and after that where it is not well, in a way that a restart may heal.
    """
    status = ControlClient(paths_in_force(settings.paths).control_socket).status()
    if as_json:
        print(json.dumps(status, ensure_ascii=False, indent=2))
    else:
        for line in _lines(status):
            print(line)
    if sick := status.get("sick"):  # which a daemon from before an upgrade does not tell
        raise VoxdError(f"Not healthy: {', '.join(sick)}; `voxd restart` may help, the log tells more")


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    waiting = f", {status['waiting']} waiting" if status["waiting"] else ""
    yield _line("house", f"{status['state']}{waiting} (voxd {status['version']})")
    for alarm in status["alarms"]:
        yield _line(f"alarm {alarm}", "waits to be acknowledged")
    for zone in status["siren"]:
        yield _line(f"zone {zone}", "has a siren sounding (`voxd siren off` ends it)")
    for zone in status["paused"]:
        yield _line(f"zone {zone}", "is paused")
    for zone in status["undisturbed"]:
        yield _line(f"zone {zone}", "is not to be disturbed")
    for output, reason in status["lost"].items():
        yield _line(f"output {output}", f"is lost: {reason}")
    for name, engine in status["engines"].items():
        yield from _engine_lines(f"engine {name}", engine)
    yield from _voice_lines(status)


def _voice_lines(status: Mapping[str, Any]) -> Iterator[str]:
    for voice, reason in status.get("resting", {}).items():  # which a daemon from before an upgrade does not tell
        yield _line(f"voice {voice}", f"rests: {reason}")
    for voice, stand_in in status["fallbacks"].items():
        yield _line(f"voice {voice}", f"{stand_in['spoken_by']} speaks for it: {stand_in['reason']}")


def _engine_lines(thing: str, engine: Mapping[str, Any]) -> Iterator[str]:
    yield _line(thing, engine["state"] + (f": {engine['reason']}" if engine["reason"] else ""))
    if "device" in engine:
        yield _line("", "{device} ({dtype}), {memory_mb} MB, {fingerprint}".format_map(engine))
    if "embeddings" in engine:
        figures = "embeddings: {held} held, {hits} found, {misses} made in {encoding_s:.1f} s, {saved_s:.1f} s saved"
        yield _line("", figures.format_map(engine["embeddings"]))


def _line(thing: str, text: str) -> str:
    return f"{thing:20} {text}".rstrip()
