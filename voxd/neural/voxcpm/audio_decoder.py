"""Latents into sound, patch by patch, exactly as if all of them were decoded at once.

The decoders of both audio VAEs are causal. Each of their layers is given here, instead of zeros, what it saw last.
Upstream has this for VoxCPM 2 by replacing the layers' methods; for 1.5 it decodes three patches to keep one.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Memory = dict[int, Tensor]
"""What each layer that looks back saw last; its tensors are never changed in place."""
Layer = Callable[[Tensor, Memory], Tensor]


class AudioDecoder:
    """The decoder of an audio VAE whose weight norm is folded."""

    def __init__(self, vae: Any) -> None:
        self._layers: list[Layer] = []
        conditions = getattr(vae.decoder, "sr_cond_model", [None] * len(vae.decoder.model))
        for module, condition in zip(vae.decoder.model, conditions, strict=True):
            if condition is not None:
                self._layers.append(_condition(condition, vae))
            self._layers += _layers(module)

    def decode(self, latents: Tensor, memory: Memory) -> Tensor:
        """Sound (1, 1, samples) of latents (1, channels, time) that follow those that `memory` is of."""
        sound = latents.to(torch.float32)
        for layer in self._layers:
            sound = layer(sound, memory)
        return sound


def _layers(module: Any) -> list[Layer]:
    """A module of upstream's decoder as layers with a memory."""
    match type(module).__name__:
        case "CausalConv1d":
            return [_convolution(module)]
        case "CausalTransposeConv1d":
            return [_upsampling(module)]
        case "CausalDecoderBlock" | "Sequential":
            return [layer for part in getattr(module, "block", module) for layer in _layers(part)]
        case "CausalResidualUnit":
            return [_residual([layer for part in module.block for layer in _layers(part)])]
        case "Snake1d":
            return [_snake(module)]
        case "NoiseBlock" | "Tanh":
            return [lambda sound, _: module(sound)]
        case unknown:
            raise TypeError(f"The audio VAE has a layer {unknown}, which cannot be streamed")


def _convolution(module: torch.nn.Conv1d) -> Layer:
    dilation, groups = module.dilation, module.groups
    seen = (module.kernel_size[0] - 1) * dilation[0]

    def layer(sound: Tensor, memory: Memory) -> Tensor:
        if seen:
            before = memory.get(id(module))
            sound = functional.pad(sound, (seen, 0)) if before is None else torch.cat((before, sound), dim=-1)
            memory[id(module)] = sound[..., -seen:]
        return functional.conv1d(sound, module.weight, module.bias, dilation=dilation, groups=groups)

    return layer


def _upsampling(module: torch.nn.ConvTranspose1d) -> Layer:
    """Its kernel is twice its stride, so that a sample is heard together with the one before."""
    stride = module.stride[0]
    if module.kernel_size[0] != 2 * stride:
        raise TypeError(f"The audio VAE has a kernel of {module.kernel_size[0]} for a stride of {stride}")

    def layer(sound: Tensor, memory: Memory) -> Tensor:
        before = memory.get(id(module))
        memory[id(module)] = sound[..., -1:]
        sound = functional.pad(sound, (1, 0)) if before is None else torch.cat((before, sound), dim=-1)
        sound = functional.conv_transpose1d(sound, module.weight, module.bias, stride=stride, groups=module.groups)
        return sound[..., stride:-stride]

    return layer


def _residual(layers: list[Layer]) -> Layer:
    def layer(sound: Tensor, memory: Memory) -> Tensor:
        changed = sound
        for inner in layers:
            changed = inner(changed, memory)
        return sound + changed

    return layer


def _snake(module: Any) -> Layer:
    """X + sin(alpha x)^2 / alpha."""
    alpha = module.alpha.detach()
    inverse = (alpha + 1e-9).reciprocal()

    def layer(sound: Tensor, _: Memory) -> Tensor:
        return torch.addcmul(sound, inverse, torch.sin(alpha * sound).square_())

    return layer


def _condition(module: Any, vae: Any) -> Layer:
    """Scale and shift for the rate that the sound is to have."""
    device = vae.decoder.sr_bin_boundaries.device
    rate = vae.decoder.get_sr_idx(torch.tensor([vae.out_sample_rate], device=device, dtype=torch.int32))

    def layer(sound: Tensor, _: Memory) -> Tensor:
        adapted: Tensor = module(sound, rate)
        return adapted

    return layer
