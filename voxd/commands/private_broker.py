"""A broker for the first run: the one that is there, or a mosquitto of our own on loopback."""

import logging
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voxd.errors import VoxdError
from voxd.settings import MqttSettings
from voxd.wire.mqtt.probe import check_connection

log = logging.getLogger(__name__)

START_MAX_S = 10.0
STOP_MAX_S = 5.0
LOOPBACK = "127.0.0.1"
CHOICE = ("enabled", "host", "username", "password", "password_file", "tls")


@contextmanager
def broker_for(settings: MqttSettings, folder: Path) -> Iterator[MqttSettings]:
    """The settings to reach a broker with: those given where it takes us, else a private one that ends with the block.

    The private one listens on loopback only, on the port of the settings where that is free. A broker that the owner
    chose is never replaced: the daemon goes on trying to reach it. Raises VoxdError where there is no mosquitto.
    """
    if _is_chosen(settings):
        yield settings
        return
    try:
        check_connection(settings)
    except VoxdError as reason:
        log.info("The broker at %s:%d is not for us: %s", settings.host, settings.port, reason)
    else:
        print(f"Using the MQTT broker at {settings.host}:{settings.port}", flush=True)
        yield settings
        return
    private = settings.model_copy(update={"host": LOOPBACK, "port": _free_port(settings.port)})
    process = _started(private, folder)
    try:
        _wait_until_it_answers(private, process, folder)
        print(f"Started a private MQTT broker at {private.host}:{private.port}; it ends with voxd", flush=True)
        yield private
    finally:
        process.terminate()
        try:
            process.wait(STOP_MAX_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_chosen(settings: MqttSettings) -> bool:
    """Whether the owner named a broker, or how to be let in: more than a port of this machine."""
    return any(getattr(settings, name) != getattr(MqttSettings(), name) for name in CHOICE)


def _started(settings: MqttSettings, folder: Path) -> "subprocess.Popen[bytes]":
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise VoxdError("There is no MQTT broker, and mosquitto is not installed: apt-get install mosquitto")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = folder / "mosquitto.conf"
    lines = [
        f"listener {settings.port} {settings.host}",
        "allow_anonymous true",
        "persistence true",
        f"persistence_location {folder.absolute()}/",
        "max_queued_messages 0",
        *(["user root"] if os.geteuid() == 0 else []),
    ]
    configuration.write_text("\n".join(lines) + "\n")
    with (folder / "mosquitto.log").open("wb") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", program, "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _wait_until_it_answers(settings: MqttSettings, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + START_MAX_S
    while True:
        try:
            return check_connection(settings)
        except VoxdError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                text = (folder / "mosquitto.log").read_text("utf-8", "replace").strip()
                raise VoxdError(f"mosquitto did not start: {text or error}") from error
            time.sleep(0.05)


def _free_port(wanted: int) -> int:
    """The wanted port of loopback, or another one where that is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise VoxdError("No port of 127.0.0.1 is free for a private MQTT broker")
