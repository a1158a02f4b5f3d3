"""The table of speech models: which class speaks for which settings. Only what is asked for is imported."""

import importlib
import importlib.util
from pathlib import Path
from typing import cast

from voxd.errors import EngineError
from voxd.neural.speech_model import SpeechModel
from voxd.settings.engines import HostSettings, PiperSettings, PocketSettings, PythonSettings, VoxcpmSettings


def speech_model(settings: HostSettings, models: Path, scratch: Path) -> SpeechModel:
    """The model of an engine, not loaded yet; call it where it may take seconds: libraries are imported.

    `models` is where checkpoints lie, `scratch` a folder for what the model keeps for itself. Raises EngineError.
    """
    match settings:
        case VoxcpmSettings():
            return _voxcpm(settings, models, scratch)
        case PiperSettings():
            return _piper(settings, models)
        case PocketSettings():
            return _pocket(settings, models)
        case PythonSettings():
            return _of_the_owner(settings)
        case _:
            raise EngineError(f"{type(settings).__name__} has no model")


def _voxcpm(settings: VoxcpmSettings, models: Path, scratch: Path) -> SpeechModel:
    try:
        from voxd.neural.voxcpm.model import VoxcpmModel
    except ImportError as error:
        raise EngineError(
            f"The engine voxcpm needs the neural part of voxd, which is not installed here ({error})"
        ) from error
    return VoxcpmModel(settings, models, scratch)


def _piper(settings: PiperSettings, models: Path) -> SpeechModel:
    try:
        from voxd.neural.piper.model import PiperModel
    except ImportError as error:
        raise EngineError(
            f"The engine piper needs the extra piper (licensed under the GPL), which is not installed here ({error})"
        ) from error
    return PiperModel(settings, models)


def _pocket(settings: PocketSettings, models: Path) -> SpeechModel:
    if importlib.util.find_spec("pocket_tts") is None:  # which is imported when the model is loaded
        raise EngineError("The engine pocket needs the neural part of voxd, which is not installed here")
    from voxd.neural.pocket.model import PocketModel

    return PocketModel(settings, models)


def _of_the_owner(settings: PythonSettings) -> SpeechModel:
    module, _, name = settings.model.partition(":")
    try:
        made = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise EngineError(f"The model {settings.model} cannot be imported: {error}") from error
    except AttributeError:
        raise EngineError(f"The module {module} has no {name}: see `model` of this engine") from None
    try:
        return cast("SpeechModel", made(**settings.options))
    except TypeError as error:
        raise EngineError(f"The model {settings.model} does not take its `options`: {error}") from error
