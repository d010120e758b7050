"""Tells what the installed Keras's layers and objects take, from their signatures and docstrings."""

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

import keras
from pydantic import JsonValue

from app.core.architectures.catalogue import Argument, Catalogue, Kind
from app.core.architectures.kinds import CELLS, KINDS
from app.core.architectures.operations import OPERATIONS
from app.networks.operations import operation_of

LONGEST_MEANING = 400
_OF_EVERY_LAYER = (
    Argument(name="trainable", required=False, default=True, meaning="Whether training changes the layer's weights."),
    Argument(name="dtype", required=False, meaning="The type the layer computes in; float32 where none is given."),
)
_OF_EVERY_AUGMENTATION = Argument(
    name="data_format", required=False, meaning="Where the channels stand.", choices=("channels_last", "channels_first")
)
_NOT_TAKEN = frozenset({"x", "name", "dtype", "trainable", "weights", "gptq_unpacked_column_size"})
_NO_ACTIVATION = frozenset({"get", "serialize", "deserialize"})
_COMMON_MEANINGS = {
    "seed": "A number that fixes what is drawn at random; drawn anew where none is given.",
    "mask_value": "The value that marks a step to be passed over.",
    "quantization_config": "How the weights are to be quantised, if at all.",
    "data_format": "Where the channels stand: channels_last or channels_first.",
    "dilation_rate": "How far apart the taps of the kernel stand.",
    "output_padding": "Rows and columns added to one side of the result, to choose among the possible sizes.",
    "lora_alpha": "The scale of the low-rank update, where there is one.",
    "value_range": "The smallest and the largest value of the images, as (low, high).",
    "cells": "The cells, one above the other, that make one step.",
    "antialias": "Whether to smooth before making smaller.",
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "data_format": ("channels_last", "channels_first"),
    "score_mode": ("dot", "concat"),
    "merge_mode": ("concat", "sum", "mul", "ave"),
    "fill_mode": ("constant", "nearest", "wrap", "reflect"),
    "distribution": ("truncated_normal", "untruncated_normal", "uniform"),
}
_QUOTED = re.compile(r"""["'`]{1,2}"?([a-z][a-z0-9_]*)"?["'`]{1,2}""")
_STARTS_ARGUMENT = re.compile(r"^(\w+)(?: \([^)]*\))?:(?:\s+|$)(.*)$")


@cache
def tell_catalogue() -> Catalogue:
    """Everything that can be built here; the same for as long as the process lives."""
    return Catalogue(
        keras_version=keras.__version__,
        layers=tuple(sorted((_layer(kind) for kind in KINDS if hasattr(keras.layers, kind)), key=lambda e: e.kind)),
        objects=(
            *_classes(keras.regularizers, "regularizer", keras.regularizers.Regularizer),
            *_classes(keras.initializers, "initializer", keras.initializers.Initializer),
            *_classes(keras.constraints, "constraint", keras.constraints.Constraint),
            *_activations(),
        ),
        applications=tuple(name for name, made in vars(keras.applications).items() if inspect.isfunction(made)),
        operations=tuple(_operation(kind) for kind in sorted(OPERATIONS)),
    )


def _operation(kind: str) -> Kind:
    function = operation_of(kind)
    taken = inspect.signature(function).parameters.values()
    arguments = tuple(
        Argument(
            name=entry.name,
            required=entry.default is inspect.Parameter.empty,
            default=None if entry.default is inspect.Parameter.empty else _plain(entry.default),
        )
        for entry in taken
    )
    return Kind(kind=kind, summary=_summary(function), arguments=arguments, group="operation")


def _layer(kind: str) -> Kind:
    made = getattr(keras.layers, kind)
    module = made.__module__.removeprefix("keras.src.layers.").split(".")
    augments = "image_preprocessing" in module
    own = _arguments(made)
    more = (_OF_EVERY_AUGMENTATION,) if augments and all(entry.name != "data_format" for entry in own) else ()
    return Kind(
        kind=kind,
        summary=_summary(made),
        arguments=(*own, *more, *_OF_EVERY_LAYER),
        group="layer",
        family=_family(kind, module[0], augments=augments),
    )


