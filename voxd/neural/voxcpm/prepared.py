"""Speaker embeddings as VoxCPM speaks with them: on the device, with everything done that no text is needed for."""

from dataclasses import dataclass

from torch import Tensor

from voxd.neural.voxcpm.audio_decoder import Memory


@dataclass(frozen=True, slots=True)
class Continuation:
    """VoxCPM 1.5: the clip as speech that the sentence goes on from; the text comes before it, so no past is kept.

    `last_patch` is (1, patch, channels), `embedded` the patches as the language model takes them, (1, time, hidden);
    `memory` is the audio decoder's after the clip.
    """

    transcript: str
    embedded: Tensor
    last_patch: Tensor
    memory: Memory

    @property
    def positions(self) -> int:
        """How much of the models' length the clip takes."""
        return int(self.embedded.shape[1])

    @property
    def bytes(self) -> int:
        """How much of the device's memory it takes."""
        return sum(held.nbytes for held in (self.embedded, self.last_patch, *self.memory.values()))


@dataclass(frozen=True, slots=True)
class Reference:
    """VoxCPM 2: what both language models keep of a clip that comes before any text."""

    base_past: Tensor
    residual_past: Tensor

    @property
    def positions(self) -> int:
        """How much of the models' length the clip takes."""
        return int(self.base_past.shape[-2])

    @property
    def bytes(self) -> int:
        """How much of the device's memory it takes."""
        return self.base_past.nbytes + self.residual_past.nbytes
