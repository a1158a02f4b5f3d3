"""Settings: where they come from, and how mistakes are told."""

import json
import re
from pathlib import Path

import pytest

from voxd.errors import SettingsError
from voxd.settings import Settings
from voxd.settings.engines import WyomingEngineSettings
from voxd.settings_file import load

ROOT = Path(__file__).parent.parent

TEN_MISTAKES = """\
node: "my house"
mqtt:
  hots: broker.lan
  port: 99999
  password: 1234
wyoming:
  allow: [10.0.0.0/8, nonsense]
engines:
  espeak: {type: magic}
voices:
  mum: {engine: voxcpm, rate: 3}
announcements:
  zones: kitchen
zones:
  home: {volume: 120}
colour: blue
"""


def mistakes_of(file: Path | None = None, *overrides: str, **environment: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(file, overrides, environment)
    return caught.value.mistakes


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "voxd.yaml"


def test_without_a_file_the_defaults_are_in_force() -> None:
    assert load(environment={}) == Settings()


def test_the_explained_configuration_holds_every_option_at_its_default() -> None:
    assert load(ROOT / "config/voxd.yaml", environment={}) == Settings()


def test_every_option_stands_in_the_explained_configuration() -> None:
    text = (ROOT / "config/voxd.yaml").read_text()
    for section, field in Settings.model_fields.items():
        assert f"{section}:" in text
        for option in getattr(field.annotation, "model_fields", {}):
            assert f"  {option}:" in text, f"{section}.{option}"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(written: Path) -> None:
    written.write_text("mqtt: {host: file, port: 1, base_topic: file}")
    environment = {"VOXD_MQTT__HOST": "environment", "VOXD_MQTT__PORT": "2"}
    mqtt = load(written, ["mqtt.host=line"], environment).mqtt
    assert (mqtt.host, mqtt.port, mqtt.base_topic) == ("line", 2, "file")


def test_the_environment_names_the_file(written: Path) -> None:
    written.write_text("node: cellar")
    assert load(environment={"VOXD_CONFIG": str(written)}).node == "cellar"


def test_lists_and_sections_can_be_given_on_the_command_line() -> None:
    settings = load(None, ["zones={attic: {volume: 5}}", "wyoming.allow=10.0.0.0/8,192.168.1.7"], {})
    assert settings.zones["attic"].volume == 5
    assert [str(network) for network in settings.wyoming.allow] == ["10.0.0.0/8", "192.168.1.7/32"]


def test_ten_mistakes_in_one_file_are_ten_clear_lines(written: Path) -> None:
    written.write_text(TEN_MISTAKES)
    told = mistakes_of(written)
    expected = [
        (1, "node", "must be a name of letters, digits, dashes and underscores"),
        (3, "mqtt.hots", "did you mean host?"),
        (4, "mqtt.port", "must be at most 65535, not 99999"),
        (5, "mqtt.password", "must be text; put it in quotes"),
        (7, "wyoming.allow", "must be a network like 192.168.1.0/24 or one address, not 'nonsense'"),
        (
            9,
            "engines.espeak.type",
            "must be one of espeak, flite, wyoming, openai, gpt_sovits, sambert, voxcpm, pocket, piper, python, not",
        ),
        (11, "voices.mum.rate", "must be at most 2.0, not 3"),
        (11, "voices.mum.engine", "there is no engine 'voxcpm'; known: espeak"),
        (13, "announcements.zones", "there is no zone 'kitchen'; known: home, or * for all"),
        (15, "zones.home.volume", "must be at most 100, not 120"),
        (16, "colour", "is no option; known here: announcements, cache"),
    ]
    for line, option, sentence in expected:
        matching = [one for one in told if one.startswith(f"{written}:{line}: {option}: ") and sentence in one]
        assert len(matching) == 1, (line, option, told)
    beside = [one for one in told if "mqtt.password: needs mqtt.username" in one]
    assert len(told) == len(expected) + len(beside)
    assert all("\n" not in one for one in told)


def test_a_secret_is_never_shown_in_a_mistake(written: Path) -> None:
    written.write_text("mqtt: {password: [hunter2]}")
    assert not any("hunter2" in one for one in mistakes_of(written))


def test_a_secret_is_never_shown_with_the_settings() -> None:
    settings = load(None, ["mqtt.username=me", "mqtt.password=hunter2"], {})
    assert "hunter2" not in repr(settings)


def test_broken_yaml_is_told_with_its_line(written: Path) -> None:
    written.write_text("mqtt:\n  host: [\n")
    (mistake,) = mistakes_of(written)
    assert mistake.startswith(f"{written}:3: is not valid YAML")


@pytest.mark.parametrize("text", ["just words", "- a list", "42"])
def test_a_file_that_holds_no_options_is_told(written: Path, text: str) -> None:
    written.write_text(text)
    assert mistakes_of(written) == (f"{written}:1: must hold options like 'mqtt:', not a bare value",)


def test_an_option_given_twice_is_a_mistake(written: Path) -> None:
    written.write_text("node: a\nnode: b\n")
    assert mistakes_of(written) == (f"{written}:2: node: is given twice; keep one of them",)


def test_a_file_that_refers_to_itself_is_a_mistake(written: Path) -> None:
    written.write_text("zones: &loop {home: *loop}")
    assert any("refers to itself" in one for one in mistakes_of(written))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path / "missing.yaml")
    assert "missing.yaml: cannot be read: No such file" in mistake


