"""Which architectures can be trained: those that are written in full, of layers that are built here."""

from collections.abc import Iterator

from app.core.architectures.architecture import Architecture, Symbol
from app.core.architectures.kinds import refuse_unsafe
from app.core.architectures.probes import open_texts
from app.core.architectures.written import OPEN_SHAPE
from app.core.errors import FieldError, InvalidError

CHANNELS = (1, 3)
"""Grayscale, or red, green and blue: the colour modes that images are made ready in."""

_FIELD = "architecture"


def refuse_untrainable(architecture: Architecture) -> None:
    """Raise InvalidError for open names, code, layers that are not built here, and inputs and outputs that are not of images."""
    names = list(dict.fromkeys(_open_names(architecture)))
    if names:
        shown = ", ".join(f"`{name}`" for name in names[:10])
        detail = (
            f"{architecture.name} leaves open what {shown} {'is' if len(names) == 1 else 'are'}. "
            "Give each a value on the architecture's page, then train what that makes."
        )
        raise InvalidError(detail, errors=[FieldError(_FIELD, f"has no value for {shown}")])
    for layer in architecture.layers:
        try:
            refuse_unsafe(layer)
        except InvalidError as error:
            detail = (
                f"{architecture.name} cannot be trained here because of its layer {layer.name!r}. {error.detail} "
                "Replace the layer with some of Keras's own, or leave it out."
            )
            raise InvalidError(detail, errors=[FieldError(_FIELD, f"has a {layer.kind}")]) from None
    _refuse_other_than_images(architecture)


def _open_names(architecture: Architecture) -> Iterator[str]:
    for entry in architecture.inputs:
        for size in entry.shape:
            if isinstance(size, Symbol):
                yield size.symbol.removeprefix(OPEN_SHAPE) or f"the shape of {entry.name}"
    for layer in architecture.layers:
        yield from open_texts(layer.config)
    for call in architecture.calls:
        yield from open_texts(call.arguments)


def _refuse_other_than_images(architecture: Architecture) -> None:
    shapes = [list(entry.shape[1:]) for entry in architecture.inputs]
    if len(architecture.inputs) != 1 or len(architecture.outputs) != 1:
        detail = (
            f"{architecture.name} has {len(shapes)} inputs and {len(architecture.outputs)} outputs. Classifying images takes "
            "one image and gives one row of classes: leave the others out."
        )
        raise InvalidError(detail, errors=[FieldError(_FIELD, "expected one input and one output")])
    (sizes,) = shapes
    if len(sizes) != 3 or not all(isinstance(size, int) for size in sizes) or sizes[2] not in CHANNELS:
        detail = (
            f"{architecture.name} takes inputs of the shape {[None, *sizes]}. Images are made ready as (height, width, "
            f"channels) in one size, with {' or '.join(map(str, CHANNELS))} channels: give its input such a shape."
        )
        raise InvalidError(detail, errors=[FieldError(_FIELD, f"has inputs of the shape {[None, *sizes]}")])
