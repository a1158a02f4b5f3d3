"""`voxd voices enroll`, `test` and `remove`: done by the running daemon."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxd.commands.control_client import ControlClient, DaemonAwayError
from voxd.errors import VoxdError
from voxd.paths import paths_in_force
from voxd.settings import Settings
from voxd.synthesis.enrolled.voice import CLIP_MAX_BYTES

HEARD_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for. Without `consent` it is that of the user."""

    name: str
    reference: Path
    transcript: str | None = None
    language: str | None = None
    engine: str | None = None
    consent: str | None = None
    seed: int | None = None
    fallbacks: tuple[str, ...] = ()

    def options(self) -> dict[str, str]:
        """What is set of it, as the daemon takes it."""
        told = {
            "name": self.name,
            "consent": self.consent or _user(),
            "transcript": self.transcript,
            "language": self.language,
            "engine": self.engine,
            "seed": None if self.seed is None else str(self.seed),
            "fallbacks": ",".join(self.fallbacks),
        }
        return {key: value for key, value in told.items() if value}


def enroll(settings: Settings, wish: Wish) -> None:
    """Have a voice enrolled, and print how that went. Raises VoxdError."""
    clip = _clip(wish.reference)
    with _daemon(settings) as client:
        done = client.enroll(wish.options(), clip)
    is_ = "is" if done["new"] else "was already"
    print(
        f"{done['name']} {is_} enrolled at revision {done['revision']}: {done['duration_s']} s of speech, "
        f"{done['language']}, by {done['engine']}; consent: {done['consent']}"
    )
    for note in done["notes"]:
        print(f"  {note}")
    if done["trial"]:
        _print_trial(done["trial"])
    else:
        print(f"  It was not tried yet: {done['remark']}")
    print(f'Listen to it: voxd say --voice {done["name"]} "Hello"')


def test(settings: Settings, name: str, text: str | None, *, heard: bool) -> None:
    """Have a voice speak, print how it did, and where wanted have it heard. Raises VoxdError."""
    with _daemon(settings) as client:
        trial = client.test(name, text)
        _print_trial(trial)
        if heard:
            _hear(client, {"text": trial["text"], "voice": name})


def _hear(client: ControlClient, content: dict[str, Any]) -> None:
    answer = client.announce(content, HEARD_WITHIN_S)
    if answer["state"] != "finished":
        raise VoxdError(f"The announcement is {answer['state']}. {answer.get('reason', '')}".rstrip())


def remove(settings: Settings, name: str) -> None:
    """Have an enrolled voice removed, and print what misses it now to standard error. Raises VoxdError."""
    with _daemon(settings) as client:
        client.remove(name)
        print(f"{name} is removed, with its recording and all that was made of it")
        for problem in client.voices()["problems"]:
            if f'"{name}"' in problem:
                print(problem, file=sys.stderr)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # as in a container that knows nobody of that number
        return f"user {os.getuid()}"


@contextmanager
def _daemon(settings: Settings) -> Iterator[ControlClient]:
    try:
        yield ControlClient(paths_in_force(settings.paths).control_socket)
    except DaemonAwayError as away:
        raise VoxdError(f"{away}. The daemon looks after the voices: start it, then try again") from None


def _clip(file: Path) -> bytes:
    try:
        if file.stat().st_size > CLIP_MAX_BYTES:
            raise VoxdError(f"{file} is larger than {CLIP_MAX_BYTES // 2**20} MiB; 5 to 20 seconds are enough")
        return file.read_bytes()
    except OSError as error:
        raise VoxdError(f"{file} cannot be read: {error.strerror}") from error


def _print_trial(trial: dict[str, Any]) -> None:
    print(
        f"  It spoke for {trial['duration_s']:.1f} s, the first sound after {trial['first_audio_s']:.2f} s, "
        f"at {trial['real_time_factor']:.2f} of real time"
    )
    if trial["similarity"] is None:
        print(f"  Whether it sounds like its clip is not known: {trial['remark']}")
    else:
        print(f"  It sounds like its clip to {trial['similarity']:.2f}; 1 is the same, strangers are below about 0.7")
