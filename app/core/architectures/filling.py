"""Sizes that a definition leaves open: which there are, and the definition with values in their place."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue, ValidationError

from app.core.architectures.architecture import Architecture, Dimension, Input, Symbol
from app.core.architectures.written import OPEN_SHAPE, symbol_of, symbols_in
from app.core.errors import FieldError, InvalidError

_NUMBERS = frozenset(
    ["depth_multiplier", "filters", "groups", "input_dim", "key_dim", "n", "num_heads", "output_dim", "rate", "units"]
)
"""Arguments that are one number, in every layer that has them."""


def open_symbols(architecture: Architecture) -> tuple[str, ...]:
    """The texts of all open values, in the order in which they are written; `*name` stands for a whole shape."""
    found: dict[str, None] = {}
    for entry in architecture.inputs:
        found.update(dict.fromkeys(size.symbol for size in entry.shape if isinstance(size, Symbol)))
    for layer in architecture.layers:
        values = [value for key, value in layer.config.items() if (layer.kind, key) != ("Lambda", "function")]
        found.update(dict.fromkeys(symbols_in(values)))  # no value can stand for a function
    for call in architecture.calls:
        found.update(dict.fromkeys(symbols_in(call.arguments)))
    return tuple(found)


def refuse_misfits(architecture: Architecture, values: Mapping[str, JsonValue]) -> None:
    """InvalidError, with the symbol named, where what was filled in stands for a number and is none: `Dense([1, 2])`."""
    for size in [size for entry in architecture.inputs for size in entry.shape if isinstance(size, Symbol)]:
        name = next(
            (name for name, given in values.items() if isinstance(given, list) and size.symbol == str(given)), None
        )
        if name is not None:
            raise InvalidError(
                f"{name} cannot be {size.symbol:.60}: it is one size of an input, which is a whole number from 1 on.",
                errors=[FieldError(f"symbols.{name}", "expected a whole number from 1 on")],
            )
    for layer in architecture.layers:
        for argument in sorted(_NUMBERS & layer.config.keys()):
            value = layer.config[argument]
            name = next((name for name, given in values.items() if given == value and name != value), None)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if name is not None and (not is_number or (argument != "rate" and not isinstance(value, int))):
                wanted = "a number" if argument == "rate" else "a whole number"
                raise InvalidError(
                    f"{name} cannot be {value!r:.60}: it is the {argument} of {layer.kind} {layer.name!r}, which is {wanted}.",
                    errors=[FieldError(f"symbols.{name}", f"expected {wanted}")],
                )


def fill(architecture: Architecture, values: Mapping[str, JsonValue]) -> Architecture:
    """The architecture with these values for its symbols; others stay open. InvalidError where a size is no number."""
    inputs = [entry.model_copy(update={"shape": tuple(_sizes(entry, values))}) for entry in architecture.inputs]
    data = architecture.model_dump(mode="json")
    data["inputs"] = [entry.model_dump(mode="json") for entry in inputs]
    data["layers"] = [{**layer, "config": _filled(layer["config"], values)} for layer in data["layers"]]
    data["calls"] = [{**call, "arguments": _filled(call["arguments"], values)} for call in data["calls"]]
    try:
        filled = Architecture.model_validate(data)
        refuse_misfits(filled, values)
        return filled
    except ValidationError as error:
        raise InvalidError(f"With these values the definition contradicts itself: {error.errors()[0]['msg']}") from None


def _sizes(entry: Input, values: Mapping[str, JsonValue]) -> Iterator[Dimension]:
    for size in entry.shape:
        if not isinstance(size, Symbol) or size.symbol not in values:
            yield size
            continue
        value = values[size.symbol]
        for length in value if isinstance(value, list) and size.symbol.startswith(OPEN_SHAPE) else [value]:
            if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 1):
                raise InvalidError(
                    f"{size.symbol.removeprefix(OPEN_SHAPE) or 'The shape'} cannot be {length!r:.60}: a size is a whole "
                    "number from 1 on; a whole shape is sizes with commas between them, as in 224, 224, 3.",
                    errors=[FieldError(f"symbols.{size.symbol}", "expected a whole number from 1 on")],
                )
            yield length


def _filled(value: JsonValue, values: Mapping[str, JsonValue]) -> JsonValue:
    name = symbol_of(value)
    if name is not None:
        return values.get(name, value)
    if isinstance(value, dict):
        return {key: _filled(entry, values) for key, entry in value.items()}
    return [_filled(entry, values) for entry in value] if isinstance(value, list) else value


def made_equal(left: JsonValue, right: JsonValue) -> dict[str, JsonValue] | None:
    """What the names that nobody defined have to be for both values to be equal; None where no filling in does that."""
    if left == right:
        return {}
    for one, other in ((left, right), (right, left)):
        name = symbol_of(one)
        if name is not None:
            return {name: other}
    if not isinstance(left, list) or not isinstance(right, list):
        return None
    whole = _whole_shape(left, right) or _whole_shape(right, left)
    if whole or len(left) != len(right):
        return whole
    filled: dict[str, JsonValue] = {}
    for one, other in zip(left, right, strict=True):
        found = made_equal(one, other)
        if found is None or any(filled.get(name, value) != value for name, value in found.items()):
            return None
        filled |= found
    return filled


def _whole_shape(shape: list[JsonValue], other: list[JsonValue]) -> dict[str, JsonValue] | None:
    """The same where one name stands for all sizes of a shape behind the batch."""
    name = symbol_of(shape[-1]) if shape else None
    if name is None or not name.startswith(OPEN_SHAPE) or shape[:-1] != other[: len(shape) - 1]:
        return None
    return {name.removeprefix(OPEN_SHAPE): other[len(shape) - 1 :]} if name != OPEN_SHAPE else None
