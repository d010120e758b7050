"""What the styles have in common: inputs, the network's name."""

import re

from app.core.architectures.architecture import Architecture, Input, Symbol
from app.core.architectures.writers.expressions import Expression, call, joined, keyword, lay_out, list_of, tuple_of
from app.core.architectures.writers.layer_names import input_names_to_write
from app.core.architectures.writers.writing import Writing, text
from app.core.architectures.written import OPEN_SHAPE


def was_never_written(entry: Input) -> bool:
    """Whether the definition says nothing of its input: Keras then learns it from the first data."""
    return entry == Input(name="input_layer", shape=(None, Symbol(symbol=OPEN_SHAPE)))


def input_of(entry: Input, writing: Writing, *, name: str | None) -> Expression:
    """The call of `keras.Input`."""
    batch, *sizes = entry.shape
    arguments: list[Expression] = [keyword("shape", _sizes(sizes, writing))]
    if batch is not None:
        arguments.append(keyword("batch_size", writing.dimension(batch)))
    if entry.dtype != "float32":
        arguments.append(keyword("dtype", text(entry.dtype)))
    if name is not None:
        arguments.append(keyword("name", text(name)))
    return call(f"{writing.keras}.Input", arguments)


def input_lines(architecture: Architecture, writing: Writing, variables: list[str]) -> list[str]:
    """One assignment for each input."""
    names = input_names_to_write(architecture.inputs)
    return [
        lay_out(joined(f"{variable} = ", input_of(entry, writing, name=names[entry.name])))
        for entry, variable in zip(architecture.inputs, variables, strict=True)
    ]


def one_or_list(variables: list[str]) -> Expression:
    """The only variable, or a list of all."""
    return variables[0] if len(variables) == 1 else list_of(list(variables))


def network_name(architecture: Architecture) -> list[Expression]:
    """The argument that names the network, in letters that every part of Keras takes; none where nothing is left."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", architecture.name).strip("_")
    return [keyword("name", text(name))] if name else []


def _sizes(sizes: list[int | Symbol | None], writing: Writing) -> Expression:
    if len(sizes) == 1 and isinstance(sizes[0], Symbol) and sizes[0].symbol.startswith(OPEN_SHAPE):
        return writing.shape_symbol(sizes[0])
    return tuple_of([writing.dimension(size) for size in sizes])
