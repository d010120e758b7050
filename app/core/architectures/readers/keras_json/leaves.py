"""One call of a serialised layer as a layer of Keras 3 with the tensors it is called on."""

import re
from dataclasses import dataclass, replace

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue, Kind
from app.core.architectures.readers.keras_json.graphs import Argument, Leaf, Node, Tensor, tensors_in
from app.core.architectures.readers.keras_json.nodes import without_tensors
from app.core.architectures.readers.keras_json.operations import as_layer, is_operation
from app.core.architectures.readers.keras_json.values import Era, lambda_config, plain_config
from app.core.architectures.readers.keras_names import Modern, modern_layer
from app.core.architectures.readers.keras_names.kinds import bare, modern_kind
from app.core.architectures.readers.keras_names.objects import group_of, is_known
from app.core.architectures.readers.keras_names.operations import own_kind
from app.core.architectures.written import keras_object, object_of
from app.core.values import JsonObject

_KERAS_MODULE = re.compile(r"(keras|tf_keras|builtins|tensorflow(\.python)?\.keras)(\.|$)")
_ATTENTION = frozenset(["GroupQueryAttention", "MultiHeadAttention"])
_RECURRENT = frozenset(["Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "RNN", "SimpleRNN"])
_TRAINS = re.compile(r"Dropout|Noise|BatchNormalization|SpectralNormalization|Random|TimeDistributed|Attention")


@dataclass(frozen=True)
class Converted:
    """A layer with one call of it. `left_out` are pairs of a text and why it was passed over."""

    kind: str
    config: JsonObject
    inputs: list[Tensor]
    arguments: JsonObject
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def convert(leaf: Leaf, node: Node, *, catalogue: Catalogue, era: Era) -> Converted:
    """The layer of a node, and its call."""
    if is_operation(leaf):
        kind, config, inputs = as_layer(leaf, node, catalogue=catalogue, era=era)
        return Converted(_identifier(kind), config, inputs, {})
    if bare(leaf.class_name) == "Lambda":
        config = plain_config(lambda_config(leaf.config), era=era)
    else:
        config = plain_config(leaf.config, era=era)
    modern = modern_layer(leaf.class_name, (), config, catalogue, era=era)
    foreign = _foreign_kind(leaf, modern, catalogue)
    if foreign is not None:
        own = {
            key: value
            for key, value in config.items()
            if key not in {"name", "dtype"} and (key, value) != ("trainable", True)
        }
        return _called(foreign, own, node, catalogue=catalogue, left_out=(), notes=())
    left_out = tuple(
        (f"{key}={value!r}"[:200], f"Keras's {modern.kind} has no argument of this name")
        for key, value in modern.surplus
        if value is not None
    )
    kind = own_kind(_identifier(modern.kind), catalogue)
    own = {key: _as_foreign(key, value, catalogue) for key, value in modern.config.items()}
    return _called(kind, own, node, catalogue=catalogue, left_out=left_out, notes=modern.notes)


def channels_first(converted: Converted, catalogue: Catalogue) -> Converted:
    """For a file in Theano's order: some layers of early Keras 1 (UpSampling2D) did not write theirs down."""
    known = catalogue.layer(converted.kind)
    if known is None or known.argument("data_format") is None or converted.kind == "Flatten":
        return converted
    return replace(converted, config={"data_format": "channels_first", **converted.config})


def _foreign_kind(leaf: Leaf, modern: Modern, catalogue: Catalogue) -> str | None:
    """A name of its own for somebody's class that is called as one of Keras's layers (`Custom>Attention`)."""
    package, mark, _ = leaf.class_name.rpartition(">")
    origin = package if mark else leaf.module
    own = catalogue.layer(modern_kind(leaf.class_name, catalogue))
    if not origin and own is not None and own.kind == leaf.class_name and _is_somebodys_own(own, modern):
        origin = "Custom"
    if not origin or _KERAS_MODULE.match(origin):
        return None
    name = bare(leaf.class_name)
    return own_kind(_identifier(name if own is None else f"{bare(origin)}_{name}"), catalogue)


def _is_somebodys_own(kind: Kind, modern: Modern) -> bool:
    """Keras writes all arguments of a layer; where there are only others, a class of somebody's has the same name."""
    expected = {entry.name for entry in kind.arguments} - {"dtype", "trainable"}
    unknown = any(value is not None for _, value in modern.surplus)
    return bool(expected) and unknown and not expected & modern.config.keys()


def _as_foreign(argument: str, value: JsonValue, catalogue: Catalogue) -> JsonValue:
    """Keras 2 wrote a function of somebody's own as its bare name; here it is told from a name of Keras's."""
    group = group_of(argument)
    if group is not None and isinstance(value, str) and not is_known(value, group, catalogue):
        return keras_object(value, {})
    found = object_of(value)
    if found is None:
        return value
    return keras_object(found[0], {key: _as_foreign(key, entry, catalogue) for key, entry in found[1].items()})


def _called(
    kind: str,
    config: JsonObject,
    node: Node,
    *,
    catalogue: Catalogue,
    left_out: tuple[tuple[str, str], ...],
    notes: tuple[str, ...],
) -> Converted:
    known = catalogue.layer(kind) is not None
    inputs = [tensor for entry in node.positional for tensor in tensors_in(entry)]
    more: list[tuple[str, str]] = []
    for key, value in _in_order(kind, node.keywords):
        tensors = tensors_in(value)
        if not tensors:
            continue
        if not known or _is_input(kind, key):
            inputs += tensors
        else:
            more.append((f"{key}={tensors[0].layer}", f"a call of {kind} cannot take this from another layer here"))
    arguments: JsonObject = {
        key: value
        for key, value in without_tensors(node.keywords).items()
        if value is not None and (key != "training" or not known or kind in _RECURRENT or _TRAINS.search(kind))
    }
    return Converted(kind, config, inputs, arguments, (*left_out, *more), notes)


def _in_order(kind: str, keywords: dict[str, Argument]) -> list[tuple[str, Argument]]:
    if kind in _ATTENTION:
        first = [name for name in ("query", "value", "key") if name in keywords]
        return [(name, keywords[name]) for name in [*first, *(name for name in keywords if name not in first)]]
    return list(keywords.items())


def _is_input(kind: str, keyword: str) -> bool:
    if kind in _ATTENTION:
        return keyword in {"query", "value", "key"}
    return keyword in {"inputs", "sequences"} or (kind in _RECURRENT and keyword == "initial_state")


def _identifier(name: str) -> str:
    """As a kind has to be written: letters, digits and underscores, no digit in front."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)[:200] or "Unknown"
    return f"_{plain}"[:200] if plain[0].isdigit() else plain


def over_time(converted: Converted) -> tuple[str, JsonObject]:
    """The layer that does to each step of a sequence what this one does to one."""
    several = len(converted.inputs) > 1
    if several and converted.kind in {"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"}:
        return converted.kind, converted.config
    axis: JsonValue = converted.config.get("axis", -1)
    if several and converted.kind == "Concatenate" and isinstance(axis, int):
        return "Concatenate", {**converted.config, "axis": axis + 1 if axis > 0 else axis}
    return "TimeDistributed", {"layer": {"kind": converted.kind, "config": converted.config}}