def test_mistakes_in_environment_and_command_line_name_their_origin() -> None:
    told = mistakes_of(None, "mqtt.prot=1", "nonsense", VOXD_LOG__LEVEL="loud")
    assert "--set mqtt.prot: is no option; did you mean port?" in told
    assert any(one.startswith("--set nonsense: must look like") for one in told)
    assert any(one.startswith("environment VOXD_LOG__LEVEL: log.level: must be 'debug'") for one in told)


def test_one_underscore_too_few_in_the_environment_is_explained() -> None:
    (mistake,) = mistakes_of(VOXD_MQTT_HOST="broker.lan")
    assert "did you mean mqtt.host? In the environment sections end with two underscores" in mistake


def test_an_unknown_option_of_an_engine_is_compared_with_those_of_its_type(written: Path) -> None:
    written.write_text("engines:\n  a: {type: wyoming, hots: x}\n  b: {type: espeak, host: x}\n")
    first, second = mistakes_of(written)
    assert first.endswith("is no option; did you mean host?")
    assert second.endswith("is no option; known here: concurrency, program, timeout_s, type")


def test_a_mistake_in_an_output_is_told_where_the_owner_wrote_it(written: Path) -> None:
    written.write_text(
        "zones:\n"
        "  hall:\n    outputs: {type: satellite, host: a, prot: 1}\n"
        "  attic:\n    outputs: [file, {type: snapcast, rate_hz: 3}, {type: radio}]\n"
    )
    first, *others = mistakes_of(written)
    assert first == f"{written}:3: zones.hall.outputs.prot: is no option; did you mean port?"
    assert any(one.endswith("zones.attic.outputs.2.rate_hz: must be at least 8000, not 3") for one in others)
    kinds = "auto, device, file, satellite, hermes, snapcast"
    assert any(one.endswith(f"zones.attic.outputs.3.type: must be one of {kinds}, not 'radio'") for one in others)


def test_a_group_is_made_of_zones_and_has_a_name_of_its_own(written: Path) -> None:
    written.write_text("zones: {hall: {}, attic: {}}\ngroups:\n  attic: [hall]\n  up: [hall, loft]\n")
    assert mistakes_of(written) == (
        f"{written}:3: groups.attic: is the name of a zone, too; choose another one",
        f"{written}:4: groups.up: there is no zone 'loft'; known: attic, hall",
    )


def test_announcements_may_go_to_a_group_by_default(written: Path) -> None:
    written.write_text("zones: {hall: {}, attic: {}}\ngroups: {up: [attic]}\nannouncements: {zones: up}\n")
    assert load(written, environment={}).announcements.zones == ("up",)


