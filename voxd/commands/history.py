"""`voxd history`: what was announced, and what became of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from voxd.commands.control_client import ControlClient
from voxd.paths import paths_in_force
from voxd.settings import Settings


def show(settings: Settings, limit: int, state: str | None, *, as_json: bool) -> None:
    """Print a line for each announcement, the newest last; or all that is known, as JSON. Raises VoxdError."""
    told = ControlClient(paths_in_force(settings.paths).control_socket).history(limit, state)
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for past in reversed(told):
        print(_line(past))


def _line(past: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(past["at"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    what = f"{at}  {past['state']:11}  {past['source']:20}  {past['text']}"
    return _printable(f"{what}  ({past['reason']})" if past["reason"] else what)


def _printable(text: str) -> str:
    """Without what a terminal would take for commands: others said it."""
    return "".join(character if character.isprintable() else " " for character in text)
