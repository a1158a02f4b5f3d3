"""What a request's body holds: an object, and a recording where one came with it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import UploadFile

from voxd.errors import BadRequestError
from voxd.frontends.http.refusal import RefusedError
from voxd.frontends.payloads import decoded

FIELDS_MAX = 64
FIELD_MAX_BYTES = 256 * 1024
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
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
    if kind in _FORMS:
        return await _sent_as_form(request)
    if kind not in _PLAIN and not kind.endswith("+json"):
        raise RefusedError(415, f"Send JSON or a form, not {kind[:100]!r}")
    return Form(decoded(await request.body()))


async def _sent_as_form(request: Request) -> Form:
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
