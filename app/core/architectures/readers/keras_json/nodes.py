"""How each Keras writes that a layer was called: Keras 1's and 2's lists of names, Keras 3's args and kwargs."""

from collections.abc import Container
from typing import cast

from pydantic import JsonValue

from app.core.architectures.readers.keras_json.graphs import Argument, Node, Tensor
from app.core.values import JsonObject

_CONSTANT = "_CONSTANT_VALUE"


def read_nodes(written: JsonValue, names: Container[str]) -> tuple[Node, ...]:
    """All calls of a layer. `names` are those of the network's layers, by which a tensor is told from a list."""
    if not isinstance(written, list):
        return ()
    return tuple(_node(entry, names) for entry in written)


def read_tensors(written: JsonValue, names: Container[str]) -> list[Tensor]:
    """The tensors of `input_layers` or `output_layers`: one, a list, or any structure of them."""
    tensor = _tensor(written, names)
    if tensor is not None:
        return [tensor]
    if isinstance(written, list):
        return [tensor for entry in written for tensor in read_tensors(entry, names)]
    if isinstance(written, dict):
        return [tensor for entry in written.values() for tensor in read_tensors(entry, names)]
    return []


def _node(written: JsonValue, names: Container[str]) -> Node:
    if isinstance(written, dict) and ("args" in written or "kwargs" in written):
        args, kwargs = written.get("args"), written.get("kwargs")
        return Node(
            tuple(_keras_3(entry) for entry in args) if isinstance(args, list) else (),
            {key: _keras_3(entry) for key, entry in kwargs.items()} if isinstance(kwargs, dict) else {},
        )
    keywords: dict[str, Argument] = {}
    first = _first_argument(written, names, keywords)
    if isinstance(first, list) and len(first) == 1 and not isinstance(written, dict):
        first = first[0]
    return Node((first,), keywords)


def _keras_3(written: JsonValue) -> Argument:
    if isinstance(written, list):
        return [_keras_3(entry) for entry in written]
    if not isinstance(written, dict):
        return written
    config = written.get("config")
    if written.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
        history, shape = config.get("keras_history"), config.get("shape")
        if isinstance(history, list) and len(history) == 3 and isinstance(history[0], str):
            known = tuple(shape) if isinstance(shape, list) else None
            return Tensor(history[0], _number(history[1]), _number(history[2]), known)
    if written.get("class_name") == "__tuple__" and isinstance(written.get("items"), list):
        return _keras_3(written["items"])
    return {key: _keras_3(entry) for key, entry in written.items()}


def _first_argument(written: JsonValue, names: Container[str], keywords: dict[str, Argument]) -> Argument:
    """Keras 2 puts a call's keywords beside each tensor of its first argument; they are collected into `keywords`."""
    if isinstance(written, list) and len(written) in (3, 4) and isinstance(written[0], str):
        rest = written[3] if len(written) == 4 else None
        if isinstance(rest, dict):
            keywords |= {key: _keras_2_keyword(value, names) for key, value in rest.items()}
        return written[2] if written[0] == _CONSTANT else Tensor(written[0], _number(written[1]), _number(written[2]))
    if isinstance(written, list):
        return [_first_argument(entry, names, keywords) for entry in written]
    if isinstance(written, dict):
        return {key: _first_argument(entry, names, keywords) for key, entry in written.items()}
    return written


def _keras_2_keyword(written: JsonValue, names: Container[str]) -> Argument:
    tensor = _tensor(written, names)
    if tensor is not None:
        return tensor
    if isinstance(written, list):
        return [_keras_2_keyword(entry, names) for entry in written]
    if isinstance(written, dict):
        return {key: _keras_2_keyword(entry, names) for key, entry in written.items()}
    return written


def _tensor(written: JsonValue, names: Container[str]) -> Tensor | None:
    if not isinstance(written, list) or len(written) not in (3, 4) or not isinstance(written[0], str):
        return None
    whole = all(isinstance(number, int) for number in written[1:3])
    return (
        Tensor(written[0], cast("int", written[1]), cast("int", written[2])) if whole and written[0] in names else None
    )


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


def without_tensors(keywords: dict[str, Argument]) -> JsonObject:
    """The keywords that are plain values."""
    return {key: cast("JsonValue", value) for key, value in keywords.items() if not _has_tensor(value)}


def _has_tensor(value: Argument) -> bool:
    if isinstance(value, Tensor):
        return True
    if isinstance(value, list):
        return any(_has_tensor(entry) for entry in value)
    return isinstance(value, dict) and any(_has_tensor(entry) for entry in value.values())
