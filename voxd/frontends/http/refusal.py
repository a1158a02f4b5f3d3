"""What a stranger is told who does not get what they ask for."""

from collections.abc import Mapping

from fastapi import HTTPException
from starlette.responses import JSONResponse

from voxd.errors import BadRequestError, BusyError, StorageError, VoxdError

RETRY_AFTER_S = 1
_STATUS_OF: Mapping[type[VoxdError], int] = {BadRequestError: 400, BusyError: 503, StorageError: 507}
_CODES = {
    400: "bad_request",
    401: "unknown_client",
    403: "forbidden",
    404: "not_found",
    405: "wrong_method",
    406: "not_acceptable",
    408: "too_slow",
    409: "conflict",
    413: "too_long",
    421: "wrong_host",
    429: "too_many",
    503: "busy",
}


class RefusedError(HTTPException):
    """A request that is not served, with the status and a sentence on why."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, text, dict(headers or {}))

    @property
    def text(self) -> str:
        """The sentence."""
        return str(self.detail)


def status_of(error: VoxdError) -> int:
    """The status that says what kind of failure it was."""
    return next((status for kind, status in _STATUS_OF.items() if isinstance(error, kind)), 500)


def refusal(status: int, text: str, code: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer: a sentence for people and a word for programs."""
    more = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else {}
    return JSONResponse(
        {"error": text, "code": code or _CODES.get(status, "failed")}, status, headers=more | dict(headers or {})
    )


def refusal_of(error: VoxdError) -> JSONResponse:
    """The answer to whoever met an expected failure."""
    return refusal(status_of(error), str(error), error.code)
