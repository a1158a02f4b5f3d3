"""What goes wrong with a hub, in sentences: what huggingface_hub and requests raise, and what the owner can do."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from voxd.errors import VoxdError

_TOKEN = "set HF_TOKEN to a token of yours that may read it"  # noqa: S105 - the sentence, not a token


class HubError(VoxdError):
    """The hub does not give what was asked for."""

    code = "hub_failed"


class BrokenOffError(HubError):
    """The connection broke; what has come is kept, and another try goes on from there."""


def explanation(error: Exception, endpoint: str, model: str, revision: str) -> HubError:
    """The error for people. Neither the hub's full address nor the cause's text is told: they may hold a secret."""
    from huggingface_hub import errors

    host = urlsplit(endpoint).hostname or "the hub"
    cause = error.__cause__ if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ else error
    for kind, explained in _refusals(host, model, revision):
        if isinstance(cause, kind):
            return explained
    if isinstance(cause, errors.HfHubHTTPError) and cause.response is not None:
        return _answer(cause.response.status_code, host)
    for kind, explained in _disturbances(host):
        if isinstance(cause, kind):
            return explained
    if isinstance(cause, OSError) and cause.strerror:
        return HubError(f"The model cannot be written here: {cause.strerror}")
    return BrokenOffError(f"{host} did not answer as a hub of models does ({type(cause).__name__}): try again later")


def _refusals(host: str, model: str, revision: str) -> Iterator[tuple[type[Exception], HubError]]:
    """The more special ones first."""
    from huggingface_hub import errors

    gated = f"{model} is given out on conditions: accept them on its page at {host}, and {_TOKEN}"
    yield errors.GatedRepoError, HubError(gated)
    yield (
        errors.RepositoryNotFoundError,
        HubError(f"{host} shows no model {model}: check the name; if private, {_TOKEN}"),
    )
    yield (
        errors.RevisionNotFoundError,
        HubError(f"{model} has no revision {revision}: without --revision, it is the newest"),
    )
    yield errors.OfflineModeIsEnabled, HubError("HF_HUB_OFFLINE is set, so nothing can be fetched: unset it")


def _disturbances(host: str) -> Iterator[tuple[type[Exception], HubError]]:
    """The more special ones first."""
    from requests import exceptions

    untrusted = f"The certificate of {host} is not trusted here: name those of your proxy in REQUESTS_CA_BUNDLE"
    broken = BrokenOffError(
        f"{host} cannot be reached, or the connection broke: look at the network and run it again, it goes on where it "
        "stopped; or name a mirror in HF_ENDPOINT"
    )
    yield exceptions.SSLError, HubError(untrusted)
    yield exceptions.ProxyError, HubError(f"The proxy does not let us through to {host}: see HTTPS_PROXY and NO_PROXY")
    yield exceptions.ConnectionError, broken
    yield exceptions.Timeout, broken
    yield exceptions.ChunkedEncodingError, broken


def _answer(status: int, host: str) -> HubError:
    if status in {401, 403}:
        return HubError(f"{host} refuses the access (HTTP {status}): {_TOKEN}")
    if status == 429:
        return HubError(f"{host} was asked too often (HTTP 429): wait some minutes, or {_TOKEN}")
    return HubError(f"{host} has troubles (HTTP {status}): try again later, or name a mirror in HF_ENDPOINT")
