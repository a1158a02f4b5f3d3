"""Tiny VoxCPM checkpoints with random weights, in the real layout on disk, written by the real classes.

`python -m checkpoints FOLDER [voxcpm|voxcpm2] [--stops|--never-stops] [--seed N]` writes one in a process of its own.
Importing this module does not import torch.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from voxd.neural.voxcpm.upstream_imports import upstream

ALPHABET = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-:;"
PATCHES_ON_AVERAGE = 14
"""How many patches of 160 ms a sentence has, beside the first three that are always there."""

LM: dict[str, Any] = {
    "bos_token_id": 1,
    "eos_token_id": 2,
    "vocab_size": 512,
    "max_position_embeddings": 4096,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000,
    "rope_scaling": {
        "type": "longrope",
        "long_factor": [1.0] * 8,
        "short_factor": [1.0] * 8,
        "original_max_position_embeddings": 4096,
    },
    "use_mup": False,
    "scale_emb": 12,
    "dim_model_base": 256,
    "scale_depth": 1.4,
}
LOCAL: dict[str, Any] = {"hidden_dim": 64, "ffn_dim": 128, "num_heads": 4, "num_layers": 1}
CFM: dict[str, Any] = {"sigma_min": 1e-6, "solver": "euler", "t_scheduler": "log-norm", "inference_cfg_rate": 2.0}
VAES: dict[str, dict[str, Any]] = {
    "voxcpm": {"encoder_rates": [2, 3, 6, 7, 7], "decoder_rates": [7, 7, 6, 3, 2], "sample_rate": 44100},
    "voxcpm2": {
        "encoder_rates": [2, 5, 8, 8],
        "decoder_rates": [8, 6, 5, 2, 2, 2],
        "sample_rate": 16000,
        "out_sample_rate": 48000,
    },
}


def configuration(architecture: str = "voxcpm", **overrides: Any) -> dict[str, Any]:
    """What config.json says of a tiny model; `overrides` replace its outermost keys."""
    vae = {"encoder_dim": 8, "latent_dim": 64, "decoder_dim": 64, **VAES[architecture]}
    config: dict[str, Any] = {
        "architecture": architecture,
        "lm_config": LM,
        "patch_size": 4,
        "feat_dim": 64,
        "residual_lm_num_layers": 1,
        "scalar_quantization_latent_dim": 32,
        "scalar_quantization_scale": 9,
        "encoder_config": LOCAL,
        "dit_config": {**LOCAL, "cfm_config": CFM},
        "audio_vae_config": vae,
        "max_length": 4096,
        "device": "cuda",
        "dtype": "bfloat16",
    }
    if architecture == "voxcpm2":
        config["residual_lm_no_rope"] = True
    return {**config, **overrides}


def full_size() -> dict[str, Any]:
    """What makes a VoxCPM 1.5 as large as the real one: 888 million weights."""
    lm = {**LM, "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
    rope = {**LM["rope_scaling"], "long_factor": [1.0] * 32, "short_factor": [1.0] * 32}
    local = {"hidden_dim": 1024, "ffn_dim": 4096, "num_heads": 16, "num_layers": 8}
    return {
        "lm_config": {**lm, "vocab_size": 73448, "max_position_embeddings": 32768, "rope_scaling": rope},
        "residual_lm_num_layers": 8,
        "scalar_quantization_latent_dim": 256,
        "encoder_config": local,
        "dit_config": {**local, "cfm_config": CFM},
        "audio_vae_config": {"encoder_dim": 64, "latent_dim": 64, "decoder_dim": 2048, **VAES["voxcpm"]},
    }


def write_checkpoint(
    folder: Path, architecture: str = "voxcpm", *, seed: int = 0, stops: bool | None = None, **overrides: Any
) -> Path:
    """Write a checkpoint into `folder`, which is made, and give it back.

    `stops`: True ends every sentence as early as it may (4 patches of 160 ms), False only at the greatest length
    for its text; None ends it by chance, after about two seconds. The weights are kept as bfloat16, like the real
    ones are, so that a run in float32 knows the same ones.
    """
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    config = configuration(architecture, **overrides)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    _write_tokenizer(folder, config["lm_config"]["vocab_size"])
    with upstream(), torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        network = _network(folder, config)
        _make_audible(network)
        _teach_to_stop(network, stops)
        _write_weights(folder, network)
    return folder


def _network(folder: Path, config: dict[str, Any]) -> Any:
    from transformers import LlamaTokenizerFast

    config = {**config, "dtype": "float32", "max_length": 512}
    tokenizer = LlamaTokenizerFast.from_pretrained(str(folder))
    if config["architecture"] == "voxcpm2":
        from voxcpm.model import voxcpm2
        from voxcpm.modules.audiovae import AudioVAEV2

        parsed2 = voxcpm2.VoxCPMConfig.model_validate(config)
        return voxcpm2.VoxCPM2Model(parsed2, tokenizer, AudioVAEV2(parsed2.audio_vae_config), device="cpu").eval()
    from voxcpm.model import voxcpm
    from voxcpm.modules.audiovae import AudioVAE

    parsed = voxcpm.VoxCPMConfig.model_validate(config)
    return voxcpm.VoxCPMModel(parsed, tokenizer, AudioVAE(parsed.audio_vae_config), device="cpu").eval()


def _make_audible(network: Any) -> None:
    """Let text, voice and the patches before decide what is heard, and let it swing around zero."""
    network.enc_to_lm_proj.weight *= 8.0
    for layer in [*network.residual_lm.layers, *network.feat_decoder.estimator.decoder.layers]:
        layer.self_attn.o_proj.weight *= 8.0
    network.res_to_dit_proj.weight *= 8.0
    network.feat_decoder.estimator.out_proj.weight *= 2.0
    network.audio_vae.decoder.model[-2].weight_g *= 30.0
    for name, weight in network.audio_vae.decoder.named_parameters():
        if name.endswith("bias"):
            weight.zero_()


def _teach_to_stop(network: Any, stops: bool | None) -> None:
    """Make the stop head compare one number with a bound: a constant, or one that the patch just made decides."""
    import torch

    head, projection = network.stop_head.weight, network.stop_proj
    head.zero_()
    head[1, 0] = 1.0  # stop if SiLU(the first of the projection) > SiLU(the second)
    head[0, 1] = 1.0
    if stops is not None:
        projection.weight.zero_()
        projection.bias.zero_()
        projection.bias[0 if stops else 1] = 4.0
        return
    hidden = _states(network)
    direction = torch.randn(hidden.shape[-1])
    told = hidden @ direction
    projection.weight.zero_()
    projection.bias.fill_(8.0)  # where SiLU is a straight line
    projection.weight[0] = direction / told.std()
    projection.bias[1] += torch.quantile(told, 1 - 1 / PATCHES_ON_AVERAGE) / told.std()


def _states(network: Any) -> Any:
    """What the stop head sees while the model speaks."""
    import torch

    network.stop_proj.weight.zero_()
    network.stop_proj.bias.zero_()
    seen: list[Any] = []
    watching = network.stop_proj.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][0]))
    for text in ("Someone is at the front door.", "The washing machine has finished.", "It is raining outside now."):
        tokens = torch.tensor([[*network.text_tokenizer(text), network.audio_start_token]])
        silence = torch.zeros(*tokens.shape, network.patch_size, network.feat_dim)
        mask = torch.ones_like(tokens)
        network.inference(tokens, mask, silence, 1 - mask, max_len=80, inference_timesteps=4)
    watching.remove()
    return torch.stack(seen)


def _write_weights(folder: Path, network: Any) -> None:
    """What VoxCPM's repositories hold: a pickle for the VAE, safetensors for the rest."""
    import torch
    from safetensors.torch import save_file

    weights = network.state_dict()
    vae = {
        name.removeprefix("audio_vae."): weights.pop(name) for name in list(weights) if name.startswith("audio_vae.")
    }
    torch.save({"state_dict": vae}, folder / "audiovae.pth")
    save_file(
        {name: value.to(torch.bfloat16).contiguous() for name, value in weights.items()}, folder / "model.safetensors"
    )


