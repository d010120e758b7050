"""Which layers need their name written, because Keras would give them another in a fresh session."""

from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from app.core.architectures.architecture import Input, Layer
from app.core.architectures.chain import snake_case
from app.core.architectures.writers.keras_words import KERAS_LAYERS, NAMES_CONSUMED_INSIDE


def names_to_write(layers: Iterable[Layer]) -> dict[str, str | None]:
    """By layer, in the order in which they are made: the name to write, None where Keras gives it by itself.

    Layers inside of layers use up automatic names too (the Dense of a TimeDistributed is `dense`). Where that may be, the
    name is written: it is then right whoever counts.
    """
    counts: dict[str, int] = {}
    uncertain: set[str] = set()
    found: dict[str, str | None] = {}
    for layer in layers:
        uncertain |= {snake_case(kind) for kind in _kinds_inside(layer.config)}
        base = snake_case(layer.kind)
        count = counts.get(base, 0)
        is_automatic = layer.name == (f"{base}_{count}" if count else base) and base not in uncertain
        if is_automatic:
            counts[base] = count + 1
        found[layer.name] = None if is_automatic else layer.name
        uncertain |= set(NAMES_CONSUMED_INSIDE.get(layer.kind, ()))
    return found


def input_names_to_write(inputs: Iterable[Input]) -> dict[str, str | None]:
    """The same for inputs, which Keras calls `input_layer`, `input_layer_1`, ..."""
    count = 0
    found: dict[str, str | None] = {}
    for entry in inputs:
        is_automatic = entry.name == (f"input_layer_{count}" if count else "input_layer")
        count += is_automatic
        found[entry.name] = None if is_automatic else entry.name
    return found


def _kinds_inside(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str) and value in KERAS_LAYERS:
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _kinds_inside(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _kinds_inside(entry)
