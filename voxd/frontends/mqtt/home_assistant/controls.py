"""What can be set and ordered from Home Assistant: numbers, selects, a switch, buttons, the siren."""

from voxd.frontends.mqtt.home_assistant import templates
from voxd.frontends.mqtt.home_assistant.component import Component, Components, button, entity
from voxd.frontends.mqtt.home_assistant.home import NO_CHIME, OWNERS, Home
from voxd.frontends.mqtt.home_assistant.templates import made, on_if, ordered, to_zone

RESET = '{"voice": null, "chime": null, "rate": null, "volume": null}'
"""Prefers what the owner's settings say."""


def controls(home: Home, zone: str | None) -> Components:
    """What can be set and ordered for a zone as for the house."""
    request = home.topics.request
    sounding = "value_json.state == 'speaking'" if zone is None else templates.holds("zones_playing", zone)
    speaking = entity("binary_sensor", "Speaking", device_class="sound", value_template=on_if(sounding))
    return {
        "volume": _volume(home, zone),
        "do_not_disturb": _do_not_disturb(home, zone),
        "siren": _siren(home, zone),
        "speaking": {**speaking, "state_topic": home.topics.state},
        "stop": button(request("stop"), "Stop", ordered(zone), icon="mdi:stop"),
        "replay": button(request("replay"), "Replay", ordered(zone), icon="mdi:replay"),
        "skip": button(request("skip"), "Skip", ordered(zone), icon="mdi:skip-next"),
    }


def choices(home: Home) -> Components:
    """How is spoken where an announcement does not say."""
    return {
        "voice": _choice(
            home,
            *("select", "Voice", "mdi:account-voice"),
            options=list(home.voices),
            command_template=made(voice="value"),
            value_template=templates.one_of("voice", home.voices),
        ),
        "chime": _choice(
            home,
            *("select", "Chime", "mdi:bell-ring"),
            options=[OWNERS, NO_CHIME, *home.chimes],
            command_template=templates.chosen_chime(),
            value_template=templates.chime_now(home.chimes),
        ),
        "rate": _choice(
            home,
            *("number", "Speech rate", "mdi:speedometer"),
            min=0.5,
            max=2.0,
            step=0.05,
            mode="slider",
            command_template=made(rate="value"),
            value_template=templates.number("rate", 0.5, 2.0),
        ),
        "reset": button(
            home.topics.request("prefer"),
            *("Back to the settings", RESET),
            icon="mdi:restore",
            entity_category="config",
        ),
    }


def orders(home: Home) -> Components:
    """What can be ordered for the whole house only."""
    request, everything = home.topics.request, ordered(None)
    restarting = {"device_class": "restart", "entity_category": "config"}
    return {
        "acknowledge": button(request("acknowledge"), "Acknowledge alarms", everything, icon="mdi:bell-check"),
        "restart": button(request("restart"), "Restart", everything, **restarting),
    }


def _choice(home: Home, platform: str, name: str, icon: str, /, **options: object) -> Component:
    topics = {"command_topic": home.topics.request("prefer"), "state_topic": home.topics.state}
    return entity(platform, name, icon=icon, entity_category="config", **topics, **options)


def _volume(home: Home, zone: str | None) -> Component:
    return entity(
        *("number", "Volume"),
        icon="mdi:volume-high",
        command_topic=home.topics.request("prefer"),
        command_template=made(volume="value", **to_zone(zone)),
        state_topic=home.topics.state,
        value_template=templates.volume(zone),
        min=0,
        max=100,
        step=1,
        mode="slider",
        unit_of_measurement="%",
    )


def _do_not_disturb(home: Home, zone: str | None) -> Component:
    return entity(
        *("switch", "Do not disturb"),
        icon="mdi:minus-circle",
        command_topic=home.topics.request("do_not_disturb"),
        payload_on=ordered(zone, on=True),
        payload_off=ordered(zone, on=False),
        state_topic=home.topics.state,
        state_on="ON",
        state_off="OFF",
        value_template=on_if(templates.holds_all("undisturbed", home.zones if zone is None else (zone,))),
    )


def _siren(home: Home, zone: str | None) -> Component:
    sounding = f"({templates.listed('siren')}) | length > 0" if zone is None else templates.holds("siren", zone)
    return entity(
        *("siren", "Siren"),
        command_topic=home.topics.request("siren"),
        command_template=templates.siren(zone),
        state_topic=home.topics.state,
        state_value_template=on_if(sounding),
        available_tones=list(home.chimes),
        support_duration=True,
        support_volume_set=True,
    )