def test_a_site_of_hermes_stands_for_zones_that_there_are(written: Path) -> None:
    written.write_text(
        "zones: {hall: {}, attic: {}}\ngroups: {up: [attic]}\n"
        "hermes:\n  sites:\n    a: up\n    b: [hall, '*']\n    c: loft\n"
    )
    assert mistakes_of(written) == (
        f"{written}:7: hermes.sites.c: there is no zone 'loft'; known: attic, hall, up, or * for all",
    )


def test_stand_ins_exist_and_lead_somewhere(written: Path) -> None:
    written.write_text(
        "zones:\n  a: {stand_in: b}\n  b: {stand_in: c}\n  c: {stand_in: b}\n  d: {stand_in: e}\n  f: {stand_in: f}\n"
    )
    assert [one.removeprefix(f"{written}:") for one in mistakes_of(written)] == [
        "3: zones.b.stand_in: leads back to this zone; who stands in for the last one?",
        "4: zones.c.stand_in: leads back to this zone; who stands in for the last one?",
        "5: zones.d.stand_in: there is no zone 'e'; known: a, b, c, d, f",
        "6: zones.f.stand_in: leads back to this zone; who stands in for the last one?",
    ]


def test_no_engine_may_take_the_name_of_the_host_for_reference_clips() -> None:
    with pytest.raises(SettingsError, match=r"engines\.clips: is the name of voxd's own host"):
        load(overrides=["engines.clips.type=espeak"], environment={})


def test_mistakes_come_in_the_order_of_their_lines(written: Path) -> None:
    written.write_text(TEN_MISTAKES)
    lines = [int(one.split(":")[1]) for one in mistakes_of(written)]
    assert lines == sorted(lines)


@pytest.mark.parametrize("value", ["2026-13-45", "0x_", "!!python/object:os.system x"])
def test_values_that_yaml_itself_cannot_read_are_mistakes(written: Path, value: str) -> None:
    written.write_text(f"node: {value}\n")
    assert all(one.startswith(f"{written}:1: node: ") for one in mistakes_of(written))


def test_a_tilde_is_the_home_of_whoever_runs_it() -> None:
    assert load(None, ["paths.state=~/voxd"], {}).paths.state == Path.home() / "voxd"


def test_the_password_comes_from_a_systemd_credential_where_nothing_else_is_set(tmp_path: Path) -> None:
    credential = tmp_path / "mqtt-password"
    credential.write_text("hunter2")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load(None, ["mqtt.username=me"], environment).mqtt.password_file == credential
    given = load(None, ["mqtt.username=me", "mqtt.password=other"], environment).mqtt
    assert (given.password, given.password_file) == ("other", None)


def test_the_token_of_an_engine_comes_from_a_systemd_credential_of_its_name_alone(tmp_path: Path) -> None:
    credential, ours = tmp_path / "engine-wyoming-token", tmp_path / "wyoming-token"
    ours.write_text("for those who come to us")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    options = {"wyoming": {"type": "wyoming", "port": 10201}, "espeak": {"type": "espeak"}}
    engines = [f"engines={json.dumps(options)}"]
    assert token_file(load(None, engines, environment)) is None
    credential.write_text("hunter2")
    assert token_file(load(None, engines, environment)) == credential
    given = [f"engines={json.dumps({'wyoming': {'type': 'wyoming', 'port': 10201, 'token_file': str(ours)}})}"]
    assert token_file(load(None, given, environment)) == ours


def test_half_of_what_tls_needs_is_a_mistake_for_engines_too() -> None:
    tls = {"key_file": "/etc/voxd/key.pem"}
    engines = {"next-door": {"type": "wyoming", "host": "nas", "tls": tls}, "vllm": {"type": "openai", "tls": tls}}
    with pytest.raises(SettingsError) as refusal:
        load(None, [f"engines={json.dumps(engines)}"], {})
    assert refusal.value.mistakes == (
        "--set engines: engines.next-door.tls.key_file: needs engines.next-door.tls.cert_file beside it",
        "--set engines: engines.next-door.tls.key_file: needs engines.next-door.tls.enabled: true beside it",
        "--set engines: engines.vllm.tls.key_file: needs engines.vllm.tls.cert_file beside it",
    )


