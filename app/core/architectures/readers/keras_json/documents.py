"""What a piece of JSON is around the network: `to_json()` of some Keras, a bare configuration, a converter's wrapping."""

import re
from dataclasses import dataclass, replace

from pydantic import JsonValue

from app.core.architectures.readers.keras_json.entries import NETWORKS, Entry, read_entry
from app.core.architectures.readers.keras_json.text import DEEPEST, MOST_VALUES, parse_json
from app.core.architectures.readers.keras_json.values import Era
from app.core.architectures.readers.keras_names.kinds import bare
from app.core.architectures.readers.keras_names.signatures import ONLY_KERAS_1_ARGUMENTS
from app.core.errors import InvalidError, TooLargeError

_WRAPPINGS = ("modelTopology", "model_config", "model")
_EXPECTED = (
    "Expected a Keras architecture as `model.to_json()` writes it: an object with "
    '"class_name": "Sequential", "Functional" or "Model" and a "config"'
)


@dataclass(frozen=True)
class Document:
    """The outermost network, and the Keras that wrote it as far as that can be told.

    `theano_order`: every layer of a Keras 1 file that says where its channels stand says that they are first.
    """

    entry: Entry
    era: Era
    theano_order: bool = False


def read_document(data: JsonValue | bytes, *, keras_version: str | None = None) -> Document:
    """The network in the data; InvalidError where there is none."""
    value = parse_json(data) if isinstance(data, str | bytes) else _bounded(data)
    version = keras_version
    for _ in range(4):  # model_config within modelTopology is as deep as wrappings were seen
        if isinstance(value, dict):
            written = value.get("keras_version")
            version = written if isinstance(written, str) else version
        inner = _unwrapped(value)
        if inner is None:
            break
        value = parse_json(inner) if isinstance(inner, str) else inner
    entry = _network(value)
    marks = _marks_in(value)
    era = _era(version, set(marks))
    return Document(entry, era, era == 1 and marks.get("dim_ordering") == {"th"})


def _unwrapped(value: JsonValue) -> JsonValue:
    if isinstance(value, dict) and not isinstance(value.get("class_name"), str):
        return next((value[key] for key in _WRAPPINGS if isinstance(value.get(key), dict | str)), None)
    return None


def _network(value: JsonValue) -> Entry:
    if isinstance(value, list):  # what get_config() of an early Sequential answers
        return Entry("Sequential", "", value, "", None, None)
    if not isinstance(value, dict):
        raise InvalidError(f"{_EXPECTED}; received {_shown(value)}.")
    if isinstance(value.get("layers"), list) and not isinstance(value.get("class_name"), str):
        kind = "Functional" if "input_layers" in value else "Sequential"
        name = value.get("name")
        own_name = name if isinstance(name, str) and name not in NETWORKS else ""
        return Entry(kind, "", value, own_name, None, None)
    entry = read_entry(value)
    if entry is None:
        keys = ", ".join(repr(key) for key in list(value)[:6])
        raise InvalidError(f"{_EXPECTED}; received an object with {keys or 'nothing in it'}.")
    if entry.members is None:
        raise InvalidError(_why_no_network(entry))
    return entry if "build_config" not in value else replace(entry, built_for=_built_for(value["build_config"]))


def _built_for(written: JsonValue) -> JsonValue:
    return written.get("input_shape") if isinstance(written, dict) else None


def _why_no_network(entry: Entry) -> str:
    name = bare(entry.class_name)
    if name in NETWORKS:
        return f"{_EXPECTED}; the {name} received has no list of layers in its config."
    return (
        f"{_EXPECTED}; received a {name}. A layer alone is no network, and the file of a network written as a class holds "
        "the arguments of its constructor, not its layers: send its code instead."
    )


def _shown(value: JsonValue) -> str:
    return f"{type(value).__name__} {str(value)[:60]!r}"


def _era(version: str | None, marks: set[str]) -> Era:
    major = re.match(r"\s*([0-3])\.", version or "")
    if major is not None:
        return 3 if major[1] == "3" else 2 if major[1] == "2" else 1
    if marks & {"module", "registered_name", "batch_shape"}:
        return 3
    return 1 if marks & (ONLY_KERAS_1_ARGUMENTS - {"p", "sigma", "bias"}) else 2


def _marks_in(value: JsonValue) -> dict[str, set[str]]:
    """All keys, each with the texts that stand under it."""
    found: dict[str, set[str]] = {}
    waiting = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            for key, inner in entry.items():
                texts = found.setdefault(key, set())
                if isinstance(inner, str):
                    texts.add(inner)
                else:
                    waiting.append(inner)
        elif isinstance(entry, list):
            waiting += entry
    return found


def _bounded(value: JsonValue) -> JsonValue:
    """Data that was parsed elsewhere, within the same bounds as text."""
    level, depth, count = [value], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > DEEPEST:
            raise InvalidError(
                f"The JSON is nested more than {DEEPEST} levels deep; a Keras architecture is nested a dozen."
            )
        if count > MOST_VALUES:
            raise TooLargeError(
                f"The JSON holds more than {MOST_VALUES} values; a Keras architecture holds some ten thousand."
            )
        level = [inner for entry in level for inner in _within(entry)]
    return value


def _within(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
