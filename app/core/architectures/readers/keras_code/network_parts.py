"""What a source takes out of a network or a layer: `model.layers`, `base.output`, `get_layer(...)`."""

from collections.abc import Iterator

from pydantic import JsonValue

from app.core.architectures.readers.keras_code.layers import custom_layer, new_input, results_of
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.naming import layer_names
from app.core.architectures.readers.keras_code.networks import as_member, graph_of, layer_from_record
from app.core.architectures.readers.keras_code.values import Instance, Layer, Network, Node, Tensor, Unknown


def members_of(machine: Machine, network: Network) -> list[object]:
    """`model.layers`: what Keras would list, nested networks as one."""
    graph = graph_of(machine, network) if network.items or network.kind != "sequential" else None
    if network.kind == "sequential":
        starts_with_input = bool(network.items) and isinstance(network.items[0], Tensor)
        return network.items[1:] if starts_with_input else network.items
    if network.layers is None and graph is not None:
        depth = 0
        inputs = [tensor.node.layer for tensor in graph.inputs if tensor.node.layer.kind == "InputLayer"]
        found: dict[Layer | Network, None] = dict.fromkeys(inputs)
        for node in graph.nodes:
            found[node.path[depth] if len(node.path) > depth else node.layer] = None
        network.layers = list(found)
    return network.layers if network.layers is not None else []


def inputs_of(machine: Machine, network: Network) -> list[Tensor]:
    """`model.inputs`."""
    return graph_of(machine, network).inputs


def outputs_of(machine: Machine, network: Network) -> object:
    """`model.output`, in the form in which the network yields it."""
    graph = graph_of(machine, network)
    network.is_inside = True
    if network.kind == "sequential":
        return graph.outputs[0]
    return network.outputs if network.outputs is not None else None


def output_of(machine: Machine, value: object) -> object:
    """`layer.output`."""
    if isinstance(value, Instance):
        value = value.network or value.layer
    if isinstance(value, Network):
        return outputs_of(machine, value)
    if isinstance(value, Layer) and value.nodes:
        return results_of(value.nodes[0])
    return None


def input_of(machine: Machine, value: object) -> object:
    """`layer.input`, `model.input`."""
    if isinstance(value, Instance):
        value = value.network or value.layer
    tensors: list[Tensor] = []
    if isinstance(value, Network):
        tensors = inputs_of(machine, value)
    elif isinstance(value, Layer) and value.nodes:
        tensors = list(value.nodes[0].inputs) or [Tensor(value.nodes[0])]
    if not tensors:
        return None
    return tensors[0] if len(tensors) == 1 else tensors


def layer_called(machine: Machine, network: Network, name: object, index: object) -> object:
    """`model.get_layer(name)` or `get_layer(index=...)`; None where there is no such layer."""
    members = members_of(machine, network)
    if isinstance(index, int):
        return members[index] if -len(members) <= index < len(members) else None
    graph = graph_of(machine, network)
    for layer, own in layer_names(graph.nodes).items():
        if name in {own, layer.name}:
            return layer
    return next((member for member in members if getattr(member, "name", None) == name or _base(member) == name), None)


def unknown_network(machine: Machine, value: Unknown) -> Node:
    """A network that was loaded or made elsewhere: one layer of an unknown kind on an input left open."""
    layer = layer_from_record(machine, value) if value.record is not None else None
    text = value.text
    if layer is None:
        known = machine.open_inputs.get(f"{text}.input")
        if known is not None:
            return next(node for node in machine.loose_nodes if known in node.inputs)
        made = as_member(machine, value)
        layer = made if isinstance(made, Layer) else custom_layer(machine, "Unknown", {})
    if not layer.nodes:
        shape: JsonValue = layer.input_shape
        source = new_input(machine, shape=shape)
        machine.open_inputs[f"{text}.input"] = source
        machine.new_node(layer, [source])
    return layer.nodes[0]


def set_trainable(machine: Machine, value: object, *, trainable: bool) -> None:
    """`layer.trainable = False`, `model.trainable = False`."""
    for layer in _layers_in(machine, value):
        if trainable:
            layer.config.pop("trainable", None)
        else:
            layer.config["trainable"] = False


def remember_trainable(machine: Machine, network: Network) -> None:
    """What is frozen when a network is compiled stays so for its training, whatever is set later."""
    network.trainable_when_compiled = {
        layer: layer.config.get("trainable") is not False for layer in _layers_in(machine, network)
    }


def _layers_in(machine: Machine, value: object) -> Iterator[Layer]:
    if isinstance(value, Instance):
        value = value.network or value.layer
    if isinstance(value, Layer):
        yield value
        if value.inner is not None:
            yield from _layers_in(machine, value.inner)
    elif isinstance(value, Network) and (value.items or value.kind != "sequential"):
        yield from dict.fromkeys(node.layer for node in graph_of(machine, value).nodes)


def _base(member: object) -> str:
    return member.base if isinstance(member, Network) else ""
