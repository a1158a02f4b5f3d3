"""`restart`: the daemon ends in order and begins anew, as the same process, with everything as it was."""

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from announcements import BASE, Events, say, wait_until_online
from brokers import Broker, Peer
from daemons import DaemonProcess

from voxd.commands.control_client import ControlClient
from voxd.errors import VoxdError

pytestmark = pytest.mark.journey


def open_files(pid: int) -> list[str]:
    """What the process has open, but for what has a number of its own."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed between two looks
            found.append(str(link.readlink()).partition(":[")[0])
    return sorted(found)


def asked(peer: Peer, verb: str, payload: str) -> dict[str, object]:
    """The answer to a request, to whoever asks."""
    peer.subscribe(f"{BASE}/response/{verb}")
    peer.publish(f"{BASE}/request/{verb}", payload)
    answer: dict[str, object] = json.loads(peer.next(20.0).payload)
    return answer


def test_a_restart_over_mqtt_keeps_the_process_what_was_chosen_and_what_is_announced_meanwhile(
    broker: Broker, daemon: DaemonProcess
) -> None:
    with Peer(broker.port) as asking:
        preferred = asked(asking, "prefer", '{"volume": 40, "chime": "gong"}')
    assert preferred["status"] == "ok"
    pid, files = daemon.process.pid, open_files(daemon.process.pid)
    with Peer(broker.port) as asking, Peer(broker.port) as listening:
        events = Events(listening)
        daemon._manager.forget()  # type: ignore[union-attr]  # it runs
        assert asked(asking, "restart", '{"transaction": 7}') == {"status": "ok", "data": {}, "transaction": 7}
        daemon.wait_for_notice("RELOADING=1")
        say(broker.port, "Said while nobody listened")
        daemon.wait_for_notice("READY=1")
        events.until("finished")
        wait_until_online(broker.port)
    assert daemon.process.poll() is None
    assert daemon.process.pid == pid
    status = daemon.status()
    assert (status["volume"], status["chime"]) == ({"home": 40}, "gong")
    assert len(open_files(pid)) <= len(files) + 2, (files, open_files(pid))
    second = daemon.run_verb("run")
    assert second.returncode == 1
    assert "Another voxd uses" in second.stderr
    assert daemon.stop() == 0


def test_systemd_is_not_told_of_an_end_when_voxd_begins_anew(daemon: DaemonProcess) -> None:
    manager = daemon._manager
    assert manager is not None
    manager.forget()
    done = daemon.run_verb("restart")
    assert (done.returncode, done.stdout) == (0, "voxd has begun anew\n")
    assert daemon.status()["state"] == "idle", "it serves as soon as the verb has returned"
    time.sleep(0.1)
    told = []
    while not manager.told.empty():
        told.append(manager.told.get())
    assert "RELOADING=1" in told
    assert "STOPPING=1" not in told
    assert "READY=1" in told[told.index("RELOADING=1") :]


def test_a_restart_is_refused_where_what_begins_would_end_at_once(daemon: DaemonProcess) -> None:
    good = daemon.config.read_text()
    client = ControlClient(daemon.folder / "run" / "control.sock")
    daemon.config.write_text(good + "speach: {}\n")
    with pytest.raises(VoxdError, match="speach"):
        client.order("restart", {})
    daemon.config.write_text(good)
    assert daemon.status()["state"] == "idle"
