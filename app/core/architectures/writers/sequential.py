"""A chain of layers as a Sequential."""

from app.core.architectures.architecture import Architecture
from app.core.architectures.operations import is_operation
from app.core.architectures.writers.expressions import call, joined, lay_out, list_of
from app.core.architectures.writers.flow import asks_for_more
from app.core.architectures.writers.layer_names import input_names_to_write, names_to_write
from app.core.architectures.writers.pieces import input_of, network_name, was_never_written
from app.core.architectures.writers.writing import Writing
from app.core.errors import InvalidError


def write_sequential(architecture: Architecture, writing: Writing) -> list[str]:
    """`model = keras.Sequential([...])`; InvalidError where a Sequential cannot express the network."""
    _refuse_what_no_sequential_can(architecture)
    entry = architecture.inputs[0]
    names = names_to_write(architecture.layers)
    input_name = input_names_to_write([entry])[entry.name]
    first = [] if was_never_written(entry) else [input_of(entry, writing, name=input_name)]
    layers = [writing.layer(layer, name=names[layer.name]) for layer in architecture.layers]
    model = writing.names.fresh("model")
    network = call(
        f"{writing.keras}.Sequential", [list_of([*first, *layers], spread=True), *network_name(architecture)]
    )
    return [lay_out(joined(f"{model} = ", network))]


def _refuse_what_no_sequential_can(architecture: Architecture) -> None:
    layers = {layer.name: layer for layer in architecture.layers}
    why = None if architecture.is_chain else _what_is_no_chain(architecture)
    for made in architecture.calls:
        if why is None and made.arguments:
            why = f"the call {made.id!r} is given arguments ({', '.join(made.arguments)}), which a Sequential cannot pass on"
        if why is None and is_operation(layers[made.layer].kind):
            why = f"the call {made.id!r} is a function of tensors, and a Sequential holds nothing but layers"
        if why is None and asks_for_more(layers[made.layer], made):
            why = f"the layer {made.layer!r} yields several results, and a Sequential passes on only one"
    if why is not None:
        raise InvalidError(
            f"This network cannot be written as a Sequential: {why}. Use the functional or the subclassed style."
        )


def _what_is_no_chain(architecture: Architecture) -> str:
    if len(architecture.inputs) > 1:
        return f"it has {len(architecture.inputs)} inputs"
    if len(architecture.outputs) > 1:
        return f"it has {len(architecture.outputs)} outputs"
    called: set[str] = set()
    before = architecture.inputs[0].name
    for made in architecture.calls:
        if made.layer in called:
            return f"the layer {made.layer!r} is called more than once"
        if made.inputs != (before,):
            return f"the call {made.id!r} takes {' and '.join(made.inputs)}, not just the result before it"
        called.add(made.layer)
        before = made.id
    if architecture.outputs != (before,):
        return f"its output is {architecture.outputs[0]!r}, not the result of its last layer"
    return "some layers are never called, or not in the order in which they are made"
