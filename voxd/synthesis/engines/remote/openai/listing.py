"""What the answers to GET /models and GET /audio/voices hold, in the shapes that servers have for them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from voxd.settings.section import LANGUAGE_TAG
from voxd.synthesis.engines.remote.complaint import shortened

LISTED_MAX = 5000
NAME_MAX_CHARS = 200
SPEAKS = "text-to-speech"
"""The task of Speaches's models that speak."""


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice, its languages as BCP 47 tags as far as they are told, and the model that has it, where that is told."""

    name: str
    languages: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model; only Speaches tells its `task`, `rate_hz` and `voices`, only vLLM `root`: what it is behind its name."""

    name: str
    owner: str = ""
    created: int = 0
    task: str = ""
    rate_hz: int | None = None
    voices: tuple[ListedVoice, ...] = ()
    root: str = ""


def models_in(answer: object) -> tuple[ListedModel, ...]:
    """The models of {"data": [{"id"}]}, or of {"models": [...]} as some have it."""
    found = _items(answer, "data") or _items(answer, "models")
    return tuple(_model(each) for each in found if _name(each))


def voices_in(answer: object) -> tuple[ListedVoice, ...]:
    """The voices of {"voices": [...]} or of the bare list: names, or objects with id or name, perhaps language."""
    return tuple(_voices(_items(answer, "voices")))


def uploaded_in(answer: object) -> frozenset[str] | None:
    """What is listed as uploaded, in lower case as vLLM-Omni has it; None where the server takes no voices."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("uploaded_voices"), Sequence):
        return None
    return frozenset(name.lower() for found in _items(answer, "uploaded_voices") if (name := _name(found)))


def _model(found: object) -> ListedModel:
    facts = found if isinstance(found, Mapping) else {}
    created, rate_hz = facts.get("created"), facts.get("sample_rate")
    return ListedModel(
        _name(found),
        str(facts.get("owned_by") or "")[:NAME_MAX_CHARS],
        created if isinstance(created, int) else 0,
        str(facts.get("task") or ""),
        rate_hz if isinstance(rate_hz, int) and 8000 <= rate_hz <= 192_000 else None,
        tuple(_voices(_items(facts, "voices"), _name(found))),
        _root(facts.get("root")),
    )


def _voices(items: Sequence[object], model: str = "") -> Iterator[ListedVoice]:
    seen = set()
    for item in items:
        name = _name(item)
        if name and name not in seen:
            seen.add(name)
            yield ListedVoice(name, _languages(item), model)


def _items(answer: object, key: str) -> Sequence[object]:
    found = answer.get(key) if isinstance(answer, Mapping) else answer
    return found[:LISTED_MAX] if isinstance(found, list) else ()


def _name(item: object) -> str:
    """What a request has to call it; empty where it has no name that could be used."""
    match item:
        case str(name) | {"id": str(name)} | {"name": str(name)} if name.isprintable() and len(name) <= NAME_MAX_CHARS:
            return name.strip()
        case _:
            return ""


def _root(told: object) -> str:
    return shortened(told) if isinstance(told, str) else ""


def _languages(item: object) -> tuple[str, ...]:
    match item:
        case {"language": str(tag)} if re.fullmatch(LANGUAGE_TAG, tag):
            language, *more = tag.split("-")
            return ("-".join([language.lower(), *(part.upper() if len(part) == 2 else part for part in more)]),)
        case _:
            return ()
