"""Reads the settings from file, environment and command line, and lists every mistake at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from voxd.errors import SettingsError
from voxd.settings import MqttSettings, Settings
from voxd.settings.engines import EngineSettings, RemoteSettings
from voxd.settings_mistakes import OptionPath, mistakes_between_sections, sentence_for

SYSTEM_FILE = Path("/etc/voxd/voxd.yaml")
ENVIRONMENT_PREFIX = "VOXD_"
MQTT_PASSWORD_CREDENTIAL = "mqtt-password"  # noqa: S105 (the name of a secret, not a secret)
ENGINE_TOKEN_CREDENTIAL = "engine-{}-token"  # noqa: S105 (the same, with the engine's name in it)


@dataclass(slots=True)
class _Gathered:
    """The raw options with where each came from, and the mistakes met on the way."""

    options: dict[str, Any] = field(default_factory=dict)
    origins: dict[OptionPath, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def put(self, path: OptionPath, value: object, origin: str) -> None:
        """Set one option, making the sections on the way."""
        section: dict[str, Any] = self.options
        for key in path[:-1]:
            inner = section.get(key)
            section[key] = section = inner if isinstance(inner, dict) else {}
        section[path[-1]] = value
        self.origins[path] = origin

    def told(self, path: OptionPath, sentence: str) -> str:
        """A mistake with the place where it was made."""
        origin, option = self.origin(path), ".".join(path)
        return f"{origin}: {sentence}" if origin.endswith(f" {option}") else f"{origin}: {option}: {sentence}"

    def origin(self, path: OptionPath) -> str:
        """Where an option, or the nearest section around it, was given."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return "settings"


def load(
    file: Path | None = None,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings in force.

    `file` wins over `$VOXD_CONFIG`, which wins over /etc/voxd/voxd.yaml; then the environment
    (`VOXD_MQTT__HOST`) and `overrides` (`mqtt.host=...`) win over the file. Raises SettingsError with every
    mistake: where it stands, which option, and what would be right.
    """
    environment = os.environ if environment is None else environment
    gathered = _Gathered()
    chosen = settings_path(file, environment)
    if chosen is not None:
        _read_file(chosen, gathered)
    _read_environment(environment, gathered)
    _read_overrides(overrides, gathered)
    settings = _validated(gathered)
    return with_credentials(settings, environment)


def settings_path(file: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file that `load` reads, None for the embedded defaults."""
    if file is not None:
        return file
    if named := environment.get("VOXD_CONFIG"):
        return Path(named)
    return SYSTEM_FILE if SYSTEM_FILE.is_file() else None


def _read_file(path: Path, gathered: _Gathered) -> None:
    try:
        root = yaml.compose(path.read_text("utf-8"), yaml.SafeLoader)
    except OSError as error:
        gathered.mistakes.append(f"{path}: cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        gathered.mistakes.append(f"{path}: is not UTF-8 text")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        gathered.mistakes.append(f"{path}{line}: is not valid YAML: {getattr(error, 'problem', error)}")
    else:
        _read_root(root, path, gathered)


def _read_root(root: yaml.Node | None, path: Path, gathered: _Gathered) -> None:
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        gathered.mistakes.append(f"{path}:{_line(root)}: must hold options like 'mqtt:', not a bare value")
        return
    gathered.options = _mapping(root, (), path, gathered, frozenset())


def _mapping(
    node: yaml.MappingNode, at: OptionPath, path: Path, gathered: _Gathered, inside: frozenset[int]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*at, key)
        if key in found:
            gathered.mistakes.append(f"{path}:{_line(key_node)}: {'.'.join(here)}: is given twice; keep one of them")
        gathered.origins[here] = f"{path}:{_line(key_node)}"
        found[key] = _value(value_node, here, path, gathered, inside | {id(node)})
    return found


def _value(node: yaml.Node, at: OptionPath, path: Path, gathered: _Gathered, inside: frozenset[int]) -> Any:
    if id(node) in inside:
        gathered.mistakes.append(f"{path}:{_line(node)}: {'.'.join(at)}: refers to itself")
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, path, gathered, inside)
    try:
        return yaml.constructor.SafeConstructor().construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        problem = getattr(error, "problem", error)
        gathered.mistakes.append(f"{path}:{_line(node)}: {'.'.join(at)}: {problem}")
        return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _read_environment(environment: Mapping[str, str], gathered: _Gathered) -> None:
    for name, value in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX) and name != "VOXD_CONFIG":
            path = tuple(part.lower() for part in name.removeprefix(ENVIRONMENT_PREFIX).split("__"))
            gathered.put(path, _structured(value), f"environment {name}")


def _read_overrides(overrides: Sequence[str], gathered: _Gathered) -> None:
    for override in overrides:
        name, equals, value = override.partition("=")
        if not equals or not all(name.split(".")):
            gathered.mistakes.append(f"--set {override}: must look like --set mqtt.host=broker.lan")
            continue
        gathered.put(tuple(name.split(".")), _structured(value), f"--set {name}")


def _structured(value: str) -> object:
    """Lists and mappings may be written in YAML's flow style; anything else stays the text it is."""
    if value[:1] not in ("[", "{"):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def _validated(gathered: _Gathered) -> Settings:
    mistakes = gathered.mistakes
    settings = None
    try:
        settings = Settings.model_validate(gathered.options)
    except ValidationError as error:
        mistakes += [gathered.told(*sentence_for(detail, gathered.options)) for detail in error.errors()]
    mistakes += [gathered.told(*found) for found in mistakes_between_sections(gathered.options)]
    if mistakes or settings is None:
        raise SettingsError(tuple(sorted(mistakes, key=_place)))
    return settings


def _place(mistake: str) -> tuple[str, int]:
    """Sorts mistakes by file and line; those of the environment and the command line by their names."""
    origin, _, rest = mistake.partition(":")
    line = rest.partition(":")[0]
    return origin, int(line) if line.isdigit() else 0


def with_credentials(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """Take the broker's password and the engines' tokens from systemd's credentials where the owner named no other."""
    if not (named := environment.get("CREDENTIALS_DIRECTORY")):
        return settings
    folder = Path(named)
    engines = {name: _engine_with_token(name, engine, folder) for name, engine in settings.engines.items()}
    return settings.model_copy(update={"mqtt": _mqtt_with_password(settings.mqtt, folder), "engines": engines})


def _mqtt_with_password(mqtt: MqttSettings, folder: Path) -> MqttSettings:
    credential = folder / MQTT_PASSWORD_CREDENTIAL
    if mqtt.password is not None or mqtt.password_file is not None or not credential.is_file():
        return mqtt
    return mqtt.model_copy(update={"password_file": credential})


def _engine_with_token(name: str, engine: EngineSettings, folder: Path) -> EngineSettings:
    credential = folder / ENGINE_TOKEN_CREDENTIAL.format(name)
    if not isinstance(engine, RemoteSettings) or engine.token_file is not None or not credential.is_file():
        return engine
    return engine.model_copy(update={"token_file": credential})
