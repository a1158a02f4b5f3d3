"""What Home Assistant sees of us: sensors, events, the version, and triggers of automations."""

from voxd.frontends.mqtt.home_assistant import templates
from voxd.frontends.mqtt.home_assistant.component import TEXT_CHARS_MAX, Component, Components, entity
from voxd.frontends.mqtt.home_assistant.home import Home
from voxd.frontends.mqtt.home_assistant.templates import made, number, on_if, one_of, shown
from voxd.model.announcement import State

SHOWN_MAX = 20
"""So many of a list are in an attribute, which must stay small."""
STATES = ("idle", "speaking")
EVENT_TYPES = (*(state.value for state in State), "warning")
TRIGGERING = ("playing", "finished", "interrupted", "expired", "suppressed", "refused", "failed")
"""What of an announcement triggers an automation of the device."""
ALARMING = ("playing", "finished")
HUGE = 10**9


def sensors(home: Home) -> Components:
    """How the house stands."""
    state = home.topics.state
    about = {"state_topic": state, "entity_category": "diagnostic"}
    error = shown(f"(value_json.last_error | default('', true))[:{TEXT_CHARS_MAX}] or {templates.UNKNOWN}")
    installed = "value_json.version | default('')"
    version = made(installed_version=installed, latest_version=installed)  # of a newer one nobody here knows
    events = {"state_topic": home.topics.event, "event_types": list(EVENT_TYPES)}
    return {
        "state": _state(state),
        "queue": entity(
            *("sensor", "Queue"),
            icon="mdi:tray-full",
            state_class="measurement",
            value_template=number("waiting", 0, HUGE),
            **about,
        ),
        "first_audio": _first_audio(about),
        "last_error": entity("sensor", "Last error", icon="mdi:alert-circle-outline", value_template=error, **about),
        "alarm_waits": _alarm_waits(state),
        "audio_problem": _problem("Audio problem", "lost", state, about),
        "voice_problem": _problem("Voice problem", "resting", state, about),
        "announcement": entity("event", "Announcement", icon="mdi:message-processing", **events),
        "update": entity("update", "Version", title="voxd", value_template=version, **about),
    }


def triggers(home: Home) -> Components:
    """What automations of the device can begin with."""
    of_all = "value_json.event_type | default('')"
    of_alarms = f"{of_all} if value_json.priority | default('') == 'alarm' else ''"
    return {
        **{f"on_{what}": _trigger(home, "announcement", what, of_all) for what in TRIGGERING},
        **{f"on_alarm_{what}": _trigger(home, "alarm", what, of_alarms) for what in ALARMING},
        "on_warning": _trigger(home, "voxd", "warning", of_all),
    }


def _trigger(home: Home, subtype: str, type_: str, expression: str) -> Component:
    return {
        "platform": "device_automation",
        "automation_type": "trigger",
        "type": type_,
        "subtype": subtype,
        "topic": home.topics.event,
        "payload": type_,
        "value_template": shown(expression),
    }


def _state(topic: str) -> Component:
    lists = ("playing", "alarms", "paused", "undisturbed", "zones_playing")
    return entity(
        *("sensor", "State"),
        device_class="enum",
        options=list(STATES),
        state_topic=topic,
        value_template=one_of("state", STATES),
        json_attributes_topic=topic,
        json_attributes_template=made(**{key: f"({templates.listed(key)})[:{SHOWN_MAX}]" for key in lists}),
    )


def _first_audio(about: Component) -> Component:
    return entity(
        *("sensor", "Time to first audio"),
        device_class="duration",
        state_class="measurement",
        unit_of_measurement="ms",
        value_template=number("first_audio_ms", 0, HUGE),
        **about,
    )


def _alarm_waits(topic: str) -> Component:
    some = on_if(f"({templates.listed('alarms')}) | length > 0")
    return entity(
        "binary_sensor", "Alarm to acknowledge", device_class="safety", state_topic=topic, value_template=some
    )


def _problem(name: str, key: str, topic: str, about: Component) -> Component:
    """On where the state names something under that key, which the attributes tell with the reason."""
    wrong = f"value_json.{key} | default({{}})"
    return entity(
        *("binary_sensor", name),
        device_class="problem",
        value_template=on_if(f"({wrong}) | length > 0"),
        json_attributes_topic=topic,
        json_attributes_template=made(**{key: f"dict((({wrong}).items() | list)[:{SHOWN_MAX}])"}),
        **about,
    )
