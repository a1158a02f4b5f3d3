"""Our own certificate: read, proven to work, and read again where it was renewed."""

import ssl
from contextlib import suppress
from pathlib import Path

from voxd.errors import VoxdError
from voxd.lib.os_errors import in_words

_OUT_OF_TIME = {9: "is not valid yet", 10: "has expired"}  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_HANDSHAKE_TURNS = 10


class _EncryptedError(Exception):
    """The key wants a passphrase."""


def server_context(cert_file: Path, key_file: Path) -> ssl.SSLContext:
    """What a server of this certificate needs. Raises VoxdError with what is wrong; blocks to read the files."""
    for file in (cert_file, key_file):
        try:
            file.open("rb").close()
        except OSError as error:
            raise VoxdError(f"{file} cannot be read: {in_words(error)}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        context.load_cert_chain(cert_file, key_file, password=_no_passphrase)
    except _EncryptedError:
        raise VoxdError(f"The key in {key_file} is encrypted; give it without a passphrase") from None
    except ssl.SSLError as error:
        raise VoxdError(_in_words(error, cert_file, key_file)) from error
    return context


def out_of_time(context: ssl.SSLContext, cert_file: Path) -> str:
    """`has expired` or `is not valid yet`, where clients that look will turn away; else empty."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        client.load_verify_locations(cert_file)
        _shake_hands(client, context)
    except ssl.SSLCertVerificationError as error:
        return _OUT_OF_TIME.get(error.verify_code, "")
    except ssl.SSLError:
        return ""
    return ""


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """A handshake in memory. Raises ssl.SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True))
    for turn in range(_HANDSHAKE_TURNS):
        with suppress(ssl.SSLWantReadError):
            ends[turn % 2].do_handshake()


def _no_passphrase() -> str:
    raise _EncryptedError


def _in_words(error: ssl.SSLError, cert_file: Path, key_file: Path) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"The key in {key_file} is not that of the certificate in {cert_file}"
    if "PEM" in (error.library or "") or error.reason in (None, "NO_START_LINE"):
        return f"{cert_file} and {key_file} must hold a certificate and its key, in PEM"
    return f"The certificate in {cert_file} cannot be used: {(error.reason or str(error)).replace('_', ' ').lower()}"
