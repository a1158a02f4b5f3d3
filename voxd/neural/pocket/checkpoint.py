"""A model of Pocket TTS on disk: its configuration found, and every file that it names looked for here alone.

The configurations that come with the package tell where on the hub the weights and the vocabulary are, as
hf://OWNER/NAME/PATH@REVISION; below a folder that was fetched they have the same PATH. A model of somebody else's has
its configuration beside its weights.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from voxd.errors import EngineError
from voxd.neural.model_files import files_hash, place_of, readable
from voxd.neural.pocket.upstream_imports import configurations

YAML = (".yaml", ".yml")
WEIGHTS = "model.safetensors"
SEVERAL = "languages"
"""The folder of a repository that holds several models, each with weights, vocabulary and voices of its own."""
VOICES = ("embeddings", "voices")
TOKENIZERS = {".json": "tokenizers", ".model": "sentencepiece"}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model with everything that it is made of.

    `config` is what the package's Config takes, each path one that is here. `voices` are files by the speaker's
    name. `weights_hash` changes with configuration, weights or vocabulary, `voices_hash` with the voices.
    """

    folder: Path
    name: str
    config: Mapping[str, Any]
    voices: Mapping[str, Path]
    weights_hash: str
    voices_hash: str


def find_checkpoint(model: str, models: Path) -> Checkpoint:
    """The checkpoint of a repository fetched into the folder `models`, or of the owner's own folder or YAML file.

    Raises EngineError with what to do where it is not there, not complete, or not ours to read.
    """
    with readable("model", model):
        return _found(model, models)


def _found(model: str, models: Path) -> Checkpoint:
    place, cure = place_of(model, models)
    if not place.exists():
        raise EngineError(f"The model {model} is not here (there is no {place}): {cure}")
    folder, file = (place.parent, place) if place.suffix in YAML else (place, _configuration(place, cure))
    config = _read(file)
    files = _Files(folder, models, cure)
    named = _settled(config, files)
    voices = dict(_voices((named[0].parent, folder)))
    told = json.dumps(config, sort_keys=True, default=str).replace(str(folder), "").replace(str(models), "")
    hashed = hashlib.sha256(f"{told} {files_hash(folder, named)}".encode()).hexdigest()
    return Checkpoint(folder, file.stem, config, voices, hashed, files_hash(folder, voices.values()))


def _configuration(folder: Path, cure: str) -> Path:
    """The model's own configuration, or the one that the package has for a model of that name."""
    own = sorted(path for path in folder.iterdir() if path.suffix in YAML)
    own = [path for path in own if path.stem == "config"] or own
    if len(own) > 1:
        told = ", ".join(path.name for path in own)
        raise EngineError(f"{folder} has several configurations ({told}): name one of these files as `model`")
    if own:
        return own[0]
    several = folder / SEVERAL
    names = sorted(path.parent.name for path in several.glob(f"*/{WEIGHTS}")) if several.is_dir() else []
    if len(names) > 1:
        raise EngineError(f"{folder} holds several models: name one as `model`, such as {several / names[0]}")
    if not names and not (folder / WEIGHTS).is_file():
        raise EngineError(f"The model in {folder} is not complete, it lacks {WEIGHTS}: {cure}")
    name = names[0] if names else folder.name
    packaged = configurations() / f"{name}.yaml"
    if not packaged.is_file():
        known = ", ".join(sorted(path.stem for path in packaged.parent.glob("*.yaml")))
        raise EngineError(
            f"There is no configuration for the model {name} in {folder}: put its YAML file there, "
            f"or take one of {known}"
        )
    return packaged


def _read(file: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EngineError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    match config:
        case {"flow_lm": {"lookup_table": {"tokenizer_path": str()}}, "mimi": dict()}:
            return dict(config)
    raise EngineError(f"{file} is no configuration of Pocket TTS: it lacks flow_lm, its lookup_table, or mimi")


@dataclass(frozen=True, slots=True)
class _Files:
    """Looks here for what a configuration names."""

    folder: Path
    models: Path
    cure: str

    def find(self, named: str, *others: str) -> Path:
        """The file of that name, else of one of the others. Raises EngineError."""
        found = next((path for name in (named, *others) for path in self._places(name) if path.is_file()), None)
        if found is None:
            what = _inside(named)[1] if "://" in named else named
            raise EngineError(f"The model in {self.folder} is not complete, it lacks {what}: {self.cure}")
        return found

    def _places(self, named: str) -> Iterator[Path]:
        if "://" not in named:
            yield self.folder / Path(named).expanduser()
            return
        repository, path = _inside(named)
        yield self.folder / path
        yield self.folder / PurePosixPath(path).name
        if repository:
            yield self.models / repository.replace("/", "--") / path


def _inside(address: str) -> tuple[str, str]:
    """The repository of an address on the hub, and the path in it; of any other address its last part."""
    scheme, _, rest = address.partition("://")
    rest = rest.partition("@")[0].partition("?")[0]
    if scheme != "hf":
        return "", PurePosixPath(rest).name
    owner, name, path = [*rest.split("/", 2), "", ""][:3]
    return f"{owner}/{name}", path


def _settled(config: dict[str, Any], files: _Files) -> list[Path]:
    """Have every path in the configuration be one that is here; all of them, the weights first."""
    flow, mimi = dict(config["flow_lm"]), dict(config["mimi"])
    whole = [str(config[key]) for key in ("weights_path", "weights_path_without_voice_cloning") if config.get(key)]
    named = [files.find(*whole)] if whole else []
    config |= {"flow_lm": flow, "mimi": mimi, "weights_path": str(named[0]) if whole else None}
    config.pop("weights_path_without_voice_cloning", None)
    for part in (flow, mimi):
        if part.get("weights_path"):
            named.append(files.find(str(part["weights_path"])))
            part["weights_path"] = str(named[-1])
    if not whole and len(named) < 2:
        raise EngineError(f"The configuration of the model in {files.folder} names no weights")
    table = flow["lookup_table"] = dict(flow["lookup_table"])
    tokenizer = _tokenizer(str(table["tokenizer_path"]), files, named[0].parent)
    table |= {"tokenizer_path": str(tokenizer), "tokenizer": TOKENIZERS.get(tokenizer.suffix, "sentencepiece")}
    return [*named, tokenizer]


def _tokenizer(wanted: str, files: _Files, beside: Path) -> Path:
    """The vocabulary that is named, in whichever of its two forms; else the one beside the weights."""
    stem = wanted.partition("@")[0].rpartition(".")[0]
    own = (str(beside / f"tokenizer{suffix}") for suffix in TOKENIZERS)
    return files.find(wanted, *(stem + suffix for suffix in TOKENIZERS), *own)


def _voices(folders: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """The voices that came with the model, by name."""
    there = [folder / name for folder in folders for name in VOICES if (folder / name).is_dir()]
    for path in sorted(there[0].glob("*.safetensors")) if there else ():
        yield path.stem, path
