"""The archive: a compressed tar whose first file tells what follows, and by which checksums it is known.

What is read of it is believed only once it is all there: an archive may be foreign, cut off, or made to harm.
"""

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from voxd.errors import BadRequestError

FORMAT = 1
MANIFEST = "voxd-backup.json"
MANIFEST_MAX_BYTES = 16 << 20
FILES_MAX = 100_000
FILE_MAX_BYTES = 4 << 30
BLOCK_BYTES = 1 << 20
MODE = 0o600


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive: its size and the SHA-256 of its content."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself; `made_at` is ISO 8601, `files` go by place/path."""

    format: int
    voxd: str
    node: str
    made_at: str
    files: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be put into an archive, and its name there."""

    name: str
    path: Path


def entry_of(path: Path) -> Entry:
    """Raises OSError."""
    with path.open("rb") as opened:
        return Entry(path.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())


def write(out: IO[bytes], manifest: Manifest, sources: Sequence[Source]) -> None:
    """Write an archive of files that nobody changes meanwhile. Raises OSError."""
    told = TypeAdapter(Manifest).dump_json(manifest, indent=1)
    with tarfile.open(fileobj=out, mode="w|gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(_member(MANIFEST, len(told)), io.BytesIO(told))
        for source in sources:
            with source.path.open("rb") as opened:
                tar.addfile(_member(source.name, manifest.files[source.name].bytes), opened)


class Reader:
    """An archive that is open: its manifest, then once its files in their order."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.manifest = _manifest_of(tar)

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each file by its name, and its content, to be read before the next one.

        Raises BadRequestError where anything is not as the manifest says, at the latest when all was read.
        """
        missing = dict(self.manifest.files)
        while (member := self._tar.next()) is not None:
            entry = missing.pop(member.name, None)
            if entry is None or not member.isreg() or member.size != entry.bytes:
                raise BadRequestError(f"The archive is damaged: {member.name[:100]!r} is not what it should be")
            yield member.name, self._content(member, entry)
        if missing:
            raise BadRequestError(f"The archive is damaged: {len(missing)} of its files are missing")

    def _content(self, member: tarfile.TarInfo, entry: Entry) -> Iterator[bytes]:
        file, digest = self._tar.extractfile(member), hashlib.sha256()
        while file is not None and (block := file.read(BLOCK_BYTES)):
            digest.update(block)
            yield block
        if digest.hexdigest() != entry.sha256:
            raise BadRequestError(f"The archive is damaged: {member.name} is not what it was")


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Reader]:
    """Open an archive. Raises BadRequestError where it is none, or newer; in the block, too, where it is damaged."""
    try:
        with tarfile.open(fileobj=file, mode="r|gz") as tar:
            yield Reader(tar)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise BadRequestError(f"The archive is damaged, or none of voxd's: {error}") from error
    except OSError as error:
        if error.errno is not None:  # the disk's; gzip's own have no number
            raise
        raise BadRequestError(f"The archive is damaged, or none of voxd's: {error}") from error


def _manifest_of(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > MANIFEST_MAX_BYTES:
        raise BadRequestError("The file is no backup of voxd's")
    content = tar.extractfile(first)
    told = b"" if content is None else content.read()
    if _format_of(told) > FORMAT:
        raise BadRequestError("The archive was made by a newer voxd; restore it with that one")
    try:
        manifest = TypeAdapter(Manifest).validate_json(told)
    except ValidationError as error:
        raise BadRequestError("The archive is damaged: what it says of itself cannot be understood") from error
    if len(manifest.files) > FILES_MAX or any(not 0 <= e.bytes <= FILE_MAX_BYTES for e in manifest.files.values()):
        raise BadRequestError("The archive holds more than any house has")
    return manifest


def _format_of(told: bytes) -> int:
    """0 where that cannot be known."""
    try:
        format_ = json.loads(told)["format"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return 0
    return format_ if isinstance(format_, int) else 0


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, MODE
    return member
