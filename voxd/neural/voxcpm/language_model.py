"""Upstream's transformer, continued from what its key-value cache holds: a whole piece of text or one position."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Step = Callable[[Tensor, Tensor], Tensor]


class LanguageModel:
    """One of VoxCPM's two: the one for words and melody, or the one for sound.

    `step` is upstream's `forward_step` or the same compiled. Its cache is one: a sentence at a time.
    """

    def __init__(self, module: Any, step: Step) -> None:
        self._module = module
        self._step = step

    @property
    def length_max(self) -> int:
        """How many positions fit the cache."""
        return int(self._module.kv_cache.max_length)

    def past_of(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states (1, time, hidden) of a beginning, and its past to `begin` with; the cache is left alone.

        The past is keys and values: (2, layers, 1, heads, time, dimension).
        """
        hidden, pairs = self._module(inputs_embeds=inputs, is_causal=True)
        keys, values = zip(*pairs, strict=True)
        return hidden, torch.stack((torch.stack(keys), torch.stack(values)))

    def begin(self, past: Tensor | None) -> None:
        """Forget the sentence before, and go on from `past`."""
        cache = self._module.kv_cache
        length = 0 if past is None else past.shape[-2]
        if past is not None:
            cache.kv_cache[..., :length, :] = past
        # masked is not enough for what is left behind it: nothing times NaN is NaN
        cache.kv_cache[..., length : cache.current_length, :].zero_()
        cache.current_length = length

    def extend(self, inputs: Tensor) -> Tensor:
        """Hidden states (1, time, hidden) of further positions, which are added to the cache."""
        module, cache = self._module, self._module.kv_cache
        start, end = cache.current_length, cache.current_length + inputs.shape[1]
        cache.current_length = end
        positions = torch.arange(start, end, device=inputs.device)
        rope = None if module.rope_emb is None else module.rope_emb(positions)
        hidden = inputs
        for layer, held in zip(module.layers, cache.kv_cache.transpose(0, 1)[..., :end, :], strict=True):
            scale = layer.scale_depth / math.sqrt(layer.num_hidden_layers) if layer.use_mup else 1.0
            hidden = hidden + scale * _attended(layer.self_attn, layer.input_layernorm(hidden), rope, held)
            hidden = hidden + scale * layer.mlp(layer.post_attention_layernorm(hidden))
        normed: Tensor = module.norm(hidden)
        return normed

    def step(self, inputs: Tensor) -> Tensor:
        """The hidden state (1, hidden) of one further position."""
        # filled in on the device: a copy to it would wait for all that is under way there
        position = torch.full((1,), self._module.kv_cache.step(), device=inputs.device)
        return self._step(inputs, position).clone()  # a CUDA graph writes the next one to the same place


def _attended(attention: Any, hidden: Tensor, rope: tuple[Tensor, Tensor] | None, held: Tensor) -> Tensor:
    """Attention of further positions to all in `held`, the layer's keys and values, into which theirs are written."""
    from voxcpm.modules.minicpm4.model import apply_rotary_pos_emb

    time = hidden.shape[1]

    def heads(projected: Tensor) -> Tensor:
        return projected.view(1, time, -1, attention.head_dim).transpose(1, 2)

    queries, keys = heads(attention.q_proj(hidden)), heads(attention.k_proj(hidden))
    if rope is not None:
        queries, keys = apply_rotary_pos_emb(queries, keys, *rope)
    held[0, :, :, -time:] = keys
    held[1, :, :, -time:] = heads(attention.v_proj(hidden))
    earlier = held.shape[-2] - time
    seen = torch.ones(time, held.shape[-2], dtype=torch.bool, device=hidden.device).tril(earlier) if earlier else None
    mixed = functional.scaled_dot_product_attention(
        queries.contiguous(), held[0], held[1], attn_mask=seen, is_causal=seen is None, enable_gqa=True
    )
    output: Tensor = attention.o_proj(mixed.transpose(1, 2).reshape(1, time, -1))
    return output
