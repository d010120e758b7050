"""Keras writes every argument of a layer into its file; here only those stay that say something."""

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue, Kind
from app.core.architectures.readers.keras_names.objects import group_of, modern_object
from app.core.architectures.written import keras_object, object_of
from app.core.values import JsonObject


def spelled_out(kind: str, config: JsonObject, catalogue: Catalogue) -> JsonObject:
    """The arguments that are required or differ from what Keras takes where nothing is written, inner layers included."""
    known = catalogue.layer(kind)
    if known is None:
        return config
    return {
        key: _within(value, catalogue)
        for key, value in config.items()
        if not _is_default(known, key, config=config, catalogue=catalogue)
    }


def _within(value: JsonValue, catalogue: Catalogue) -> JsonValue:
    inner = object_of(value)
    if inner is None or catalogue.layer(inner[0]) is None:
        return [_within(entry, catalogue) for entry in value] if isinstance(value, list) else value
    return keras_object(inner[0], spelled_out(*inner, catalogue))


def _is_default(known: Kind, key: str, *, config: JsonObject, catalogue: Catalogue) -> bool:
    argument, value = known.argument(key), config[key]
    if argument is None or argument.required:
        return False
    default, group = argument.default, group_of(key)
    if default is None:  # it stands for something else
        default = _meant(known, key, config)
    if group is not None:
        default = modern_object(default, group, catalogue)
    return value is None if default is None else value in (default, argument.default) and _same_type(value, default)


def _meant(known: Kind, key: str, config: JsonObject) -> JsonValue:
    if key == "strides" and "Pooling" in known.kind:
        size = known.argument("pool_size")
        return config.get("pool_size", None if size is None else size.default)
    if key == "value_dim":
        return config.get("key_dim")
    return {"activation": "linear", "data_format": "channels_last"}.get(key)


def _same_type(value: JsonValue, default: JsonValue) -> bool:
    return value is None or isinstance(value, bool) == isinstance(default, bool)
