"""An architecture with its layer table as a graph of calls, in an order that its structure fixes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, source_of
from app.core.architectures.layer_table import LayerTable, Row
from app.core.values import JsonObject

COMMUTATIVE = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum"})
"""Kinds whose result does not depend on the order of their inputs (but for its last bits)."""

TRAINING_BY_DEFAULT: Mapping[str, bool] = dict.fromkeys(
    [
        "AdditiveAttention",
        "AlphaDropout",
        "Attention",
        "ConvLSTM1D",
        "ConvLSTM2D",
        "ConvLSTM3D",
        "Dropout",
        "GRU",
        "GaussianDropout",
        "GaussianNoise",
        "LSTM",
        "RNN",
        "SimpleRNN",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "SpectralNormalization",
    ],
    False,
) | dict.fromkeys(
    [
        "AugMix",
        "AutoContrast",
        "CenterCrop",
        "CutMix",
        "Equalization",
        "MaxNumBoundingBoxes",
        "MixUp",
        "Pipeline",
        "RandAugment",
        "RandomBrightness",
        "RandomColorDegeneration",
        "RandomColorJitter",
        "RandomContrast",
        "RandomCrop",
        "RandomElasticTransform",
        "RandomErasing",
        "RandomFlip",
        "RandomGaussianBlur",
        "RandomGrayscale",
        "RandomHue",
        "RandomInvert",
        "RandomPerspective",
        "RandomPosterization",
        "RandomRotation",
        "RandomSaturation",
        "RandomSharpness",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
        "Resizing",
        "Solarization",
    ],
    True,
)
"""What `training` is where a call does not say it; Keras writes it into the JSON of every network all the same."""

Source = tuple[str, int]
"""A call or input by its id, and which of its results."""


@dataclass(frozen=True)
class Node:
    """One call, or one input (`layer` is None). `written` is what the definition says, `settings` what it amounts to."""

    id: str
    kind: str
    layer: str | None
    written: JsonObject
    settings: JsonObject
    sources: tuple[Source, ...]
    arguments: JsonObject
    row: Row

    @cached_property
    def settings_text(self) -> str:
        """The settings as one text: equal where they are."""
        return canonical(self.settings)

    @cached_property
    def setting_texts(self) -> dict[str, str]:
        """Each setting as one text."""
        return {name: canonical(value) for name, value in self.settings.items()}


@dataclass(frozen=True)
class Graph:
    """All nodes by id in the order in which they are listed, inputs first, and what leaves the network."""

    nodes: Mapping[str, Node]
    outputs: tuple[Source, ...]

    def by_depth(self) -> list[str]:
        """Ids in the order in which a walk from the outputs finishes them, inputs first: listing order does not count."""
        done: dict[str, None] = {}
        for start in [name for name, _ in self.outputs] + list(self.nodes):
            stack = [(start, 0)]
            while stack:
                name, place = stack.pop()
                if name in done:
                    continue
                sources = self.nodes[name].sources
                if place == len(sources):
                    done[name] = None
                else:
                    stack += [(name, place + 1), (sources[place][0], 0)]
        return sorted(done, key=lambda name: self.nodes[name].layer is not None)


def graph_of(architecture: Architecture, table: LayerTable) -> Graph:
    """The graph; `table` is the architecture's own."""
    rows = {row.call: row for row in table.rows}
    layers = {layer.name: layer for layer in architecture.layers}
    known = set(rows)
    nodes: dict[str, Node] = {}
    for entry in architecture.inputs:
        facts: JsonObject = {"shape": entry.json_object()["shape"], "dtype": entry.dtype}
        nodes[entry.name] = Node(entry.name, "InputLayer", None, facts, facts, (), {}, rows[entry.name])
    for call in architecture.calls:
        layer, row = layers[call.layer], rows[call.id]
        nodes[call.id] = Node(
            id=call.id,
            kind=layer.kind,
            layer=layer.name,
            written=layer.config,
            settings={"trainable": True} | layer.config | row.settings | _all_axes(row),
            sources=tuple(source_of(name, known) for name in call.inputs),
            arguments=_arguments(layer.kind, call.arguments),
            row=row,
        )
    return Graph(nodes=nodes, outputs=tuple(source_of(name, known) for name in architecture.outputs))


def _arguments(kind: str, arguments: JsonObject) -> JsonObject:
    """What a call is given, without what Keras takes anyway."""
    default = TRAINING_BY_DEFAULT.get(kind)
    if default is None or arguments.get("training") is not default:
        return arguments
    return {name: value for name, value in arguments.items() if name != "training"}


def _all_axes(row: Row) -> JsonObject:
    """The axes that MultiHeadAttention attends over are none where they are those that it takes anyway."""
    axes, shape = row.settings.get("attention_axes"), row.input_shapes[0] if row.input_shapes else None
    if row.kind != "MultiHeadAttention" or not shape or axes != list(range(1, len(shape) - 1)):
        return {}
    return {"attention_axes": None}


def canonical(value: JsonValue | Sequence[object]) -> str:
    """One text per value: what is equal is written alike."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
