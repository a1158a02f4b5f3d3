"""The topics of Hermes that we hear and speak on; Rhasspy's own begin with its name."""

from collections.abc import Iterable

SAY = "hermes/tts/say"
GET_VOICES = ("rhasspy/tts/getVoices", "hermes/tts/getVoices")
"""Rhasspy's code and its documentation do not agree; each is answered beside where it was asked."""
TOGGLE_OFF = "hermes/audioServer/toggleOff"
TOGGLE_ON = "hermes/audioServer/toggleOn"
SET_VOLUME = "rhasspy/audioServer/setVolume"
GET_DEVICES = "rhasspy/audioServer/getDevices"
DEVICES = "rhasspy/audioServer/devices"
SAID = "hermes/tts/sayFinished"
SAY_ERROR = "hermes/error/tts"
PLAY_ERROR = "hermes/error/audioServer/play"

_PLAY_BYTES = "playBytes"


def of_speech() -> tuple[str, ...]:
    """What a text to speech system subscribes to."""
    return (SAY, *GET_VOICES)


def of_sound(sites: Iterable[str]) -> tuple[str, ...]:
    """What the audio server of these sites subscribes to: the sound of no other site comes to us."""
    played = (f"hermes/audioServer/{site}/{_PLAY_BYTES}/+" for site in sites)
    return (TOGGLE_OFF, TOGGLE_ON, SET_VOLUME, GET_DEVICES, *played)


def played_at(topic: str) -> tuple[str, str] | None:
    """The site and the request of a sound that is to be played, None for any other topic."""
    match topic.split("/"):
        case ["hermes", "audioServer", site, name, request] if name == _PLAY_BYTES:
            return site, request
    return None


def played(site: str) -> str:
    """Where it is told that a sound was played."""
    return f"hermes/audioServer/{site}/playFinished"


def voices(asked_on: str) -> str:
    """Where it is told which voices there are."""
    return asked_on.replace("getVoices", "voices")
