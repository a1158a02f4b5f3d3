"""Turns what is wrong in the settings into sentences that say what would be right."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from voxd.settings import (
    NODE,
    TOPIC_PREFIX,
    DeviceOutputSettings,
    FileOutputSettings,
    HermesOutputSettings,
    SatelliteOutputSettings,
    Settings,
    SnapcastOutputSettings,
)
from voxd.settings.addresses import LOOPBACK, door_of, met_twice
from voxd.settings.engines import (
    DEVICE,
    IMPORT_PATH,
    EspeakSettings,
    FliteSettings,
    GptSovitsSettings,
    OpenAiSettings,
    PiperSettings,
    PocketSettings,
    PythonSettings,
    SambertSettings,
    VoxcpmSettings,
    WyomingEngineSettings,
)
from voxd.settings.section import LANGUAGE_TAG, NAME

OptionPath = tuple[str, ...]

_ENGINES: dict[str, type[BaseModel]] = {
    "espeak": EspeakSettings,
    "flite": FliteSettings,
    "wyoming": WyomingEngineSettings,
    "openai": OpenAiSettings,
    "gpt_sovits": GptSovitsSettings,
    "sambert": SambertSettings,
    "voxcpm": VoxcpmSettings,
    "pocket": PocketSettings,
    "piper": PiperSettings,
    "python": PythonSettings,
}

_OUTPUTS: dict[str, type[BaseModel]] = {
    "auto": DeviceOutputSettings,
    "device": DeviceOutputSettings,
    "file": FileOutputSettings,
    "satellite": SatelliteOutputSettings,
    "hermes": HermesOutputSettings,
    "snapcast": SnapcastOutputSettings,
}

_WYOMING_PORT = 10200
_HTTP_PORT = 6006

_PATTERNS = {
    NAME: "must be a name of letters, digits, dots, dashes and underscores, 64 at most",
    NODE: "must be a name of letters, digits, dashes and underscores, 64 at most",
    TOPIC_PREFIX: "must be the beginning of a topic: levels between slashes, no blanks, + and #, no $ at its start",
    DEVICE: "must be auto, cpu, cuda or cuda:N",
    IMPORT_PATH: "must be the import path of a class, such as my_package.my_module:MyModel",
    LANGUAGE_TAG: "must be a language tag such as de or en-GB",
}

_EXPECTATIONS = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text; put it in quotes",
    "path_type": "must be the path of a file or folder",
    "dict_type": "must be a section with options of its own",
    "model_type": "must be a section with options of its own",
    "model_attributes_type": "must be a section with options of its own",
    "tuple_type": "must be a list",
    "missing": "is needed",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def sentence_for(detail: ErrorDetails, options: Mapping[str, Any]) -> tuple[OptionPath, str]:
    """Where a mistake stands and what would be right, from pydantic's description of it."""
    path = _option_path(detail["loc"], options)
    kind = detail["type"]
    given = detail.get("input")
    shown = "" if _secret(path) or isinstance(given, (dict, list)) else f", not {_shown(given)}"
    if kind == "extra_forbidden":
        return path, _unknown_option(path, options)
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        type_ = given.get("type") if isinstance(given, dict) else None
        known = ", ".join(_ENGINES if path[0] == "engines" else _OUTPUTS)
        return (*path, "type"), f"must be one of {known}" + (f", not {_shown(type_)}" if type_ else "")
    if kind == "missing":
        return path, _EXPECTATIONS[kind]
    if kind in _EXPECTATIONS:
        return path, _EXPECTATIONS[kind] + shown
    return path, _from_limits(detail) + shown


def _from_limits(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    for key, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if key in limits:
            return f"must be {words} {limits[key]}"
    if detail["type"] == "literal_error":
        return f"must be {limits['expected']}"
    if detail["type"] == "string_pattern_mismatch":
        return _PATTERNS.get(limits["pattern"], f"must match {limits['pattern']}")
    return detail["msg"].removeprefix("Value error, ")


def _option_path(location: tuple[int | str, ...], options: Mapping[str, Any]) -> OptionPath:
    """The location as the owner wrote it: without the types that pydantic puts in between."""
    parts = [str(part) for part in location if part != "[key]"]
    if len(parts) > 2 and parts[0] == "engines" and parts[2] in _ENGINES:
        del parts[2]
    if len(parts) > 3 and parts[0] == "zones" and parts[2] == "outputs":
        return (*parts[:3], *_in_output(parts[3:], _at(options, parts[:3])))
    while parts and parts[-1].isdigit() and not isinstance(_at(options, parts[:-1]), dict):
        parts.pop()
    return tuple(parts)


def _in_output(parts: list[str], written: object) -> list[str]:
    """Which output of a zone, counted from 1 where the owner wrote several, and where in it."""
    number, *rest = parts
    if rest and rest[0] in _OUTPUTS:
        del rest[0]
    several = isinstance(written, list) and len(written) > 1
    return [str(int(number) + 1), *rest] if several and number.isdigit() else rest


def _at(options: Mapping[str, Any], path: list[str]) -> Any:
    found: Any = options
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _shown(value: object) -> str:
    """A value as YAML writes it."""
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def _secret(path: OptionPath) -> bool:
    return "password" in path[-1:]


def _unknown_option(path: OptionPath, options: Mapping[str, Any]) -> str:
    known = _known_options(path[:-1], options)
    opening, _, rest = path[-1].partition("_")
    if len(path) == 1 and rest and opening in known:
        return f"is no option; did you mean {opening}.{rest}? In the environment sections end with two underscores"
    near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.6)
    if near:
        return f"is no option; did you mean {near[0]}?"
    return f"is no option; known here: {', '.join(known)}"


