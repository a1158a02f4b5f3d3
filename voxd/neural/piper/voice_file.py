"""A Piper voice on disk: NAME.onnx with NAME.onnx.json beside it; found, read, and told apart from others."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from voxd.errors import BadRequestError, EngineError
from voxd.neural.hub.repository import Repository
from voxd.neural.model_files import files_hash, own_path, readable
from voxd.neural.piper.description import Description


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """A voice whose two files are there; `hash` changes when one of them does."""

    model: Path
    json: str
    description: Description
    hash: str

    @property
    def name(self) -> str:
        """What the voice is called: its file, without the ending."""
        return self.model.name.removesuffix(".onnx")


def find_voice(model: str, models: Path) -> VoiceFile:
    """The voice of that path, of that folder, or fetched under that name into `models`.

    Raises EngineError with what to do where it is not there, or cannot be understood.
    """
    with readable("voice", model):
        file = _own(own_path(model)) if _is_path(model) else _fetched(model, models)
        return _read(file)


def _is_path(model: str) -> bool:
    return model.startswith(("/", "~", ".")) or model.endswith(".onnx")


def _own(path: Path) -> Path:
    if path.is_dir():
        return _only(path)
    if not path.is_file():
        raise EngineError(
            f"There is no voice {path}: give the path of a NAME.onnx, or fetch one by `voxd models fetch`"
        )
    if path.suffix != ".onnx":
        raise EngineError(f"{path} is no Piper voice: that is a file NAME.onnx with NAME.onnx.json beside it")
    return path


def _fetched(model: str, models: Path) -> Path:
    try:
        folder = Repository.of(model).folder(models)
    except BadRequestError as error:
        raise EngineError(
            f"{model!r} is no Piper voice: `model` is the path of a NAME.onnx, or the name of one that was fetched, "
            "such as en_US-lessac-medium"
        ) from error
    if not folder.is_dir():
        raise EngineError(f"The voice {model} is not here: run `voxd models fetch {model}`")
    return _only(folder)


def _only(folder: Path) -> Path:
    """The one voice in a folder."""
    found = sorted(folder.rglob("*.onnx"))
    if not found:
        raise EngineError(
            f"There is no Piper voice in {folder}: that is a file NAME.onnx, and NAME.onnx.json beside it"
        )
    if len(found) > 1:
        named = ", ".join(path.name for path in found[:5])
        raise EngineError(f"There are {len(found)} voices in {folder}: put the path of one into `model` ({named})")
    return found[0]


def _read(file: Path) -> VoiceFile:
    beside = file.with_name(f"{file.name}.json")
    if not beside.is_file():
        raise EngineError(f"The voice {file} lacks its description: put {beside.name} beside it")
    told = beside.read_bytes()
    try:
        description = Description.model_validate_json(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise EngineError(
            f"{beside} is no description of a Piper voice ({f'{where}: ' if where else ''}{first['msg']}): "
            "get both files again from where the voice is from"
        ) from error
    return VoiceFile(file, told.decode(), description, files_hash(file.parent, (file, beside)))
