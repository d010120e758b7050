"""Networks that were followed, as definitions."""

from collections.abc import Sequence

from pydantic import JsonValue, ValidationError

from app.core.architectures.architecture import (
    LARGEST_LAYER_COUNT,
    Architecture,
    Call,
    Dimension,
    Input,
    Shape,
    Source,
    Style,
    Symbol,
)
from app.core.architectures.architecture import Layer as ArchitectureLayer
from app.core.architectures.readers.keras_code.graphs import Graph
from app.core.architectures.readers.keras_code.limits import (
    LONGEST_TEXT,
    MOST_CALLS_DEFINED,
    MOST_DEFINITIONS,
    LimitReachedError,
)
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.naming import Names, cleaned, input_names, layer_names
from app.core.architectures.readers.keras_code.networks import graph_of, shape_symbol
from app.core.architectures.readers.keras_code.values import Layer, Network, Node, Tensor
from app.core.architectures.reading import Definition, Place
from app.core.architectures.written import OPEN_SHAPE, symbol_of
from app.core.values import JsonObject

_STYLES = {"sequential": Style.SEQUENTIAL, "subclassed": Style.SUBCLASSED}


def defined(machine: Machine, *, name: str, source: str) -> list[tuple[Network, Definition]]:
    """A definition for each network that stands by itself, in the order in which they were made."""
    found: list[tuple[Network, Definition]] = []
    calls = 0
    for network in list(machine.networks):
        if not _stands_alone(network):
            continue
        try:
            machine.budget.check_time()
            _check_room(len(found), calls)
            made = _definition(machine, network, name=name, source=source)
        except LimitReachedError as limit:
            machine.note(
                network.place, _shown_name(network, name), f"this network and those behind it are left out: {limit}"
            )
            break
        except RecursionError:
            machine.note(network.place, _shown_name(network, name), "its networks are nested too deeply to be followed")
            continue
        if made is not None:
            calls += len(made.architecture.calls)
            found.append((network, made))
    return found


def _check_room(count: int, calls: int) -> None:
    if count >= MOST_DEFINITIONS or calls > MOST_CALLS_DEFINED:
        raise LimitReachedError(
            f"at most {MOST_DEFINITIONS} networks with {MOST_CALLS_DEFINED:,} calls of layers together are kept"
        )


def _stands_alone(network: Network) -> bool:
    if network.is_block:
        return False
    if network.kind == "application" and network.is_inside:
        return network.is_used
    return not network.is_inside or network.is_used or network.global_variable is not None


def _definition(machine: Machine, network: Network, *, name: str, source: str) -> Definition | None:
    if network.kind == "sequential" and not network.items:
        return None
    here, machine.here = machine.here, network.place
    graph = graph_of(machine, network)
    machine.here = here
    shown = _shown_name(network, name)
    if not graph.nodes or not graph.outputs:
        machine.note(
            network.place, shown, "this network has no layers between its inputs and its outputs, as far as is known"
        )
        return None
    if len({node.layer for node in graph.nodes}) > LARGEST_LAYER_COUNT or len(graph.nodes) > 2 * LARGEST_LAYER_COUNT:
        machine.note(network.place, shown, f"this network has more than {LARGEST_LAYER_COUNT:,} layers")
        return None
    for tensor in graph.missing:
        text = tensor.node.layer.name or "an input"
        machine.note(
            network.place, shown, f"its outputs need {text} too, which is not among its inputs; it is taken as one"
        )
    return _as_definition(machine, network, graph, name=shown, source=source)


