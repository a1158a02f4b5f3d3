"""The bodies of requests. They go out piece by piece: what is cancelled is not sent to its end."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a multipart form."""

    file_name: str
    data: bytes
    content_type: str


def as_json(content: Mapping[str, Any]) -> aiohttp.BytesIOPayload:
    """A document; there may be a whole clip in it."""
    return aiohttp.BytesIOPayload(io.BytesIO(json.dumps(content).encode()), content_type="application/json")


def as_form(fields: Mapping[str, str | Part]) -> aiohttp.FormData:
    """A form, of several parts where a file is among them."""
    form = aiohttp.FormData()
    for name, value in fields.items():
        if isinstance(value, Part):
            form.add_field(name, io.BytesIO(value.data), filename=value.file_name, content_type=value.content_type)
        else:
            form.add_field(name, value)
    return form
