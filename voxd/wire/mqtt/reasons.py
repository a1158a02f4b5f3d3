"""Why a connection to the broker ended or never came to be, in words its owner can act on."""

import socket
import ssl
from dataclasses import dataclass

TAKEN_OVER, SILENT = 0x8E, 0x8D

_SENTENCES = {
    0x00: "the broker ended the connection",
    0x80: "the broker ended the connection without a reason",
    0x84: "the broker does not speak MQTT 5, which voxd needs",
    0x85: "the broker does not accept this client identifier",
    0x86: "the broker refused the user name or password: check mqtt.username and mqtt.password",
    0x87: "the broker refused us (not authorized): check mqtt.username, mqtt.password and the broker's ACL",
    0x88: "the broker is unavailable",
    0x89: "the broker is busy",
    0x8A: "the broker has banned this client",
    0x8B: "the broker is shutting down",
    SILENT: "the broker heard nothing from us for too long",
    TAKEN_OVER: "another client with our identifier took the connection over: another voxd uses the same node name",
    0x95: "something we sent was larger than the broker allows",
    0x97: "the broker's quota is used up",
    0x98: "the broker's administrator ended the connection",
}
"""By the reason codes of MQTT 5, section 2.4."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection is over.

    `taken_over` when somebody else uses our identifier, `broke` when nobody said why; `closed` when it broke because
    the other side closed it orderly.
    """

    reason: str
    taken_over: bool = False
    broke: bool = False
    closed: bool = False


BREAKS_AGAIN = Ending(
    "the broker lets us in and then breaks the connection, again and again: either another voxd uses the same node"
    " name, or the broker's ACL forbids what voxd publishes",
    taken_over=True,
)
"""What several short connections in a row mean; mosquitto 2.0.11 tells neither by a reason code."""


def ending_of(code: int, name: str) -> Ending:
    """The ending that a reason code stands for; `name` is the code's own name, for those we have no words for."""
    sentence = _SENTENCES.get(code, f"the broker said: {name}")
    return Ending(sentence, taken_over=code == TAKEN_OVER)


def broken_off(code: int, *, closed: bool) -> Ending:
    """The ending of a connection that paho itself gave up, maybe because the other side closed it."""
    if code == SILENT:
        return Ending("the broker has fallen silent")
    return Ending("the connection broke", broke=True, closed=closed)


def why_unreachable(error: OSError | UnicodeError) -> str:  # noqa: PLR0911 - a table of cases
    """Why no connection could be made."""
    match error:
        case ssl.SSLCertVerificationError():
            why = error.verify_message
            return f"the broker's certificate is not trusted ({why}): check mqtt.tls.ca_file and mqtt.host"
        case ssl.SSLError():
            return f"TLS failed ({error.reason or error}): check mqtt.port and mqtt.tls"
        case socket.gaierror() | UnicodeError():
            return "its name cannot be resolved: check mqtt.host"
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return "it does not answer"
        case OSError(filename=str(path)):
            return f"cannot read {path}: {error.strerror}"
        case _:
            return (error.strerror or str(error) or "the network failed").lower()
