"""A patch of latents from noise: the Euler steps of conditional flow matching that VoxCPM was trained for.

As upstream's `UnifiedCFM.solve_euler` with classifier-free guidance "zero star" (arXiv 2503.18886), to the bit;
what is the same in every step is made once.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Estimator = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
ZERO_SHARE = 0.04


class Diffusion:
    """The solver for one number of steps, one guidance, one device and precision."""

    def __init__(self, flow: Any, estimator: Estimator, *, steps: int, cfg: float, like: Tensor) -> None:
        self._estimator = estimator
        self._cfg = cfg
        self._channels = int(flow.in_channels)
        self._schedule = _schedule(steps, like)
        self._zero_steps = max(1, int((steps + 1) * ZERO_SHARE))
        self._mean_mode = bool(flow.mean_mode)

    def patch(self, condition: Tensor, before: Tensor) -> Tensor:
        """Latents (1, time, channels) for a hidden state (1, hidden), that follow the patch `before`.

        Takes its noise from torch's own generator of that device.
        """
        time = before.shape[1]
        latents = torch.randn((1, self._channels, time), device=condition.device, dtype=condition.dtype)
        both = torch.cat((condition, torch.zeros_like(condition)))
        context = before.transpose(1, 2).repeat(2, 1, 1)
        for at, (now, span) in enumerate(self._schedule):
            if at < self._zero_steps:
                continue
            spans = span.repeat(2) if self._mean_mode else torch.zeros_like(now.repeat(2))
            velocity = self._estimator(latents.repeat(2, 1, 1), both, now.repeat(2), context, spans)
            latents = latents - span * self._guided(velocity)
        return latents.transpose(1, 2)

    def _guided(self, velocity: Tensor) -> Tensor:
        with_text, without = velocity[:1], velocity[1:]
        product = torch.sum(with_text.reshape(1, -1) * without.reshape(1, -1), dim=1, keepdim=True)
        scale = product / (torch.sum(without.reshape(1, -1) ** 2, dim=1, keepdim=True) + 1e-8)
        unguided = without * scale.view(1, 1, 1)
        return unguided + self._cfg * (with_text - unguided)


def _schedule(steps: int, like: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The moment and the span of each step, summed up in the model's own precision, as upstream does."""
    moments = torch.linspace(1, 0, steps + 1, device=like.device, dtype=like.dtype)
    moments = moments + 1.0 * (torch.cos(torch.pi / 2 * moments) - 1 + moments)
    now, span = moments[0], moments[0] - moments[1]
    schedule = []
    for at in range(1, steps + 1):
        schedule.append((now, span))
        now = now - span
        if at < steps:
            span = now - moments[at + 1]
    return schedule
