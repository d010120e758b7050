"""Writes networks that are one layer after another, with the names Keras would give."""

import re
from typing import Self

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Source, Style


class Chain:
    """A growing list of layers behind one image input (height and width in pixels)."""

    def __init__(self, *, height: int, width: int, channels: int) -> None:
        self._input = Input(name="input_layer", shape=(None, height, width, channels))
        self._layers: list[Layer] = []
        self._counts: dict[str, int] = {}

    def add(self, kind: str, **config: JsonValue) -> Self:
        """Append a layer with the arguments that are written; answers the chain."""
        base = snake_case(kind)
        count = self._counts.get(base, 0)
        self._counts[base] = count + 1
        self._layers.append(Layer(name=f"{base}_{count}" if count else base, kind=kind, config=config))
        return self

    def architecture(self, *, name: str, style: Style, source: Source) -> Architecture:
        """The layers, each called on the one before."""
        before = [self._input.name, *[layer.name for layer in self._layers]]
        calls = tuple(
            Call(id=layer.name, layer=layer.name, inputs=(earlier,))
            for layer, earlier in zip(self._layers, before, strict=False)
        )
        return Architecture(
            name=name,
            style=style,
            source=source,
            inputs=(self._input,),
            layers=tuple(self._layers),
            calls=calls,
            outputs=(before[-1],),
        )


def snake_case(kind: str) -> str:
    """The name Keras gives the first layer of a kind in a fresh session: MaxPooling2D is `max_pooling2d`."""
    # Keras's own rule (`keras.utils.naming.to_snake_case`).
    kind = re.sub(r"\W+", "", kind)
    kind = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub("([a-z])([A-Z])", r"\1_\2", kind).lower()
