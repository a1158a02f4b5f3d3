"""Keeping the owner's token out of what is told of a server: some servers tell everything that they were sent."""

from pathlib import Path

from voxd.errors import ProtocolError
from voxd.wire.trust import token_in

HIDDEN = "(token)"
CUT_OFF = "…"
TELLING_CHARS = 4
"""So much of a token's beginning is no accident."""


class Discretion:
    """Knows the token of `token_file`, as it is at the moment."""

    def __init__(self, token_file: Path | None) -> None:
        self._token_file = token_file

    def hide(self, text: str) -> str:
        """The text without the token, also where the text was cut off within it."""
        try:
            token = token_in(self._token_file) if self._token_file else ""
        except ProtocolError:
            return text  # it was not shown to anybody, either
        if not token:
            return text
        text = text.replace(token, HIDDEN)
        for chars in range(len(token) - 1, TELLING_CHARS - 1, -1):
            text = text.replace(token[:chars] + CUT_OFF, HIDDEN + CUT_OFF)
        return text
