"""The hub that models come from; the only home of huggingface_hub."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from voxd.errors import VoxdError
from voxd.neural.hub.repository import Repository
from voxd.neural.hub.trouble import explanation

TIMEOUT_S = 20.0
_DEFAULT_ENDPOINT = "https://huggingface.co"
_MIB = 1024 * 1024
_LIBRARY = {
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_VERBOSITY": "error",
}
"""huggingface_hub reads these once, when it is imported."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository, and how its content is told: by SHA-256 where it is large, by git's hash else."""

    name: str
    bytes: int
    sha256: str | None
    git_sha1: str | None

    def is_at(self, path: Path) -> bool:
        """Whether the file there is this one; reads the whole of it. Its size must do where the hub tells no hash."""
        if not path.is_file() or path.stat().st_size != self.bytes:
            return False
        expected = self.sha256 or self.git_sha1
        return expected is None or expected == self._digest(path)

    def _digest(self, path: Path) -> str:
        digest = hashlib.sha256()
        if not self.sha256:
            digest = hashlib.sha1(f"blob {self.bytes}\0".encode(), usedforsecurity=False)
        with path.open("rb") as file:
            while block := file.read(_MIB):
                digest.update(block)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit."""

    revision: str
    files: dict[str, HubFile]

    @property
    def bytes(self) -> int:
        """How many bytes the files have together."""
        return sum(file.bytes for file in self.files.values())


class Hub:
    """Hugging Face or a mirror of it (`HF_ENDPOINT`), with the owner's token (`HF_TOKEN`) where he has one.

    Speaks plain HTTP: the hub's other protocol, Xet, needs further hosts, and resumes in a cache of its own.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        for name, value in _LIBRARY.items():
            os.environ.setdefault(name, value)
        try:
            import huggingface_hub
        except ImportError as error:
            raise VoxdError(
                "What fetches models is not installed here: run `make run NEURAL=cpu`, or `make run PIPER=1` for the "
                "voices of Piper"
            ) from error
        self._library = huggingface_hub
        self._endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or _DEFAULT_ENDPOINT).rstrip("/")

    def listing(self, repository: Repository, revision: str) -> Listing:
        """What the repository holds at a branch, tag or commit. Raises HubError."""
        with self._explained(repository, revision):
            info = self._library.HfApi(endpoint=self._endpoint).model_info(
                repository.page, revision=revision, files_metadata=True, timeout=TIMEOUT_S
            )
        files = (
            HubFile(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None, file.blob_id)
            for file in info.siblings or ()
        )
        return Listing(info.sha or revision, {file.name: file for file in files})

    def download(self, repository: Repository, revision: str, file: HubFile, folder: Path) -> None:
        """Bring a file into the folder, from where an earlier try broke off. Raises HubError."""
        with self._explained(repository, revision):
            self._library.hf_hub_download(
                repository.page,
                file.name,
                revision=revision,
                local_dir=folder,
                endpoint=self._endpoint,
                etag_timeout=TIMEOUT_S,
            )

    @contextmanager
    def _explained(self, repository: Repository, revision: str) -> Iterator[None]:
        """Turns what the library raises into what its owner can do."""
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise explanation(error, self._endpoint, repository.page, revision) from error