def _write_tokenizer(folder: Path, size: int) -> None:
    """A tokenizer in the layout of Llama: a token for each character of the alphabet, bytes for the others."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    names = ["<unk>", "<s>", "</s>", *(f"<|r{i}|>" for i in range(98))]
    names += ["<|audio_start|>", "<|audio_end|>", "<|ref_start|>", "<|ref_end|>"]  # 101 to 104
    names += [*(f"<0x{byte:02X}>" for byte in range(256)), *ALPHABET]
    assert len(names) <= size
    vocabulary = {name: token for token, name in enumerate(names)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    told = {"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": False, "add_eos_token": False, "legacy": True}
    (folder / "tokenizer_config.json").write_text(json.dumps({**special, **told, "model_max_length": 4096}))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("architecture", nargs="?", choices=sorted(VAES), default="voxcpm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="the size of VoxCPM 1.5: 2 GB")
    stops = parser.add_mutually_exclusive_group()
    stops.add_argument("--stops", dest="stops", action="store_true", default=None)
    stops.add_argument("--never-stops", dest="stops", action="store_false")
    wanted = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for torch, which is imported later
    size = full_size() if wanted.full else {}
    write_checkpoint(wanted.folder, wanted.architecture, seed=wanted.seed, stops=wanted.stops, **size)


if __name__ == "__main__":
    main()
