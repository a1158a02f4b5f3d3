"""Upstream's network, filled with a checkpoint's weights and ready to speak."""

from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from voxd.errors import EngineError
from voxd.neural.model_files import check_weights, read_safetensors
from voxd.neural.pocket.checkpoint import Checkpoint
from voxd.neural.pocket.upstream_imports import upstream

Network: TypeAlias = Any
"""TTSModel of the package pocket_tts."""
ENCODER = "mimi.encoder."
DECODE_STEPS = 1
"""What upstream's models were distilled for (pocket_tts.default_parameters)."""


def load_network(checkpoint: Checkpoint) -> Network:
    """The network in evaluation mode. Raises EngineError where the checkpoint does not make one.

    Upstream's own `load_model` fills the weights with random numbers first, and takes what is not here from the hub.
    """
    with upstream():
        network = _empty(checkpoint)
        expected, weights = network.state_dict(), _weights(checkpoint)
        check_weights(weights, expected, checkpoint.folder, f"the configuration {checkpoint.name}")
        taken = {name: weight.to(expected[name].dtype) for name, weight in weights.items()}
        network.load_state_dict(taken, assign=True)
    return network.eval().requires_grad_(False)


def clones(network: Network) -> bool:
    """Whether the weights of the clip encoder are there: those that everybody may have are all zero."""
    held = (weight for name, weight in network.state_dict().items() if name.startswith(ENCODER))
    return any(bool(weight.any()) for weight in held)


def _empty(checkpoint: Checkpoint) -> Network:
    """The network without weights: they lie on torch's device `meta`, which costs neither time nor memory."""
    from pocket_tts.models.mimi import build_mimi
    from pocket_tts.models.tts_model import TTSModel, stamp_state_names
    from pocket_tts.utils.config import Config

    try:
        config = Config(**checkpoint.config)
        with torch.device("meta"):
            network = TTSModel._from_pydantic_config(  # noqa: SLF001  the only way that reads no file; its version is pinned
                config, config.default_temperature, DECODE_STEPS, None, config.default_eos_threshold, None
            )
            width = config.mimi.inner_dim or config.mimi.seanet.dimension
            projection = torch.empty(config.flow_lm.transformer.d_model, width)
            network.flow_lm.speaker_proj_weight = torch.nn.Parameter(projection)
            network.mimi = build_mimi(config.mimi)
    except (ValueError, TypeError, RuntimeError, AssertionError, OSError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise EngineError(f"The model in {checkpoint.folder} cannot be used: {reason}") from error
    stamp_state_names(network)
    return network


def _weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """All weights by name; those of a part that has a file of its own come from there."""
    from pocket_tts.utils.weights_loading import get_flow_lm_state_dict, get_mimi_state_dict

    config = checkpoint.config
    whole, flow, mimi = (part.get("weights_path") for part in (config, config["flow_lm"], config["mimi"]))
    weights = read_safetensors(Path(whole)) if whole else {}
    for prefix, file, renamed in (("flow_lm.", flow, get_flow_lm_state_dict), ("mimi.", mimi, get_mimi_state_dict)):
        if file:
            read_safetensors(Path(file))  # tells what is wrong with it
            others = {name: weight for name, weight in weights.items() if not name.startswith(prefix)}
            weights = others | {prefix + name: weight for name, weight in renamed(Path(file)).items()}
    return weights
