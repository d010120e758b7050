"""Arguments as they were written: JSON, and three forms for what JSON alone cannot say.

- `{"symbol": "labels_values"}`: a value that the definition names and nobody defined. Equal where the text is equal.
- `{"kind": "L2", "config": {"l2": 0.01}}`: one of Keras's own objects with arguments: a regularizer, an initializer, a
  constraint, an activation, or the inner layer of a wrapper. Without arguments it is its plain name, as in `"relu"`.
- `{"code": "lambda x: x * 2"}`: a piece of Python that is kept as text and never run.
"""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from app.core.values import JsonObject

OPEN_SHAPE = "*"
"""A symbol that starts with this stands for all sizes of a shape but the batch: `input_shape=input_shape` of another cell
is the shape `[null, {"symbol": "*input_shape"}]`. An input whose shape was never written is `[null, {"symbol": "*"}]`."""


def symbol(text: str) -> JsonObject:
    """A value that nobody defined, as its source text."""
    return {"symbol": text}


def keras_object(kind: str, config: Mapping[str, JsonValue]) -> JsonObject:
    """One of Keras's own objects with its arguments."""
    return {"kind": kind, "config": dict(config)}


def code(text: str) -> JsonObject:
    """A piece of Python that is only ever shown and compared."""
    return {"code": text}


def symbol_of(value: object) -> str | None:
    """The text of a symbol, None for anything else."""
    if isinstance(value, dict) and set(value) == {"symbol"} and isinstance(value["symbol"], str):
        return value["symbol"]
    return None


def code_of(value: object) -> str | None:
    """The text of a piece of Python, None for anything else."""
    if isinstance(value, dict) and set(value) == {"code"} and isinstance(value["code"], str):
        return value["code"]
    return None


def object_of(value: object) -> tuple[str, JsonObject] | None:
    """Kind and arguments of one of Keras's objects, None for anything else."""
    if not isinstance(value, dict) or set(value) != {"kind", "config"}:
        return None
    kind, config = value["kind"], value["config"]
    return (kind, config) if isinstance(kind, str) and isinstance(config, dict) else None


def symbols_in(value: object) -> Iterator[str]:
    """The texts of all symbols in a written value, in order, with repetitions."""
    found = symbol_of(value)
    if found is not None:
        yield found
    elif isinstance(value, dict):
        for entry in value.values():
            yield from symbols_in(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from symbols_in(entry)
