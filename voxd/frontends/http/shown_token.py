"""The token that a client shows: in the header Authorization, or, as pages cannot set that, as a subprotocol."""

import base64
import binascii
from collections.abc import Mapping

PROTOCOL = "voxd"
"""The subprotocol that a WebSocket speaks; a page that shows a token has to offer it beside that."""
TOKEN_PROTOCOL = "voxd.token."  # noqa: S105 - what stands before a token, none itself
"""And then the token's UTF-8 in base64url (RFC 4648) without padding."""
_SHOWN_MAX_CHARS = 8192


def shown_token(headers: Mapping[str, str]) -> str | None:
    """The token, by the headers of a request; None where none is shown."""
    kind, _, shown = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return shown.strip()
    offered = (name.strip() for name in headers.get("sec-websocket-protocol", "").split(","))
    coded = next((name.removeprefix(TOKEN_PROTOCOL) for name in offered if name.startswith(TOKEN_PROTOCOL)), "")
    return _decoded(coded) if 0 < len(coded) <= _SHOWN_MAX_CHARS else None


def _decoded(coded: str) -> str | None:
    try:
        return base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
