"""A model's folder on disk: found, complete, of an architecture that is known, and told apart from others."""

from dataclasses import dataclass
from pathlib import Path

from voxd.errors import EngineError
from voxd.neural.model_files import files_hash, place_of, read_object, readable

ARCHITECTURES = ("voxcpm", "voxcpm2")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
VAE_WEIGHTS = ("audiovae.safetensors", "audiovae.pth")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder with everything that a model is made of; `weights_hash` changes when its files do."""

    folder: Path
    architecture: str
    config: Path
    weights: Path
    vae_weights: Path
    weights_hash: str

    @property
    def is_second(self) -> bool:
        """Whether it is VoxCPM 2, which isolates the reference clip and needs no transcript."""
        return self.architecture == "voxcpm2"


def find_checkpoint(model: str, models: Path) -> Checkpoint:
    """The checkpoint of a repository fetched into the folder `models`, or of a folder of the owner's own.

    Raises EngineError with what to do where it is not there, not complete, or not ours to read.
    """
    with readable("model", model):
        return _found(model, models)


def _found(model: str, models: Path) -> Checkpoint:
    folder, cure = place_of(model, models)
    if not folder.is_dir():
        raise EngineError(f"The model {model} is not here (there is no folder {folder}): {cure}")
    config = _there(folder, ("config.json",), cure)
    weights, vae_weights = _there(folder, WEIGHTS, cure), _there(folder, VAE_WEIGHTS, cure)
    tokenizer = _there(folder, ("tokenizer.json",), cure)
    architecture = _architecture(config)
    hashed = files_hash(folder, (config, weights, vae_weights, tokenizer))
    return Checkpoint(folder, architecture, config, weights, vae_weights, hashed)


def _there(folder: Path, names: tuple[str, ...], cure: str) -> Path:
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise EngineError(f"The model in {folder} is not complete, it lacks {' or '.join(names)}: {cure}")
    return found


def _architecture(config: Path) -> str:
    try:
        told = read_object(config).get("architecture", ARCHITECTURES[0])
    except (OSError, ValueError, TypeError) as error:
        raise EngineError(f"{config} cannot be read: {error}") from error
    if str(told).lower() not in ARCHITECTURES:
        raise EngineError(f"{config} is of a model {told!r}, and the engine voxcpm knows {', '.join(ARCHITECTURES)}")
    return str(told).lower()
