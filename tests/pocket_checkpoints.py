"""Tiny models of Pocket TTS with random weights, in the real layout on disk, written by the real classes.

`python -m pocket_checkpoints FOLDER [--stops|--never-stops] [--no-cloning] [--voices NAME ...] [--seed N]` writes one
in a process of its own. Importing this module does not import torch.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voxd.neural.pocket.upstream_imports import configurations, upstream

ALPHABET = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-:;"
PIECES = (
    "the one some body is at door has and it word number while over look ing house quick brown fox lazy dog rain nobody"
)
TOKENS = 400
FRAMES_ON_AVERAGE = 20
"""How many frames of 80 ms a sentence has, beside those at its beginning that are always there."""
HUB = "hf://kyutai/pocket-tts/{}@db04f0e653473e5c7333c69686ac92b7460b0c1d"
VOICE_FRAMES = 6


def configuration(language: str = "english", *, full: bool = False, **overrides: Any) -> dict[str, Any]:
    """What the package's own YAML file says, with everything made tiny unless it is to be as large as the real one.

    `overrides` replace its outermost keys.
    """
    import yaml

    config: dict[str, Any] = yaml.safe_load((configurations() / "english.yaml").read_text(encoding="utf-8"))
    config["flow_lm"]["lookup_table"]["tokenizer_path"] = HUB.format(f"languages/{language}/tokenizer.json")
    config["weights_path"] = HUB.format(f"languages/{language}/model.safetensors")
    del config["weights_path_without_voice_cloning"]
    if not full:
        _shrink(config["flow_lm"], config["mimi"])
    return {**config, **overrides}


def _shrink(flow: dict[str, Any], mimi: dict[str, Any]) -> None:
    flow["transformer"].update(d_model=64, num_heads=4, num_layers=2)
    flow["flow"].update(dim=32, depth=2)
    flow["lookup_table"].update(dim=64, n_bins=TOKENS)
    mimi["outer_dim"] = 64
    mimi["seanet"].update(dimension=64, n_filters=8)
    mimi["transformer"].update(d_model=64, num_heads=4, num_layers=1, dim_feedforward=128)
    mimi["transformer"].update(input_dimension=64, output_dimensions=[64])
    mimi["quantizer"].update(output_dimension=64)


def write_checkpoint(
    folder: Path,
    language: str = "english",
    *,
    seed: int = 0,
    stops: bool | None = None,
    cloning: bool = True,
    voices: Sequence[str] = ("alba",),
    **overrides: Any,
) -> Path:
    """Write a model into `folder`, which is made, and give it back.

    It is laid out as what `voxd models fetch` brings of the hub, beside a configuration of its own. `stops`: True ends
    every sentence as early as it may, False only at the greatest length for its text; None ends it by chance, after
    about two seconds. Without `cloning` the encoder is zero, as in the weights that everybody may have. The weights
    are kept as bfloat16, like the real ones.
    """
    import torch
    import yaml
    from safetensors.torch import save_file

    own = folder / "languages" / language
    (own / "embeddings").mkdir(parents=True, exist_ok=True)
    config = configuration(language, **overrides)
    (folder / f"{language}.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    _write_tokenizer(own / "tokenizer.json", config["flow_lm"]["lookup_table"]["n_bins"])
    with upstream(), torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        network = _network(config, own / "tokenizer.json")
        _make_audible(network)
        _teach_to_stop(network, stops)
        for number, name in enumerate(voices):
            _write_voice(network, own / "embeddings" / f"{name}.safetensors", old=number == 0)
        weights = {name: weight.to(torch.bfloat16) for name, weight in network.state_dict().items()}
        if not cloning:
            weights |= {name: weight * 0 for name, weight in weights.items() if name.startswith("mimi.encoder")}
        save_file(weights, own / "model.safetensors")
    return folder


def _network(config: dict[str, Any], tokenizer: Path) -> Any:
    """Upstream's model without weights that were learnt: what its own loading gives where none are named."""
    from pocket_tts.models.tts_model import TTSModel
    from pocket_tts.utils.config import Config

    parsed = Config(**{**config, "weights_path": None})
    parsed.flow_lm.lookup_table.tokenizer_path = str(tokenizer)
    return TTSModel._from_pydantic_config_with_weights(
        parsed, parsed.default_temperature, 1, None, parsed.default_eos_threshold
    ).eval()


