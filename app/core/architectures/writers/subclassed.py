"""An architecture as a class of its own."""

from app.core.architectures.architecture import Architecture
from app.core.architectures.operations import is_operation
from app.core.architectures.writers.expressions import call, joined, lay_out
from app.core.architectures.writers.flow import Flow
from app.core.architectures.writers.identifiers import Identifiers, class_name
from app.core.architectures.writers.keras_words import NETWORK_ATTRIBUTES
from app.core.architectures.writers.layer_names import names_to_write
from app.core.architectures.writers.pieces import input_lines, network_name, one_or_list, was_never_written
from app.core.architectures.writers.writing import Writing

BODY = 8


def write_subclassed(architecture: Architecture, writing: Writing) -> list[str]:
    """A class with its layers in `__init__` and a plain `call`, and `model`, built by calling it on its inputs."""
    writing.names.take("training")
    title = writing.names.fresh(class_name(architecture.name))
    flow = Flow(architecture, writing)
    variables = flow.name_inputs()
    lines = ["", f"class {title}({writing.keras}.Model):", *_constructor(architecture, writing)]
    attributes = _attributes(architecture)
    taken = variables[0] if len(variables) == 1 else writing.names.fresh("inputs")
    body = [] if len(variables) == 1 else [f"{', '.join(variables)} = {taken}"]
    body += [
        flow.statement(made, lambda layer: f"self.{attributes[layer.name]}", indent=BODY) for made in architecture.calls
    ]
    # Keras tells a network that it is being trained only where its `call` takes `training`; layers inside learn it then.
    lines += ["", f"    def call(self, {taken}, training=None):"]
    lines += [f"{' ' * BODY}{line}" for line in body]
    lines += [f"{' ' * BODY}{lay_out(joined('return ', flow.outputs()), indent=BODY)}", "", ""]
    return [*lines, *_instance(architecture, writing, title=title, variables=variables)]


def _constructor(architecture: Architecture, writing: Writing) -> list[str]:
    layers = [layer for layer in architecture.layers if not is_operation(layer.kind)]
    names = names_to_write(layers)
    attributes = _attributes(architecture)
    lines = ["    def __init__(self):", f"{' ' * BODY}{lay_out(call('super().__init__', network_name(architecture)))}"]
    for layer in layers:
        made = writing.layer(layer, name=names[layer.name])
        lines.append(f"{' ' * BODY}{lay_out(joined(f'self.{attributes[layer.name]} = ', made), indent=BODY)}")
    return lines


def _attributes(architecture: Architecture) -> dict[str, str]:
    names = Identifiers(NETWORK_ATTRIBUTES)
    return {layer.name: names.fresh(layer.name, instead=f"{layer.name}_layer") for layer in architecture.layers}


def _instance(architecture: Architecture, writing: Writing, *, title: str, variables: list[str]) -> list[str]:
    model = writing.names.fresh("model")
    if len(architecture.inputs) == 1 and was_never_written(architecture.inputs[0]):
        return [f"{model} = {title}()"]
    built = lay_out(call(model, [one_or_list(variables)]))
    return [*input_lines(architecture, writing, variables), f"{model} = {title}()", f"{built}  # makes the weights"]
