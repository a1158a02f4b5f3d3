"""Keeping token and text out of what is told of a server: some servers tell everything that they were sent."""

from pathlib import Path

from voxd.errors import ProtocolError
from voxd.synthesis.engines.remote.complaint import SHOWN_CHARS
from voxd.wire.trust import token_in

HIDDEN, HIDDEN_TEXT = "(token)", "(text)"
CUT_OFF = "…"
TELLING_CHARS = 4
"""So much of a token's or a text's beginning is no accident."""


class Discretion:
    """Knows the token of `token_file`, as it is at the moment. What people say is nobody else's business, either."""

    def __init__(self, token_file: Path | None) -> None:
        self._token_file = token_file

    def hide(self, complaint: str, text: str = "") -> str:
        """A complaint without the token, and without the text that was to be said, also where it breaks off in them."""
        try:
            token = token_in(self._token_file) if self._token_file else ""
        except ProtocolError:
            token = ""  # it was not shown to anybody, either
        said = " ".join(text.split())
        complaint = _without(complaint, token, HIDDEN)
        return _without(complaint, said, HIDDEN_TEXT) if len(said) >= TELLING_CHARS else complaint


def _without(complaint: str, secret: str, instead: str) -> str:
    if secret:
        complaint = complaint.replace(secret, instead)
    for chars in range(min(len(secret) - 1, SHOWN_CHARS), TELLING_CHARS - 1, -1):
        complaint = complaint.replace(secret[:chars] + CUT_OFF, instead + CUT_OFF)
    return complaint
