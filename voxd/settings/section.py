"""What every part of the settings is made of: a strict section, and the kinds of values that several parts share."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(pattern=NAME)]
LanguageTag = Annotated[str, Field(pattern=LANGUAGE_TAG)]
HomePath = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path whose `~` is the home of whoever runs voxd."""


class Section(BaseModel):
    """A part of the settings: frozen, and strict about keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClientTlsSettings(Section):
    """How we know a server that we connect to, and it us; None: by the machine's own list, and not at all."""

    ca_file: HomePath | None = None
    cert_file: HomePath | None = None
    key_file: HomePath | None = None


class WantedTlsSettings(ClientTlsSettings):
    """The same where the address does not tell whether TLS is spoken."""

    enabled: bool = False
