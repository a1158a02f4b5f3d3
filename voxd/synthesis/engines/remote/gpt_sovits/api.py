"""The requests and answers of api_v2.py (RVC-Boss/GPT-SoVITS at 48b1a01)."""

import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from voxd.errors import BadRequestError, ProtocolError
from voxd.model.audio import Chunk
from voxd.settings.engines import GptSovitsSettings
from voxd.synthesis.engines.remote.complaint import complaint
from voxd.synthesis.engines.remote.sound_body import sound
from voxd.wire.http.client import Answer, HttpClient, Timeouts

FAILED_RATE_HZ = 16_000
"""No model of GPT-SoVITS speaks at that rate: silence at it is how the server says that it failed."""
_VERSION = re.compile(r"not supported in version (\w{1,16})")
_MISSING = ("No such file", "not exist", "System error")
_EXPECTED = "is it api_v2.py of GPT-SoVITS? api.py and the web page speak otherwise"
_UNSPOKEN = {"text": "?", "text_lang": "which?", "ref_audio_path": "?", "prompt_lang": "en"}


class MissingFileError(BadRequestError):
    """A path that the server was given leads nowhere on its disk."""


class Api:
    """One server's. Raises OSError, TimeoutError and ProtocolError, and BadRequestError for what it refuses."""

    def __init__(self, url: str, settings: GptSovitsSettings) -> None:
        # a streamed answer has its head at once: its first piece may take as long as a first sound may
        piece_s = max(settings.first_sound_timeout_s, settings.chunk_timeout_s)
        timeouts = Timeouts(settings.connect_timeout_s, settings.first_sound_timeout_s, piece_s)
        self._client = HttpClient(url, timeouts, settings.tls, settings.token_file)

    async def close(self) -> None:
        """Drop the connections; asking again opens new ones."""
        await self._client.close()

    async def check(self) -> None:
        """Whether it is there, and is what it should be. There is no route for that; this one costs it nothing.

        While it speaks without streaming it answers nobody, so that this takes as long as its sentence.
        """
        async with self._client.asked("GET", "/openapi.json") as answer:
            body = await answer.whole()
        if answer.status != 200:
            raise _refusal(answer, body)
        if not _is_api_v2(body):
            raise ProtocolError(f"it is another kind of server: {_EXPECTED}")

    async def version(self) -> str:
        """The model that it has loaded, such as v2 or v2Pro; empty where it does not tell.

        It tells only when it refuses a language, which it does before anything else.
        """
        async with self._client.asked("POST", "/tts", json=_UNSPOKEN) as answer:
            body = await answer.whole()
        found = _VERSION.search(complaint(body)) if answer.status == 400 else None
        return found[1] if found else ""

    async def load_gpt(self, weights: str) -> None:
        """Replace the half of the model that finds the prosody. It goes on with it after a restart, too."""
        await self._set("/set_gpt_weights", {"weights_path": weights}, f"load the weights {weights}")

    async def load_sovits(self, weights: str) -> None:
        """Replace the half of the model that makes the sound."""
        await self._set("/set_sovits_weights", {"weights_path": weights}, f"load the weights {weights}")

    async def encode(self, clip: str) -> None:
        """Have it read and encode a reference clip, as it otherwise does with the first sentence.

        Asked for itself it tells what is wrong with the clip; a sentence that is streamed would just break off.
        """
        await self._set("/set_refer_audio", {"refer_audio_path": clip}, f"use the clip {clip}")

    async def speak(self, request: Mapping[str, object]) -> AsyncGenerator[Chunk, None]:
        """The sound of a sentence as it comes."""
        async with self._client.asked("POST", "/tts", json=request) as answer:
            if answer.status != 200:
                raise _refusal(answer, await answer.whole())
            async with aclosing(answer.pieces()) as pieces, aclosing(sound(pieces, None, answer.content_type)) as heard:
                async for chunk in heard:
                    _check_not_failed(chunk)
                    yield chunk

    async def _set(self, path: str, query: Mapping[str, str], what: str) -> None:
        async with self._client.asked("GET", path, query=query) as answer:
            body = await answer.whole()
        if answer.status == 400:
            said = complaint(body)
            kind = MissingFileError if any(each in said for each in _MISSING) else BadRequestError
            raise kind(f"it cannot {what} (a path on its own disk): {said or 'without a word'}")
        if answer.status != 200:
            raise _refusal(answer, body)


def _check_not_failed(chunk: Chunk) -> None:
    if chunk.format.rate_hz == FAILED_RATE_HZ and not any(chunk.pcm):
        raise ProtocolError("it failed, and says so with a second of silence; its own output tells why")


def _refusal(answer: Answer, body: bytes) -> BadRequestError | ProtocolError:
    """400 and 422 are about what was asked, but for `tts failed`, which may go better another time."""
    said = complaint(body) or "without a word"
    if answer.status in (401, 403):
        return ProtocolError(f"it does not let us in: {said}; see token_file")
    if answer.status in (404, 405):
        return ProtocolError(f"it answers with {answer.status} ({said}): {_EXPECTED}")
    if answer.status in (400, 422) and b"tts failed" not in body:
        return BadRequestError(f"it refuses: {said}")
    return ProtocolError(f"it answers with an error ({answer.status}): {said}")


def _is_api_v2(body: bytes) -> bool:
    try:
        match json.loads(body):
            case {"paths": {"/tts": _, "/set_gpt_weights": _}}:
                return True
    except (ValueError, RecursionError):
        pass
    return False