def _known_options(section: OptionPath, options: Mapping[str, Any]) -> list[str]:
    if section[:1] == ("zones",) and section[2:3] == ("outputs",):
        return sorted(_output_model(section, options).model_fields)
    model: Any = Settings
    for key in section:
        if isinstance(model, type) and issubclass(model, BaseModel) and key in model.model_fields:
            model = model.model_fields[key].annotation
        else:
            model = _entry_model(section, options)
    return sorted(getattr(model, "model_fields", ()))


def _entry_model(section: OptionPath, options: Mapping[str, Any]) -> Any:
    """The model of a named entry, such as one zone, one voice or one engine."""
    if section[0] == "engines":
        entry = _at(options, list(section))
        type_ = entry.get("type") if isinstance(entry, dict) else None
        return _ENGINES.get(type_, EspeakSettings) if isinstance(type_, str) else EspeakSettings
    values = Settings.model_fields[section[0]].annotation
    return next((arg for arg in getattr(values, "__args__", ()) if hasattr(arg, "model_fields")), None)


def _output_model(section: OptionPath, options: Mapping[str, Any]) -> type[BaseModel]:
    written = _at(options, list(section[:3]))
    if isinstance(written, list):
        number = int(section[3]) - 1 if len(section) > 3 else 0
        written = written[number] if number < len(written) else None
    kind = written.get("type") if isinstance(written, dict) else None
    return _OUTPUTS.get(kind, DeviceOutputSettings) if isinstance(kind, str) else DeviceOutputSettings


def mistakes_between_sections(options: Mapping[str, Any]) -> Iterator[tuple[OptionPath, str]]:
    """Mistakes that no section can see alone, found whatever else is wrong."""
    engines = _names(options, "engines", {"espeak"})
    for name, voice in _named(options, "voices"):
        engine = voice.get("engine") if isinstance(voice, dict) else None
        if isinstance(engine, str) and engine not in engines:
            yield ("voices", name, "engine"), f"there is no engine {engine!r}; known: {', '.join(sorted(engines))}"
    if "clips" in engines:
        yield ("engines", "clips"), "is the name of voxd's own host for reference clips; choose another one"
    yield from _zone_mistakes(options)
    yield from _incomplete_mqtt(options)
    yield from _engine_mistakes(options)


def _zone_mistakes(options: Mapping[str, Any]) -> Iterator[tuple[OptionPath, str]]:
    """Zones that do not exist, groups that are no groups, stand-ins that would wait for one another."""
    zones = _names(options, "zones", {"home"})
    groups = _names(options, "groups", set())
    for section in ("announcements", "satellite"):
        for name in _texts(_at(options, [section, "zones"])):
            if name != "*" and name not in zones | groups:
                yield (
                    (section, "zones"),
                    f"there is no zone {name!r}; known: {_listed(zones | groups)}, or * for all",
                )
    for group, members in _named(options, "groups"):
        if group in zones:
            yield ("groups", group), "is the name of a zone, too; choose another one"
        for name in _texts(members):
            if name not in zones:
                yield ("groups", group), f"there is no zone {name!r}; known: {_listed(zones)}"
    yield from _stand_in_mistakes(options, zones)
    yield from _site_mistakes(options, zones | groups)


def _site_mistakes(options: Mapping[str, Any], zones: set[str]) -> Iterator[tuple[OptionPath, str]]:
    hermes = _at(options, ["hermes"])
    for site, meant in _named(hermes, "sites") if isinstance(hermes, dict) else ():
        for name in _texts(meant):
            if name != "*" and name not in zones:
                yield ("hermes", "sites", site), f"there is no zone {name!r}; known: {_listed(zones)}, or * for all"


def _stand_in_mistakes(options: Mapping[str, Any], zones: set[str]) -> Iterator[tuple[OptionPath, str]]:
    written = {name: zone.get("stand_in") for name, zone in _named(options, "zones") if isinstance(zone, dict)}
    for zone, stand_in in written.items():
        if isinstance(stand_in, str) and stand_in not in zones:
            yield ("zones", zone, "stand_in"), f"there is no zone {stand_in!r}; known: {_listed(zones)}"
        elif isinstance(stand_in, str) and zone in _after(zone, written):
            yield ("zones", zone, "stand_in"), "leads back to this zone; who stands in for the last one?"


def _after(zone: str, stand_ins: Mapping[str, object]) -> list[str]:
    """Who would speak instead, one after the other, until nobody is left or somebody comes again."""
    chain: list[str] = []
    instead = stand_ins.get(zone)
    while isinstance(instead, str) and instead not in chain:
        chain.append(instead)
        instead = stand_ins.get(instead)
    return chain


