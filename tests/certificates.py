"""A certificate for localhost and its key, as an owner would make them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that signs itself; clients that trust `cert` trust its server."""

    cert: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        """For a section `tls` of the settings."""
        return {"cert_file": str(self.cert), "key_file": str(self.key)}


def certificate(folder: Path, *, name: str = "server") -> Certificate:
    """A new one."""
    made = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *("-keyout", made.key, "-out", made.cert),
    )
    return made


def expired(certificate: Certificate, folder: Path) -> Certificate:
    """The same, as it will be when it has expired."""
    made = Certificate(folder / "expired.crt", certificate.key)
    _openssl("x509", "-in", certificate.cert, "-signkey", certificate.key, "-days", "-1", "-out", made.cert)
    return made


def encrypted_key(certificate: Certificate, folder: Path) -> Path:
    """Its key, locked with a passphrase."""
    _openssl("ec", "-aes256", "-passout", "pass:secret", "-in", certificate.key, "-out", folder / "locked.key")
    return folder / "locked.key"


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(("openssl", *arguments), check=True, capture_output=True)
