"""Which calls lie between the inputs and the outputs of a network, and the same calls made again on other inputs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.core.architectures.operations import is_operation
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.values import Layer, Network, Node, Tensor
from app.core.architectures.readers.keras_code.written_values import tensors_in
from app.core.architectures.written import keras_object
from app.core.values import JsonObject

_ELEMENTWISE = frozenset(["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"])


@dataclass
class Graph:
    """Calls in the order in which they were made; `missing` are inputs that are needed and were not listed."""

    inputs: list[Tensor]
    nodes: list[Node]
    outputs: list[Tensor]
    missing: list[Tensor] = field(default_factory=list)


def graph_between(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Graph:
    """Everything that the outputs need, back to the inputs."""
    borders = set(inputs)
    found: dict[Node, None] = {}
    missing: dict[Tensor, None] = {}
    waiting = [tensor for tensor in outputs if tensor not in borders]
    while waiting:
        tensor = waiting.pop()
        if tensor.node in found:
            continue
        if tensor.node.layer.kind == "InputLayer":
            missing[tensor] = None
            continue
        found[tensor.node] = None
        waiting.extend(entry for entry in tensor.node.inputs if entry not in borders and entry.node not in found)
    nodes = sorted(found, key=lambda node: node.number)
    extra = sorted(missing, key=lambda tensor: tensor.node.number)
    return Graph([*inputs, *extra], nodes, list(outputs), extra)


def replay(
    machine: Machine, network: Network, graph: Graph, given: Sequence[Tensor], *, over_time: bool = False
) -> Callable[[object], object]:
    """Make the calls of a nested network again on other tensors; answers what maps its results to the new ones."""
    now: dict[Tensor, Tensor] = dict(zip(graph.inputs, given, strict=False))
    wrapped: dict[Layer, Layer] = {}
    nodes: dict[Node, Node] = {}

    def mapped(tensor: Tensor) -> Tensor:
        if tensor in now:
            return now[tensor]
        made = nodes.get(tensor.node)
        return tensor if made is None else Tensor(made, tensor.index)

    for node in graph.nodes:
        layer = _over_time(machine, node, wrapped) if over_time else _to_call(machine, node.layer)
        inputs = [mapped(tensor) for tensor in node.inputs]
        nodes[node] = machine.new_node(
            layer, inputs, arguments=node.arguments, place=node.place, path=(network, *node.path)
        )

    def mapped_all(value: object) -> object:
        if isinstance(value, Tensor):
            return mapped(value)
        if isinstance(value, dict):
            return {key: mapped_all(entry) for key, entry in value.items()}
        return [mapped_all(entry) for entry in value] if isinstance(value, list | tuple) else value

    return mapped_all


def _to_call(machine: Machine, layer: Layer) -> Layer:
    """The very layer, whose weights are shared; a function of tensors is applied anew."""
    if not is_operation(layer.kind):
        return layer
    made = machine.new_layer(layer.kind, layer.config)
    made.is_operation = True
    return made


def inputs_in_order(value: object) -> list[Tensor]:
    """The tensors of what a network was given as its inputs."""
    return list(tensors_in(value))


def _over_time(machine: Machine, node: Node, wrapped: dict[Layer, Layer]) -> Layer:
    """The layer that does to each step of a sequence what this one does to one."""
    layer = node.layer
    if layer not in wrapped:
        several = len(node.inputs) > 1
        kind = "TimeDistributed"
        config: JsonObject = {"layer": keras_object(layer.kind, layer.config)}
        if several and layer.kind in _ELEMENTWISE:
            kind, config = layer.kind, layer.config
        axis = layer.config.get("axis", -1)
        if several and layer.kind == "Concatenate" and isinstance(axis, int):
            kind, config = "Concatenate", {**layer.config, "axis": axis + 1 if axis > 0 else axis}
        wrapped[layer] = machine.new_layer(kind, dict(config), name=layer.name)
    return wrapped[layer]
