"""A Home Assistant that runs: in a folder, on a free port, with an API and a log."""

import re
import signal
import subprocess
import time
import urllib.error
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from brokers import free_port
from processes import children

from home_assistant.api import ApiError, RestApi
from home_assistant.configuration import access_token, furnish
from home_assistant.releases import Release
from home_assistant.socket import Socket, socket

UP_TIMEOUT_S = 180.0
END_TIMEOUT_S = 60.0
CALM_S = 1.0
LINE = re.compile(r"^\d{4}-\d\d-\d\d [\d:.+]+ (?P<level>[A-Z]+) \(\S+\) \[(?P<logger>[\w.\-]+)\] (?P<text>.*)")
ALWAYS_SAID = (
    *("which has not been tested by Home Assistant", "Skipping pip installation of required modules"),
    *("Support for the running Python version", "is taking over", "is taking longer than", "Executing <"),
)
"""What Home Assistant warns of whatever we do: an integration that is not its own, an old Python, a slow machine."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A warning or an error in the log, with the lines that follow it."""

    level: str
    logger: str
    text: str


class HomeAssistant:
    """A release of Home Assistant in a folder; use it as a context manager, or start and stop it yourself.

    `more` goes on top of its configuration; `within` are words before its command, such as `ip netns exec NAME`.
    """

    def __init__(
        self, folder: Path, release: Release, more: dict[str, Any] | None = None, within: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.release = release
        self.port = free_port()
        self.token = access_token()
        self.api = RestApi(self.port, self.token)
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0
        self._within = tuple(within)
        furnish(folder, self.port, more or {})

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Boot, and wait until everything is set up."""
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [*self._within, *self.release.command(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        end_s = time.monotonic() + UP_TIMEOUT_S
        while not self._is_up():
            assert self._process.poll() is None, f"It ended:\n{self.console[-5000:]}"
            assert time.monotonic() < end_s, f"It is not up within {UP_TIMEOUT_S:g} s:\n{self.console[-5000:]}"
            time.sleep(0.2)

    def stop(self) -> None:
        """SIGTERM, and wait; where it does not end, it is killed."""
        if self._process is None:
            return
        for child in children(self._process.pid):
            subprocess.run(["kill", f"-{signal.SIGTERM}", str(child)], check=False, timeout=10)
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"Home Assistant did not end:\n{self.console[-5000:]}") from None
        finally:
            self._process = None

    def restart(self) -> None:
        """Stop and start; what it keeps in its folder stays."""
        self.stop()
        self.start()

    def socket(self) -> AbstractContextManager[Socket]:
        """A connection to its WebSocket API."""
        return socket(self.port, self.token)

    @property
    def console(self) -> str:
        """All that it has logged, of earlier boots too."""
        return (self.folder / "console").read_text(errors="replace")

    def complaints(self) -> list[Complaint]:
        """Warnings and errors in the log since it was last asked for them, without those that are always there."""
        console = self.console
        added, self._read = console[self._read :], len(console)
        entries: list[list[str]] = []
        for line in added.splitlines():
            if LINE.match(line) or not entries:
                entries.append([line])
            else:
                entries[-1].append(line)
        found = ((LINE.match(first), "\n".join([first, *rest])) for first, *rest in entries)
        return [
            Complaint(match["level"], match["logger"], text)
            for match, text in found
            if match and match["level"] in ("WARNING", "ERROR", "CRITICAL")
            if not any(said in text for said in ALWAYS_SAID)
        ]

    def overlook(self) -> None:
        """What is complained of until it is calm was to be expected."""
        self.complaints()
        time.sleep(CALM_S)
        while self.complaints():
            time.sleep(CALM_S)

    def _is_up(self) -> bool:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError, ApiError):
            return bool(self.api.get("/api/config", 5.0)["state"] == "RUNNING")
        return False
