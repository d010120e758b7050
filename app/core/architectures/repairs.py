"""Makes the change that a remedy names: the definition as it would be with it."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue, ValidationError

from app.core.architectures.architecture import Architecture
from app.core.errors import InvalidError


def repaired(architecture: Architecture, change: Mapping[str, JsonValue]) -> Architecture:
    """The architecture with one remedy's change; InvalidError where the change is none that can be made."""
    data = architecture.model_dump(mode="json")
    makers = {"argument": _with_argument, "input": _with_input, "removal": _without_layers}
    maker = makers.get(str(change.get("kind")))
    if maker is None:
        raise InvalidError(f"The change {change.get('text') or change.get('kind')!r:.200} cannot be made by itself.")
    maker(data, change)
    try:
        return Architecture.model_validate(data)
    except ValidationError as error:
        raise InvalidError(f"With this change the definition contradicts itself: {error.errors()[0]['msg']}") from None


def _with_argument(data: dict[str, Any], change: Mapping[str, JsonValue]) -> None:
    for layer in data["layers"]:
        if layer["name"] in _layers(change):
            layer["config"][str(change["field"])] = change["to"]


def _with_input(data: dict[str, Any], change: Mapping[str, JsonValue]) -> None:
    for entry in data["inputs"]:
        if entry["name"] == change["input"]:
            entry["shape"] = change["to"]


def _without_layers(data: dict[str, Any], change: Mapping[str, JsonValue]) -> None:
    gone: dict[str, str] = {}
    for call in data["calls"]:
        # Calls stand behind what they take: what an earlier one gives way to is known already.
        call["inputs"] = [gone.get(name, name) for name in call["inputs"]]
        if call["layer"] in _layers(change):
            gone[call["id"]] = call["inputs"][0]
    data["calls"] = [call for call in data["calls"] if call["id"] not in gone]
    data["layers"] = [layer for layer in data["layers"] if layer["name"] not in _layers(change)]
    data["outputs"] = [gone.get(name, name) for name in data["outputs"]]


def _layers(change: Mapping[str, JsonValue]) -> list[JsonValue]:
    layers = change.get("layers")
    return layers if isinstance(layers, list) else []
