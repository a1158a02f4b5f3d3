"""A folder that looks like others, and keeps what is written to it in one of its own."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT_S = 20.0


@contextmanager
def overlay(folder: Path, layers: Iterable[Path]) -> Iterator[Path]:
    """`folder`/root, while the block lasts: the layers, the topmost first, under what `folder`/written has."""
    written, scratch, root = (folder / name for name in ("written", "scratch", "root"))
    for place in (written, scratch, root):
        place.mkdir(parents=True, exist_ok=True)
    # volatile: nothing of it need outlive a power cut, so nobody waits for the disk
    options = f"lowerdir={':'.join(map(str, layers))},upperdir={written},workdir={scratch},volatile"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "voxd", root], check=True, timeout=TIMEOUT_S)
    try:
        yield root
    finally:
        subprocess.run(["umount", root], check=True, timeout=TIMEOUT_S)
        shutil.rmtree(scratch)
