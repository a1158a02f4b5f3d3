"""Real sound servers for tests: a private PulseAudio whose sink can be listened to, and ALSA's file device."""

import math
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START_TIMEOUT_S = 10.0
STEP_S = 0.01
LAG_MAX_S, JITTER_S = 2.0, 0.03


class PulseServer:
    """A PulseAudio of our own with one null sink; programs reach it through ALSA and `alsa_config`."""

    def __init__(
        self, folder: Path, rate_hz: int = 48_000, channels: int = 1, parts: Mapping[str, str] | None = None
    ) -> None:
        """`parts` are sinks of their own, which share its channels in this order: PulseAudio's names of them, by sink.

        Without names PulseAudio has four channels FL, FC, FR and RC, and a part finds nothing of its own.
        """
        self.folder = folder
        self.rate_hz, self.channels = rate_hz, channels
        self._parts = dict(parts or {})
        self._channel_map = ",".join(self._parts.values())
        self.socket = folder / "native"
        self.alsa_config = folder / "asoundrc"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "home").mkdir(parents=True, exist_ok=True)
        self.alsa_config.write_text(f"pcm.!default {self.alsa_device}\nctl.!default {self.alsa_device}\n")

    @property
    def alsa_device(self) -> str:
        """What ALSA is told about it."""
        return f'{{ type pulse server "unix:{self.socket}" }}'

    def alsa_device_of(self, sink: str) -> str:
        """What ALSA is told about one of its sinks."""
        return f'{{ type pulse server "unix:{self.socket}" device "{sink}" }}'

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to play here through ALSA."""
        return {"ALSA_CONFIG_PATH": str(self.alsa_config)}

    def start(self) -> None:
        """Start and wait until it listens."""
        self.socket.unlink(missing_ok=True)
        places = {
            "HOME": str(self.folder / "home"),
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_RUNTIME_PATH": str(self.folder),
            "PULSE_STATE_PATH": str(self.folder / "state"),
        }
        inherited = {k: v for k, v in os.environ.items() if k != "ALSA_CONFIG_PATH"}
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit=no"]
        command += ["--use-pid-file=no", "--realtime=yes", "--high-priority=yes"]
        command += [f"--log-target=file:{self.folder / 'log'}"]
        command += ["-L", f"module-native-protocol-unix socket={self.socket} auth-anonymous=1"]
        sink = f"module-null-sink sink_name=vox rate={self.rate_hz} channels={self.channels} format=s16le"
        command += ["-L", f"{sink} norewinds=1{f' channel_map={self._channel_map}' if self._parts else ''}"]
        for name, channels in self._parts.items():
            part = f"module-remap-sink sink_name={name} master=vox channels={channels.count(',') + 1} remix=no"
            command += ["-L", f"{part} channel_map={channels} master_channel_map={channels}"]
        self._process = subprocess.Popen(
            command,
            env=inherited | places,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._listens, "PulseAudio listens")

    def freeze(self) -> None:
        """Wedge it: it stays there, and answers nobody."""
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo freeze."""
        self._running.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def channel_map(self) -> str:
        """The names of its channels, if they have any."""
        return self._channel_map

    def control(self, *words: str) -> str:
        """What pactl says to these words."""
        asked = ["pactl", f"--server=unix:{self.socket}", *words]
        return subprocess.run(asked, capture_output=True, check=True, timeout=START_TIMEOUT_S, text=True).stdout.strip()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process
        return self._process

    def _listens(self) -> bool:
        assert self._running.poll() is None, (self.folder / "log").read_text()
        asked = ["pactl", f"--server=unix:{self.socket}", "list", "short", "sinks"]
        return self.socket.exists() and b"vox" in subprocess.run(asked, capture_output=True, check=False).stdout


class Recorder:
    """Everything that is heard at the sink of a server, sample by sample (16 bit), from start to stop."""

    def __init__(self, server: PulseServer, path: Path) -> None:
        self.path = path
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self._ahead_s = -math.inf

    def start(self) -> None:
        """Start listening; returns when the first samples were recorded."""
        command = ["parec", f"--server=unix:{self._server.socket}", "--device=vox.monitor", "--raw"]
        command += ["--format=s16le", f"--rate={self._server.rate_hz}", f"--channels={self._server.channels}"]
        command += ["--latency-msec=10"]
        if self._server.channel_map:
            command += [f"--channel-map={self._server.channel_map}", "--no-remix"]
        with self.path.open("wb") as file:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file)
        wait_until(lambda: self.path.stat().st_size > 0, "the recorder records")
        self._lag_s()

    def heard(self) -> bytes:
        """What was heard until now; it waits for a recorder that lags behind, as on a busy machine."""
        end_s = time.monotonic() + LAG_MAX_S
        while self._process and self._process.poll() is None and self._lag_s() > JITTER_S and time.monotonic() < end_s:
            time.sleep(STEP_S)
        return self.path.read_bytes()

    def stop(self) -> bytes:
        """Stop listening; gives all that was heard."""
        heard = self.heard()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        return heard

    def _lag_s(self) -> float:
        """By how much it is later than it ever was; a sink and its recorder have one clock."""
        recorded_s = self.path.stat().st_size / (2 * self._server.channels * self._server.rate_hz)
        now_s = time.monotonic()
        self._ahead_s = max(self._ahead_s, recorded_s - now_s)
        return self._ahead_s - (recorded_s - now_s)


@contextmanager
def recording(server: PulseServer, path: Path) -> Iterator[Recorder]:
    """A recorder that runs as long as the block."""
    recorder = Recorder(server, path)
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop()


def alsa_config_for(path: Path, *servers: PulseServer) -> Path:
    """An ALSA configuration with a device for each server, named like its folder; the first is the default."""
    named = [f"pcm.{server.folder.name} {server.alsa_device}\n" for server in servers]
    path.write_text("".join(named) + f"pcm.!default {servers[0].alsa_device}\n")
    return path


def alsa_config_of_sinks(path: Path, server: PulseServer, *sinks: str) -> Path:
    """An ALSA configuration with a device for each of these sinks, named like it; the first is the default."""
    named = [f"pcm.{sink} {server.alsa_device_of(sink)}\n" for sink in sinks]
    path.write_text("".join(named) + f"pcm.!default {server.alsa_device_of(sinks[0])}\n")
    return path


def alsa_file_config(folder: Path) -> tuple[Path, Path]:
    """An ALSA configuration whose default device writes raw samples to a file, unpaced; and that file."""
    config, sound = folder / "asoundrc-file", folder / "alsa.raw"
    config.write_text(
        f'pcm.voxfile {{ type file slave.pcm {{ type null }} file "{sound}" format "raw" }}\n'
        "pcm.!default { type plug slave.pcm voxfile }\n"
    )
    return config, sound


def wait_until(holds: object, what: str, timeout_s: float = START_TIMEOUT_S) -> None:
    """Wait for a condition, given as a function; fails the test when it does not come true in time."""
    assert callable(holds)
    end_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end_s, f"Waited {timeout_s:g} s in vain until {what}"
        time.sleep(STEP_S)
