"""Small architectures to compare, and what a comparison told of them."""

from collections.abc import Sequence
from typing import Any

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.differences import Differences
from app.core.architectures.layer_table import LayerTable
from app.networks import read_layer_table


def tables_of(architectures: Sequence[Architecture]) -> list[LayerTable]:
    """Layer tables of several architectures, as the inspector builds them."""
    return [read_layer_table(architecture) for architecture in architectures]


def chain(*layers: tuple[str, dict[str, Any]], shape: tuple[int, ...] = (16, 16, 3)) -> Architecture:
    """Layers one behind the other, `layer_0` first, on an input of this shape without the batch."""
    made = tuple(
        Layer(name=f"layer_{number}", kind=kind, config=config) for number, (kind, config) in enumerate(layers)
    )
    before = ["image", *(layer.name for layer in made)]
    calls = tuple(
        Call(id=layer.name, layer=layer.name, inputs=(name,)) for layer, name in zip(made, before, strict=False)
    )
    image = Input(name="image", shape=(None, *shape))
    return Architecture(
        name="chain", style=Style.FUNCTIONAL, inputs=(image,), layers=made, calls=calls, outputs=(before[-1],)
    )


def conv(filters: int = 4, **more: Any) -> tuple[str, dict[str, Any]]:
    """A convolution with windows of 3 by 3."""
    return "Conv2D", {"filters": filters, "kernel_size": [3, 3], **more}


def dense(units: int, **more: Any) -> tuple[str, dict[str, Any]]:
    """A dense layer."""
    return "Dense", {"units": units, **more}


def told(found: Differences) -> list[tuple[str, str, Any, Any]]:
    """What each cause says in short: kind, field, from, to."""
    return [(cause.kind, cause.field, cause.left, cause.right) for cause in found.causes]
