"""The appliance with a broker of its own: TLS, users, who may say what, and nothing lost when the broker is killed."""

import io
import json
import socket
import ssl
import subprocess
import time
import uuid
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from appliance.machine import Machine
from appliance.playbooks import ANSIBLE, Play, play
from appliance.provisioning import BROKER_PORT, NODE, password, variables
from appliance.sound import played
from brokers import Peer, make_certificates

pytestmark = pytest.mark.appliance

WITHIN_S = 30.0
JOURNAL = "/var/lib/voxd/journal.sqlite"
CERTIFICATE = {"cert": "server.crt", "key": "server.key", "ca": "ca.crt"}
ENDS = ("finished", "failed", "refused", "expired")


@dataclass(frozen=True)
class Appliance:
    """A provisioned machine, and what it gives whoever connects to its broker."""

    machine: Machine
    ca: Path

    @contextmanager
    def guest(self, user: str) -> Iterator[Peer]:
        """One of the broker's users."""
        known_as = {"username": user, "password": password(user)}
        with Peer(BROKER_PORT, host=self.machine.address, ca=self.ca, **known_as) as peer:
            yield peer

    def publish(self, user: str, topic: str, text: str) -> "subprocess.CompletedProcess[str]":
        """As anybody would from a shell; how that ended."""
        where = ("-h", self.machine.address, "-p", str(BROKER_PORT), "--cafile", str(self.ca), "-V", "5", "-q", "1")
        who = ("-u", user, "-P", password(user))
        return subprocess.run(
            ["mosquitto_pub", *where, *who, "-t", topic, "-m", text],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

    def history(self) -> dict[str, str]:
        """What was announced, and what became of it, by text."""
        told = json.loads(self.machine.run("voxd", "history", "--json", "--limit", "1000").stdout)
        return {past["text"]: past["state"] for past in told}

    def announced(self, like: str) -> int:
        """How many announcements the journal has with such a text, which are more than `voxd history` tells."""
        query = f"SELECT count(*) FROM announcements WHERE json_extract(content, '$.text') LIKE '{like}'"
        return int(self.machine.run("runuser", "-u", "voxd", "--", "sqlite3", JOURNAL, query).stdout)


@pytest.fixture(scope="module")
def appliance(
    tmp_path_factory: pytest.TempPathFactory, provisioned: Path, wheels: dict[str, Path]
) -> Iterator[Appliance]:
    folder = tmp_path_factory.mktemp("appliance")
    with Machine(folder, layers=[provisioned], shared=wheels) as booted:
        ca = folder / "ca.crt"
        ca.write_text(booted.path("/etc/voxd/broker-ca.crt").read_text())
        booted.shell(  # each machine of the tests has another address than the one that was provisioned
            f"echo IP:{booted.address} >> /etc/mosquitto/voxd/names\n"
            "systemctl start voxd-broker-certificate\n"
            "apt-get install -y -qq sqlite3"
        )
        yield Appliance(booted, ca)


def until(condition: Callable[[], object], otherwise: Callable[[], str]) -> None:
    """Wait until it holds."""
    end_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end_s, otherwise()
        time.sleep(0.1)


def end_of(peer: Peer, id_: str) -> str:
    """How an announcement ended, as is told on the topic of events that the peer has subscribed."""
    end_s = time.monotonic() + WITHIN_S
    while time.monotonic() < end_s:
        arrival = peer.until(lambda arrival: arrival.topic.endswith("/event"), end_s - time.monotonic())
        event = json.loads(arrival.payload)
        if event.get("id") == id_ and event["event_type"] in ENDS:
            return str(event["event_type"])
    raise AssertionError(f"{id_} does not end")


@pytest.mark.realtime  # the file card takes sound as fast as it comes: a busy machine leaves gaps in it
def test_an_announcement_over_the_provisioned_tls_broker_is_rendered_and_heard(appliance: Appliance) -> None:
    answers, dinner = f"voxd/{NODE}/response/hub", uuid.uuid4().hex
    with appliance.guest("homeassistant") as hub:
        hub.subscribe(f"voxd/{NODE}/event", answers)
        hub.publish(f"voxd/{NODE}/request/render", "Dinner is ready", ResponseTopic=answers)
        with wave.open(io.BytesIO(hub.until(lambda arrival: arrival.topic == answers, WITHIN_S).payload)) as rendered:
            wanted = rendered.readframes(rendered.getnframes()).strip(b"\0")
        hub.publish(f"voxd/{NODE}/say/hub", json.dumps({"id": dinner, "text": "Dinner is ready"}))
        assert end_of(hub, dinner) == "finished"
    assert len(wanted) > 20_000
    until(lambda: any(wanted in sound for sound in played(appliance.machine)), lambda: "it was not heard as it is")


def test_a_stranger_is_kept_from_alarms_and_whoever_is_named_raises_them(appliance: Appliance) -> None:
    with appliance.guest("smoke") as smoke:
        smoke.subscribe(f"voxd/{NODE}/event")
        for topic in ("alarm", "request/siren", "say", "say/smoke", "request/stop"):
            appliance.publish("doorbell", f"voxd/{NODE}/{topic}", f"A stranger on {topic}")
        assert appliance.publish("doorbell", f"voxd/{NODE}/say/doorbell", "Somebody is at the door").returncode == 0
        smoke.publish(f"voxd/{NODE}/alarm", json.dumps({"id": "smoke", "text": "Smoke", "repeat_max": 0}))
        assert end_of(smoke, "smoke") == "finished"
    until(lambda: appliance.history().get("Somebody is at the door") == "finished", appliance.machine.journal)
    assert not [text for text in appliance.history() if "stranger" in text]


def test_nobody_comes_in_without_a_password_or_without_tls(appliance: Appliance) -> None:
    nobody = appliance.publish("nobody", f"voxd/{NODE}/say", "Hello")
    assert nobody.returncode != 0
    with socket.create_connection((appliance.machine.address, BROKER_PORT), 5) as plain:
        plain.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")
        plain.settimeout(10)
        with suppress(ConnectionResetError):
            assert plain.recv(1) != b"\x20"
    with socket.create_connection((appliance.machine.address, BROKER_PORT), 5) as raw:
        context = ssl.create_default_context(cafile=str(appliance.ca))
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT  # as from Python 3.13 on
        with context.wrap_socket(raw, server_hostname=appliance.machine.address) as told:
            assert told.version() in ("TLSv1.2", "TLSv1.3")


def test_what_waits_for_voxd_outlives_a_kill_of_the_broker(appliance: Appliance) -> None:
    machine = appliance.machine
    machine.run("systemctl", "stop", "voxd")
    texts = {source: [f"Kept {source} {number}" for number in range(40)] for source in range(30)}
    with appliance.guest("homeassistant") as hub:
        for source, said in texts.items():
            payloads = [json.dumps({"text": text, "ttl_s": 0.001}) for text in said]
            hub.publish_many(f"voxd/{NODE}/say/{source}", payloads)
    before = machine.show("mosquitto", "MainPID")
    machine.run("systemctl", "kill", "--signal=KILL", "mosquitto")
    until(lambda: machine.show("mosquitto", "MainPID") not in (before, {"MainPID": "0"}), machine.journal)
    machine.run("systemctl", "start", "voxd")
    until(lambda: appliance.announced("Kept %") == 30 * 40, machine.journal)


def test_voxds_ports_are_closed_to_networks_that_are_not_named(appliance: Appliance) -> None:
    machine = appliance.machine
    socket.create_connection((machine.address, 10200), 5).close()
    rules = machine.shell("nft list table inet voxd").replace("10.89.0.0/16", "192.168.7.0/24")
    machine.run("nft", "--file", "-", stdin=f"delete table inet voxd\n{rules}")
    for port in (10200, 10710, BROKER_PORT):
        with pytest.raises(TimeoutError):
            socket.create_connection((machine.address, port), 1)
    assert machine.run("voxd", "status").stdout.startswith("house")
    machine.run("systemctl", "restart", "nftables")  # whose rules begin with a flush
    until(lambda: "10.89.0.0/16" in machine.shell("nft list table inet voxd || true"), machine.journal)
    socket.create_connection((machine.address, 10200), 5).close()


def test_figures_tell_how_voxd_is_and_a_note_that_it_does_not_answer(appliance: Appliance) -> None:
    machine, told = appliance.machine, "/var/lib/prometheus/node-exporter/voxd.prom"
    machine.run("systemctl", "start", "voxd-metrics.service")
    assert 'voxd_engine_ready{engine="espeak"} 1' in machine.path(told).read_text()
    machine.run("systemctl", "stop", "voxd")
    machine.run("systemctl", "start", "voxd-metrics.service", check=False)
    assert machine.path(told).read_text() == "voxd_up 0\n"
    until(lambda: "voxd does not answer" in machine.journal("voxd-note"), machine.journal)
    machine.run("systemctl", "start", "voxd")


def serial_shown(appliance: Appliance) -> str:
    """The number of the certificate that the broker shows."""
    with socket.create_connection((appliance.machine.address, BROKER_PORT), 5) as raw:
        context = ssl.create_default_context(cafile=str(appliance.ca))
        with context.wrap_socket(raw, server_hostname=appliance.machine.address) as told:
            return str((told.getpeercert() or {})["serialNumber"])


def test_a_certificate_that_ends_soon_is_renewed_while_everybody_stays_connected(appliance: Appliance) -> None:
    machine, folder = appliance.machine, "/etc/mosquitto/voxd"
    machine.shell(
        f"cd {folder}; openssl x509 -in server.crt -signkey server.key -days 20 -out soon.crt; mv soon.crt server.crt"
    )
    broker, lost = machine.show("mosquitto", "MainPID"), machine.journal("voxd").count("Lost the MQTT broker")
    machine.run("systemctl", "start", "voxd-broker-certificate.service")
    assert "OK" in machine.shell(f"openssl verify -CAfile {folder}/ca.crt {folder}/server.crt")
    assert machine.show("mosquitto", "MainPID") == broker
    renewed = machine.shell(f"openssl x509 -in {folder}/server.crt -noout -serial").strip()
    until(lambda: f"serial={serial_shown(appliance)}" == renewed, lambda: machine.journal("mosquitto"))
    assert machine.journal("voxd").count("Lost the MQTT broker") == lost


def test_settings_that_the_broker_refuses_never_replace_those_that_it_runs_with(appliance: Appliance) -> None:
    machine = appliance.machine
    machine.write("/root/bad.conf", "listener 8883 0.0.0.0\ncertfile /nowhere\nkeyfile /nowhere\n")
    refused = machine.run("/usr/local/lib/voxd/broker-check", "/root/bad.conf", check=False)
    assert refused.returncode != 0
    assert "/nowhere" in refused.stdout
    machine.run("/usr/local/lib/voxd/broker-check", "/etc/mosquitto/conf.d/zz-voxd.conf")


def broker_played(appliance: Appliance, given: dict[str, Any], **more: Any) -> Play:
    """Run what the playbook does about the broker, and nothing else."""
    return play(appliance.machine, ANSIBLE / "site.yml", given | more, "--tags", "broker")


def test_what_would_end_with_two_masters_of_a_broker_is_refused_before_anything_is_changed(
    appliance: Appliance, wheels: dict[str, Path]
) -> None:
    file = appliance.machine.path("/etc/mosquitto/conf.d/mine.conf")
    file.write_text("listener 1883\nallow_anonymous true\n")
    refused = broker_played(appliance, variables(wheels))
    file.unlink()
    assert refused.status != 0
    assert "There is a broker with settings of its own (/etc/mosquitto/conf.d/mine.conf)" in refused.told
    assert refused.count("changed") == 0


def test_a_certificate_of_the_owners_takes_the_place_of_ours(
    appliance: Appliance, wheels: dict[str, Path], tmp_path: Path
) -> None:
    make_certificates(tmp_path)
    files = {f"voxd_broker_{name}_file": str(tmp_path / file) for name, file in CERTIFICATE.items()}
    broker_played(appliance, variables(wheels), voxd_broker_host="localhost", **files).succeeded()
    with socket.create_connection((appliance.machine.address, BROKER_PORT), 5) as raw:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
        context.wrap_socket(raw, server_hostname="localhost").close()
    assert appliance.machine.path("/etc/voxd/broker-ca.crt").read_text() == (tmp_path / "ca.crt").read_text()
    assert not appliance.machine.shell("ls /etc/systemd/system | grep voxd-broker || true")


def test_a_firewall_and_figures_that_are_not_wanted_any_more_go(appliance: Appliance, wheels: dict[str, Path]) -> None:
    without = variables(wheels, voxd_firewall_enabled=False, voxd_monitoring_enabled=False)
    play(appliance.machine, ANSIBLE / "site.yml", without, "--tags", "firewall,monitoring").succeeded()
    assert "table inet voxd" not in appliance.machine.shell("nft list tables")
    names = ("voxd-firewall*", "voxd-metrics*", "voxd-note*", "voxd.prom")
    left = " -o ".join(f"-name '{name}'" for name in names)
    assert appliance.machine.shell(f"find /etc/systemd /var/lib/prometheus {left}") == ""


def test_a_broker_that_was_there_before_and_needed_no_settings_is_not_taken_over_unasked(
    appliance: Appliance, wheels: dict[str, Path]
) -> None:
    machine = appliance.machine
    machine.shell("mv /opt/voxd/packages /etc/mosquitto/conf.d/zz-voxd.conf /root")
    refused = broker_played(appliance, variables(wheels))
    machine.shell("mv /root/packages /opt/voxd; mv /root/zz-voxd.conf /etc/mosquitto/conf.d")
    assert refused.status != 0
    assert "There is a broker already" in refused.told
    assert refused.count("changed") == 0
