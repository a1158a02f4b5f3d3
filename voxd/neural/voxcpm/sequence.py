"""Text and patches of sound in the one sequence that VoxCPM's language models read."""

from dataclasses import dataclass

import torch
from torch import Tensor

from voxd.errors import EngineError
from voxd.neural.voxcpm.network import Network


@dataclass(frozen=True, slots=True)
class Sequence:
    """Positions as embeddings (1, time, hidden); `is_sound` (1, time, 1) tells which are patches."""

    embedded: Tensor
    is_sound: Tensor

    @property
    def length(self) -> int:
        """How many positions."""
        return int(self.embedded.shape[1])


def of_text(network: Network, tokens: list[int]) -> Sequence:
    """Tokens as positions. Raises EngineError for a token that the network does not know."""
    config = network.config.lm_config
    if max(tokens) >= config.vocab_size:
        raise EngineError("The tokenizer.json of the model is another model's: fetch the model again")
    embedded = network.base_lm.embed_tokens(torch.tensor([tokens], device=network.device))
    scaled = embedded * config.scale_emb if config.use_mup else embedded
    return Sequence(scaled, torch.zeros_like(scaled[..., :1], dtype=torch.bool))


def of_sound(embedded: Tensor) -> Sequence:
    """Embedded patches as positions."""
    return Sequence(embedded, torch.ones_like(embedded[..., :1], dtype=torch.bool))


def joined(*sequences: Sequence) -> Sequence:
    """One after the other."""
    return Sequence(
        torch.cat([sequence.embedded for sequence in sequences], dim=1),
        torch.cat([sequence.is_sound for sequence in sequences], dim=1),
    )
