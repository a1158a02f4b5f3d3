"""The sound in an answer: its body is that, or JSON or plain text with base64 in it."""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing

from voxd.errors import ProtocolError
from voxd.model.audio import Chunk
from voxd.synthesis.engines.remote import sound_body
from voxd.synthesis.engines.remote.complaint import complaint, shortened
from voxd.synthesis.engines.remote.sound_body import SoundBody
from voxd.wire.http.client import Answer

ANSWER_MAX_BYTES = 32 * 1024 * 1024
"""In base64 that is 13 minutes at 16 kHz: more than any part of a sentence takes."""
CHUNK_FRAMES = 16_384
_DEPTH = 5
_SOUND_MIN_CHARS = 400
"""No sound is shorter in base64; many a word is base64 by chance."""
_DATA_URI = re.compile(r"data:([\w.+/-]*)((?:;[\w=.+-]*)*?)(;base64)?,", re.IGNORECASE)
_WAV_IN_BASE64 = "UklGR"
_ADDRESS = re.compile(r"https?://\S+|[\w./~-]+\.(wav|mp3|ogg|opus|flac|m4a|aac|pcm)(\?\S*)?", re.IGNORECASE)
_ADDRESS_MAX_CHARS = 2000
_SPACE = re.compile(r"\s+")


async def sound(answer: Answer, places: Sequence[str]) -> AsyncGenerator[Chunk, None]:
    """The sound of an answer; `places` are where in its JSON that may be, anywhere if there are none.

    Raises ProtocolError where there is none that can be read, with what it says instead.
    """
    if answer.content_type.startswith("audio/"):
        async with (
            aclosing(answer.pieces()) as pieces,
            aclosing(sound_body.sound(pieces, content_type=answer.content_type)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk
        return
    body = await answer.whole(ANSWER_MAX_BYTES)
    whole = await asyncio.to_thread(_read, body, places)
    size = CHUNK_FRAMES * whole.format.frame_bytes
    for at in range(0, len(whole.pcm), size):
        yield Chunk(whole.format, whole.pcm[at : at + size])


def _read(body: bytes, places: Sequence[str]) -> Chunk:
    reader = SoundBody()
    read = [reader.read(sound_in(body, places)), reader.end()]
    chunks = [chunk for chunk in read if chunk is not None]
    return Chunk(chunks[0].format, b"".join(chunk.pcm for chunk in chunks))


def sound_in(body: bytes, places: Sequence[str] = ()) -> bytes:
    """The bytes of the sound in a body, which are most likely a WAV. Raises ProtocolError where there are none."""
    if body.startswith(b"RIFF"):
        return body
    try:
        answered: object = json.loads(body)
    except (ValueError, RecursionError):
        answered = body.decode(errors="replace")
    texts = [answered] if isinstance(answered, str) else list(_texts(answered, places))
    sounds = [found for text in texts if (found := _decoded(text)) is not None]
    if sounds:
        return next((found for found in sounds if found.startswith(b"RIFF")), sounds[0])
    addresses = [text for text in texts if len(text) < _ADDRESS_MAX_CHARS and _ADDRESS.fullmatch(text.strip())]
    if addresses:
        where = shortened(addresses[0])
        raise ProtocolError(f"it answers where its sound is, which is not fetched: have it send the sound ({where})")
    said = complaint(body)
    if places and isinstance(answered, Mapping) and not texts:
        said = f"{said} (nothing is at {', '.join(places)})"
    raise ProtocolError(f"it answers with words in place of sound: {said}" if body.strip() else "it sends no sound")


def _texts(value: object, places: Sequence[str]) -> Iterator[str]:
    """The texts at the places; without places all there are."""
    if not places:
        yield from _every_text(value, _DEPTH)
    for place in places:
        found = _at(value, place.split("."))
        if isinstance(found, str):
            yield found


def _every_text(value: object, depth: int) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping() if depth:
            for item in value.values():
                yield from _every_text(item, depth - 1)
        case Sequence() if depth:
            for item in value:
                yield from _every_text(item, depth - 1)


def _at(value: object, path: Sequence[str]) -> object:
    """What is at data.audio, or at results.0.wav; None where nothing is."""
    for name in path:
        match value:
            case Mapping():
                value = value.get(name)
            case list() if name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            case _:
                return None
    return value


def _decoded(text: str) -> bytes | None:
    """What a text is the base64 of; None for another text. Raises ProtocolError for a sound that is damaged."""
    uri = _DATA_URI.match(text[:_SOUND_MIN_CHARS].lstrip())
    if uri is not None:
        sound_body.check_kind(uri[1].lower())
        text = text.lstrip()[uri.end() :]
    packed = _SPACE.sub("", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    told = uri is not None or packed.startswith(_WAV_IN_BASE64)
    if not told and len(packed) < _SOUND_MIN_CHARS:
        return None
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (ValueError, binascii.Error) as error:
        if told:
            raise ProtocolError("its sound is damaged: it is no base64") from error
        return None
