"""From a text to patches of sound, one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from voxd.errors import EngineError
from voxd.neural.speech_model import Samples
from voxd.neural.voxcpm import sequence
from voxd.neural.voxcpm.audio_decoder import AudioDecoder, Memory
from voxd.neural.voxcpm.diffusion import Diffusion, Estimator
from voxd.neural.voxcpm.language_model import LanguageModel, Step
from voxd.neural.voxcpm.network import Network
from voxd.neural.voxcpm.prepared import Continuation, Reference
from voxd.neural.voxcpm.sequence import Sequence

PATCHES_MIN = 4
"""The model may end a sentence after so many, as upstream lets it."""
CONTEXT_PATCHES = 2
"""How much of a clip the audio decoder hears before a sentence that goes on from it, as upstream has it."""
PATCHES_PER_TOKEN_MAX = 6
PATCHES_PER_TOKEN_LIKELY = 2
PATCHES_SPARE = 10


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the network that run for every patch, as they are or compiled."""

    base_step: Step
    residual_step: Step
    encode: Callable[[Tensor], Tensor]
    estimate: Estimator


def parts_of(network: Network) -> Parts:
    """The parts as they are."""
    return Parts(
        network.base_lm.forward_step,
        network.residual_lm.forward_step,
        network.feat_encoder,
        network.feat_decoder.estimator,
    )


