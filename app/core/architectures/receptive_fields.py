"""How far a layer's values see, after Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019.

The field is the theoretical one: padding counts as seen, so a field can be larger than the image. Statistics that a
normalisation takes over the whole map are left out, as is usual.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from app.core.architectures.architecture import Shape
from app.core.architectures.geometry import Sizes, sizes_of, split, whole_number, window
from app.core.architectures.kinds import KINDS
from app.core.architectures.written import object_of
from app.core.values import JsonObject

_LAYOUT_KINDS = frozenset({"Conv", "DepthwiseConv", "SeparableConv", "MaxPooling", "AveragePooling", "UpSampling"})
_SEE_ALL = frozenset(
    {"AdditiveAttention", "Attention", "Bidirectional", "Flatten", "GRU", "LSTM", "RNN", "SimpleRNN"}
    | {"GlobalAveragePooling", "GlobalMaxPooling", "MultiHeadAttention", "GroupQueryAttention"}
)
_LOSE_PLACES = frozenset({"Dot", "EinsumDense", "Permute", "RepeatVector", "Reshape", "Resizing", "CenterCrop"})
_LOSE_PLACES |= {"AdaptiveAveragePooling", "AdaptiveMaxPooling", "MelSpectrogram", "CutMix", "MixUp"}


@dataclass(frozen=True)
class Field:
    """What one value sees of the input: how many places in each direction, and how far apart neighbours' fields start.

    A value that is `whole` has seen everything; what comes behind sees no more.
    """

    size: tuple[Fraction, ...]
    step: tuple[Fraction, ...]
    layout: str | None = None
    whole: bool = False

    @property
    def places(self) -> tuple[int, ...]:
        """The size in whole places of the input."""
        return tuple(ceil(length) for length in self.size)


def field_of_input(shape: Shape, dtype: str) -> Field | None:
    """One place; None where an input has no places: a vector of numbers. A row of words or numbers of classes has."""
    directions = len(shape) - 2 if not dtype.startswith(("int", "uint")) or len(shape) > 2 else len(shape) - 1
    return Field(size=(Fraction(1),) * directions, step=(Fraction(1),) * directions) if directions > 0 else None


def receptive_field(
    kind: str, settings: JsonObject, *, before: Sequence[Field | None], inputs: Sequence[Shape | None]
) -> Field | None:
    """The field behind a layer; None where it is not known."""
    widest = _widest(before)
    if widest is None or kind not in KINDS:
        return None
    if widest.whole:
        return widest
    inner = object_of(settings.get("layer")) if kind == "SpectralNormalization" else None
    if inner is not None:
        return receptive_field(*inner, before=before, inputs=inputs)
    try:
        return _behind(kind, settings, widest, inputs[0])
    except (LookupError, TypeError, ValueError):
        return None  # arguments or sizes that are not known


def _widest(before: Sequence[Field | None]) -> Field | None:
    known = [field for field in before if field is not None]
    if not known or len(known) != len(before) or len({len(field.size) for field in known}) != 1:
        return None
    layouts = {field.layout for field in known if field.layout is not None}
    if len(layouts) > 1:
        return None
    return Field(
        size=tuple(max(sizes) for sizes in zip(*[field.size for field in known], strict=True)),
        step=tuple(max(steps) for steps in zip(*[field.step for field in known], strict=True)),
        layout=next(iter(layouts), None),
        whole=any(field.whole for field in known),
    )


def _behind(kind: str, settings: JsonObject, before: Field, shape: Shape | None) -> Field | None:
    base = kind[:-2] if kind[-2:] in {"1D", "2D", "3D"} else kind
    layout = settings.get("data_format", before.layout)
    turned = base in _LAYOUT_KINDS and before.layout is not None and layout != before.layout
    if base in _LOSE_PLACES or turned:  # turned: the directions of this layer are not those of the layers before it
        return None
    field = replace(before, layout=layout if isinstance(layout, str) else None)
    rank = len(before.size)
    if base in _SEE_ALL:
        return _everything(field, _map(settings, shape, rank))
    if base == "TimeDistributed":
        return _at_every_step(settings, field, shape)
    if base == "ConvLSTM":
        return _recurrent_convolution(settings, field, shape)
    return _through_window(kind, base, settings, field)


def _through_window(kind: str, base: str, settings: JsonObject, field: Field) -> Field:
    rank = len(field.size)
    if kind.endswith("DTranspose"):
        # A result is made of the values whose kernels reach it: kernel / stride of them at most.
        strides = window(settings, "strides", rank)
        kernel = window(settings, "kernel_size", rank)
        taps = tuple(ceil(length / stride) for length, stride in zip(kernel, strides, strict=True))
        return _finer(_window(field, taps, (1,) * rank), strides)
    if base in {"Conv", "DepthwiseConv", "SeparableConv"}:
        rates = window(settings, "dilation_rate", rank)
        kernel = window(settings, "kernel_size", rank)
        spans = tuple((length - 1) * rate + 1 for length, rate in zip(kernel, rates, strict=True))
        return _window(field, spans, window(settings, "strides", rank))
    if base in {"MaxPooling", "AveragePooling"}:
        pool = window(settings, "pool_size", rank, 2)
        return _window(field, pool, pool if settings.get("strides") is None else window(settings, "strides", rank))
    if base == "UpSampling":
        taps = (1 if settings.get("interpolation", "nearest") == "nearest" else 2,) * rank
        return _finer(_window(field, taps, (1,) * rank), window(settings, "size", rank, 2))
    return field


def _window(before: Field, spans: Sizes, strides: Sizes) -> Field:
    size = tuple(length + (span - 1) * step for length, span, step in zip(before.size, spans, before.step, strict=True))
    return replace(before, size=size, step=tuple(step * by for step, by in zip(before.step, strides, strict=True)))


def _finer(before: Field, factors: Sizes) -> Field:
    return replace(before, step=tuple(step / by for step, by in zip(before.step, factors, strict=True)))


def _everything(before: Field, spans: Sizes) -> Field:
    return replace(_window(before, spans, (1,) * len(spans)), whole=True)


def _map(settings: JsonObject, shape: Shape | None, rank: int) -> Sizes:
    """The sizes of the map that arrives, one for each direction."""
    sizes = sizes_of(shape)
    if sizes is None or len(sizes) != rank + 1:
        raise ValueError("the map that arrives is not known")
    return split(sizes, settings)[1]


def _at_every_step(settings: JsonObject, field: Field, shape: Shape | None) -> Field | None:
    """The inner layer in the directions behind the first, which is time."""
    inner = object_of(settings["layer"])
    if inner is None or shape is None:
        return None
    if len(field.size) == 1:
        return field
    within = replace(field, size=field.size[1:], step=field.step[1:])
    after = _behind(inner[0], inner[1], within, (shape[0], *shape[2:]))
    if after is None:
        return None
    # Where the inner layer has seen all of a step, later steps are still to be seen.
    return replace(after, size=(field.size[0], *after.size), step=(field.step[0], *after.step), whole=False)


def _recurrent_convolution(settings: JsonObject, field: Field, shape: Shape | None) -> Field:
    """All of time; in space the kernel, and once more for every step that the state has come through."""
    if shape is None:
        raise ValueError("how many steps there are is not known")
    steps = whole_number(shape[1] if isinstance(shape[1], int) else None)
    rank = len(field.size) - 1
    kernel, strides = window(settings, "kernel_size", rank), window(settings, "strides", rank)
    first = _window(replace(field, size=field.size[1:], step=field.step[1:]), kernel, strides)
    spans = tuple((length - 1) * (steps - 1) + 1 for length in kernel)
    within = _window(first, spans, (1,) * rank)
    length = field.size[0] + (steps - 1) * field.step[0]
    return replace(within, size=(length, *within.size), step=(field.step[0], *within.step))
