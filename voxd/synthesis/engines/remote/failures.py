"""What may go wrong with a server, in words for its owner, and what follows from it."""

import errno
import logging
import socket

from voxd.errors import BadRequestError, ProtocolError
from voxd.lib.os_errors import in_words
from voxd.wire.wyoming.client import UnreachedError

log = logging.getLogger(__name__)

EXPECTED = (OSError, ProtocolError, BadRequestError)
"""All that a server may raise (see SpeechServer); TimeoutError is one of them."""
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.ETIMEDOUT, errno.ENOENT)


def as_expected(address: str, error: Exception) -> Exception:
    """The same; or that its answer is not understood, where it is a bug.

    Servers are strangers: none of them may bring down the house with an answer that nobody has thought of.
    """
    if isinstance(error, EXPECTED):
        return error
    log.error("What %s answers is not understood", address, exc_info=error)
    return ProtocolError(f"its answer is not understood ({type(error).__name__})")


def is_unreachable(error: Exception) -> bool:
    """Whether nobody was there to be asked: a further try in the next moment would be no different."""
    if isinstance(error, ConnectionRefusedError | socket.gaierror | UnreachedError):
        return True
    return isinstance(error, OSError) and error.errno in _UNREACHABLE


def is_worth_repeating(error: Exception) -> bool:
    """Whether the same server may well answer when it is connected to anew: a kept connection had been dropped."""
    return isinstance(error, ConnectionError)


def told(address: str, error: Exception) -> str:
    """What is wrong with the server at `address`."""
    if isinstance(error, UnreachedError):
        return f"{address} does not answer: Connection timed out"
    if is_unreachable(error):
        return f"{address} does not answer: {in_words(error)}"
    if isinstance(error, TimeoutError):
        return f"{address} did not answer in time" if not str(error) else f"{address}: {error}"
    return f"{address}: {in_words(error)}"
