"""A voice's network as a graph, taken apart so that its sound is made piece by piece.

Piper's voices are VITS networks: phonemes become frames, one for every 256 samples or so, and a decoder of
convolutions makes sound of frames, each of which is heard for a few frames' time at most. Its first transposed
convolution is the first of the whole graph: there it is cut.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, helper, inliner, numpy_helper

NOISE = "voxd.noise."
"""So begin the names of the inputs that take the noise which the network would have made itself."""
_FLOAT = TensorProto.FLOAT


@dataclass(frozen=True, slots=True)
class Parts:
    """A network as two: `first` makes of phonemes the tensor `frames`, `decoder` of that the sound.

    Where it cannot be cut `decoder` is None, and `first` is the whole. `noise` are inputs of `first`: numbers of a
    normal distribution, as many as one likes. `random`: there is noise left that the network makes itself.
    """

    first: bytes
    decoder: bytes | None
    frames: str
    noise: tuple[str, ...]
    random: bool


def taken_apart(model: ModelProto) -> Parts:
    """The parts of a voice's network, which is changed by that."""
    if model.functions:
        model = inliner.inline_local_functions(model)
    graph = model.graph
    sound = graph.output[0].name
    if any(one.data_type == TensorProto.FLOAT16 for one in graph.initializer):
        return Parts(model.SerializeToString(), None, sound, (), random=True)
    noise = tuple(_given_noise(graph))
    random = _is_random(graph)
    cut = _cut(graph)
    if cut is None:
        return Parts(_model(model, _behind(graph, sound), sound), None, sound, noise, random)
    after = _behind(graph, sound, cut)
    decoder = _model(model, after, sound, [helper.make_tensor_value_info(cut, _FLOAT, None)])
    return Parts(_model(model, _behind(graph, cut), cut), decoder, cut, noise, random)


def _given_noise(graph: GraphProto) -> Iterable[str]:
    """Has noise come in from outside, so that a seed decides on it; the names of the new inputs."""
    nodes: list[NodeProto] = []
    for node in graph.node:
        if node.op_type != "RandomNormalLike" or any(map(_is_special, node.attribute)):
            nodes.append(node)
            continue
        name = f"{NOISE}{node.output[0]}"
        nodes.extend(_shaped(name, like=node.input[0], into=node.output[0]))
        graph.input.append(helper.make_tensor_value_info(name, _FLOAT, ["values"]))
        yield name
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(np.array([at], dtype=np.int64), f"{NOISE}{at}") for at in (0, 1))


def _shaped(noise: str, *, like: str, into: str) -> list[NodeProto]:
    """As many values of `noise` as `like` has, from the beginning again where they do not suffice."""
    shape, count, held, times, enough, flat = (f"{noise}.{at}" for at in range(6))
    return [
        helper.make_node("Shape", [like], [shape]),
        helper.make_node("ReduceProd", [shape], [count], keepdims=1),
        helper.make_node("Shape", [noise], [held]),
        helper.make_node("Div", [count, held], [f"{times}.less"]),
        helper.make_node("Add", [f"{times}.less", f"{NOISE}1"], [times]),
        helper.make_node("Tile", [noise, times], [enough]),
        helper.make_node("Slice", [enough, f"{NOISE}0", count], [flat]),
        helper.make_node("Reshape", [flat, shape], [into]),
    ]


def _is_special(attribute: AttributeProto) -> bool:
    """Whether noise is not to be of the usual kind: single precision, around 0, of the deviation 1."""
    return bool(
        helper.get_attribute_value(attribute) != {"dtype": _FLOAT, "mean": 0.0, "scale": 1.0}.get(attribute.name)
    )


def _is_random(graph: GraphProto) -> bool:
    nodes = graph.node
    return any(node.op_type.startswith("Random") or any(map(_is_random, _within(node))) for node in nodes)


def _within(node: NodeProto) -> Iterator[GraphProto]:
    """The graphs that belong to a node: what it does in either case, or again and again."""
    for one in node.attribute:
        if one.type == AttributeProto.GRAPH:
            yield one.g
        yield from one.graphs


def _needs(node: NodeProto) -> Iterator[str]:
    """All that a node needs, which a graph within it uses without saying so."""
    yield from node.input
    for graph in _within(node):
        own = {name for inner in graph.node for name in inner.output}
        own |= {one.name for one in (*graph.initializer, *graph.input)}
        asked = [*(name for inner in graph.node for name in _needs(inner)), *(one.name for one in graph.output)]
        yield from (name for name in asked if name not in own)


def _cut(graph: GraphProto) -> str | None:
    """The tensor that enters the decoder; None where the sound needs more of the rest than that."""
    upsampling = next((node for node in graph.node if node.op_type == "ConvTranspose"), None)
    if upsampling is None:
        return None
    cut = upsampling.input[0]
    made = {name for node in graph.node for name in node.output}
    after = _behind(graph, graph.output[0].name, cut)
    inside = {name for node in after for name in node.output}
    known = inside | {cut, ""} | {one.name for one in graph.initializer}
    return cut if cut in made and all(name in known for node in after for name in _needs(node)) else None


def _behind(graph: GraphProto, wanted: str, given: str = "") -> list[NodeProto]:
    """The nodes that `wanted` needs, in their order, where `given` is there already."""
    maker = {name: at for at, node in enumerate(graph.node) for name in node.output}
    needed, open_ = set[int](), [wanted]
    while open_:
        name = open_.pop()
        at = maker.get(name)
        if name != given and at is not None and at not in needed:
            needed.add(at)
            open_.extend(_needs(graph.node[at]))
    return [graph.node[at] for at in sorted(needed)]


def _model(
    whole: ModelProto, nodes: list[NodeProto], output: str, inputs: "list[onnx.ValueInfoProto] | None" = None
) -> bytes:
    used = {name for node in nodes for name in _needs(node)}
    given = whole.graph.input if inputs is None else inputs
    made = helper.make_graph(
        nodes,
        whole.graph.name or "voice",
        [one for one in given if one.name in used],
        [helper.make_tensor_value_info(output, _FLOAT, None)],
        [one for one in whole.graph.initializer if one.name in used],
    )
    part = helper.make_model(made, opset_imports=whole.opset_import, ir_version=whole.ir_version)
    serialized: bytes = part.SerializeToString()
    return serialized
