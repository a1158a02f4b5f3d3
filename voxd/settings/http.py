"""The options of the HTTP frontend."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from voxd.lib.loopback import is_loopback
from voxd.settings.section import HomePath, IpNetwork, RateSettings, Section

HTTP_NAME = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$"
ROOT_PATH = r"^(/[A-Za-z0-9._~-]+)*$"

Scope = Literal["speak", "render", "manage"]
"""What somebody may do: announce in the house; have sound made for themselves; everything about voices and history."""

SCOPES: tuple[Scope, ...] = ("speak", "render", "manage")


class HttpTokenSettings(Section):
    """A token in a file, and what whoever shows it may do."""

    file: HomePath
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] = SCOPES


class HttpSettings(Section):
    """The HTTP frontend: the API, later the page.

    `names` are what it is called in the addresses that browsers show, beside those of this machine. Clients on this
    machine may do `local_scopes` without a token. `trusted_proxies` say whom they speak for (X-Forwarded-...), and
    whoever comes through them may do `proxy_scopes` without a token, as they let in only whom they know.
    """

    enabled: bool = False
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 6006
    names: tuple[Annotated[str, Field(pattern=HTTP_NAME)], ...] = ()
    tokens: Annotated[tuple[HttpTokenSettings, ...], Field(max_length=64)] = ()
    local_scopes: tuple[Scope, ...] = SCOPES
    trusted_proxies: tuple[IpNetwork, ...] = ()
    proxy_scopes: tuple[Scope, ...] = ()
    root_path: Annotated[str, Field(pattern=ROOT_PATH, max_length=200)] = ""
    rate: RateSettings = RateSettings(per_s=50.0, burst=500)
    max_connections: Annotated[int, Field(ge=1, le=100_000)] = 600
    max_connections_per_address: Annotated[int, Field(ge=1, le=100_000)] = 300
    head_timeout_s: Annotated[float, Field(gt=0, le=600)] = 15.0
    body_timeout_s: Annotated[float, Field(gt=0, le=600)] = 15.0
    write_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    stream_idle_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    max_body_kb: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    kept_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    kept_mb: Annotated[int, Field(ge=1, le=100_000)] = 64

    @field_validator("names", "local_scopes", "proxy_scopes", "trusted_proxies", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_beyond_this_machine(self) -> "HttpSettings":
        knows_somebody = self.tokens or (self.trusted_proxies and self.proxy_scopes)
        if self.enabled and not is_loopback(self.host) and not knows_somebody:
            raise ValueError(
                f"host {self.host} is reached from beyond this machine, so somebody must be known there: "
                "give tokens, such as  tokens: [{file: /etc/voxd/http-token}], or leave host at 127.0.0.1"
            )
        return self