def _family(kind: str, module: str, *, augments: bool) -> str:
    if augments:
        return "augmentation"
    return "recurrent cell" if kind in CELLS else {"rnn": "recurrent"}.get(module, module)


def _classes(module: ModuleType, group: str, base: type) -> Iterator[Kind]:
    # Keras lists a class under several names (`Identity`, `IdentityInitializer`); its own is the one that files hold.
    made = {cls.__name__: cls for cls in vars(module).values() if inspect.isclass(cls) and issubclass(cls, base)}
    for name in sorted(made.keys() - {base.__name__, "STFT"}):  # STFT needs SciPy, which is not installed
        yield Kind(kind=name, summary=_summary(made[name]), arguments=_arguments(made[name]), group=group)


def _activations() -> Iterator[Kind]:
    for name in _activation_names():
        function = getattr(keras.activations, name)
        yield Kind(kind=name, summary=_summary(function), arguments=_arguments(function), group="activation")


def _arguments(made: Callable[..., Any]) -> tuple[Argument, ...]:
    meanings = _meanings(inspect.getdoc(made) or "")
    taken = inspect.signature(made).parameters.values()
    return tuple(
        Argument(
            name=entry.name,
            required=entry.default is inspect.Parameter.empty,
            default=None if entry.default is inspect.Parameter.empty else _plain(entry.default),
            meaning=_shortened(meanings.get(entry.name, _COMMON_MEANINGS.get(entry.name, ""))),
            choices=_choices(made.__name__, entry.name, meanings.get(entry.name, "")),
        )
        for entry in taken
        if entry.name not in _NOT_TAKEN and entry.kind not in {entry.VAR_KEYWORD, entry.VAR_POSITIONAL}
    )


def _meanings(documentation: str) -> dict[str, str]:
    """The texts under `Args:`, by argument."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    section: int | None = None
    for line in documentation.splitlines():
        indent = len(line) - len(line.lstrip())
        starts = _STARTS_ARGUMENT.match(line.strip())
        if line.strip() in {"Args:", "Arguments:"}:
            section = indent
        elif section is None or not line.strip():
            continue
        elif starts and indent == section + 4:
            current = found.setdefault(starts[1], [starts[2]])
        elif indent <= section:
            section = None
        else:
            current.append(line.strip())
    return {name: " ".join(" ".join(lines).split()) for name, lines in found.items()}


def _summary(made: Callable[..., Any]) -> str:
    first = (inspect.getdoc(made) or "").split("\n\n", maxsplit=1)[0]
    return _shortened(" ".join(first.split()))


def _shortened(text: str) -> str:
    """Whole sentences of at most LONGEST_MEANING characters."""
    if len(text) <= LONGEST_MEANING:
        return text
    end = text.rfind(". ", 0, LONGEST_MEANING)
    return text[: end + 1] if end > 0 else f"{text[:LONGEST_MEANING].rsplit(' ', 1)[0]} …"


def _choices(kind: str, argument: str, meaning: str) -> tuple[str, ...]:
    if argument == "padding" and "valid" in meaning:
        causal = ("causal",) if kind in {"Conv1D", "DepthwiseConv1D", "SeparableConv1D"} else ()
        return ("valid", "same", *causal)
    if argument in _CHOICES:
        return _CHOICES[argument]
    if argument in {"activation", "recurrent_activation"}:
        return _activation_names()
    if argument in {"interpolation", "mode", "output_mode"}:
        return tuple(name for name in dict.fromkeys(_QUOTED.findall(meaning)) if name not in {"num_bins", "num_tokens"})
    return ()


@cache
def _activation_names() -> tuple[str, ...]:
    made = vars(keras.activations).items()
    return tuple(sorted(name for name, function in made if inspect.isfunction(function) and name not in _NO_ACTIVATION))


def _plain(value: object) -> JsonValue:
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
