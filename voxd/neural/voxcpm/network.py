"""Upstream's network, filled with a checkpoint's weights, on its device and ready to speak."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, TypeAlias

import torch

from voxd.errors import EngineError
from voxd.neural.model_files import check_weights
from voxd.neural.voxcpm.checkpoint import Checkpoint
from voxd.neural.voxcpm.upstream_imports import upstream
from voxd.neural.voxcpm.weights import read_weights

Network: TypeAlias = Any
"""VoxCPMModel or VoxCPM2Model of the package voxcpm, which knows no types."""


def load_network(checkpoint: Checkpoint, *, device: str, dtype: str, max_length: int) -> Network:
    """The network in evaluation mode. Raises EngineError where the checkpoint does not make one.

    Upstream's own `from_local` takes precision and length from config.json alone, fills the weights with random
    numbers first, and passes over those that are missing.
    """
    with upstream():
        network = _empty(checkpoint, device=device, dtype=dtype, max_length=max_length)
        weights = read_weights(checkpoint)
        check_weights(weights, network.state_dict(), checkpoint.folder, "its config.json")
        network.load_state_dict(weights, assign=True)
        _restore_rope(network)
        for name, part in network.named_children():
            part.to(device=device, dtype=torch.float32 if name == "audio_vae" else getattr(torch, dtype))
        _fold_weight_norm(network.audio_vae)
    return network.eval().requires_grad_(False)


def _empty(checkpoint: Checkpoint, *, device: str, dtype: str, max_length: int) -> Network:
    """The network without weights: they lie on torch's device `meta`, which costs neither time nor memory."""
    from transformers import LlamaTokenizerFast

    if checkpoint.is_second:
        from voxcpm.model.voxcpm2 import VoxCPM2Model as Model
        from voxcpm.model.voxcpm2 import VoxCPMConfig as Config
        from voxcpm.modules.audiovae import AudioVAEV2 as Vae
    else:
        from voxcpm.model.voxcpm import VoxCPMConfig as Config
        from voxcpm.model.voxcpm import VoxCPMModel as Model
        from voxcpm.modules.audiovae import AudioVAE as Vae
    told = json.loads(checkpoint.config.read_text(encoding="utf-8"))
    try:
        config = Config.model_validate({**told, "dtype": dtype, "device": device})
        config.max_length = min(max_length, config.lm_config.max_position_embeddings)
        tokenizer = LlamaTokenizerFast.from_pretrained(str(checkpoint.folder), local_files_only=True)
        with torch.device("meta"), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # it prints
            return Model(config, tokenizer, Vae(config.audio_vae_config), device=device)
    except (torch.OutOfMemoryError, torch.AcceleratorError):
        raise
    except (ValueError, TypeError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise EngineError(f"The model in {checkpoint.folder} cannot be used: {reason}") from error


def _restore_rope(network: Network) -> None:
    """Tables of positions are computed, not loaded."""
    from voxcpm.modules.minicpm4.model import MiniCPMLongRoPE

    for module in network.modules():
        if isinstance(module, MiniCPMLongRoPE):
            computed = MiniCPMLongRoPE(module.config)
            for name, table in computed.named_buffers():
                setattr(module, name, table)


def _fold_weight_norm(vae: Any) -> None:
    """Multiply once what would be multiplied for every patch: a third of the decoder's time."""
    from torch.nn.utils import remove_weight_norm

    for module in vae.modules():
        if hasattr(module, "weight_g"):
            remove_weight_norm(module)
