"""`voxd check`: looks at everything voxd depends on and says in a line each how it is."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from functools import partial

from voxd.announcing.speaking.interpreters import Interpreters
from voxd.app import engines_of
from voxd.commands.checks.clock import clock_finding
from voxd.commands.checks.credentials import as_the_unit_has_them, folders_of
from voxd.commands.checks.daemon import daemon_finding
from voxd.commands.checks.doors import doors, opened, reached
from voxd.commands.checks.engines import default_voice_of, engine_finding, running_daemon
from voxd.commands.checks.finding import Finding
from voxd.commands.checks.folders import folder_findings
from voxd.commands.checks.graphics import graphics_findings
from voxd.commands.checks.machine import Machine
from voxd.commands.checks.outputs import remote_findings
from voxd.commands.checks.sound import sound_findings
from voxd.commands.checks.units import kept_by_socket_unit, shown_by_systemctl, unit_findings, unit_of
from voxd.commands.control_client import ControlClient
from voxd.commands.lone_voices import introduce, lone_register
from voxd.delivery.devices import device_named, devices
from voxd.errors import VoxdError
from voxd.lib.owners import as_owner_of
from voxd.paths import paths_in_force
from voxd.settings import DeviceOutputSettings, LogSettings, MqttSettings, Settings
from voxd.settings.engines import EngineSettings, HostSettings, RemoteSettings
from voxd.synthesis.engine import Engine, Sentence
from voxd.synthesis.voices import VoiceBook
from voxd.wire.mqtt.probe import check_connection, kept_while_away

MOSQUITTO_DEFAULT_QUEUE = 1000
SENTENCE_TIMEOUT_S = 30.0


def check(settings: Settings, instance: str = "") -> bool:
    """Print a line for everything; False where something is a problem. A warning is none."""
    known = as_the_unit_has_them(settings, folders_of(unit_of(instance)))
    return asyncio.run(_check(known, instance))


async def _check(settings: Settings, instance: str) -> bool:
    good = True
    async with aclosing(_findings(settings, instance)) as findings:
        async for finding in findings:
            print(f"{finding.verdict:8} {finding.thing:12} {finding.text}", flush=True)
            good = good and finding.verdict != "problem"
    return good


async def _findings(settings: Settings, instance: str) -> AsyncGenerator[Finding, None]:
    yield Finding("ok", "settings", "are valid")
    for finding in (*folder_findings(paths_in_force(settings.paths)), *_machine(settings, instance)):
        yield finding
    if settings.mqtt.enabled:
        yield await _broker(settings.mqtt, settings.node)
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    daemon = await asyncio.to_thread(running_daemon, client)
    if daemon is not None:
        yield await _guarded("daemon", lambda: asyncio.to_thread(daemon_finding, daemon))
    for door in doors(settings):
        taken = daemon or kept_by_socket_unit(door, shown_by_systemctl)
        yield reached(door, settings) if taken else await _guarded(door.section, partial(opened, door, settings))
    with as_owner_of(paths_in_force(settings.paths).cache):  # else the daemon could not read it
        async with aclosing(_speaking(settings, daemon)) as findings:
            async for finding in findings:
                yield finding
    yield await _devices(settings)
    for finding in await remote_findings(settings):
        yield finding


def _machine(settings: Settings, instance: str) -> Iterator[Finding]:
    """What the machine itself says: its clock, what systemd knows of us, who may use its cards."""
    machine = Machine()
    yield clock_finding()
    yield from unit_findings(settings, shown_by_systemctl, instance)
    yield from sound_findings(settings, machine)
    yield from graphics_findings(settings, machine)


async def _speaking(settings: Settings, daemon: ControlClient | None) -> AsyncGenerator[Finding, None]:
    """The engines and the voices; what hosts log is not for here. Servers elsewhere are waited for all at once."""
    engines = engines_of(settings.model_copy(update={"log": LogSettings(level="error")}))

    async def look(name: str) -> Finding:
        finding = partial(engine_finding, engines[name], settings.engines[name], daemon)
        return await _guarded(f"engine {name}", finding)

    try:
        elsewhere = [name for name, options in settings.engines.items() if isinstance(options, RemoteSettings)]
        found = dict(zip(elsewhere, await asyncio.gather(*map(look, elsewhere)), strict=True))
        for name in engines:
            yield found.get(name) or await look(name)
        if daemon is not None and any(map(_is_child, settings.engines.values())):
            yield await _guarded("voices", lambda: asyncio.to_thread(default_voice_of, daemon))
        else:
            yield await _guarded("voices", lambda: _voices(settings, engines))
    finally:
        await asyncio.gather(*(engine.stop() for engine in engines.values()))


def _is_child(options: EngineSettings) -> bool:
    return isinstance(options, HostSettings) and options.process == "child"


async def _guarded(thing: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
    """The finding, or the expected failure as a problem."""
    try:
        return await look()
    except VoxdError as error:
        return Finding("problem", thing, str(error))
    except TimeoutError:
        return Finding("problem", thing, f"gave no sound within {SENTENCE_TIMEOUT_S:.0f} s")


async def _broker(mqtt: MqttSettings, node: str) -> Finding:
    place = f"{mqtt.host}:{mqtt.port}"
    topic = f"{mqtt.base_topic}/{node}/check/{uuid.uuid4().hex[:8]}"
    try:
        await asyncio.to_thread(check_connection, mqtt)
        wanted = MOSQUITTO_DEFAULT_QUEUE + 100
        kept = await asyncio.to_thread(kept_while_away, mqtt, topic, wanted)
    except VoxdError as error:
        return Finding("problem", "broker", f"{place}: {error}")
    if kept == 0:
        return Finding("warning", "broker", f"{place} takes us, but not on {topic}: check its ACL")
    if kept < wanted:
        text = f"{place} keeps only {kept} announcements while voxd is away or busy; set max_queued_messages 0"
        return Finding("warning", "broker", text)
    return Finding("ok", "broker", f"{place} takes us, and keeps announcements while we are away")


async def _voices(settings: Settings, engines: dict[str, Engine]) -> Finding:
    register = await lone_register(settings)
    book = VoiceBook(settings.voices, settings.speech.voice, engines, register)
    interpreters = Interpreters(book, engines, settings.speech.languages)
    if mistakes := (*book.mistakes(), *interpreters.mistakes(), *register.damages):
        return Finding("problem", "voices", "; ".join(mistakes))
    voice = book.find(None, None)
    await introduce(voice, register, engines)
    began_s = asyncio.get_running_loop().time()
    async with asyncio.timeout(SENTENCE_TIMEOUT_S):
        async with aclosing(engines[voice.engine].speak(Sentence("One, two, three.", voice, voice.language))) as sound:
            first = await anext(sound)
    took_ms = 1000 * (asyncio.get_running_loop().time() - began_s)
    return Finding(
        "ok", "voices", f"{voice.name} speaks at {first.format.rate_hz} Hz, first sound after {took_ms:.0f} ms"
    )


async def _devices(settings: Settings) -> Finding:
    outputs = [
        (name, output)
        for name, zone in settings.zones.items()
        for output in zone.outputs
        if isinstance(output, DeviceOutputSettings)
    ]
    if not outputs:
        return Finding("ok", "devices", "no zone has one on this machine")
    try:
        found = await devices()
        for _, output in outputs:
            if output.type == "device" or (found and output.device != "default"):
                device_named(output.device, found)
    except VoxdError as error:
        needed = any(output.type == "device" for _, output in outputs)
        return Finding("problem" if needed else "warning", "devices", str(error))
    if found:
        return Finding("ok", "devices", ", ".join(device.name for device in found))
    files = ", ".join(dict.fromkeys(name for name, output in outputs if output.type == "auto"))
    return Finding("warning", "devices", f"there is no sound device; in {files} announcements become WAV files")
