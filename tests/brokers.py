"""Real mosquitto brokers and a plain paho peer, for every test that needs MQTT."""

import os
import queue
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

START_TIMEOUT_S = 5.0


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on.

    Not one of those that Linux gives to whoever connects (32768 and more): somebody would soon have it.
    """
    while True:
        port = random.randrange(10_800, 32_000)
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True)
class BrokerOptions:
    """What the broker is like. `passwords` maps users to passwords (none: anonymous); `acl` is mosquitto's own text."""

    passwords: dict[str, str] = field(default_factory=dict)
    acl: str = ""
    tls: bool = False
    persistent: bool = False
    max_queued: int = 0
    extra: str = ""


class Broker:
    """A mosquitto on a free port of 127.0.0.1, with its files in `folder`. With TLS, `port` speaks TLS."""

    def __init__(self, folder: Path, options: BrokerOptions | None = None) -> None:
        self.folder = folder
        self.options = options or BrokerOptions()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signed the broker's."""
        return self.folder / "ca.crt"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._configure()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, on the same port and with what it has kept, and wait until it listens."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["mosquitto", "-c", str(self.folder / "conf")], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until = time.monotonic() + START_TIMEOUT_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError((self.folder / "log").read_text())
            time.sleep(0.01)

    def kill(self) -> None:
        """kill -9: no goodbye, nothing saved that was not saved already."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it orderly."""
        self._end(signal.SIGTERM)

    def save(self) -> None:
        """Have it write down all that it keeps; by itself it would only do so after the next change but one."""
        assert self._process
        saved = self.folder / "mosquitto.db"
        before = saved.stat().st_mtime_ns if saved.exists() else 0
        self._process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + START_TIMEOUT_S
        while not saved.exists() or saved.stat().st_mtime_ns == before:
            assert time.monotonic() < until, "the broker does not save"
            time.sleep(0.01)

    def freeze(self) -> None:
        """Stop it from answering while its connections stay open."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo freeze."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def _end(self, sign: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(sign)
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(10)
            self._process = None

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.5).close()
        except OSError:
            return False
        return True

    def _configure(self) -> None:
        lines = [f"listener {self.port} 127.0.0.1", f"max_queued_messages {self.options.max_queued}"]
        lines += ["user root"] if os.geteuid() == 0 else []
        lines += self._tls_lines() + self._access_lines() + self._persistence_lines()
        (self.folder / "conf").write_text("\n".join([*lines, self.options.extra, ""]))

    def _tls_lines(self) -> list[str]:
        if not self.options.tls:
            return []
        make_certificates(self.folder)
        return [
            f"{key} {self.folder / name}"
            for key, name in (("cafile", "ca.crt"), ("certfile", "server.crt"), ("keyfile", "server.key"))
        ]

    def _access_lines(self) -> list[str]:
        if not self.options.passwords:
            return ["allow_anonymous true"]
        passwords, acl = self.folder / "passwords", self.folder / "acl"
        passwords.write_text("".join(f"{user}:{word}\n" for user, word in self.options.passwords.items()))
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
        acl.write_text(self.options.acl or "topic readwrite #\npattern readwrite #\n")
        return ["allow_anonymous false", f"password_file {passwords}", f"acl_file {acl}"]

    def _persistence_lines(self) -> list[str]:
        if not self.options.persistent:
            return ["persistence false"]
        return [
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
            "autosave_on_changes true",
        ]


def make_certificates(folder: Path) -> None:
    """Our own authority (ca.crt, ca.key) and its certificate for localhost and 127.0.0.1 (server.crt, server.key)."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout")
    authority = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl(
        "req",
        "-x509",
        *key,
        "ca.key",
        "-out",
        "ca.crt",
        "-days",
        "3650",
        "-subj",
        "/CN=voxd test authority",
        *authority,
    )
    openssl("req", *key, "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    signing = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650", "-extfile", "extensions")
    openssl("x509", "-req", "-in", "server.csr", *signing, "-out", "server.crt")


class Peer:
    """Another MQTT 5 client in the house, in a thread of its own; use it as a context manager."""

    def __init__(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        username: str | None = None,
        password: str | None = None,
        ca: Path | None = None,
    ) -> None:
        self.arrivals: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
        self._address = (host, port)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="", protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.on_message = lambda _client, _data, message: self.arrivals.put(message)
        self._client.username_pw_set(username, password)
        if ca:
            self._client.tls_set(str(ca))

    def __enter__(self) -> Self:
        up = threading.Event()
        self._client.on_connect = lambda *_: up.set()
        self._client.connect(*self._address)
        self._client.loop_start()
        assert up.wait(5), "the broker does not answer"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        client = self._client  # paho closes the last of its sockets when it is forgotten: no circle may keep it
        client.on_connect = client.on_message = client.on_subscribe = None

    def subscribe(self, *topics: str) -> None:
        """Let what is published there (retained values first) come into `arrivals`."""
        granted = threading.Event()
        self._client.on_subscribe = lambda *_: granted.set()
        self._client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in topics])
        assert granted.wait(5)

    def publish(
        self, topic: str, payload: str | bytes, *, qos: int = 1, retain: bool = False, **properties: Any
    ) -> None:
        """Publish and, with QoS 1, wait for the broker's word. Properties by their MQTT 5 names."""
        sent = self._client.publish(topic, payload, qos, retain, publish_properties(properties))
        sent.wait_for_publish(10)
        assert sent.is_published()

    def publish_many(self, topic: str, payloads: list[str]) -> None:
        """Publish all with QoS 1 as fast as the broker takes them, then wait for its word on each."""
        for sent in [self._client.publish(topic, payload, 1) for payload in payloads]:
            sent.wait_for_publish(30)

    def next(self, timeout_s: float = 5.0) -> MQTTMessage:
        """The next arrival."""
        return self.arrivals.get(timeout=timeout_s)

    def until(self, wanted: Callable[[MQTTMessage], bool], timeout_s: float = 5.0) -> MQTTMessage:
        """The next arrival that is wanted; the others are dropped."""
        end = time.monotonic() + timeout_s
        while True:
            arrival = self.arrivals.get(timeout=max(0.0, end - time.monotonic()))
            if wanted(arrival):
                return arrival


def publish_properties(given: dict[str, Any]) -> Properties | None:
    """MQTT 5 properties of a publication, by their names."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho has none
    for name, value in given.items():
        setattr(properties, name, value)
    return properties if given else None


def property_of(arrival: MQTTMessage, name: str) -> Any:
    """An MQTT 5 property of an arrival, by its name; None where it has none."""
    return getattr(arrival.properties, name, None)


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port
