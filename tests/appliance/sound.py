"""What is heard of a machine, which has no sound card: exact samples, at once or at the pace of a real card."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.machine import Machine

PLAYED = "/var/lib/voxd/played"
TIMEOUT_S = 20.0
STEP_S = 0.05
SERVER = "/run/pulse.sock"


def give_file_card(machine: Machine) -> None:
    """ALSA's default device writes what is played to files: sample for sample, as fast as it is given."""
    # not pcm.file: ALSA's own configuration has one, which it would be mixed with
    file = f'pcm.tape {{ type file slave.pcm {{ type null }} file "{PLAYED}.raw" truncate false format raw }}\n'
    machine.write("/etc/asound.conf", file + "pcm.!default { type plug slave.pcm tape }\n")


def played(machine: Machine) -> list[bytes]:
    """What the file card was given, each time that it was opened."""
    files = machine.path(PLAYED).parent.glob("played.raw*")
    return [file.read_bytes() for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)]


class Loudspeaker:
    """ALSA's default device is a PulseAudio of the machine, which plays at the pace of a real card.

    It takes mono sound of 16 bit at its rate as it is. Debian's pulseaudio and libasound2-plugins must be installed.
    """

    def __init__(self, machine: Machine, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._machine = machine

    def plug_in(self) -> None:
        """Start it, now and at every boot."""
        door = f"module-native-protocol-unix socket={SERVER} auth-anonymous=1"
        sink = f"module-null-sink sink_name=vox rate={self.rate_hz} channels=1 format=s16le norewinds=1"
        options = f"-n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --log-target=stderr -L '{door}' -L '{sink}'"
        self._machine.write(
            "/etc/systemd/system/loudspeaker.service",
            "[Unit]\nBefore=voxd.service\n[Service]\nEnvironment=HOME=/root\n"
            f"ExecStart=pulseaudio {options}\n[Install]\nWantedBy=multi-user.target\n",
        )
        device = f'{{ type pulse server "unix:{SERVER}" }}'
        self._machine.write("/etc/asound.conf", f"pcm.!default {device}\nctl.!default {device}\n")
        self._machine.run("systemctl", "enable", "--now", "loudspeaker.service")

    @contextmanager
    def recording(self, file: Path) -> Iterator[None]:
        """Everything that is heard while the block lasts, in a file of ours: every sample of 16 bit."""
        options = ("--raw", "--format=s16le", f"--rate={self.rate_hz}", "--channels=1", "--latency-msec=10")
        command = self._machine.command("parec", f"--server=unix:{SERVER}", "--device=vox.monitor", *options)
        with file.open("wb") as target:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=target, start_new_session=True)
            try:
                self._wait_for_sound(file)
                yield
            finally:
                os.killpg(process.pid, signal.SIGTERM)  # nsenter and its child
                process.wait(TIMEOUT_S)

    def _wait_for_sound(self, file: Path) -> None:
        end_s = time.monotonic() + TIMEOUT_S
        while not file.stat().st_size:
            assert time.monotonic() < end_s, self._machine.journal("loudspeaker")
            time.sleep(STEP_S)
