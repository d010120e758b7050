"""Values of a source as the JSON that an architecture keeps."""

from collections.abc import Iterator

from pydantic import JsonValue

from app.core.architectures import written
from app.core.architectures.readers.keras_code.limits import DEEPEST_VALUE, LARGEST_VALUE
from app.core.architectures.readers.keras_code.source_text import described, shortened, unparsed
from app.core.architectures.readers.keras_code.values import (
    Bound,
    Function,
    Instance,
    Layer,
    ModulePath,
    Network,
    Tensor,
    Unknown,
    Written,
)

_LONGEST_CODE = 2_000
_TYPES = frozenset(
    [
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
        "string",
    ]
)
_NAMED_BY_LAST_PART = (".nn.", ".activations.", ".initializers.", ".regularizers.", ".constraints.", ".math.")


class _Room:
    """How many more entries a value may have."""

    def __init__(self) -> None:
        self.left = LARGEST_VALUE

    def has_room(self) -> bool:
        self.left -= 1
        return self.left >= 0


def as_written(value: object) -> JsonValue:
    """The value's one written form: JSON, a symbol, one of Keras's objects, or code as text."""
    return _written(value, _Room(), 0)


def _written(value: object, room: _Room, depth: int) -> JsonValue:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if depth > DEEPEST_VALUE or not room.has_room():
        return _symbol("…")
    if isinstance(value, set):
        value = sorted(value, key=repr)
    if isinstance(value, list | tuple | range):
        return [_written(entry, room, depth + 1) for entry in value[:LARGEST_VALUE]]
    if isinstance(value, dict):
        return {str(key): _written(entry, room, depth + 1) for key, entry in list(value.items())[:LARGEST_VALUE]}
    return _special(value)


def _special(value: object) -> JsonValue:
    if isinstance(value, Written):
        return value.value
    if isinstance(value, Instance) and value.layer is not None:
        value = value.layer
    if isinstance(value, Layer):
        return written.keras_object(value.kind, value.config)
    if isinstance(value, Bound):
        value = value.function
    if isinstance(value, Function):
        return written.code(unparsed(value.node)[:_LONGEST_CODE])
    if isinstance(value, ModulePath):
        return _named(value)
    return _symbol(described(value)[0])


def _named(value: ModulePath) -> JsonValue:
    """`tf.nn.relu` and `keras.activations.relu` are "relu", `tf.float32` is "float32"; other names stay symbols."""
    if value.name in _TYPES or any(part in f".{value.path}" for part in _NAMED_BY_LAST_PART):
        return value.name
    return _symbol(value.text)


def _symbol(text: str) -> JsonValue:
    result: dict[str, JsonValue] = {"symbol": shortened(text) or "…"}
    return result


def leaves_in(value: object) -> Iterator[object]:
    """What lists, tuples and dicts hold in the end, in order, as far as a value may be large."""
    waiting: list[object] = [value]
    left = LARGEST_VALUE
    while waiting and left > 0:
        left -= 1
        entry = waiting.pop()
        if isinstance(entry, dict):
            entry = list(entry.values())
        if isinstance(entry, list | tuple):
            waiting.extend(reversed(entry[:left]))
        else:
            yield entry


def tensors_in(value: object) -> Iterator[Tensor]:
    """All tensors in a value, in order."""
    return (entry for entry in leaves_in(value) if isinstance(entry, Tensor))


def has_tensor(value: object) -> bool:
    """Whether there is a tensor in a value."""
    return next(tensors_in(value), None) is not None


def is_layer_like(value: object) -> bool:
    """Whether a value is a layer or a network, however it was made."""
    if isinstance(value, Instance):
        return value.layer is not None or value.network is not None
    return isinstance(value, Layer | Network)


def symbol_or_plain(value: object) -> object:
    """A written size as the source sees it."""
    text = written.symbol_of(value)
    return Unknown(text) if text is not None else value
