"""Readings of sources as a reader would make them, written by hand."""

from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.chain import snake_case
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.presets import build_preset
from app.core.architectures.reading import Definition, ErrorSeen, Place, Reading, Record, RecordedValue, Ref
from app.core.values import JsonObject
from app.networks import read_layer_table


class Writer:
    """A source in the making: definitions and calls, each on the next line."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.records: list[Record] = []
        self.errors: list[ErrorSeen] = []
        self.names: dict[str, JsonValue] = {}
        self.line = 0

    def network(self, architecture: Architecture, variable: str) -> Ref:
        """A definition under a variable."""
        self.line += 1
        place = Place(line=self.line)
        places = {call.id: place for call in architecture.calls}
        self.definitions.append(Definition(architecture=architecture, variable=variable, place=place, places=places))
        return Ref(text=variable, definition=len(self.definitions) - 1)

    def call(
        self,
        function: str,
        *positional: Any,
        of: Ref | None = None,
        to: str | None = None,
        sources: dict[str, str] | None = None,
        **keywords: Any,
    ) -> Ref:
        """A recorded call; `sources` for what is not written as it is."""
        self.line += 1
        arguments: dict[str, RecordedValue] = {str(number): value for number, value in enumerate(positional)} | keywords
        texts = {key: value.text if isinstance(value, Ref) else repr(value) for key, value in arguments.items()}
        self.records.append(
            Record(
                function=function,
                place=Place(line=self.line),
                receiver=of,
                arguments=arguments,
                sources=texts | (sources or {}),
                assigned_to=to,
            )
        )
        return Ref(text=to or function, record=len(self.records) - 1)

    def reading(self) -> Reading:
        """What a reader would answer."""
        return Reading(
            definitions=tuple(self.definitions),
            records=tuple(self.records),
            errors_seen=tuple(self.errors),
            names=dict(self.names),
        )

    def tables(self) -> list[LayerTable | None]:
        """The definitions' layer tables, as Keras builds them."""
        return [read_layer_table(entry.architecture) for entry in self.definitions]


def image_network(
    *last: tuple[str, JsonObject],
    shape: Sequence[int | None] = (64, 64, 3),
    style: Style = Style.SEQUENTIAL,
) -> Architecture:
    """A small network for images with these last layers."""
    kinds: list[tuple[str, JsonObject]] = [
        ("Conv2D", {"filters": 4, "kernel_size": 3}),
        ("GlobalAveragePooling2D", {}),
        *(last or (("Dense", {"units": 6, "activation": "softmax"}),)),
    ]
    layers = [Layer(name=f"{snake_case(kind)}_{n}", kind=kind, config=config) for n, (kind, config) in enumerate(kinds)]
    ids = ["input_layer", *[layer.name for layer in layers]]
    return Architecture(
        name="small",
        style=style,
        inputs=(Input(name="input_layer", shape=(None, *shape)),),
        layers=tuple(layers),
        calls=tuple(
            Call(id=layer.name, layer=layer.name, inputs=(before,)) for layer, before in zip(layers, ids, strict=False)
        ),
        outputs=(ids[-1],),
    )


def preset(name: str) -> Architecture:
    """A preset as it is."""
    return build_preset(name, {})