class Generation:
    """Speaks with a network, a sentence at a time."""

    def __init__(self, network: Network, parts: Parts, *, steps: int, cfg: float) -> None:
        self._network = network
        self._encode = parts.encode
        self._base = LanguageModel(network.base_lm, parts.base_step)
        self._residual = LanguageModel(network.residual_lm, parts.residual_step)
        like = network.lm_to_dit_proj.weight
        self._diffusion = Diffusion(network.feat_decoder, parts.estimate, steps=steps, cfg=cfg, like=like)
        self._decoder = AudioDecoder(network.audio_vae)
        self._silence = torch.zeros(1, network.patch_size, network.feat_dim, device=like.device, dtype=like.dtype)
        self._second = hasattr(network, "fusion_concat_proj")

    @torch.inference_mode()
    def continuation(self, patches: Tensor, transcript: str) -> Continuation:
        """What a sentence goes on from: the latents (time, patch, channels) of a clip that ends in speech."""
        shaped = patches[None].to(device=self._silence.device, dtype=self._silence.dtype)
        memory: Memory = {}
        self._decoded(shaped[:, -CONTEXT_PATCHES:].flatten(1, 2), memory)
        held = {layer: seen.clone() for layer, seen in memory.items()}  # without the sound that it was cut from
        return Continuation(transcript, self._embedded(shaped), shaped[:, -1].clone(), held)

    @torch.inference_mode()
    def reference(self, patches: Tensor) -> Reference:
        """What a sentence is told of a voice: the latents (time, patch, channels) of a clip."""
        network, shaped = self._network, patches[None].to(device=self._silence.device, dtype=self._silence.dtype)
        told = sequence.joined(
            sequence.of_text(network, [network.ref_audio_start_token]),
            sequence.of_sound(self._embedded(shaped)),
            sequence.of_text(network, [network.ref_audio_end_token]),
        )
        hidden, base_past = self._base.past_of(told.embedded)
        _, residual_past = self._residual.past_of(self._residual_inputs(self._quantized(hidden, told), told))
        return Reference(base_past, residual_past)

    def fits(self, text: str, prepared: Continuation | Reference | None) -> bool:
        """Whether there is room for what the model is told and for what it is likely to say."""
        own, told = self._tokens(text, prepared)
        clip = prepared.positions if prepared is not None else 0
        return self._base.length_max - clip - len(told) >= PATCHES_PER_TOKEN_LIKELY * len(own) + PATCHES_SPARE

    def _tokens(self, text: str, prepared: Continuation | Reference | None) -> tuple[list[int], list[int]]:
        """The text's tokens, and all that the model reads: a transcript before them, the start of the sound after."""
        tokenizer = self._network.text_tokenizer
        before = prepared.transcript if isinstance(prepared, Continuation) else ""
        return tokenizer(text), [*tokenizer(before + text), self._network.audio_start_token]

    @torch.inference_mode()
    def speak(
        self, text: str, prepared: Continuation | Reference | None, patches_max: int | None = None
    ) -> Iterator[Samples]:
        """The sound of a text, patch by patch. Raises EngineError where the text is too long."""
        told, longest = self._told(text, prepared)
        memory = dict(prepared.memory) if isinstance(prepared, Continuation) else {}
        before = prepared.last_patch if isinstance(prepared, Continuation) else self._silence
        base, residual = self._begun(told, prepared)
        for count in range(1, min(longest, patches_max or longest) + 1):
            patch = self._diffusion.patch(self._condition(base, residual), before)
            samples, stops = self._fetched(self._decoded(patch, memory), base)
            yield samples
            if stops and count >= PATCHES_MIN:
                return
            if count < longest:
                base, residual = self._next(patch)
                before = patch

    def _told(self, text: str, prepared: Continuation | Reference | None) -> tuple[Sequence, int]:
        """What the model reads before it speaks, and how many patches it may make of it."""
        if not self.fits(text, prepared):
            raise EngineError(
                f"The sentence of {len(text)} characters is too long for the model together with its reference clip: "
                f"raise max_length ({self._base.length_max}), or use a shorter clip"
            )
        own, tokens = self._tokens(text, prepared)
        told = sequence.of_text(self._network, tokens)
        if isinstance(prepared, Continuation):
            told = sequence.joined(told, sequence.of_sound(prepared.embedded))
        past = prepared.positions if isinstance(prepared, Reference) else 0
        room = self._base.length_max - past - told.length
        return told, min(PATCHES_PER_TOKEN_MAX * len(own) + PATCHES_SPARE, room + 1)

    def _begun(self, told: Sequence, prepared: Continuation | Reference | None) -> tuple[Tensor, Tensor]:
        """The hidden states of both language models, (1, hidden), after all that they are told."""
        self._base.begin(prepared.base_past if isinstance(prepared, Reference) else None)
        self._residual.begin(prepared.residual_past if isinstance(prepared, Reference) else None)
        base = self._quantized(self._base.extend(told.embedded), told)
        residual = self._residual.extend(self._residual_inputs(base, told))
        return base[:, -1], residual[:, -1]

    def _next(self, patch: Tensor) -> tuple[Tensor, Tensor]:
        """The same after one more patch (1, patch, channels)."""
        embedded = self._network.enc_to_lm_proj(self._encode(patch[:, None]))[:, 0]
        base = self._network.fsq_layer(self._base.step(embedded))
        return base, self._residual.step(self._fused(base, embedded))

    def _embedded(self, patches: Tensor) -> Tensor:
        """Patches (1, time, patch, channels) as the language model takes them; any number, so never compiled."""
        embedded: Tensor = self._network.enc_to_lm_proj(self._network.feat_encoder(patches))
        return embedded

    def _quantized(self, hidden: Tensor, told: Sequence) -> Tensor:
        return torch.where(told.is_sound, self._network.fsq_layer(hidden), hidden)

    def _residual_inputs(self, hidden: Tensor, told: Sequence) -> Tensor:
        return self._fused(hidden, torch.where(told.is_sound, told.embedded, 0))

    def _fused(self, hidden: Tensor, embedded: Tensor) -> Tensor:
        if not self._second:
            return hidden + embedded
        fused: Tensor = self._network.fusion_concat_proj(torch.cat((hidden, embedded), dim=-1))
        return fused

    def _condition(self, base: Tensor, residual: Tensor) -> Tensor:
        words, sound = self._network.lm_to_dit_proj(base), self._network.res_to_dit_proj(residual)
        return torch.cat((words, sound), dim=-1) if self._second else words + sound

    def _decoded(self, latents: Tensor, memory: Memory) -> Tensor:
        """The sound (1, 1, samples) of latents (1, time, channels)."""
        return self._decoder.decode(latents.transpose(1, 2), memory)

    def _fetched(self, sound: Tensor, base: Tensor) -> tuple[Samples, bool]:
        """The samples, and whether the model would end here: the only wait for the device in a patch."""
        network = self._network
        scores = network.stop_head(network.stop_actn(network.stop_proj(base)))[0]
        fetched = functional.pad(sound.flatten(), (0, 1), value=0.0)
        fetched[-1] = scores.argmax()
        samples = fetched.cpu().numpy()
        return np.array(samples[:-1]), bool(samples[-1])