def _as_definition(machine: Machine, network: Network, graph: Graph, *, name: str, source: str) -> Definition | None:
    names = layer_names(graph.nodes)
    ids = Names()
    references: dict[Tensor, str] = {}
    inputs: list[Input] = []
    for tensor, own in zip(graph.inputs, input_names(graph.inputs), strict=True):
        references[tensor] = ids.free(own)
        inputs.append(_input(tensor, references[tensor]))
    calls: list[Call] = []
    places: dict[str, Place] = {}
    for node in graph.nodes:
        own = ids.free(names[node.layer], separator="_call_", first=2)
        taken = tuple(_reference(tensor, references) for tensor in node.inputs)
        references[Tensor(node)] = own
        calls.append(Call(id=own, layer=names[node.layer], inputs=taken, arguments=node.arguments))
        places[own] = node.place
    try:
        architecture = Architecture(
            name=name,
            style=_style(network, graph),
            source=Source(kind=source),
            inputs=tuple(inputs),
            layers=_layers(network, graph.nodes, names),
            calls=tuple(calls),
            outputs=tuple(_reference(tensor, references) for tensor in graph.outputs),
        )
    except ValidationError as error:
        machine.note(network.place, name, f"this is no network that can be kept: {error.errors()[0]['msg']}")
        return None
    return Definition(architecture=architecture, variable=_variable(network), place=network.place, places=places)


def _layers(network: Network, nodes: Sequence[Node], names: dict[Layer, str]) -> tuple[ArchitectureLayer, ...]:
    """In the order in which they were made; those of a Sequential in the order in which it calls them."""
    layers = list(dict.fromkeys(node.layer for node in nodes))
    if network.kind != "sequential":
        layers.sort(key=lambda layer: layer.number)
    return tuple(
        ArchitectureLayer(name=names[layer], kind=layer.kind[:LONGEST_TEXT], config=_config(network, layer))
        for layer in layers
    )


def _config(network: Network, layer: Layer) -> JsonObject:
    if network.trainable_when_compiled is None or layer not in network.trainable_when_compiled:
        return layer.config
    config = {key: value for key, value in layer.config.items() if key != "trainable"}
    return config if network.trainable_when_compiled[layer] else {**config, "trainable": False}


def _reference(tensor: Tensor, references: dict[Tensor, str]) -> str:
    if tensor in references:
        return references[tensor]
    return f"{references[Tensor(tensor.node)]}:{tensor.index}"


def _style(network: Network, graph: Graph) -> Style:
    style = _STYLES.get(network.kind, Style.FUNCTIONAL)
    if style is not Style.SEQUENTIAL:
        return style
    before = [*graph.inputs[:1], *[Tensor(node) for node in graph.nodes]]
    follows = all(node.inputs == (tensor,) for node, tensor in zip(graph.nodes, before, strict=False))
    several = len({node.layer for node in graph.nodes}) != len(graph.nodes) or len(graph.inputs) != 1
    ends = graph.outputs == before[-1:]
    return Style.SEQUENTIAL if follows and ends and not several else Style.FUNCTIONAL


def _input(tensor: Tensor, name: str) -> Input:
    layer = tensor.node.layer
    if layer.kind != "InputLayer":  # a network that begins in the middle of another
        return Input(name=name, shape=_shape(tensor.node.shape if not tensor.index else None))
    return Input(name=name, shape=_shape(layer.input_shape), dtype=(layer.dtype or "float32")[:20])


def _shape(written: JsonValue) -> Shape:
    if isinstance(written, list) and written:
        return tuple(_dimension(size) for size in written[:12])
    text = symbol_of(written)
    if text is None:
        return (None, Symbol(symbol=OPEN_SHAPE))
    return (None, Symbol(symbol=shape_symbol(written)[:LONGEST_TEXT]))


def _dimension(size: JsonValue) -> Dimension:
    text = symbol_of(size)
    if text is not None:
        return Symbol(symbol=text)
    if isinstance(size, float) and size.is_integer():
        return int(size)
    if isinstance(size, int) and not isinstance(size, bool):
        return size if size >= 0 else None
    return None if size is None else Symbol(symbol=str(size)[:LONGEST_TEXT] or "?")


def _variable(network: Network) -> str | None:
    return network.global_variable or (network.variables[-1] if network.variables else None)


def _shown_name(network: Network, default: str) -> str:
    """The name it was given, or the variable that holds it."""
    name = network.name or _variable(network) or (cleaned(network.base) if network.kind == "subclassed" else default)
    return "".join(letter for letter in name if letter.isprintable()).strip()[:LONGEST_TEXT] or default
