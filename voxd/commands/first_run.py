"""`make run`: the daemon for somebody who sees it for the first time, with a broker, an announcement and hints."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from ipaddress import ip_address

from voxd.announcing.progress import Step
from voxd.app import House
from voxd.commands.anew import begin_anew
from voxd.commands.private_broker import broker_for
from voxd.errors import VoxdError
from voxd.lib.lasting_sockets import LastingSockets
from voxd.model.announcement import State
from voxd.model.identifiers import AnnouncementId, new_announcement_id
from voxd.paths import paths_in_force
from voxd.settings import Settings, WyomingSettings
from voxd.wire.mqtt.probe import Visit

GREETINGS = {
    "de": "Hallo. Hier ist voxd, und so klingt dein Haus.",
    "en": "Hello. This is voxd, and this is how your house sounds.",
    "es": "Hola. Esto es voxd, y así suena tu casa.",
    "fr": "Bonjour. Voici voxd, et voici le son de votre maison.",
    "it": "Ciao. Questo è voxd, e così suona la tua casa.",
    "nl": "Hallo. Dit is voxd, en zo klinkt je huis.",
    "zh": "你好，这是voxd，你的家会这样说话。",
}
GREETING_TTL_S = 300
HINTS_AFTER_S = 15.0
HEARD_WITHIN_S = 60.0
ASK_AGAIN_S = 2.0
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 (compared with, not listened on)


def run(settings: Settings, load: Callable[[], Settings], *, once: bool) -> bool:
    """Serve, announce one greeting over MQTT, print what to try next; True when the greeting was heard.

    With `once` it ends then; otherwise it serves until a signal, and SIGHUP takes over what `load` reads. Raises
    VoxdError where it cannot start.
    """
    with closing(LastingSockets.handed_over()) as sockets:
        heard, begins_anew = _serve(settings, load, sockets, once=once)
        if begins_anew:
            begin_anew(sockets)
    return heard


def _serve(
    settings: Settings, load: Callable[[], Settings], sockets: LastingSockets, *, once: bool
) -> tuple[bool, bool]:
    """Whether the greeting was heard, and whether voxd is to begin anew."""
    with ExitStack() as opened:
        mqtt = opened.enter_context(broker_for(settings.mqtt, paths_in_force(settings.paths).state / "broker"))
        given = settings.mqtt

        def with_broker(read: Settings) -> Settings:
            return read.model_copy(update={"mqtt": mqtt}) if read.mqtt == given else read

        first_run = _FirstRun(with_broker(settings), lambda: with_broker(load()), sockets, once=once)
        return asyncio.run(first_run.run()), first_run.begins_anew


class _FirstRun:
    def __init__(
        self, settings: Settings, load: Callable[[], Settings], sockets: LastingSockets, *, once: bool
    ) -> None:
        self._settings = settings
        self._once = once
        self._house = House(settings, load, sockets=sockets)
        self._heard = False
        self.begins_anew = False

    async def run(self) -> bool:
        """The daemon, and the greeting beside it."""
        async with asyncio.TaskGroup() as group:
            greeting = group.create_task(self._greet(), name="greeting")
            self.begins_anew = await self._house.daemon.run()
            greeting.cancel()
        return self._heard

    async def _greet(self) -> None:
        await self._house.daemon.ready.wait()
        topic = f"{self._settings.mqtt.base_topic}/{self._settings.node}/say"
        text = self._greeting()
        print(f"Announcing over MQTT, on {topic}: {text}", flush=True)
        if waiting := self._house.announcer.house_state().waiting:
            print(f"{waiting} announcements from before come first.", flush=True)
        id_ = new_announcement_id()
        with _listening(self._house.progress.listen, id_) as (accepted, ended):
            payload = json.dumps({"text": text, "id": id_, "ttl_s": GREETING_TTL_S}).encode()
            publishing = asyncio.create_task(self._publish_until(accepted, topic, payload), name="greeting publisher")
            done, _ = await asyncio.wait({ended}, timeout=HEARD_WITHIN_S if self._once else HINTS_AFTER_S)
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing
        if done or self._once:
            self._tell(ended.result() if done else None)
        if self._once:
            self._house.daemon.ask_to_stop()
        else:
            print(_hints(self._settings), flush=True)

    def _greeting(self) -> str:
        """In the language of the default voice, where we know one."""
        language = self._house.renderer.voices()[0].language.partition("-")[0]
        return GREETINGS.get(language, GREETINGS["en"])

    async def _publish_until(self, accepted: asyncio.Event, topic: str, payload: bytes) -> None:
        """Publish until it was taken over: our own subscription may come a moment later. The id keeps it one."""
        while not accepted.is_set():
            with suppress(VoxdError):
                await asyncio.to_thread(self._publish, topic, payload)
            with suppress(TimeoutError):
                await asyncio.wait_for(accepted.wait(), ASK_AGAIN_S)

    def _publish(self, topic: str, payload: bytes) -> None:
        with Visit(self._settings.mqtt, f"voxd-{self._settings.node}-first") as visit:
            visit.publish(topic, payload)

    def _tell(self, end: Step | None) -> None:
        self._heard = end is not None and end.state is State.FINISHED
        if end is None:
            print(f"It was not heard within {HEARD_WITHIN_S:.0f} s; the lines above say what happened.", flush=True)
        elif self._heard:
            print(f"Heard to its end; the first sound was there after {end.timings_ms.get('first_audio')} ms.")
        else:
            print(f"It was {end.state}: {end.reason}", flush=True)


@contextmanager
def _listening(
    listen: Callable[[Callable[[Step], None]], Callable[[], None]], id_: AnnouncementId
) -> Iterator[tuple[asyncio.Event, "asyncio.Future[Step]"]]:
    """An event for the announcement's acceptance and a future for its end."""
    accepted = asyncio.Event()
    ended: asyncio.Future[Step] = asyncio.get_running_loop().create_future()

    def note(step: Step) -> None:
        if step.announcement != id_:
            return
        accepted.set()
        if step.state.is_end and not ended.done():
            ended.set_result(step)

    silence = listen(note)
    try:
        yield accepted, ended
    finally:
        silence()


