"""What shows servers who we are, and us who they are: files of the owner's, and what may be wrong with them."""

import os
import ssl
from pathlib import Path

import pytest
from certificates import Certificate, certificate, encrypted_key

from voxd.errors import ProtocolError
from voxd.lib.os_errors import in_words
from voxd.settings.section import ClientTlsSettings
from voxd.wire.trust import TOKEN_MAX_BYTES, Trust, token_in, trusting


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("content", ["sesame", "sesame\n", "  sesame \r\n\n"])
def test_a_token_is_what_its_file_holds_without_what_editors_add(content: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(content)
    assert token_in(tmp_path / "token") == "sesame"


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"two\nlines", b"\xff\xfe", b"a" * (TOKEN_MAX_BYTES + 1), b"se\x00same"]
)
def test_what_is_no_token_is_told_by_its_file_and_never_shown(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(ProtocolError, match=str(file)) as refusal:
        token_in(file)
    assert "aaaa" not in str(refusal.value)
    assert "lines" not in str(refusal.value)


def test_servers_certificates_and_the_names_of_their_hosts_are_checked(own: Certificate) -> None:
    context = trusting(ClientTlsSettings(ca_file=own.cert))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_files_that_cannot_be_used_are_named(own: Certificate, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=f"{tmp_path}/none cannot be read"):
        trusting(ClientTlsSettings(ca_file=tmp_path / "none"))
    (tmp_path / "words").write_text("no certificate")
    with pytest.raises(ProtocolError, match=f"{tmp_path}/words cannot be used"):
        trusting(ClientTlsSettings(ca_file=tmp_path / "words"))
    with pytest.raises(ProtocolError, match="its key is encrypted"):
        trusting(ClientTlsSettings(cert_file=own.cert, key_file=encrypted_key(own, tmp_path)))


async def test_files_are_read_again_when_they_change_and_not_otherwise(own: Certificate, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.crt"
    ca_file.write_bytes(own.cert.read_bytes())
    trust = Trust(ClientTlsSettings(ca_file=ca_file))
    first = await trust.context()
    assert await trust.context() is first
    ca_file.write_bytes(certificate(tmp_path, name="renewed").cert.read_bytes())
    os.utime(ca_file, (1, 1))
    assert await trust.context() is not first


def test_a_failure_of_tls_is_told_in_its_own_words() -> None:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
    assert in_words(error).startswith("TLS failed")
    assert "not permitted" not in in_words(error)
