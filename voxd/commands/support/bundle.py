"""`voxd support-bundle`: one archive of what a maintainer needs, for its owner to look into and to send."""

import gzip
import io
import tarfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from voxd import __version__
from voxd.commands.control_client import ControlClient
from voxd.commands.support.parts import HISTORY_LENGTH, Part, parts
from voxd.commands.support.secrets import cleaned, secrets_of
from voxd.errors import VoxdError
from voxd.lib.os_errors import in_words
from voxd.paths import paths_in_force
from voxd.settings import Settings

NOTE = """This was put together by `voxd support-bundle` (voxd {version}) for its owner to look into, and to send.
Passwords, tokens, keys and what was said are left out; names of zones and voices are not.
"""


def make(settings: Settings, mistakes: str, file: Path | None, check_options: Sequence[str]) -> None:
    """Write the archive, readable for its owner alone, and tell what is in it. Raises VoxdError.

    `mistakes` of the settings stand in their place, where they have some; `settings` are the defaults then.
    """
    target = file or Path(f"voxd-support-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
    _create(target)
    secrets, said = secrets_of(settings), _said(settings)
    note = NOTE.format(version=__version__)
    written = []
    for part in (Part("README.txt", "this list", lambda: note), *parts(settings, mistakes, check_options)):
        print(f"{part.name:15} {part.what}", flush=True)
        written.append((part.name, cleaned(part.write(), secrets, said)))
    _write(target, written)
    print(f"\n{target} ({target.stat().st_size / 1000:.0f} kB): look into it before you send it (tar -xzf {target})")


def _said(settings: Settings) -> list[str]:
    """What was said lately, to be taken out wherever it stands; nothing where no daemon tells."""
    client = ControlClient(paths_in_force(settings.paths).control_socket)
    try:
        return [str(past["text"]) for past in client.history(HISTORY_LENGTH, None)]
    except VoxdError:
        return []


def _create(target: Path) -> None:
    """An empty file that nobody else may read. Raises VoxdError."""
    try:
        target.touch(0o600, exist_ok=False)
    except FileExistsError as error:
        raise VoxdError(f"{target} is there already; name another file") from error
    except OSError as error:
        raise VoxdError(f"{target} cannot be written: {in_words(error)}") from error


def _write(target: Path, written: Iterable[tuple[str, str]]) -> None:
    folder = target.name.partition(".")[0]
    with (
        target.open("wb") as opened,
        gzip.GzipFile("", "wb", fileobj=opened) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, text in written:
            _put(archive, f"{folder}/{name}", text.encode("utf-8", "replace"))


def _put(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
    archive.addfile(entry, io.BytesIO(content))
