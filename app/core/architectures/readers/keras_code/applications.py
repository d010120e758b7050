"""Networks of `keras.applications`, laid out as if their layers had been written."""

from app.core.architectures.architecture import Architecture, source_of
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.values import Arguments, Layer, Network, Tensor
from app.core.architectures.readers.keras_code.written_values import as_written, tensors_in
from app.core.architectures.written import symbols_in
from app.core.errors import DiceboardError
from app.core.values import JsonObject

_POSITIONAL = ("include_top", "weights", "input_tensor", "input_shape", "pooling", "classes")
_NOT_PASSED_ON = frozenset(["weights", "input_tensor", "backend", "layers", "models", "utils"])


def make_application(machine: Machine, name: str, arguments: Arguments) -> object:
    """The network as the installed Keras lays it out; a symbol where it refuses to."""
    given = {**dict(zip(_POSITIONAL, arguments.positional, strict=False)), **arguments.keywords}
    tensor = next(tensors_in(given.get("input_tensor")), None)
    options = _options(machine, arguments, given)
    if tensor is not None and "input_shape" not in options:
        sizes = tensor.node.shape
        if sizes is not None and not list(symbols_in(sizes)):
            options["input_shape"] = sizes[1:]
    try:
        found = machine.budget.without_counting(lambda: machine.facts.application(name, options))
    except DiceboardError as error:
        machine.note(machine.here, arguments.text, f"Keras does not make this network: {error.detail}")
        return machine.unknown(arguments.text or f"{name}(…)")
    network = _laid_out(machine, found, base=name.lower())
    given_name = given.get("name")
    network.name = given_name if isinstance(given_name, str) else None
    if tensor is not None:
        _start_at(network, tensor)
    return network


def _options(machine: Machine, arguments: Arguments, given: dict[str, object]) -> JsonObject:
    options: JsonObject = {}
    for key, value in given.items():
        written = as_written(value)
        if key in _NOT_PASSED_ON or written is None:
            continue
        if list(symbols_in(written)):
            machine.note(machine.here, arguments.text, f"{key} is not known here; the network is read with its default")
            continue
        options[key] = written
    return options


def _laid_out(machine: Machine, found: Architecture, *, base: str) -> Network:
    network = machine.new_network("application", base=base)
    known: dict[str, Tensor] = {}
    for entry in found.inputs:
        layer = machine.new_layer("InputLayer", {}, name=entry.name)
        layer.input_shape, layer.dtype = as_written(list(_plain(entry.shape))), entry.dtype
        node = machine.new_node(layer, ())
        node.shape = list(layer.input_shape) if isinstance(layer.input_shape, list) else None
        known[entry.name] = Tensor(node)
    layers: dict[str, Layer] = {}
    for made in found.layers:
        layers[made.name] = machine.new_layer(made.kind, dict(made.config), name=made.name)
    for call in found.calls:
        inputs = [_resolved(reference, known) for reference in call.inputs]
        known[call.id] = Tensor(machine.new_node(layers[call.layer], inputs, arguments=dict(call.arguments)))
    network.inputs = [known[entry.name] for entry in found.inputs]
    outputs = [_resolved(reference, known) for reference in found.outputs]
    network.outputs = outputs[0] if len(outputs) == 1 else outputs
    return network


def _plain(shape: tuple[object, ...]) -> list[object]:
    return [size if isinstance(size, int) else None for size in shape]


def _resolved(reference: str, known: dict[str, Tensor]) -> Tensor:
    name, index = source_of(reference, known)
    tensor = known[name]
    return Tensor(tensor.node, index) if index else tensor


def _start_at(network: Network, tensor: Tensor) -> None:
    """`input_tensor=`: the network begins at that tensor, not at an input of its own."""
    old = network.inputs[0]
    for layer_node in {node for layer in _layers(network) for node in layer.nodes}:
        layer_node.inputs = tuple(tensor if entry == old else entry for entry in layer_node.inputs)
    network.inputs = [tensor]


def _layers(network: Network) -> list[Layer]:
    waiting = list(tensors_in(network.outputs))
    found: dict[Layer, None] = {}
    while waiting:
        tensor = waiting.pop()
        if tensor.node.layer not in found:
            found[tensor.node.layer] = None
            waiting.extend(tensor.node.inputs)
    return list(found)
