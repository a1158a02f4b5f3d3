"""How we know a server that we connect to, and how it knows us: certificates and tokens, in files of the owner's."""

import errno
import ssl
from functools import partial
from pathlib import Path
from typing import NoReturn

from voxd.errors import ProtocolError
from voxd.lib.os_errors import in_words
from voxd.lib.threads import in_daemon_thread
from voxd.settings.section import ClientTlsSettings

TOKEN_MAX_BYTES = 4096


class Trust:
    """The context for one server, read again when a file of it has changed."""

    def __init__(self, tls: ClientTlsSettings) -> None:
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self._read: tuple[object, ...] = ()

    async def context(self) -> ssl.SSLContext:
        """Read in a thread of its own, as reading the machine's own list takes long. Raises ProtocolError."""
        state = tuple(_state(file) for file in _files(self._tls))
        if self._context is None or state != self._read:
            self._context = await in_daemon_thread(partial(trusting, self._tls), "certificates")
            self._read = state
        return self._context


def client_context(tls: ClientTlsSettings) -> ssl.SSLContext:
    """What a client needs; the server's certificate is checked, and that it is for the host that was asked for.

    Blocks to read the files. Raises OSError with the name of the file that cannot be read.
    """
    for file in _files(tls):
        file.open("rb").close()  # the ssl module's own error would not name it
    context = ssl.create_default_context(cafile=tls.ca_file)
    if tls.cert_file:
        no_password = partial(_no_password, tls.key_file or tls.cert_file)
        context.load_cert_chain(tls.cert_file, tls.key_file, password=no_password)
    return context


def trusting(tls: ClientTlsSettings) -> ssl.SSLContext:
    """The same for whoever tells of a server in one sentence. Raises ProtocolError."""
    try:
        return client_context(tls)
    except OSError as error:
        if error.filename is None:  # an SSLError: what is in them
            files = " and ".join(map(str, _files(tls)))
            raise ProtocolError(f"{files} cannot be used (tls): {in_words(error)}") from error
        raise ProtocolError(f"{error.filename} cannot be read (tls): {error.strerror}") from error


def token_in(file: Path) -> str:
    """The token that a file holds; read it for each use, as it may be changed meanwhile. Raises ProtocolError."""
    try:
        with file.open("rb") as opened:
            token = opened.read(TOKEN_MAX_BYTES + 1).decode().strip()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{file} holds no token: it is not UTF-8 text (token_file)") from error
    except OSError as error:
        raise ProtocolError(f"its token in {file} cannot be read (token_file): {in_words(error)}") from error
    if not token or len(token.encode()) > TOKEN_MAX_BYTES or not token.isprintable():
        raise ProtocolError(f"{file} must hold a token: a line of at most {TOKEN_MAX_BYTES} bytes (token_file)")
    return token


def _files(tls: ClientTlsSettings) -> tuple[Path, ...]:
    return tuple(file for file in (tls.ca_file, tls.cert_file, tls.key_file) if file is not None)


def _state(file: Path) -> tuple[int, int, int] | None:
    """What changes when a file does; None where it cannot be looked at."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _no_password(key_file: Path) -> NoReturn:
    """Called for an encrypted key; without it the ssl module would ask on the terminal, for ever."""
    raise PermissionError(errno.EACCES, "its key is encrypted; voxd needs one without a passphrase", str(key_file))
