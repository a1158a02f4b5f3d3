"""The tokens that clients show us, in files of the owner's, and what each is for."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from voxd.errors import VoxdError
from voxd.lib.os_errors import in_words
from voxd.settings.http import HttpTokenSettings, Scope

TOKEN_MIN_BYTES, TOKEN_MAX_BYTES = 16, 4096


class Tokens:
    """Those of the settings, as they are in the files since `read`."""

    def __init__(self, settings: Sequence[HttpTokenSettings]) -> None:
        self._settings = settings
        self._known: tuple[tuple[bytes, frozenset[Scope]], ...] = ()

    def read(self) -> None:
        """Take over what the files hold. Raises VoxdError, and what was before stays."""
        self._known = tuple((_digest(one.file), frozenset(one.scopes)) for one in self._settings)

    def scopes_of(self, shown: str) -> frozenset[Scope] | None:
        """What whoever shows that may do; None where it is none of ours.

        How long the answer takes tells nothing of any token.
        """
        digest = sha256(shown.encode("utf-8", "surrogatepass")).digest()
        found = [scopes for known, scopes in self._known if hmac.compare_digest(known, digest)]
        return frozenset().union(*found) if found else None


def _digest(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            token = opened.read(TOKEN_MAX_BYTES + 1).strip()
    except OSError as error:
        raise VoxdError(f"The token in {file} cannot be read (http.tokens): {in_words(error)}") from error
    if not TOKEN_MIN_BYTES <= len(token) <= TOKEN_MAX_BYTES:
        raise VoxdError(
            f"{file} must hold a token of {TOKEN_MIN_BYTES} to {TOKEN_MAX_BYTES} bytes that nobody guesses "
            f"(http.tokens); `openssl rand -hex 32` makes one"
        )
    return sha256(token).digest()
