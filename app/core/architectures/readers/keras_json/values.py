"""Arguments as Keras serialised them, in the forms of `written`."""

import hashlib
import json
import math
from typing import Literal, TypeAlias

import numpy as np
from pydantic import JsonValue

from app.core.architectures.readers.keras_names.kinds import bare
from app.core.architectures.written import keras_object, symbol
from app.core.values import JsonObject

Era: TypeAlias = Literal[1, 2, 3]
_POLICIES = ("DTypePolicy", "FloatDTypePolicy", "Policy", "PolicyV1", "QuantizedDTypePolicy")
_SEQUENCES = frozenset(["__tuple__", "TensorShape", "__set__", "__frozenset__"])
_ARRAYS = frozenset(["__numpy__", "__tensor__"])


def plain_config(config: JsonObject, *, era: Era) -> JsonObject:
    """Every argument of a configuration in its plain form."""
    return {key: plain(value, era=era) for key, value in config.items()}


def plain(value: JsonValue, *, era: Era) -> JsonValue:
    """Serialised objects as {"kind", "config"}, arrays and tuples as lists, functions by name, compiled code by digest.

    Keras 2 wrote numbers that had passed through float32 (9.999999747378752e-05); they come back as they were meant.
    """
    if isinstance(value, list):
        return [plain(entry, era=era) for entry in value]
    if isinstance(value, dict):
        return _plain_object(value, era=era)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return as_meant(value) if isinstance(value, float) and era < 3 else value


def _plain_object(value: JsonObject, *, era: Era) -> JsonValue:
    class_name = value.get("class_name")
    if isinstance(class_name, str):
        return _object(class_name, value, era=era)
    if set(value) == {"type", "value"}:  # numpy's numbers and arrays in Keras 2
        return plain(value["value"], era=era)
    return plain_config(value, era=era)


def _object(class_name: str, value: JsonObject, *, era: Era) -> JsonValue:
    config = value.get("config")
    if class_name in _SEQUENCES:
        return plain(value.get("items", []), era=era)
    if class_name == "__lambda__":
        return compiled(config)
    if isinstance(config, str):  # a function, by its name
        return config
    inner: JsonObject = config if isinstance(config, dict) else {}
    if class_name in _ARRAYS:
        return plain(inner.get("value"), era=era)
    if bare(class_name) in _POLICIES:
        return plain(inner.get("name"), era=era)
    return keras_object(class_name, plain_config(inner, era=era))


def compiled(function: JsonValue) -> JsonValue:
    """Compiled Python is a name that holds its digest: equal code is equal, and nobody has to unmarshal it.

    Nobody defines that name, so that code written for the network says what is to be filled in, and reads the same again.
    """
    text = json.dumps(function, sort_keys=True)
    return symbol(f"compiled_lambda_{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}")


def as_meant(value: float) -> float:
    """The shortest number with the same float32, where the value is exactly a float32; else the value itself."""
    with np.errstate(over="ignore"):
        single = np.float32(value)
    if float(single) != value:
        return value
    short = float(str(single))
    return short if len(repr(short)) + 4 < len(repr(value)) else value


def lambda_config(config: JsonObject) -> JsonObject:
    """A Lambda's arguments; its function is a name that the file does not define, never to be run."""
    kept = {key: value for key, value in config.items() if key in {"name", "trainable", "mask", "dtype"}}
    arguments, batch_shape = config.get("arguments"), config.get("batch_input_shape")
    shape = config.get("output_shape")
    kept |= {"arguments": arguments} if arguments else {}
    if isinstance(shape, list):
        kept["output_shape"] = compiled(shape) if any(isinstance(entry, str) for entry in shape) else shape
    kept |= {"batch_input_shape": batch_shape} if batch_shape is not None else {}
    return {"function": _function(config.get("function")), **kept}


def _function(written: JsonValue) -> JsonValue:
    name = written.get("config") if isinstance(written, dict) else written
    return symbol(name) if isinstance(name, str) and name else compiled(written)
