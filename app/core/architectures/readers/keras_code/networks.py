"""Networks as they are made, grown and called."""

from functools import partial

from pydantic import JsonValue

from app.core.architectures.readers.keras_code.graphs import Graph, graph_between, inputs_in_order, replay
from app.core.architectures.readers.keras_code.layers import CallNetwork, apply_layer, custom_layer, new_input
from app.core.architectures.readers.keras_code.library_names import is_layer_name
from app.core.architectures.readers.keras_code.limits import MOST_LAYERS, LimitReachedError
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.source_text import described
from app.core.architectures.readers.keras_code.values import (
    Arguments,
    Builtin,
    Function,
    Instance,
    Layer,
    ModulePath,
    Network,
    Tensor,
    Unknown,
)
from app.core.architectures.readers.keras_code.written_values import as_written, leaves_in, tensors_in
from app.core.architectures.readers.keras_names.operations import own_kind
from app.core.architectures.reading import Place
from app.core.architectures.written import OPEN_SHAPE, symbol_of


def new_sequential(machine: Machine, arguments: Arguments) -> Network:
    """`Sequential(...)`."""
    network = machine.new_network("sequential", name=_name(arguments.take(1, "name")))
    add_all(machine, network, arguments.take(0, "layers"))
    return network


def new_functional(machine: Machine, arguments: Arguments, *, network: Network | None = None) -> object:
    """`Model(inputs, outputs)`, in the words of every Keras."""
    inputs = arguments.take(0, "inputs", "input")
    outputs = arguments.take(1, "outputs", "output")
    made = network or machine.new_network("functional", base="functional")
    made.kind = "functional"
    made.name = _name(arguments.take(2, "name")) or made.name
    made.inputs = _inputs(machine, inputs)
    made.outputs = outputs
    if not inputs_in_order(outputs):
        machine.note(machine.here, arguments.text, "what leaves this network is not known here")
    return made


def _inputs(machine: Machine, value: object) -> list[Tensor]:
    """The tensors; what nobody defined is the input that was made for it when a layer was called on it."""
    found = [machine.open_inputs.get(entry.text) if isinstance(entry, Unknown) else entry for entry in leaves_in(value)]
    return [entry for entry in found if isinstance(entry, Tensor)]


def add_all(machine: Machine, network: Network, layers: object) -> None:
    """The layers that a Sequential is made with."""
    if isinstance(layers, list | tuple):
        for entry in layers:
            place = entry.place if isinstance(entry, Layer | Network) else None
            add(machine, network, entry, place=place)
    elif layers is not None:
        machine.note(machine.here, described(layers)[0], "the layers of this Sequential are not known here")


def add(machine: Machine, network: Network, value: object, *, place: Place | None = None) -> None:
    """`model.add(...)`: whatever it is, it becomes a layer of the network."""
    item = as_member(machine, value)
    if item is None:
        return
    if len(network.items) >= MOST_LAYERS:
        raise LimitReachedError(f"a Sequential gets more than {MOST_LAYERS:,} layers")
    if network.kind != "sequential":
        machine.note(machine.here, described(value)[0], "only a Sequential takes further layers; this one is left out")
        return
    del network.item_places[len(network.items) :]
    network.items.append(item)
    network.item_places.append(place or machine.here)
    for inner in [item] if isinstance(item, Network) else item.branches if isinstance(item, Layer) else []:
        inner.is_inside = True


def as_member(machine: Machine, value: object) -> object:
    """A value as what can stand in a network: a layer, a network or an input; None where it is nothing of the kind."""
    if isinstance(value, Instance):
        return value.network or value.layer
    if isinstance(value, Layer | Network | Tensor):
        return value
    if isinstance(value, Unknown) and value.record is not None:
        return layer_from_record(machine, value)
    if isinstance(value, Unknown):
        return custom_layer(machine, _identifier(value.text), {})
    if isinstance(value, ModulePath | Function | Builtin):  # a class without its parentheses, or a plain function
        machine.note(machine.here, value.name, "this is no layer: are its parentheses missing?")
        return custom_layer(machine, _identifier(value.name), {})
    if value is not None:
        machine.note(machine.here, described(value)[0], "this is no layer and is left out")
    return None


def layer_from_record(machine: Machine, value: Unknown) -> Layer:
    """What was taken for any call turns out to make a layer, of a kind that nothing is known of."""
    record = value.record
    assert record is not None  # the callers looked
    if record.layer is None:
        config = {key: as_written(entry) for key, entry in record.arguments.items()}
        record.layer = custom_layer(machine, _own_kind(machine, record.function), config)
        record.layer.place, record.layer.number = record.place, record.number
    return record.layer


def _own_kind(machine: Machine, path: str) -> str:
    """The last part of a path, with the part before it where Keras has something of that name itself."""
    module, _, name = path.rpartition(".")
    is_taken = is_layer_name(name, machine.catalogue) and module
    return own_kind(_identifier(f"{module.rpartition('.')[2]}_{name}" if is_taken else name), machine.catalogue)