def _hints(settings: Settings) -> str:
    mqtt, wyoming, satellite = settings.mqtt, settings.wyoming, settings.satellite
    topic = f"{mqtt.base_topic}/{settings.node}"
    lines = [
        "",
        "voxd is running; Ctrl-C ends it. Try, in another terminal:",
        f"  mosquitto_pub -h {mqtt.host} -p {mqtt.port} -q 1 -t {topic}/say -m 'The washing machine is done'",
        f"  mosquitto_sub -h {mqtt.host} -p {mqtt.port} -v -t '{topic}/#'",
        "  .venv/bin/voxd voices --language de",
        "",
        "Home Assistant: Settings, Devices & services, Add integration, Wyoming Protocol:",
        f"  host {_address(wyoming.host)}, port {wyoming.port}, and once more for announcements, port {satellite.port}",
        *_reach(wyoming),
    ]
    return "\n".join(lines)


def _reach(wyoming: WyomingSettings) -> list[str]:
    """Who reaches the Wyoming port, where that needs saying."""
    if wyoming.host not in ANY_ADDRESS:
        return ["  Only programs on this machine reach that. For Home Assistant elsewhere: make run LAN=1"]
    address = _address(wyoming.host)
    if any(ip_address(address) in network for network in wyoming.allow):
        return ["  Reached from private networks (wyoming.allow); the MQTT broker keeps its own rules."]
    return [f"  {address} is in no network of wyoming.allow: add the networks that are to reach it."]


def _address(host: str) -> str:
    """What to type into Home Assistant: the host itself, or this machine's address where we listen on all."""
    if host not in ANY_ADDRESS:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which of our addresses would be used
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
