"""`voxd models`: fetches the models of neural engines, lists what is here, and checks it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voxd.commands.download_progress import shown
from voxd.errors import BadRequestError
from voxd.neural.hub.client import Hub
from voxd.neural.hub.fetching import bytes_in
from voxd.neural.hub.fetching import fetch as fetch_model
from voxd.neural.hub.manifest import read_manifest
from voxd.neural.hub.repository import Repository, repositories_in
from voxd.paths import paths_in_force
from voxd.settings import Settings

_REVISION_DIGITS = 10
_STDERR = 2


def fetch(settings: Settings, name: str, revision: str) -> None:
    """Fetch a model, or do nothing where it is here at that revision, whole. Raises VoxdError."""
    repository, models = Repository.of(name), paths_in_force(settings.paths).models
    with _ended_by_ctrl_c():
        came = fetch_model(
            Hub(), repository, revision, models, lambda folder, total: shown(name, folder, total, bytes_in)
        )
    print(f"{repository} {'is now' if came else 'was already'} in {repository.folder(models)}")


def show(settings: Settings) -> None:
    """Print a line for every model that is here."""
    models = paths_in_force(settings.paths).models
    repositories = repositories_in(models)
    if not repositories:
        print(f"No model is in {models}; `voxd models fetch openbmb/VoxCPM1.5` fetches one")
    for repository in repositories:
        print(f"{repository!s:40} {_state(repository, models)}")


@contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """Ctrl-C ends the process at once, wherever it is: the next fetch goes on with what has come.

    As an exception it would be lost in a finalizer (Python only tells of those), and the library has many.
    """
    former = signal.getsignal(signal.SIGINT)
    if former is not signal.default_int_handler:  # nohup and others have it ignored
        yield
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def _end(*_: object) -> None:
    if os.isatty(_STDERR):
        os.write(_STDERR, b"\n")  # what the shell says next is not to stand behind the bar
    os._exit(128 + signal.SIGINT)


def _state(repository: Repository, models: Path) -> str:
    manifest = read_manifest(repository.folder(models))
    if manifest is not None:
        return f"{manifest.revision[:_REVISION_DIGITS]}  {manifest.bytes / 1e9:.2f} GB"
    if repository.folder(models).is_dir():
        return "was put here without `voxd models fetch`; nobody knows whether it is whole"
    return f"is not whole yet; run `voxd models fetch {repository}` to go on"


def check(settings: Settings, name: str | None) -> bool:
    """Compare a model, or all that were fetched, with what was fetched; print a line each. False where one differs.

    Raises BadRequestError where the model asked for was never fetched.
    """
    models = paths_in_force(settings.paths).models
    wanted = [Repository.of(name)] if name is not None else repositories_in(models)
    if not wanted:
        print(f"No models are in {models}")
    good = True
    for repository in wanted:
        manifest = read_manifest(repository.folder(models))
        if manifest is None:
            if name is not None:
                raise BadRequestError(f"{repository} was not fetched to its end: run `voxd models fetch {repository}`")
            continue
        faults = list(manifest.faults(repository.folder(models)))
        good = good and not faults
        print(f"{'problem' if faults else 'ok':8} {repository}", end="")
        print(f": {'; '.join(faults)}; run `voxd models fetch {repository}`" if faults else "")
    return good
