"""Why a layer cannot take what reaches it, as a person would say it."""

from collections.abc import Sequence

from app.core.architectures.architecture import Layer, Shape
from app.core.architectures.geometry import window


def plain_words(layer: Layer, shapes: Sequence[Shape]) -> str:
    """A sentence to put behind Keras's own, with a leading space; empty where nothing better is known."""
    span = _window(layer)
    if span is None or len(shapes) != 1 or len(shapes[0]) != 4 or layer.config.get("padding", "valid") != "valid":
        return ""
    first = layer.config.get("data_format") == "channels_first"
    height, width = shapes[0][2:4] if first else shapes[0][1:3]
    if not isinstance(height, int) or not isinstance(width, int) or (height >= span[0] and width >= span[1]):
        return ""
    return (
        f" In plain words: a {height} × {width} map arrives, which a {span[0]} × {span[1]} window without padding does "
        'not fit into. Pad ("same"), shrink the maps less before it, or start from larger images.'
    )


def _window(layer: Layer) -> tuple[int, ...] | None:
    try:
        if layer.kind in {"Conv2D", "DepthwiseConv2D", "SeparableConv2D"}:
            rates = window(layer.config, "dilation_rate", 2)
            return tuple(
                (size - 1) * rate + 1 for size, rate in zip(window(layer.config, "kernel_size", 2), rates, strict=True)
            )
        if layer.kind in {"MaxPooling2D", "AveragePooling2D"}:
            return window(layer.config, "pool_size", 2, 2)
    except (TypeError, ValueError):
        pass  # no numbers: nothing to say in plain words
    return None
