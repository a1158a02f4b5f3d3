"""Writes a Piper voice of the real medium size with random weights, exported from Piper's own network.

It costs what a trained voice costs: the time does not depend on the weights. Needs torch.

    python -m tests.bench.peers.medium_voice FILE.onnx
"""

import sys
import warnings
from functools import partial
from pathlib import Path

import torch
from piper.train.vits.config import ModelAudioConfig, ModelConfig
from piper.train.vits.models import SynthesizerTrn

from .piper_voice import SYMBOLS, write_description

OPSET = 15
LENGTH_SCALE = 1.1
"""So that a sentence of twelve words lasts about three seconds."""


def network() -> SynthesizerTrn:
    """Piper's medium size, 22.05 kHz, always with the same random weights; calling it speaks."""
    torch.manual_seed(1)
    size = ModelConfig(num_symbols=SYMBOLS, n_speakers=1, audio=ModelAudioConfig.low_quality())
    same_name = (
        *("inter_channels", "hidden_channels", "filter_channels", "n_heads", "n_layers", "kernel_size", "p_dropout"),
        *("resblock", "resblock_kernel_sizes", "resblock_dilation_sizes", "upsample_rates"),
        *("upsample_initial_channel", "upsample_kernel_sizes", "n_speakers", "gin_channels", "use_sdp"),
    )
    made = SynthesizerTrn(
        n_vocab=size.num_symbols,
        spec_channels=size.mel.filter_length // 2 + 1,
        segment_size=size.segment_size // size.mel.hop_length,
        **{name: getattr(size, name) for name in same_name},
    )
    made.eval()
    made.dec.remove_weight_norm()
    made.forward = partial(_speak, made)
    return made


def _speak(
    network: SynthesizerTrn, phonemes: torch.Tensor, lengths: torch.Tensor, scales: torch.Tensor
) -> torch.Tensor:
    """Sound `[batch, 1, samples]` for phonemes `[batch, n]`; `scales` are noise, length and noise of durations."""
    sound: torch.Tensor = network.infer(
        phonemes, lengths, noise_scale=scales[0], length_scale=scales[1], noise_scale_w=scales[2]
    )[0]
    return sound.unsqueeze(1)


def main(path: Path) -> None:
    """Write the model and its description beside it."""
    warnings.simplefilter("ignore")  # the tracer warns of every assertion in the network
    example = (torch.randint(0, SYMBOLS, (1, 50)), torch.tensor([50]), torch.tensor([0.667, 1.0, 0.8]))
    with torch.no_grad():
        torch.onnx.export(
            network(),
            example,
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=["input", "input_lengths", "scales"],
            output_names=["output"],
            dynamic_axes={
                "input": {0: "batch", 1: "phonemes"},
                "input_lengths": {0: "batch"},
                "output": {0: "batch", 2: "time"},
            },
        )
    write_description(path, rate_hz=22_050, length_scale=LENGTH_SCALE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
