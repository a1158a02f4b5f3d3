"""What every part of the settings is made of: a strict section, and the kinds of values that several parts share."""

import ipaddress
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(pattern=NAME)]
LanguageTag = Annotated[str, Field(pattern=LANGUAGE_TAG)]
HomePath = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path whose `~` is the home of whoever runs voxd."""


def _network(value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(str(value), strict=False)
    except ValueError as error:
        raise ValueError("must be a network like 192.168.1.0/24 or one address") from error


IpNetwork = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, PlainValidator(_network)]


class Section(BaseModel):
    """A part of the settings: frozen, and strict about keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RateSettings(Section):
    """What one source may ask for: `burst` at once, and `per_s` a second in the long run; None sets no limit."""

    per_s: Annotated[float, Field(gt=0, le=1e6)] | None = 5.0
    burst: Annotated[int, Field(ge=1, le=1_000_000)] = 50


class ClientTlsSettings(Section):
    """How we know a server that we connect to, and it us; None: by the machine's own list, and not at all."""

    ca_file: HomePath | None = None
    cert_file: HomePath | None = None
    key_file: HomePath | None = None


class WantedTlsSettings(ClientTlsSettings):
    """The same where the address does not tell whether TLS is spoken."""

    enabled: bool = False
