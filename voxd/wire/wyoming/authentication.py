"""How a client shows that it may come in: an event that is ours, for the protocol has none.

The client sends `authenticate` {"token": "..."} before anything else, and is answered `authenticated`, or by an `error`
and the end. Servers that want no token answer `authenticated`, too; those that are not ours know no such event, and
pass over it. So nobody has to wait for the answer.
"""

from wyoming.event import Event

from voxd.errors import ProtocolError
from voxd.wire.wyoming.frames import frame

AUTHENTICATED = frame(Event("authenticated"))
NOT_AUTHENTICATED = "not_authenticated"
"""The code of the `error` for whoever shows no token, or another one."""


def authenticate(token: str) -> bytes:
    """What a client sends first."""
    return frame(Event("authenticate", {"token": token}))


def shown_token(event: Event) -> str | None:
    """The token that a client shows; None for every other event. Raises ProtocolError."""
    if event.type != "authenticate":
        return None
    token = event.data.get("token")
    if not isinstance(token, str):
        raise ProtocolError("authenticate needs 'token', and it is a string")
    return token