def _texts(value: object) -> list[str]:
    """The texts in an option that takes one or a list."""
    many = [value] if isinstance(value, str) else value
    return [one for one in many if isinstance(one, str)] if isinstance(many, list) else []


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _incomplete_mqtt(options: Mapping[str, Any]) -> Iterator[tuple[OptionPath, str]]:
    mqtt = _at(options, ["mqtt"])
    if not isinstance(mqtt, dict):
        return
    for secret in ("password", "password_file"):
        if mqtt.get(secret) is not None and mqtt.get("username") is None:
            yield ("mqtt", secret), "needs mqtt.username beside it"
    yield from _incomplete_tls(("mqtt", "tls"), mqtt.get("tls"))


def _incomplete_tls(path: OptionPath, tls: object) -> Iterator[tuple[OptionPath, str]]:
    if not isinstance(tls, dict):
        return
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if tls.get(one) is not None and tls.get(other) is None:
            yield (*path, one), f"needs {'.'.join((*path, other))} beside it"


def _engine_mistakes(options: Mapping[str, Any]) -> Iterator[tuple[OptionPath, str]]:
    """TLS files that would not be used, or not do; an engine that would be we ourselves, or share what it cannot."""
    yield from _shared_models(options)
    for name, engine in _named(options, "engines"):
        yield from _own_http_echo(("engines", name), engine, _at(options, ["http"]))
        if isinstance(engine, dict) and engine.get("type") == "wyoming":
            yield from _own_echo(("engines", name), engine, _at(options, ["wyoming"]))
        path, tls = ("engines", name, "tls"), _at(options, ["engines", name, "tls"])
        yield from _incomplete_tls(path, tls)
        if isinstance(tls, dict) and engine.get("type") == "wyoming" and not tls.get("enabled"):
            for file in [file for file in ("ca_file", "cert_file", "key_file") if tls.get(file)][:1]:
                yield (*path, file), f"needs {'.'.join(path)}.enabled: true beside it"


def _own_echo(path: OptionPath, engine: Mapping[str, Any], door: object) -> Iterator[tuple[OptionPath, str]]:
    """A Wyoming engine at our own door would ask us for our voices, which would be more each time."""
    own: Mapping[str, Any] = door if isinstance(door, dict) else {}
    if own.get("enabled", True) in (False, "false") or not engine.keys() <= WyomingEngineSettings.model_fields.keys():
        return  # an option that is written wrongly may be the one that matters
    hosts = {*LOOPBACK, own.get("host", LOOPBACK[0])}
    addresses = [f"{engine.get('host', LOOPBACK[0])}:{engine.get('port', _WYOMING_PORT)}"]
    for address in (*addresses, *_texts(engine.get("servers"))):
        host, _, port = address.rpartition(":")
        if host.strip("[]") in hosts and port == str(own.get("port", _WYOMING_PORT)):
            yield path, f"{address} is voxd's own door: give one of them another port (wyoming.port, or the server's)"


def _own_http_echo(path: OptionPath, engine: object, door: object) -> Iterator[tuple[OptionPath, str]]:
    """The same over HTTP."""
    if not isinstance(engine, dict) or not isinstance(door, dict) or door.get("enabled") not in (True, "true"):
        return
    host, port = str(door.get("host", LOOPBACK[0])), str(door.get("port", _HTTP_PORT))
    for url in _urls(engine):
        found = door_of(url)
        if found is not None and found[0] in (LOOPBACK[0], host) and str(found[1]) == port:
            yield (*path, "url"), f"{url} is voxd's own door: give one of them another port (http.port, or its own)"


def _shared_models(options: Mapping[str, Any]) -> Iterator[tuple[OptionPath, str]]:
    """Two that ask one GPT-SoVITS server change weights and clips under each other's sentences."""
    engines = [(name, engine) for name, engine in _named(options, "engines") if isinstance(engine, dict)]
    asked = [(name, url) for name, engine in engines if engine.get("type") == "gpt_sovits" for url in _urls(engine)]
    if (found := met_twice(asked)) is not None:
        url, name, other = found
        also = "twice" if name == other else f"by engines.{other}, too"
        why = "GPT-SoVITS has one model and one clip at a time, and a sentence would be heard in another's voice"
        yield ("engines", name, "url"), f"{url} is asked {also}: {why}; have one engine ask it, with several speakers"


def _urls(engine: Mapping[str, Any]) -> list[str]:
    """Those of an engine that is asked over HTTP, also where it is silent about them."""
    model = _ENGINES.get(str(engine.get("type")))
    usual = model.model_fields.get("url") if model is not None else None
    return _texts(engine.get("url")) or (list(usual.default) if usual is not None else [])


def _named(options: Mapping[str, Any], section: str) -> list[tuple[str, Any]]:
    entries = options.get(section)
    return list(entries.items()) if isinstance(entries, dict) else []


def _names(options: Mapping[str, Any], section: str, default: set[str]) -> set[str]:
    entries = options.get(section)
    return set(entries) if isinstance(entries, dict) else default
