"""Architectures to start from: the notebook's pair as written, and a small pair that learns real dice on a laptop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import Field, JsonValue, ValidationError

from app.core.architectures.architecture import Architecture, Source, Style
from app.core.architectures.chain import Chain
from app.core.errors import FieldError, InvalidError
from app.core.values import Value

Options = TypeVar("Options", bound=Value)


class NotebookOptions(Value):
    """What can be changed about the notebook's networks."""

    height: int = Field(default=224, ge=1, le=4096, title="Input height")
    width: int = Field(default=224, ge=1, le=4096, title="Input width")
    channels: int = Field(default=3, ge=1, le=4, title="Input channels")
    classes: int = Field(default=6, ge=2, le=10_000, title="Classes")
    padding: Literal["valid", "same"] = Field(default="valid", title="Padding of the convolutions")
    width_factor: float = Field(default=1.0, ge=0.0625, le=4, title="Width factor")
    dropout: float = Field(default=0.25, ge=0, lt=1, title="Dropout after the 8th convolution")


class NotebookSameOptions(NotebookOptions):
    """The functional definition's own defaults."""

    padding: Literal["valid", "same"] = Field(default="same", title="Padding of the convolutions")
    dropout: float = Field(default=0.2, ge=0, lt=1, title="Dropout after the 8th convolution")


class CompactOptions(Value):
    """What can be changed about the compact networks."""

    height: int = Field(default=64, ge=8, le=1024, title="Input height")
    width: int = Field(default=64, ge=8, le=1024, title="Input width")
    channels: int = Field(default=1, ge=1, le=4, title="Input channels")
    classes: int = Field(default=6, ge=2, le=10_000, title="Classes")
    padding: Literal["valid", "same"] = Field(default="same", title="Padding of the convolutions")
    width_factor: float = Field(default=1.0, ge=0.125, le=8, title="Width factor")
    blocks: int = Field(default=4, ge=1, le=6, title="Blocks of two convolutions")
    dropout: float = Field(default=0.3, ge=0, lt=1, title="Dropout before the last layer")


@dataclass(frozen=True)
class Preset:
    """A named starting point in one style, and what can be changed about it."""

    name: str
    title: str
    style: Style
    description: str
    options: type[Value]
    layers: Callable[[Any], Chain]

    def representation(self) -> dict[str, Any]:
        """The preset as the REST contract shows it; `options` is a JSON Schema."""
        return {
            "name": self.name,
            "title": self.title,
            "style": self.style.value,
            "description": self.description,
            "options": self.options.model_json_schema(),
        }


def presets() -> tuple[Preset, ...]:
    """All of them, in the order in which they are shown."""
    return _PRESETS


def build_preset(name: str, options: dict[str, JsonValue]) -> Architecture:
    """The architecture of a preset with some options changed; InvalidError names what exists."""
    preset = next((entry for entry in _PRESETS if entry.name == name), None)
    if preset is None:
        known = ", ".join(entry.name for entry in _PRESETS)
        raise InvalidError(
            f"There is no preset {name!r:.100}. There are: {known}.",
            errors=[FieldError("preset.name", f"expected one of {known}")],
        )
    try:
        chosen = preset.options.model_validate(options)
    except ValidationError as error:
        fields = [
            FieldError(".".join(["preset", "options", *map(str, entry["loc"])]), entry["msg"])
            for entry in error.errors()
        ]
        known = ", ".join(preset.options.model_fields)
        raise InvalidError(
            f"Some options of {name} are not acceptable. Its options are: {known}.", errors=fields
        ) from None
    changed = {key: value for key, value in chosen.model_dump(mode="json").items() if key in options}
    source = Source(kind="preset", preset=name, options=changed)
    return preset.layers(chosen).architecture(name=name, style=preset.style, source=source)


def _notebook(options: NotebookOptions) -> Chain:
    chain = Chain(height=options.height, width=options.width, channels=options.channels)
    convolution: dict[str, JsonValue] = {"kernel_size": [3, 3]}
    if options.padding == "same":
        convolution["padding"] = "same"

    def convolve(times: int, filters: int) -> None:
        for _ in range(times):
            chain.add("Conv2D", filters=_scaled(filters, options.width_factor), **convolution, activation="relu")

    for filters, times in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
        convolve(times, filters)
        if filters == 256:
            chain.add("Dropout", rate=options.dropout)
        chain.add("MaxPooling2D", pool_size=[2, 2])
    chain.add("Flatten")
    for _ in range(2):
        chain.add("Dense", units=_scaled(4096, options.width_factor), activation="relu")
        chain.add("Dropout", rate=0.5)
    chain.add("Dense", units=_scaled(128, options.width_factor), activation="relu")
    return chain.add("Dense", units=options.classes, activation="softmax")


def _compact(options: CompactOptions) -> Chain:
    chain = Chain(height=options.height, width=options.width, channels=options.channels)
    for block in range(options.blocks):
        for _ in range(2):
            filters = _scaled(min(16 * 2**block, 128), options.width_factor)
            chain.add("Conv2D", filters=filters, kernel_size=[3, 3], padding=options.padding, use_bias=False)
            chain.add("BatchNormalization", momentum=0.9)
            chain.add("ReLU")
        chain.add("MaxPooling2D", pool_size=[2, 2])
    chain.add("GlobalAveragePooling2D")
    chain.add("Dropout", rate=options.dropout)
    return chain.add("Dense", units=options.classes, activation="softmax")


def _scaled(size: int, factor: float) -> int:
    return max(1, round(size * factor))


_PRESETS = (
    Preset(
        name="notebook-sequential",
        title="The notebook’s first network",
        style=Style.SEQUENTIAL,
        description="As written in 2018 with the Sequential API: its convolutions use Keras’s default padding, valid. "
        "At 224 × 224 it cannot be completed.",
        options=NotebookOptions,
        layers=_notebook,
    ),
    Preset(
        name="notebook-functional",
        title="The notebook’s second network",
        style=Style.FUNCTIONAL,
        description="As written in 2018 with the Functional API: the same layers with padding same. 140 million parameters.",
        options=NotebookSameOptions,
        layers=_notebook,
    ),
    *(
        Preset(
            name=f"compact-{style.value}",
            title=f"Compact, {style.value}",
            style=style,
            description="A small convolutional network with batch normalisation that learns dice on a laptop’s CPU. "
            f"The same network in every style; this one is {style.value}.",
            options=CompactOptions,
            layers=_compact,
        )
        for style in Style
    ),
)
