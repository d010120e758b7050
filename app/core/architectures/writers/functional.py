"""An architecture as a functional network."""

from collections import Counter
from collections.abc import Iterator

from app.core.architectures.architecture import Architecture, Call, Layer
from app.core.architectures.operations import is_operation
from app.core.architectures.writers.expressions import Expression, call, joined, keyword, lay_out
from app.core.architectures.writers.flow import Flow
from app.core.architectures.writers.layer_names import names_to_write
from app.core.architectures.writers.pieces import input_lines, network_name, one_or_list
from app.core.architectures.writers.writing import Writing


def write_functional(architecture: Architecture, writing: Writing) -> list[str]:
    """Inputs, one line for each call, and `model = keras.Model(inputs=..., outputs=...)`."""
    flow = Flow(architecture, writing)
    variables = flow.name_inputs()
    lines = input_lines(architecture, writing, variables)
    layers = _Layers(architecture, writing)
    for made in architecture.calls:
        lines += layers.lines_before(made)
        lines.append(flow.statement(made, layers.apply))
    model = writing.names.fresh("model")
    arguments = [keyword("inputs", one_or_list(variables)), keyword("outputs", flow.outputs())]
    network = call(f"{writing.keras}.Model", [*arguments, *network_name(architecture)])
    return [*lines, lay_out(joined(f"{model} = ", network))]


class _Layers:
    """Layers are made where they are called, shared ones before, and all in the order of the architecture.

    That order fixes their names and which seed each one draws. A layer that is never called is no part of a functional
    network, and a function of `keras.ops` is no layer.
    """

    def __init__(self, architecture: Architecture, writing: Writing) -> None:
        self._calls = Counter(made.layer for made in architecture.calls)
        called = [layer for layer in architecture.layers if layer.name in self._calls and not is_operation(layer.kind)]
        self._writing = writing
        self._to_make = {layer.name: layer for layer in called}
        self._names = names_to_write(called)
        self._kept: dict[str, str] = {}

    def lines_before(self, made: Call) -> Iterator[str]:
        """Assignments of the layers that have to be made before a call."""
        while made.layer in self._to_make:
            name = next(iter(self._to_make))
            if name == made.layer and self._calls[name] == 1:
                break
            yield self._keep(self._to_make.pop(name))

    def apply(self, layer: Layer) -> Expression:
        """The layer's variable, or its constructor."""
        if layer.name in self._kept:
            return self._kept[layer.name]
        del self._to_make[layer.name]
        return self._writing.layer(layer, name=self._names[layer.name])

    def _keep(self, layer: Layer) -> str:
        variable = self._writing.names.fresh(layer.name, instead=f"{layer.name}_layer")
        self._kept[layer.name] = variable
        return lay_out(joined(f"{variable} = ", self._writing.layer(layer, name=self._names[layer.name])))
