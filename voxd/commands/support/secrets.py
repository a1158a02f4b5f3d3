"""Settings as a maintainer may see them, and texts without what nobody else may read.

An option is hidden unless it is known to be harmless: a new one that holds a secret cannot be forgotten here.
"""

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel

from voxd.commands.checks.credentials import KEPT
from voxd.settings import Settings

HIDDEN = "(not shown)"
SAID = "(what was said)"
OUTSIDE = "(a name outside the house)"
HARMLESS = frozenset(
    {
        *("alarm", "alarms", "allow", "base_topic", "cut_off", "default", "device", "dtype", "engine", "fallbacks"),
        *(
            "format",
            "groups",
            "hours",
            "language",
            "languages",
            "last_resort",
            "level",
            "low",
            "high",
            "normal",
            "mode",
            "model",
        ),
        *("name", "node", "passes", "prefix", "priority", "process", "program", "sites", "speaker", "stand_in"),
        *("stream", "streaming", "style", "type", "voice", "voices", "zones"),
    }
)
"""Options whose texts are names, or words of our own."""
SECRET_FILES = frozenset({"password_file", "token_file", "key_file"})
"""Options that name a file of secrets, wherever they stand."""
SECRETS_MIN_CHARS = 4
SAID_MIN_CHARS = 6
"""What is shorter stands in too many other words to be taken out of them."""
_HOME_NETWORKS = (".local", ".lan", ".home", ".internal", ".home.arpa", ".fritz.box")


def shown(settings: Settings) -> dict[str, object]:
    """All options; numbers and switches as they are, texts only where they are harmless."""
    return {name: _shown(name, getattr(settings, name)) for name in type(settings).model_fields}


def _shown(name: str, value: object) -> object:
    match value:
        case BaseModel():
            return {each: _shown(each, getattr(value, each)) for each in type(value).model_fields}
        case Mapping():
            keys_are_names = name != "pronunciations"
            return {str(key): _shown(name, inner) for key, inner in value.items()} if keys_are_names else HIDDEN
        case list() | tuple():
            return [_shown(name, inner) for inner in value]
        case None | bool() | int() | float():
            return value
        case _:
            return _text(name, value)


def _text(name: str, value: object) -> str:
    if isinstance(value, Path):
        return without_home(str(value))
    if name in _PLACES:
        return _PLACES[name](str(value))
    return str(value) if name in HARMLESS else HIDDEN


def _host(host: str) -> str:
    """Addresses and names of the house may be shown; a name on the internet tells who somebody is."""
    try:
        return host if not ipaddress.ip_address(host.strip("[]")).is_global else OUTSIDE
    except ValueError:
        return host if "." not in host or host.endswith(_HOME_NETWORKS) else OUTSIDE


def _address(address: str) -> str:
    """Of host:port."""
    host, _, port = address.rpartition(":")
    return f"{_host(host)}:{port}"


def _url(url: str) -> str:
    parts = urlsplit(url)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{_host(f'[{host}]' if ':' in host else host)}{port}{parts.path}"


_PLACES = {"host": _host, "servers": _address, "url": _url}


def without_home(text: str) -> str:
    """Without the name of whoever this home belongs to."""
    try:
        home = str(Path.home())
    except RuntimeError:  # a user whom this machine does not know, as in a container
        return text
    return text.replace(home, "~") if home not in ("/", "/root") else text


def secrets_of(settings: Settings) -> list[str]:
    """What must stand nowhere: passwords, tokens and keys, those in files among them as far as we may read them.

    Not the name that the broker knows us by: hidden among the settings, and often `voxd`, which stands everywhere.
    """
    given = [settings.mqtt.password or ""]
    given += [line for file in (*_files(settings), *_credentials()) for line in _lines(file)]
    return [secret for secret in map(str.strip, given) if len(secret) >= SECRETS_MIN_CHARS]


def _files(value: object) -> Iterator[Path]:
    """The files of secrets that the settings name, those of each engine among them."""
    match value:
        case BaseModel():
            named = {name: getattr(value, name) for name in type(value).model_fields}
            yield from (file for name, file in named.items() if name in SECRET_FILES and isinstance(file, Path))
            yield from _files(named)
        case Mapping():
            for inner in value.values():
                yield from _files(inner)
        case list() | tuple():
            for inner in value:
                yield from _files(inner)


def _credentials() -> Iterable[Path]:
    """What the units are given, whichever of it the settings name."""
    try:
        return [*KEPT.iterdir()]
    except OSError:
        return ()


def _lines(file: Path) -> Iterable[str]:
    try:
        return file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()


def cleaned(text: str, secrets: Iterable[str], said: Iterable[str]) -> str:
    """Without those secrets and those texts, wherever they stand in it, as they are or as JSON has them."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = _without(secret, HIDDEN, text)
    for one in sorted(said, key=len, reverse=True):
        if len(one) >= SAID_MIN_CHARS:
            text = _without(one, SAID, text)
    return without_home(text)


def _without(words: str, instead: str, text: str) -> str:
    for form in (words, json.dumps(words, ensure_ascii=False)[1:-1], json.dumps(words)[1:-1]):
        text = text.replace(form, instead)
    return text
