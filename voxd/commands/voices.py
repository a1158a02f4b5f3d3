"""`voxd voices` and `voxd voices show`: the voices that an announcement can name."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from voxd.announcing.voice_desk import VoiceList
from voxd.app import engines_of
from voxd.commands.control_client import ControlClient, DaemonAwayError
from voxd.commands.lone_voices import lone_register
from voxd.errors import VoxdError
from voxd.frontends import voice_answers
from voxd.paths import paths_in_force
from voxd.settings import Settings
from voxd.synthesis.engine_room import READY, WORDS, EngineRoom
from voxd.synthesis.engines.hosted import HostedEngine
from voxd.synthesis.voices import VoiceBook

LANGUAGES_SHOWN = 4


def list_(settings: Settings, language: str | None) -> None:
    """Print a line for each voice, the default one first, and what is wrong to standard error. Raises VoxdError."""
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    try:
        told, engines = client.voices(), _unready(client.status()["engines"])
    except DaemonAwayError:
        told, engines = asyncio.run(_told_alone(settings))
    found = [voice for voice in told["voices"] if language is None or _speaks(voice, language)]
    for problem in told["problems"]:
        print(problem, file=sys.stderr)
    if not found:
        raise VoxdError(f"No voice speaks {language}" if language else "There is no voice")
    for voice in found:
        rests = " (rests)" if voice["engine"] in engines else ""
        print(f"{voice['name']:24} {_languages(voice['languages']):16} {_description(voice)}{rests}")
    for engine, reason in engines.items():
        print(f"The voices of {engine} rest: {reason}", file=sys.stderr)


def show(settings: Settings, name: str) -> None:
    """Print all that is known of a voice. Raises VoxdError."""
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    voice = client.voice(name)
    rests = _unready(client.status()["engines"]).get(voice["engine"], "")
    for line in _lines(voice | {"rests": rests}):
        print(line)


async def _told_alone(settings: Settings) -> tuple[dict[str, Any], dict[str, str]]:
    """What a daemon would tell that does not run: without the engines that would have to load a model.

    And the engines whose voices rest, with the reason.
    """
    engines = {name: engine for name, engine in engines_of(settings).items() if not isinstance(engine, HostedEngine)}
    register = await lone_register(settings)
    room = EngineRoom(engines)
    await room.start()
    try:
        book = VoiceBook(settings.voices, settings.speech.voice, engines_of(settings) | engines, register)
        voices = voice_answers.listed(VoiceList(book.all(), register.voices, register.damages))
        health = {name: {"state": one.state, "reason": one.reason} for name, one in room.health().items()}
        return voices, _unready(health)
    finally:
        await room.stop()


def _unready(engines: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The engines that cannot speak now, with the reason."""
    return {
        name: one["reason"] or f"it {WORDS.get(one['state'])}" for name, one in engines.items() if one["state"] != READY
    }


def _speaks(voice: dict[str, Any], language: str) -> bool:
    wanted = language.lower().replace("_", "-").partition("-")[0]
    return any(own.lower().partition("-")[0] == wanted for own in voice["languages"])


def _languages(tags: list[str]) -> str:
    more = ", ..." if len(tags) > LANGUAGES_SHOWN else ""
    return ", ".join(tags[:LANGUAGES_SHOWN]) + more


def _description(voice: dict[str, Any]) -> str:
    if "enrolled_at" not in voice:
        return str(voice["description"])
    return f"{voice['description']} (revision {voice['revision']}, {voice['engine']}, {voice['enrolled_at'][:10]})"


def _lines(voice: dict[str, Any]) -> list[str]:
    facts = {
        "voice": voice["name"],
        "description": voice["description"],
        "engine": voice["engine"],
        "rests": voice["rests"],
        "speaker": voice["speaker"],
        "languages": ", ".join(voice["languages"]),
        "rate": voice["rate"],
        "seed": voice["seed"],
        "fallbacks": ", ".join(voice["fallbacks"]),
        "first_audio_s": voice["first_audio_s"],
        "guard": voice["guard"],
    }
    if enrolled := voice.get("enrolled"):
        facts |= {
            "clip": f"{enrolled['duration_s']} s",
            "transcript": enrolled["transcript"],
            "note": "; ".join(enrolled["notes"]),
            "enrolled": _enrolled(enrolled),
        }
    lines = [f"{name:14} {value}" for name, value in facts.items() if value not in (None, "")]
    lines += [f"{'before':14} {_enrolled(before)}" for before in voice.get("history", ())]
    for asked in voice.get("old_names_asked_for", ()):
        times = "once" if asked["times"] == 1 else f"{asked['times']} times"
        lines.append(f"{'asked for':14} as {asked['as']} {times}, last {asked['last_at']}")
    return lines


def _enrolled(revision: dict[str, Any]) -> str:
    return f"revision {revision['revision']}, {revision['at']}, by {revision['origin']}; consent: {revision['consent']}"
