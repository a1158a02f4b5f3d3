"""What a door shows its clients and what they show it: a certificate and a token, each in a file of the owner's."""

import hmac
import logging
import ssl
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from voxd.errors import VoxdError
from voxd.lib.os_errors import in_words
from voxd.settings import WyomingSettings
from voxd.wire.wyoming.certificate import out_of_time, server_context

log = logging.getLogger(__name__)

_TOKEN_MAX_BYTES = 4096


class Credentials:
    """Those of the settings, as they are in the files since `read`."""

    def __init__(self, settings: WyomingSettings) -> None:
        self._tls = settings.tls
        self._token_file = settings.token_file
        self._context: ssl.SSLContext | None = None
        self._digest = b""

    def read(self) -> None:
        """Take over what the files hold. Raises VoxdError, and what was before stays."""
        digest = _digest(self._token_file) if self._token_file is not None else b""
        if self._tls.cert_file is not None and self._tls.key_file is not None:
            self._context = _context(self._tls.cert_file, self._tls.key_file)
        self._digest = digest

    @property
    def has_tls(self) -> bool:
        """Whether clients may speak TLS."""
        return self._context is not None

    def tls_context(self) -> ssl.SSLContext:
        """The certificate in force, where there is one."""
        assert self._context is not None
        return self._context

    @property
    def token_check(self) -> Callable[[str], bool] | None:
        """What tells whether a token is ours; None where nobody needs one."""
        return None if self._token_file is None else self._is_ours

    def _is_ours(self, shown: str) -> bool:
        """How long the answer takes tells nothing of the token."""
        return hmac.compare_digest(sha256(shown.encode("utf-8", "surrogatepass")).digest(), self._digest)


def _digest(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            token = opened.read(_TOKEN_MAX_BYTES + 1).strip()
    except OSError as error:
        raise VoxdError(f"The token in {file} cannot be read (wyoming.token_file): {in_words(error)}") from error
    if not token or len(token) > _TOKEN_MAX_BYTES:
        raise VoxdError(f"{file} must hold a token of at most {_TOKEN_MAX_BYTES} bytes (wyoming.token_file)")
    return sha256(token).digest()


def _context(cert_file: Path, key_file: Path) -> ssl.SSLContext:
    try:
        context = server_context(cert_file, key_file)
    except VoxdError as error:
        raise VoxdError(f"{error} (wyoming.tls)") from error
    if wrong := out_of_time(context, cert_file):
        log.warning("The certificate in %s %s: clients that look will turn away (wyoming.tls)", cert_file, wrong)
    return context
