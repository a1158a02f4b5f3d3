"""What a server answers instead of what it was asked for, as what is raised of it."""

from voxd.errors import BadRequestError, ProtocolError
from voxd.synthesis.engines.remote.complaint import complaint
from voxd.wire.http.client import Answer

COMPLAINT_MAX_BYTES = 256 * 1024
_NOT_BETTER_ELSEWHERE = (400, 404, 409, 413, 414, 415, 422)


async def check(answer: Answer, *, sound: bool = True, missing: bool = False) -> None:
    """Raises BadRequestError for a refusal of what was asked, ProtocolError for all else that is no success.

    `sound`: words are none. `missing`: what is not there may be missing.
    """
    if missing and answer.status == 404:
        return
    if answer.status in (401, 403):
        raise ProtocolError(f"it does not let us in{_said(await _complaint(answer))}; see token_file")
    if not 200 <= answer.status < 300:
        said = _said(await _complaint(answer))
        if answer.status in _NOT_BETTER_ELSEWHERE:
            raise BadRequestError(f"it refuses that{said or f' ({answer.status})'}")
        raise ProtocolError(f"it answers with an error ({answer.status}){said}")
    if sound and answer.content_type in ("application/json", "text/html", "text/plain"):
        raise ProtocolError(f"it answers with words in place of sound{_said(await _complaint(answer))}")


async def _complaint(answer: Answer) -> str:
    return complaint(await answer.whole(COMPLAINT_MAX_BYTES))


def _said(words: str) -> str:
    return f": {words}" if words else ""
