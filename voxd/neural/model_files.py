"""The files of a model as they lie on disk: told apart from others, and read without running what they may hold."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxd.errors import BadRequestError, EngineError
from voxd.lib.os_errors import in_words
from voxd.neural.hub.repository import Repository

if TYPE_CHECKING:
    from torch import Tensor

MANIFEST = "voxd-manifest.json"
MIB = 1024 * 1024
NAMED_MAX = 3


def place_of(model: str, models: Path) -> tuple[Path, str]:
    """Where a model lies that is the owner's own path, or was fetched into `models`; and the cure if it does not.

    Raises EngineError where it is neither.
    """
    own = own_path(model)
    if own.is_absolute():
        return own, "put the whole model there"
    try:
        return Repository.of(model).folder(models), f"run `voxd models fetch {model}`"
    except BadRequestError as error:
        raise EngineError(
            f"{model!r} is no model: `model` is the name of one that was fetched, such as openbmb/VoxCPM1.5, or a "
            "path that begins with / or ~"
        ) from error


def own_path(model: str) -> Path:
    """The path that is meant, a ~ made a home. Raises EngineError where there is no such home."""
    try:
        return Path(model).expanduser()
    except RuntimeError as error:
        raise EngineError(f"Nobody here has the home of {model}: write the path out, from its first /") from error


@contextmanager
def readable(kind: str, model: str) -> Iterator[None]:
    """Files that cannot be read are an EngineError that names the model, or what else it is `kind` of, and the file."""
    try:
        yield
    except OSError as error:
        reason = f"{error.filename}: {in_words(error)}" if error.filename else in_words(error)
        raise EngineError(f"The {kind} {model} cannot be read: {reason}") from error


def files_hash(folder: Path, files: Iterable[Path]) -> str:
    """Changes when one of the files does.

    From the files' ends, as they are large, and from what `voxd models fetch` noted, where that is there. That alone
    would not do: all voices of Piper of one quality are equally large, and so are weights that were trained further.
    """
    noted = _manifest(folder / MANIFEST)
    digest = hashlib.sha256()
    for file in files:
        name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
        size = file.stat().st_size
        digest.update(f"{name} {size} ".encode() + _ends(file, size))
        match noted.get(name):
            case {"sha256": str(sha256), "bytes": int(noted_size)} if noted_size == size:
                digest.update(sha256.encode())
    return digest.hexdigest()


def read_object(path: Path) -> dict[str, Any]:
    """The object of a JSON file. Raises OSError, ValueError or TypeError."""
    held = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(held, dict):
        raise TypeError("it holds no object")
    return held


def read_safetensors(file: Path) -> "dict[str, Tensor]":
    """The weights by name. Raises EngineError where the file is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file)
    except (SafetensorError, OSError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise EngineError(f"{file} is damaged ({reason}). Fetch the model again") from error


def check_weights(weights: "Mapping[str, Tensor]", expected: "Mapping[str, Tensor]", folder: Path, config: str) -> None:
    """Raises EngineError unless there is a weight for each expected one, of its shape, and no other."""
    both = expected.keys() & weights.keys()
    _refuse(folder, "lacks weights", expected.keys() - both)
    _refuse(folder, "has weights that its architecture has not", weights.keys() - both)
    misshaped = [name for name in both if weights[name].shape != expected[name].shape]
    _refuse(folder, f"has weights of another shape than {config} tells", misshaped)


def _refuse(folder: Path, wrong: str, names: Iterable[str]) -> None:
    named = sorted(names)
    if named:
        more = f" and {len(named) - NAMED_MAX} more" if len(named) > NAMED_MAX else ""
        raise EngineError(f"The model in {folder} {wrong}: {', '.join(named[:NAMED_MAX])}{more}. Fetch it again")


def _manifest(path: Path) -> dict[str, Any]:
    try:
        return dict(read_object(path)["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _ends(file: Path, size: int) -> bytes:
    with file.open("rb") as opened:
        digest = hashlib.sha256(opened.read(MIB))
        opened.seek(max(0, size - MIB))
        digest.update(opened.read(MIB))
    return digest.digest()