def _make_audible(network: Any) -> None:
    """Let text, voice and the frames before decide what is heard, and let it be as loud as speech."""
    import torch

    flow, mimi = network.flow_lm, network.mimi
    flow.speaker_proj_weight.copy_(torch.randn_like(flow.speaker_proj_weight))
    flow.input_linear.weight *= 4.0
    for layer in flow.transformer.layers:
        layer.self_attn.out_proj.weight *= 6.0
    for block in flow.flow_net.res_blocks:
        torch.nn.init.normal_(block.adaLN_modulation[-1].weight, std=0.2)
    final = flow.flow_net.final_layer
    torch.nn.init.normal_(final.adaLN_modulation[-1].weight, std=0.2)
    torch.nn.init.normal_(final.linear.weight, std=0.3)
    for name, weight in mimi.decoder.named_parameters():
        if name.endswith("bias"):
            weight.zero_()
    last = [module for module in mimi.decoder.modules() if hasattr(module, "conv")][-1]
    last.conv.weight *= 0.1 / _loudness(network)


def _loudness(network: Any) -> float:
    return float(network.generate_audio(_voice(network), "How loud is it?").square().mean().sqrt())


def _teach_to_stop(network: Any, stops: bool | None) -> None:
    """Have the end of a sentence be decided by nothing, or by the frame just made."""
    import torch

    head = network.flow_lm.out_eos
    head.weight.zero_()
    head.bias.fill_(100.0 if stops else -100.0)
    if stops is not None:
        return
    seen: list[Any] = []
    watching = head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][0]))
    for text in ("Someone is at the front door.", "The washing machine has finished.", "It is raining outside now."):
        network.generate_audio(_voice(network), text)
    watching.remove()
    mean = torch.stack(seen).mean(dim=0)
    direction = torch.randn(mean.shape[-1])
    direction -= mean * (direction @ mean) / (mean @ mean)  # what never changes would take all of the digits
    told = torch.stack(seen) @ direction
    head.weight[0] = direction / told.std()
    bound = torch.quantile(told, 1 - 1 / FRAMES_ON_AVERAGE) / told.std()
    head.bias.fill_(float(network.eos_threshold - bound))


def _voice(network: Any) -> Any:
    """A voice that no clip was needed for."""
    import torch

    frames = torch.randn(1, VOICE_FRAMES, network.flow_lm.dim)
    from pocket_tts.modules.stateful_module import init_states

    state = init_states(network.flow_lm, batch_size=1, sequence_length=VOICE_FRAMES)
    network._run_flow_lm_and_increment_step(model_state=state, audio_conditioning=frames)
    return state


def _write_voice(network: Any, file: Path, *, old: bool) -> None:
    """As upstream exports one; in old files `current_end`, by how long it is, tells where a state ends."""
    import torch
    from pocket_tts.models.model_state import export_model_state

    voice = _voice(network)
    if old:
        voice = {
            name: {"cache": layer["cache"], "current_end": torch.zeros(VOICE_FRAMES)} for name, layer in voice.items()
        }
    export_model_state(voice, file)


def _write_tokenizer(file: Path, size: int) -> None:
    """Pieces of words, characters, and bytes for all others, as the vocabularies of the hub have them."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    scores = dict.fromkeys(("<unk>", "<s>", "</s>", "<pad>"), 0.0)
    scores |= {f"<0x{byte:02X}>": -20.0 for byte in range(256)} | dict.fromkeys(ALPHABET, -10.0)
    scores |= {begin + piece: -5.0 for piece in PIECES.split() for begin in ("", "▁")}
    scores |= {f"<r{number}>": -99.0 for number in range(size - len(scores))}
    tokenizer = Tokenizer(models.Unigram(list(scores.items()), unk_id=0, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.save(str(file))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="the size of the English model: 220 MB")
    parser.add_argument("--no-cloning", dest="cloning", action="store_false")
    parser.add_argument("--voices", nargs="*", default=("alba",))
    stops = parser.add_mutually_exclusive_group()
    stops.add_argument("--stops", dest="stops", action="store_true", default=None)
    stops.add_argument("--never-stops", dest="stops", action="store_false")
    wanted = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for torch, which is imported later
    write_checkpoint(
        wanted.folder,
        full=wanted.full,
        seed=wanted.seed,
        stops=wanted.stops,
        cloning=wanted.cloning,
        voices=wanted.voices,
    )


if __name__ == "__main__":
    main()