def call_network(machine: Machine, network: Network, tensors: list[Tensor], *, over_time: bool = False) -> object:
    """A network inside another: its calls are made again on these tensors."""
    if not tensors:
        return Unknown(f"{network.name or network.base}(…)")
    network.is_inside = True
    if network.kind == "subclassed" and not over_time:
        return machine.follow(network, tensors)
    if network.kind == "sequential" and not network.built and network.given_shape is None:
        network.given_shape = tensors[0].node.shape if not tensors[0].index else None
    graph = graph_of(machine, network)
    if network.first_call is None and not machine.path:
        network.first_call = list(tensors)
    results = replay(machine, network, graph, tensors, over_time=over_time)
    return results(network.outputs if network.kind != "sequential" else graph.outputs[0])


def graph_of(machine: Machine, network: Network) -> Graph:
    """The network's calls, as far as they were made until now."""
    if network.kind == "sequential":
        return _sequential_graph(machine, network)
    if network.kind == "subclassed" and network.outputs is None:
        _follow_once(machine, network)
    return graph_between(network.inputs, inputs_in_order(network.outputs))


def _follow_once(machine: Machine, network: Network) -> None:
    """Follow a class's `call` for its own sake, on what it was first called on, or on an input left open."""
    known = list(tensors_in(network.first_call))
    given = network.first_call if known and all(tensor.node.layer.kind == "InputLayer" for tensor in known) else None
    if given is None:
        given = new_input(machine, shape=network.given_shape)
        given.node.is_open = network.given_shape is None
    path, machine.path = machine.path, ()
    network.outputs = machine.follow(network, given, is_nested=False)
    machine.path = path
    network.inputs = [part for tensor in tensors_in(given) for part in machine.open_parts.get(tensor, [tensor])]


def _sequential_graph(machine: Machine, network: Network) -> Graph:
    items, places = network.items, network.item_places
    inputs, current = _start(machine, network)
    kept = 0
    while kept < min(len(network.built), len(items)) and network.built[kept][0] is items[kept]:
        kept += 1
    del network.built[kept:]
    current = [network.built[-1][1]] if network.built else current
    here, path = machine.here, machine.path
    machine.path = ()  # its own calls are made outside of whatever calls it now
    for number, item in enumerate(items[kept:], start=kept):
        machine.here = places[number] if number < len(places) else here
        current = [_through(machine, item, current)]
        network.built.append((item, current[0]))
    machine.here, machine.path = here, path
    return graph_between(inputs, current)


def _start(machine: Machine, network: Network) -> tuple[list[Tensor], list[Tensor]]:
    """The inputs, and what the first layer is called on: Keras 1's Merge on the ends of the networks it was given."""
    first = network.items[0] if network.items else None
    if not isinstance(first, Layer) or not first.branches:
        start = [_first_tensor(machine, network)]
        return start, start
    graphs = [graph_of(machine, branch) for branch in first.branches]
    inputs = dict.fromkeys(tensor for graph in graphs for tensor in graph.inputs)
    return list(inputs), [tensor for graph in graphs for tensor in graph.outputs]


def _first_tensor(machine: Machine, network: Network) -> Tensor:
    """The input: as it is written, as the first layer says, as it was first called on, or left open."""
    first = network.items[0] if network.items else None
    if isinstance(first, Tensor):
        return first
    shape = _input_shape_of(machine, first)
    if shape is None:
        shape = network.given_shape
    if shape is None and isinstance(first, Layer) and first.kind == "Embedding":
        shape = [None, None]
    if network.inputs and network.inputs[0].node.layer.input_shape == shape:
        return network.inputs[0]
    dtype = first.dtype if isinstance(first, Layer) and first.dtype else "float32"
    network.built.clear()
    network.inputs = [new_input(machine, shape=shape, dtype=dtype)]
    return network.inputs[0]


def _input_shape_of(machine: Machine, first: object) -> JsonValue:
    if isinstance(first, Layer):
        if first.input_shape is None and first.inner is not None:
            inner = _input_shape_of(machine, first.inner)
            return [None, None, *inner[1:]] if isinstance(inner, list) else None
        return first.input_shape
    if isinstance(first, Network) and (first.items or first.inputs):
        inputs = graph_of(machine, first).inputs
        return inputs[0].node.layer.input_shape if inputs else None
    return None


def _through(machine: Machine, item: object, current: list[Tensor]) -> Tensor:
    if isinstance(item, Tensor):
        return item
    if isinstance(item, Network):
        result = call_network(machine, item, current)
    else:
        assert isinstance(item, Layer)  # see as_member
        result = apply_layer(machine, item, Arguments([current], {}), over=over_time_of(machine))
    return next(tensors_in(result), current[0])


def over_time_of(machine: Machine) -> CallNetwork:
    """What calls a network at each step of a sequence."""
    return partial(call_network, machine, over_time=True)


def set_input_shape(network: Network, shape: object) -> None:
    """`model.build(shape)`: batch first."""
    written = as_written(shape)
    if isinstance(written, list) and written and not isinstance(written[0], list):
        network.given_shape = written


def shape_symbol(shape: JsonValue) -> str:
    """The symbol for all sizes of a shape but the batch."""
    return f"{OPEN_SHAPE}{symbol_of(shape) or ''}"


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _identifier(text: str) -> str:
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter == "_") else "_" for letter in text)[
        :200
    ]
    return f"_{plain}"[:200] if not plain or plain[0].isdigit() else plain
