"""Writes a Piper voice that costs nothing: every sentence is the bench's own clip. Needs onnx, not torch.

With it a server of Piper voices shows what the server itself costs.

    python -m tests.bench.peers.zero_cost_voice FILE.onnx
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..clip import RATE_HZ, pcm
from .piper_voice import write_description


def graph() -> onnx.ModelProto:
    """Piper's inputs and output; the sound is a constant, moved through one cheap operator."""
    sound = np.frombuffer(pcm(), dtype=np.int16).astype(np.float32) / 32768
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, len(sound)])
    nodes = [
        helper.make_node("ReduceMax", ["scales"], ["scale"], axes=[0], keepdims=1),
        helper.make_node("Mul", ["sound", "scale"], ["output"]),
    ]
    constants = [numpy_helper.from_array(sound.reshape(1, 1, -1), "sound")]
    model = helper.make_model(
        helper.make_graph(nodes, "zero_cost", inputs, [output], constants),
        opset_imports=[helper.make_opsetid("", 15)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    return model


def main(path: Path) -> None:
    """Write the model and its description beside it."""
    onnx.save(graph(), str(path))
    write_description(path, rate_hz=RATE_HZ, length_scale=1.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
