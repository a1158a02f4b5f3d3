"""What a request's body holds: an object, and a recording where one came with it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile

from voxd.errors import BadRequestError
from voxd.frontends.http.refusal import RefusedError
from voxd.frontends.payloads import decoded

FIELDS_MAX = 64
FIELD_MAX_BYTES = 256 * 1024
_PARTS, _PAIRS = "multipart/form-data", "application/x-www-form-urlencoded"
_PLAIN = ("", "application/json", "text/plain", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Form:
    """`came_as_form`: it was no JSON but a form; what a form leaves empty counts as left out."""

    fields: Mapping[str, object]
    clip: bytes | None = field(default=None, repr=False)
    came_as_form: bool = False


async def form_of(request: Request) -> Form:
    """The body, as JSON, as a text alone, or as a form. Raises BadRequestError and RefusedError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _PARTS:
        return await _in_parts(request)
    if kind == _PAIRS:
        return _in_pairs(await _short_body(request))
    if kind not in _PLAIN and not kind.endswith("+json"):
        raise RefusedError(415, f"Send JSON or a form, not {kind[:100]!r}")
    return Form(decoded(await _short_body(request)))


async def _short_body(request: Request) -> bytes:
    """A body without a recording in it. Raises RefusedError where it is too long for that, wherever it was sent."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > FIELD_MAX_BYTES:
            raise RefusedError(413, f"Without a recording a request may have {FIELD_MAX_BYTES} bytes")
    return bytes(body)


def _in_pairs(body: bytes) -> Form:
    """A form; but JSON, or a text alone, where it looks so: curl -d says of everything that it is a form."""
    if body.lstrip()[:1] in (b"{", b'"') or b"=" not in body:
        return Form(decoded(body))
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequestError("The form is not UTF-8, or has too many fields") from error
    if len(dict(pairs)) < len(pairs):
        raise BadRequestError("The form gives a field twice")
    return Form(dict(pairs), came_as_form=True)


async def _in_parts(request: Request) -> Form:
    async with request.form(max_files=1, max_fields=FIELDS_MAX, max_part_size=FIELD_MAX_BYTES) as form:
        fields: dict[str, object] = {}
        clip: bytes | None = None
        for key, value in form.multi_items():
            if isinstance(value, UploadFile):
                clip = await value.read()
            elif key in fields:
                raise BadRequestError(f"The form gives {key[:64]!r} twice")
            else:
                fields[key] = value
                await asyncio.sleep(0)
    return Form(fields, clip, came_as_form=True)