@pytest.mark.parametrize(
    ("engine", "door", "own"),
    [
        ({}, {}, "127.0.0.1:10200"),
        ({"host": "::1"}, {}, "::1:10200"),
        ({"host": "nas", "servers": ["localhost:10300"]}, {"port": 10300}, "localhost:10300"),
        ({"host": "192.168.1.5"}, {"host": "192.168.1.5"}, "192.168.1.5:10200"),
        ({"host": "192.168.1.6"}, {"host": "192.168.1.5"}, None),
        ({"port": 10201}, {}, None),
        ({}, {"port": 10300}, None),
        ({}, {"enabled": False}, None),
    ],
)
def test_an_engine_that_would_be_voxd_itself_is_a_mistake(
    engine: dict[str, object], door: dict[str, object], own: str | None
) -> None:
    given = [f"engines={json.dumps({'piper': {'type': 'wyoming', **engine}})}", f"wyoming={json.dumps(door)}"]
    if own is None:
        load(None, given, {})
        return
    with pytest.raises(SettingsError, match=re.escape(f"engines.piper: {own} is voxd's own door")):
        load(None, given, {})


@pytest.mark.parametrize(
    ("engine", "door", "own"),
    [
        ({"url": "http://localhost:6006/v1"}, {"enabled": True}, "http://localhost:6006/v1"),
        ({}, {"enabled": "true", "port": 8000}, "http://127.0.0.1:8000/v1"),
        ({"url": ["http://nas:9/v1", "http://[::1]:6006/v1"]}, {"enabled": True}, "http://[::1]:6006/v1"),
        ({"url": "http://localhost:6006/v1"}, {"enabled": False}, None),
        ({"url": "http://localhost:6006/v1"}, {"enabled": True, "port": 6007}, None),
        ({"url": "http://nas:6006/v1"}, {"enabled": True}, None),
    ],
)
def test_an_engine_that_would_be_voxds_own_http_api_is_a_mistake(
    engine: dict[str, object], door: dict[str, object], own: str | None
) -> None:
    given = [f"engines={json.dumps({'gpu': {'type': 'openai', **engine}})}", f"http={json.dumps(door)}"]
    if own is None:
        load(None, given, {})
        return
    with pytest.raises(SettingsError, match=re.escape(f"engines.gpu.url: {own} is voxd's own door")):
        load(None, given, {})


@pytest.mark.parametrize(
    ("anna", "bert", "said"),
    [
        ("http://gpu:9880", "http://GPU:9880/", "engines.bert.url: http://GPU:9880/ is asked by engines.anna, too"),
        ("http://localhost:9880", None, "engines.bert.url: http://127.0.0.1:9880 is asked by engines.anna, too"),
        (["http://gpu", "http://gpu:80"], "http://other", "engines.anna.url: http://gpu:80 is asked twice"),
        ("http://gpu:9880", "http://gpu:9881", None),
        ("http://gpu/anna", "http://gpu/bert", None),
    ],
)
def test_one_gpt_sovits_server_is_asked_by_one_engine_or_voices_would_be_mixed_up(
    anna: object, bert: object, said: str | None
) -> None:
    urls = {"anna": {"url": anna}, "bert": {"url": bert} if bert else {}}
    given = [f"engines={json.dumps({name: {'type': 'gpt_sovits', **url} for name, url in urls.items()})}"]
    if said is None:
        load(None, given, {})
        return
    with pytest.raises(SettingsError, match=re.escape(said)):
        load(None, given, {})


def token_file(settings: Settings) -> Path | None:
    engine = settings.engines["wyoming"]
    assert isinstance(engine, WyomingEngineSettings)
    return engine.token_file


def test_the_node_is_the_host_name_made_fit_for_a_topic() -> None:
    node = Settings().node
    assert node
    assert not set(node) & set("+#/ .")
