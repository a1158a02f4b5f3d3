"""Which kind of answer a client wants: the header Accept (RFC 9110, 12.5.1), as far as it matters here."""

import re
from typing import Literal

from voxd.frontends.http.refusal import RefusedError

Kind = Literal["sound", "json"]

_KINDS: dict[str, tuple[Kind, ...]] = {
    "audio/wav": ("sound",),
    "audio/x-wav": ("sound",),
    "audio/wave": ("sound",),
    "audio/vnd.wave": ("sound",),
    "audio/*": ("sound",),
    "application/json": ("json",),
    "application/*": ("json",),
    "*/*": ("sound", "json"),
}
_QUALITY = re.compile(r";\s*q\s*=\s*([0-9.]+)\s*(;|$)")


def chosen_kind(accept: str, usual: Kind) -> Kind:
    """The kind that is liked best, the usual one where none is named. Raises RefusedError where we have none."""
    liked: dict[Kind, tuple[float, bool]] = {}
    for part in filter(None, (part.strip().lower() for part in accept.split(",")[:32])):
        name = part.partition(";")[0].strip()
        for kind in _KINDS.get(name, ()):
            liked[kind] = max(liked.get(kind, (0.0, False)), (_quality(part), not name.endswith("*")))
    wanted = {kind: liking for kind, liking in liked.items() if liking[0] > 0}
    if not accept.strip():
        return usual
    if not wanted:
        raise RefusedError(406, "There is audio/wav and application/json here, none of what Accept names")
    best = max(wanted.values())
    if wanted.get(usual) == best:
        return usual
    return next(kind for kind, liking in wanted.items() if liking == best)


def _quality(part: str) -> float:
    found = _QUALITY.search(part)
    try:
        return float(found[1]) if found else 1.0
    except ValueError:
        return 0.0
