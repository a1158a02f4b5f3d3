"""What is asked of Home Assistant over its REST API, as its owner."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

TIMEOUT_S = 60.0


class ApiError(Exception):
    """Home Assistant refused."""


class RestApi:
    """https://developers.home-assistant.io/docs/api/rest, and what its own pages use beside it."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def get(self, path: str, timeout_s: float = TIMEOUT_S) -> Any:
        """The answer to a GET."""
        return json.loads(self.fetch(path, timeout_s))

    def post(self, path: str, body: Mapping[str, Any], timeout_s: float = TIMEOUT_S) -> Any:
        """The answer to a POST."""
        return json.loads(self._asked(path, timeout_s, json.dumps(body).encode()) or b"null")

    def delete(self, path: str) -> None:
        """DELETE."""
        self._asked(path, TIMEOUT_S, method="DELETE")

    def fetch(self, path: str, timeout_s: float = TIMEOUT_S) -> bytes:
        """All bytes of a GET, by path or URL."""
        return self._asked(path, timeout_s)

    def _asked(self, path: str, timeout_s: float, body: bytes | None = None, method: str | None = None) -> bytes:
        request = urllib.request.Request(urljoin(self.base, path), body, self._headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as reply:
                return bytes(reply.read())
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(f"{error.code} {path}: {error.read()[:2000]!r}") from None

    def call(self, service: str, entity_id: str | None = None, timeout_s: float = TIMEOUT_S, **data: Any) -> None:
        """Perform an action, such as tts.speak; returns when it is done."""
        domain, _, name = service.partition(".")
        target = {} if entity_id is None else {"entity_id": entity_id}
        self.post(f"/api/services/{domain}/{name}", target | data, timeout_s)

    def states(self) -> dict[str, dict[str, Any]]:
        """Every entity's state object."""
        return {state["entity_id"]: state for state in self.get("/api/states")}

    def state(self, entity_id: str) -> str:
        """An entity's state."""
        return str(self.get(f"/api/states/{entity_id}")["state"])

    def set_up(self, integration: str, **answers: Any) -> str:
        """Go through the steps of an integration's dialogue; gives the id of its config entry.

        Each step takes from `answers` what it asks for; the rest stays as it is suggested.
        """
        step = self.post("/api/config/config_entries/flow", {"handler": integration})
        while step["type"] == "form":
            assert not step.get("errors"), step
            given = _filled(step["data_schema"], answers)
            step = self.post(f"/api/config/config_entries/flow/{step['flow_id']}", given)
        assert step["type"] == "create_entry", step
        return str(step["result"]["entry_id"])

    def entries(self, integration: str) -> list[dict[str, Any]]:
        """The config entries of an integration."""
        found = self.get(f"/api/config/config_entries/entry?domain={integration}")
        return [dict(entry) for entry in found]


def _filled(fields: list[dict[str, Any]], answers: Mapping[str, Any]) -> dict[str, Any]:
    """A form, or a section of one, as a person leaves it who writes nothing but the answers."""
    filled: dict[str, Any] = {}
    for field in fields:
        name = field["name"]
        suggested = (field.get("description") or {}).get("suggested_value", field.get("default"))
        if field.get("type") == "expandable":
            filled[name] = _filled(field["schema"], answers)
        elif name in answers or suggested is not None:
            filled[name] = answers.get(name, suggested)
    return filled
