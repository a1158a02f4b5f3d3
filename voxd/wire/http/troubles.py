"""What aiohttp raises, as voxd knows it: OSError, TimeoutError and ProtocolError."""

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import aiohttp

from voxd.errors import BadRequestError, ProtocolError

SHOWN_CHARS = 200


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """Nobody outside has to know aiohttp's errors, or meets a number where there are words."""
    try:
        yield
    except aiohttp.ClientError as error:
        raise _plain(error) from error
    except UnicodeError as error:
        raise BadRequestError("what is asked for holds half of a character, which cannot be sent") from error


def _plain(error: aiohttp.ClientError) -> Exception:
    for kind, plain in _PLAIN.items():
        if isinstance(error, kind):
            return plain(error)
    return ProtocolError(f"it does not speak HTTP as it should: {_on_one_line(error)}")


def _of_tls(error: aiohttp.ClientSSLError) -> OSError:
    """The ssl module's own, which has the words."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        refused = error.certificate_error
        return refused if isinstance(refused, OSError) else ssl.SSLError(str(refused))
    return error.os_error


def _of_connecting(error: aiohttp.ClientConnectorError) -> OSError:
    """One error for all the addresses that a name has; refused by one of them is refused."""
    if error.errno:
        return OSError(error.errno, os.strerror(error.errno))
    refused = os.strerror(errno.ECONNREFUSED)
    found = errno.ECONNREFUSED if refused in str(error) or "Connect call failed" in str(error) else errno.EHOSTUNREACH
    return OSError(found, os.strerror(found))


def _of_system(error: aiohttp.ClientOSError) -> OSError:
    """Without a number it was a kept connection, which the server closed while the request was being written."""
    number = error.errno or errno.ECONNRESET
    return OSError(number, os.strerror(number))


def _on_one_line(error: aiohttp.ClientError) -> str:
    said = error.message.partition("\n")[0] if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return " ".join("".join(char if char.isprintable() else " " for char in said).split())[:SHOWN_CHARS].rstrip(":")


_PLAIN: Mapping[type[aiohttp.ClientError], Callable[[Any], Exception]] = {
    aiohttp.ConnectionTimeoutError: lambda _: OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)),
    aiohttp.ClientConnectorDNSError: lambda error: socket.gaierror(
        socket.EAI_NONAME, f"the name {error.host} is not known"
    ),
    aiohttp.ClientSSLError: _of_tls,
    aiohttp.ClientConnectorError: _of_connecting,
    aiohttp.ClientOSError: _of_system,
    aiohttp.ServerDisconnectedError: lambda _: ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)),
    aiohttp.ServerTimeoutError: lambda _: TimeoutError("it did not answer in time"),
    aiohttp.ClientConnectionResetError: lambda _: ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)),
    aiohttp.ClientPayloadError: lambda _: ProtocolError("it broke off in the middle of its answer"),
}
"""The first that fits."""
