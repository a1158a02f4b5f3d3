"""What a support bundle shows of settings and texts, and what never."""

import json
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from voxd.commands.support.bundle import make
from voxd.commands.support.secrets import HIDDEN, OUTSIDE, SAID, cleaned, secrets_of, shown
from voxd.commands.support.sources import told_by
from voxd.errors import VoxdError
from voxd.settings import Settings

CANARY = "canary-4711"
SECRET = {
    "mqtt": {"username": CANARY, "password": CANARY},
    "voices": {"mum": {"engine": "espeak", "description": CANARY}},
    "engines": {"mine": {"type": "python", "model": "a.b:C", "options": {"api_key": CANARY, "size": 3}}},
    "speech": {"pronunciations": {CANARY: CANARY}},
    "zones": {"home": {"ducking": {"before": ["curl", f"-HAuthorization: {CANARY}"]}}},
}


class SettingsOfTomorrow(BaseModel):
    """An option that nobody thought of here."""

    api_key: str = CANARY


def test_no_secret_of_the_settings_is_shown() -> None:
    seen = json.dumps(shown(Settings.model_validate(SECRET)))
    assert CANARY not in seen
    assert HIDDEN in seen


def test_an_option_that_nobody_thought_of_is_hidden() -> None:
    assert shown(SettingsOfTomorrow()) == {"api_key": HIDDEN}  # type: ignore[arg-type]  # the settings of a later version


def test_what_helps_is_shown() -> None:
    seen = shown(Settings.model_validate({"mqtt": {"host": "10.0.0.2", "port": 8883}, "node": "den"}))
    assert seen["node"] == "den"
    assert seen["mqtt"]["host"] == "10.0.0.2"  # type: ignore[index]  # a section
    assert seen["mqtt"]["port"] == 8883  # type: ignore[index]  # a section
    assert seen["engines"]["espeak"]["type"] == "espeak"  # type: ignore[index]  # a section


@pytest.mark.parametrize(
    ("host", "seen"),
    [
        ("broker", "broker"),
        ("broker.lan", "broker.lan"),
        ("::1", "::1"),
        ("my.broker.com", OUTSIDE),
        ("8.8.8.8", OUTSIDE),
    ],
)
def test_names_outside_the_house_are_hidden(host: str, seen: str) -> None:
    assert shown(Settings.model_validate({"mqtt": {"host": host}}))["mqtt"]["host"] == seen  # type: ignore[index]  # a section


def test_secrets_in_files_are_known_and_taken_out_of_every_part(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{CANARY}\n")
    settings = Settings.model_validate({"wyoming": {"token_file": str(file)}})
    assert cleaned(f"Bearer {CANARY}!", secrets_of(settings), ()) == f"Bearer {HIDDEN}!"


@pytest.mark.parametrize("type_", ["wyoming", "openai", "gpt_sovits", "sambert"])
def test_what_engines_show_their_servers_is_taken_out_too(type_: str, tmp_path: Path) -> None:
    token, key = tmp_path / "token", tmp_path / "key"
    token.write_text(f"{CANARY}\n")
    key.write_text("of a certificate\n")
    tls = {"cert_file": str(key), "key_file": str(key)} | ({"enabled": "true"} if type_ == "wyoming" else {})
    settings = Settings.model_validate({"engines": {"there": {"type": type_, "token_file": str(token), "tls": tls}}})
    told = f"Authorization: Bearer {CANARY}, and the key of a certificate"
    assert cleaned(told, secrets_of(settings), ()) == f"Authorization: Bearer {HIDDEN}, and the key {HIDDEN}"


def test_servers_of_engines_are_shown_within_the_house_alone() -> None:
    url = ["http://10.0.0.7:8000/v1", "https://api.some-shop.example/v1"]
    engines = {
        "far": {"type": "openai", "url": url, "extra": {"user": CANARY}, "styles": {"calm": CANARY}},
        "near": {"type": "wyoming", "host": "nas.lan", "servers": ["[fd00::7]:10200", "8.8.8.8:10200"]},
    }
    seen = shown(Settings.model_validate({"engines": engines}))["engines"]
    assert seen["far"]["url"] == ["http://10.0.0.7:8000/v1", f"https://{OUTSIDE}/v1"]  # type: ignore[index]  # a section
    assert seen["near"]["servers"] == ["[fd00::7]:10200", f"{OUTSIDE}:10200"]  # type: ignore[index]  # a section
    assert CANARY not in json.dumps(seen)


def test_the_name_at_the_broker_is_hidden_without_spoiling_every_other_part() -> None:
    settings = Settings.model_validate({"mqtt": {"username": "voxd", "password": CANARY}})
    assert shown(settings)["mqtt"]["username"] == HIDDEN  # type: ignore[index]  # a section
    assert cleaned("voxd.service is active", secrets_of(settings), ()) == "voxd.service is active"


def test_what_json_writes_otherwise_is_taken_out_too() -> None:
    said = 'He said "hello",\nthen left.'
    assert cleaned(json.dumps({"reason": said}), (), [said]) == json.dumps({"reason": SAID})


def test_only_voxd_itself_is_told_what_the_environment_says_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXD_NODE", "den")
    program = (sys.executable, "-c", "import os; print(os.environ.get('VOXD_NODE'))")
    assert told_by(*program, of_voxd=True).endswith("\nden\n\n")
    assert told_by(*program).endswith("\nNone\n\n")


def test_what_was_said_is_taken_out_of_every_part() -> None:
    log = "WARNING Nobody heard 'Your parcel is at the door.' in hall"
    assert cleaned(log, (), ["Your parcel is at the door."]) == f"WARNING Nobody heard '{SAID}' in hall"


def test_an_archive_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "voxd.tar.gz"
    file.write_text("mine")
    with pytest.raises(VoxdError, match="is there already"):
        make(Settings(), "", file, ())
    assert file.read_text() == "mine"
