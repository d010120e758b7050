"""What a layer's own arguments say about the input of a network it is first in."""

from pydantic import JsonValue

from app.core.architectures.readers.keras_names.modern import Modern

_TIMES_FEATURES = frozenset(["Conv1D", "GRU", "LSTM", "LocallyConnected1D", "SimpleRNN", "TimeDistributed"])


def written_input_shape(modern: Modern) -> JsonValue:
    """The shape with its batch first, as the layer was given it; None where the layer says nothing about it.

    Keras took it as `batch_input_shape`, `batch_shape`, `input_shape` (with `batch_size`), `input_dim` and, for
    sequences, `input_length`. A shape that is a symbol comes back as that symbol, without a batch.
    """
    extras = modern.extras
    for name in ("batch_input_shape", "batch_shape"):
        if extras.get(name) is not None:
            return extras[name]
    for name in ("input_shape", "shape"):
        shape = extras.get(name)
        if isinstance(shape, list):
            return [extras.get("batch_size"), *shape]
        if isinstance(shape, int):  # `input_shape=(784)` is no tuple; Keras 1 and 2 took it for one
            return [extras.get("batch_size"), shape]
        if shape is not None:
            return shape
    return _from_lengths(modern)


def _from_lengths(modern: Modern) -> JsonValue:
    extras, batch = modern.extras, modern.extras.get("batch_size")
    length, width = extras.get("input_length"), extras.get("input_dim")
    if modern.kind == "Embedding" and length is not None:
        return [batch, *(length if isinstance(length, list) else [length])]
    if width is None:
        return None
    if modern.kind in _TIMES_FEATURES:
        return [batch, length, width]
    return [batch, width]
