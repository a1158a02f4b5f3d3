"""The recipes for other hubs: they use our topics, and what they publish is understood."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from voxd.frontends import order_payloads, payloads
from voxd.frontends.hermes import payloads as hermes_payloads
from voxd.frontends.hermes import topics as hermes_topics
from voxd.frontends.mqtt.topics import Topics
from voxd.frontends.payloads import Circumstances
from voxd.model.announcement import Announcement, Priority

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLES = ROOT / "config/examples"
OURS = Topics("voxd", "NODE")
FLOW: list[dict[str, Any]] = json.loads((EXAMPLES / "node-red/flow.json").read_text())
THINGS, ITEMS, RULES = ((EXAMPLES / f"openhab/voxd.{kind}").read_text() for kind in ("things", "items", "rules"))
HERMES = re.findall(r"^mosquitto_pub -t ((?:hermes|rhasspy)/\S+) (?:-m '(.*)'|-f \S+)$", README, re.MULTILINE)
VERBS = {"acknowledge", "stop", "do_not_disturb"}
"""The orders that the recipes give."""
TOLD = {OURS.event, OURS.state, OURS.availability}


def fenced(language: str, holding: str) -> str:
    """The README's block in that language which holds that text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if holding in block)
    return str(found)


def announced(payload: str, *, alarm: bool = False) -> Announcement:
    """What becomes of a payload that is to be said."""
    return payloads.announcement(payload.encode(), Circumstances("mqtt/test", 0.0, alarm=alarm))


def is_heard(topic: str) -> bool:
    """Whether voxd subscribes to it."""
    verb = OURS.verb(topic)
    return topic in (OURS.say, OURS.alarm) or topic.startswith(f"{OURS.say}/") or verb in VERBS


def nodes(kind: str) -> list[dict[str, Any]]:
    """The nodes of Node-RED's flow of that type."""
    return [node for node in FLOW if node["type"] == kind]


def test_the_flow_of_node_red_is_wired_and_has_our_topics() -> None:
    ids = {node["id"] for node in FLOW}
    assert len(ids) == len(FLOW)
    assert {to for node in FLOW for wires in node.get("wires", ()) for to in wires} <= ids
    assert {node["z"] for node in FLOW if "z" in node} <= ids
    assert {node["broker"] for kind in ("mqtt in", "mqtt out") for node in nodes(kind)} <= ids
    assert all(is_heard(node["topic"]) and node["qos"] == "1" for node in nodes("mqtt out"))
    assert {node["topic"] for node in nodes("mqtt in")} <= TOLD
    (switch,) = nodes("switch")
    assert switch["property"] == "payload.event_type"


@pytest.mark.parametrize("inject", nodes("inject"), ids=lambda node: str(node["name"]))
def test_what_node_red_publishes_is_understood(inject: dict[str, Any]) -> None:
    (to,) = (node for node in FLOW if node["id"] == inject["wires"][0][0])
    match to["type"], to.get("topic"):
        case "mqtt out", topic if topic == OURS.alarm:
            assert announced(inject["payload"], alarm=True).repeat_s
        case "mqtt out", topic if OURS.verb(str(topic)):
            assert order_payloads.order(inject["payload"].encode()).which == order_payloads.EVERYTHING
        case "mqtt out", _:
            assert announced(inject["payload"]).priority is Priority.HIGH
        case "change", _:
            made = to["rules"][0]["to"].replace('" & payload & "', inject["payload"])
            assert announced(made).text == "The washing machine needs 5 more minutes"


def test_the_files_of_openhab_fit_together_and_have_our_topics() -> None:
    channels = set(re.findall(r"Type \w+ : (\w+) ", THINGS))
    linked = set(re.findall(r'channel="mqtt:topic:voxd:(\w+)"', ITEMS))
    assert linked == channels
    assert set(re.findall(r"Voxd_\w+", RULES + README)) <= set(re.findall(r"Voxd_\w+", ITEMS))
    assert all(map(is_heard, re.findall(r'commandTopic="([^"]*)"', THINGS)))
    assert set(re.findall(r'(?:stateTopic|availabilityTopic)="([^"]*)"', THINGS)) == TOLD


def test_what_openhab_publishes_is_understood() -> None:
    said = re.findall(r"Voxd_Say\.sendCommand\('(.*)'\)", RULES + README)
    assert len(said) == 3
    assert all(announced(payload.replace("' + minutes + '", "5")).ttl_s == 60 for payload in said)
    (on, off) = re.findall(r'do_not_disturb", on="(.*?)", off="(.*?)"', THINGS)[0]
    assert order_payloads.quiet(on.encode()).passes is Priority.ALARM
    assert order_payloads.quiet(off.encode()).passes is None
    for pressed in re.findall(r'request/(?:acknowledge|stop)", on="(.*?)"', THINGS):
        assert order_payloads.order(pressed.encode()).which == order_payloads.EVERYTHING


@pytest.mark.parametrize(("topic", "payload"), HERMES)
def test_what_is_published_for_rhasspy_is_understood(topic: str, payload: str) -> None:
    ours = yaml.safe_load(fenced("yaml", "\nhermes:"))
    sites = {*ours["zones"], *ours["hermes"]["sites"]}
    match topic:
        case hermes_topics.SAY:
            assert hermes_payloads.wish(payload.encode()).text
        case hermes_topics.SET_VOLUME:
            assert hermes_payloads.volume(payload.encode()) == 60
        case hermes_topics.TOGGLE_OFF | hermes_topics.TOGGLE_ON:
            pass
        case _:
            assert hermes_topics.played_at(topic) == ("kitchen", "1")
            return
    assert set(hermes_payloads.asker(payload.encode()).sites) <= sites


def test_the_profile_of_rhasspy_leaves_speech_and_sound_to_voxd() -> None:
    profile, ours = json.loads(fenced("json", '"mqtt"')), yaml.safe_load(fenced("yaml", "\nhermes:"))
    assert profile["text_to_speech"]["system"] == profile["sounds"]["system"] == "hermes"
    assert profile["mqtt"]["site_id"] in ours["zones"]
    assert profile["mqtt"]["host"] == ours["mqtt"]["host"]
