"""What Home Assistant finds in its folder at its first boot: onboarded, one owner, one token, only what is needed."""

import base64
import hashlib
import hmac
import json
import shutil
import time
from pathlib import Path
from typing import Any

import yaml

COMPONENTS = Path(__file__).parent / "custom_components"
OWNER, TOKEN_ID, KEY = "1" * 32, "2" * 32, "3" * 128
LIFETIME_S = 10 * 365 * 24 * 3600
AUTOMATIONS = "automation: !include automations.yaml\n"
"""Where Home Assistant writes those that are made in its dialogues."""


def furnish(folder: Path, port: int, more: dict[str, Any]) -> None:
    """Write the configuration, with `more` on top of what every test needs."""
    settings = {
        "homeassistant": {
            "name": "Home",
            "latitude": 52.5,
            "longitude": 13.4,
            "elevation": 34,
            "unit_system": "metric",
            "time_zone": "UTC",
            "country": "DE",
            "internal_url": f"http://127.0.0.1:{port}",
            "external_url": f"http://127.0.0.1:{port}",
        },
        "http": {"server_host": "127.0.0.1", "server_port": port},
        "logger": {"default": "info"},
        "api": None,
        "config": None,
        "assist_pipeline": None,
        "conversation": None,
        "media_source": None,
        "tts": None,
        "media_player": [{"platform": "rig"}],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(yaml.safe_dump(settings | more) + AUTOMATIONS)
    (folder / "automations.yaml").write_text("[]\n")
    shutil.copytree(COMPONENTS, folder / "custom_components", ignore=shutil.ignore_patterns("__pycache__"))
    _store(folder, "onboarding", {"done": ["user", "core_config", "analytics", "integration"]}, version=4)
    _store(folder, "auth", _owner(), version=1)


def access_token() -> str:
    """The owner's long-lived access token, a JWT (RFC 7519) as Home Assistant signs them."""
    now_s = int(time.time())
    parts = [
        {"alg": "HS256", "typ": "JWT"},
        {"iss": TOKEN_ID, "iat": now_s - 60, "exp": now_s + LIFETIME_S},
    ]
    signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    return (signed + b"." + _base64(hmac.digest(KEY.encode(), signed, hashlib.sha256))).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _owner() -> dict[str, Any]:
    user = {
        "id": OWNER,
        "group_ids": ["system-admin"],
        "is_owner": True,
        "is_active": True,
        "name": "Owner",
        "system_generated": False,
        "local_only": False,
    }
    nothing = ("client_id", "client_icon", "last_used_at", "last_used_ip", "expire_at", "credential_id", "version")
    token = {
        "id": TOKEN_ID,
        "user_id": OWNER,
        "client_name": "rig",
        "token_type": "long_lived_access_token",
        "created_at": "2024-01-01T00:00:00+00:00",
        "access_token_expiration": float(LIFETIME_S),
        "token": "4" * 128,
        "jwt_key": KEY,
        **dict.fromkeys(nothing),
    }
    return {"users": [user], "groups": [], "credentials": [], "refresh_tokens": [token]}


def _store(folder: Path, key: str, data: dict[str, Any], *, version: int) -> None:
    file = folder / ".storage" / key
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"version": version, "minor_version": 1, "key": key, "data": data}))
