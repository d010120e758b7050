"""Every argument of a layer, written one way: as its own `get_config` says, in the forms of `written`."""

from typing import Any

import keras
from keras.src.utils.naming import to_snake_case
from pydantic import JsonValue

from app.core.architectures.architecture import Layer
from app.core.architectures.catalogue import Kind
from app.core.architectures.written import keras_object
from app.core.errors import InvalidError
from app.core.values import JsonObject
from app.networks.catalogue import tell_catalogue
from app.networks.layers import make_layer

_PUBLIC_NAMES = {"GroupedQueryAttention": "GroupQueryAttention"}
_NEVER_SHOWN = frozenset({"name", "build_config", "compile_config", "registered_name"})
_NOT_BY_NAME = frozenset({"Constant"})  # Keras knows the name, and cannot make one from it


def settings_of(kind: str, layer: keras.Layer) -> JsonObject:
    """Every argument with its value."""
    return _settings(kind, layer.get_config())


def without_defaults(kind: str, settings: JsonObject) -> JsonObject:
    """Those arguments that are required or differ from what Keras takes where nothing is written."""
    told = tell_catalogue().layer(kind)
    if told is None:
        return settings
    required = {
        entry.name: settings[entry.name] for entry in told.arguments if entry.required and entry.name in settings
    }
    defaults = _defaults(kind, required)
    return {
        name: value
        for name, value in settings.items()
        if name in required or not _is_default(kind, name, settings, defaults)
    }


def _settings(kind: str, raw: dict[str, Any]) -> JsonObject:
    told = tell_catalogue().layer(kind)
    known = None if told is None else {entry.name for entry in told.arguments}
    found: JsonObject = {}
    for name, value in raw.items():
        if name in _NEVER_SHOWN or (known is not None and name not in known):
            continue
        plain = _plain(value)
        if (name, plain) not in (("trainable", True), ("dtype", "float32")):
            found[name] = plain
    if kind == "Bidirectional" and _is_mirrored(raw):
        found["backward_layer"] = None
    return found


def _is_mirrored(raw: dict[str, Any]) -> bool:
    """Whether the backward layer is what Keras makes of the forward one."""
    forward, backward = raw["layer"], raw.get("backward_layer")
    if backward is None or forward["class_name"] != backward["class_name"]:
        return backward is None
    ignored = {"name", "go_backwards"}
    same = all(
        backward["config"].get(name) == value for name, value in forward["config"].items() if name not in ignored
    )
    return same and backward["config"].get("go_backwards") != forward["config"].get("go_backwards")


def _is_default(kind: str, name: str, settings: JsonObject, defaults: JsonObject) -> bool:
    value = settings[name]
    if name == "strides" and "Pooling" in kind:
        return value == settings.get("pool_size")
    if name == "value_dim":
        return value == settings.get("key_dim")
    return name in defaults and value == defaults[name]


_DEFAULTS: dict[str, JsonObject] = {}


def _defaults(kind: str, required: JsonObject) -> JsonObject:
    """What a layer of that kind is where only what must be is written. What is required does not change the rest."""
    if kind not in _DEFAULTS:
        try:
            _DEFAULTS[kind] = settings_of(kind, make_layer(Layer(name="default", kind=kind, config=required)))
        except InvalidError:  # one of two has to be given: what the signature says must do
            told = tell_catalogue().layer(kind)
            _DEFAULTS[kind] = {} if told is None else {entry.name: entry.default for entry in told.arguments}
    return _DEFAULTS[kind]


def _plain(value: Any) -> JsonValue:
    if isinstance(value, dict):
        return _plain_object(value)
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _plain_object(value: dict[str, Any]) -> JsonValue:
    """One of Keras's serialised objects in its written form."""
    kind, config = value.get("class_name"), value.get("config")
    if kind in {"DTypePolicy", "FloatDTypePolicy"} and isinstance(config, dict):
        return _plain(config.get("name"))
    if kind == "function":
        return _plain(config)
    if not isinstance(kind, str) or not isinstance(config, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    kind = _PUBLIC_NAMES.get(kind, kind)
    if kind in {"__numpy__", "__tensor__"}:
        return _plain(config.get("value"))
    told = tell_catalogue().object(kind)
    if told is None:
        return keras_object(kind, without_defaults(kind, _settings(kind, config)))
    given = _given(told, config)
    return to_snake_case(kind) if not given and kind not in _NOT_BY_NAME else keras_object(kind, given)


def _given(told: Kind, config: dict[str, Any]) -> JsonObject:
    defaults = {entry.name: entry.default for entry in told.arguments}
    return {
        name: plain
        for name, value in config.items()
        if (plain := _plain(value)) != defaults.get(name) or (name in defaults and told.kind in _NOT_BY_NAME)
    }
