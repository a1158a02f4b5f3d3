"""Templates as Home Assistant renders them: Jinja in a sandbox, with its filter to_json. Undefined names are told."""

import json
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=_Complaining)
    environment.filters["to_json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment


class _Complaining(jinja2.Undefined):
    """Home Assistant logs a warning where these are used; here they fail."""

    def _complain(self) -> str:
        raise AssertionError(self._undefined_message)

    def __str__(self) -> str:
        return self._complain()

    def __bool__(self) -> bool:
        return bool(self._complain())

    def __iter__(self) -> Any:
        return iter(self._complain())


_ENVIRONMENT = _environment()


def rendered(template: object, **variables: Any) -> str:
    """What Home Assistant makes of a template: no white space around it."""
    return _ENVIRONMENT.from_string(str(template)).render(**variables).strip()


def shown(template: object, state: dict[str, Any]) -> str:
    """What it reads from a payload."""
    return rendered(template, value=json.dumps(state), value_json=state)
