"""Tiny voices of Piper, in their real layout: NAME.onnx, a network with the real inputs, and NAME.onnx.json beside it.

Each phoneme is a tone of two frames, made of frames by a transposed convolution, as the real ones end.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from bench.peers.piper_voice import description as described
from bench.peers.piper_voice import write_description
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

RATE_HZ = 22_050
HOP = 256
FRAMES_A_PHONEME = 2
TONES = 8
NAME = "en_US-tiny-medium"
Nodes = list[NodeProto]


def write_voice(folder: Path, name: str = NAME, *, model: ModelProto | None = None, **told: Any) -> Path:
    """Write a voice; the path of its network. `told` are other things than usual in its description."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    onnx.save(model or network(), str(path))
    write_description(path, RATE_HZ, 1.0, **told)
    return path


def description() -> dict[str, Any]:
    """What is told of a voice where nothing else is wanted."""
    return described(NAME, RATE_HZ, 1.0)


def network(*, speakers: int = 1, decoder: bool = True, reach: int = 1, nested: bool = False) -> ModelProto:
    """The network. Without `decoder` its frames are its sound, as no known kind of voice has it.

    A frame is heard in the sound of `reach` frames to either side. `nested`: some of it happens in graphs within it.
    """
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, ["batch"]))
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 1, "time"])
    latent = "chosen" if nested else "latent"
    nodes = [
        *_repeated(),
        *_toned(several=speakers > 1),
        *(_chosen() if nested else ()),
        *(_decoded(latent) if decoder else _summed(latent)),
    ]
    constants: dict[str, np.ndarray[Any, Any]] = {
        "first": np.array([0], np.int64),
        "second": np.array([1], np.int64),
        "third": np.array([2], np.int64),
        "last": np.array([-1], np.int64),
        "one": np.array([1], np.int64),
        "flat": np.array([1, -1], np.int64),
        "frames_a_phoneme": np.array([FRAMES_A_PHONEME], np.float32),
        "tones": np.array([TONES], np.int64),
        "table": np.eye(TONES, dtype=np.float32) / 2,
        "waves": _waves(reach),
        "one_half": np.array([0.5], np.float32),
        "noise_of_sound": np.array([0.01], np.float32),
    }
    graph = helper.make_graph(
        nodes, "tiny", inputs, [output], [numpy_helper.from_array(array, name) for name, array in constants.items()]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _repeated() -> Nodes:
    """Each phoneme as often as the scale of lengths wants: `[batch, frames]`."""
    return [
        helper.make_node("Slice", ["scales", "second", "third"], ["length_scale"]),
        helper.make_node("Mul", ["length_scale", "frames_a_phoneme"], ["durations"]),
        helper.make_node("Ceil", ["durations"], ["whole_durations"]),
        helper.make_node("Cast", ["whole_durations"], ["times"], to=TensorProto.INT64),
        helper.make_node("Unsqueeze", ["input", "third"], ["apart"]),
        helper.make_node("Concat", ["one", "one", "times"], ["repeats"], axis=0),
        helper.make_node("Tile", ["apart", "repeats"], ["repeated"]),
        helper.make_node("Reshape", ["repeated", "flat"], ["framed"]),
    ]


def _toned(*, several: bool) -> Nodes:
    """Frames `[batch, tones, frames]`, with a little noise; another speaker has other tones."""
    spoken = [helper.make_node("Add", ["framed", "sid"], ["voiced"])] if several else []
    return [
        *spoken,
        helper.make_node("Mod", ["voiced" if several else "framed", "tones"], ["tone"]),
        helper.make_node("Gather", ["table", "tone"], ["columns"], axis=0),
        helper.make_node("Transpose", ["columns"], ["clean"], perm=[0, 2, 1]),
        helper.make_node("RandomNormalLike", ["clean"], ["noise"]),
        helper.make_node("Slice", ["scales", "first", "second"], ["noise_scale"]),
        helper.make_node("Mul", ["noise", "noise_scale"], ["some_noise"]),
        helper.make_node("Mul", ["some_noise", "noise_of_sound"], ["little_noise"]),
        helper.make_node("Add", ["clean", "little_noise"], ["latent"]),
    ]


def _chosen() -> Nodes:
    """What older exports have where a dimension may be 1 or not: either way made within a node, of what is outside."""
    scaled = helper.make_node("Mul", ["latent", "one_half"], ["quiet"])
    doubled = helper.make_node("Add", ["quiet", "quiet"], ["same"])
    result = helper.make_tensor_value_info("same", TensorProto.FLOAT, None)
    graphs = {f"{case}_branch": helper.make_graph([scaled, doubled], case, [], [result]) for case in ("then", "else")}
    return [
        helper.make_node("Greater", ["length_scale", "one_half"], ["slow"]),
        helper.make_node("If", ["slow"], ["chosen"], **graphs),
    ]


def _decoded(latent: str) -> Nodes:
    return [helper.make_node("ConvTranspose", [latent, "waves"], ["output"], strides=[HOP], auto_pad="SAME_UPPER")]


def _summed(latent: str) -> Nodes:
    return [helper.make_node("ReduceSum", [latent, "one"], ["output"], keepdims=1)]


def _waves(reach: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """For each tone a wave under a bell that lasts 2 `reach` frames: `[tones, 1, samples]`."""
    samples = 2 * reach * HOP
    at = np.arange(samples) / RATE_HZ
    pitches_hz = 200.0 + 90.0 * np.arange(TONES)[:, None]
    waves = np.hanning(samples) * np.sin(2 * np.pi * pitches_hz * at) / reach
    return waves[:, None, :].astype(np.float32)


def speakers(count: int) -> Mapping[str, Any]:
    """What a description tells of several speakers."""
    return {"num_speakers": count, "speaker_id_map": {f"speaker{number}": number for number in range(count)}}
