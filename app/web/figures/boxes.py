"""The geometry of the diagrams: from tensor shapes to oblique boxes. Columns are one unit wide, boxes at most one high."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2

from app.core.architectures.architecture import Dimension, Shape, Symbol, source_of
from app.core.architectures.layer_table import Row
from app.core.architectures.written import OPEN_SHAPE

Points = tuple[list[float | None], list[float | None]]
Size = int | None
"""A number of pixels or channels; None where the definition leaves it open or only names it."""

_SMALLEST = 0.075
_OPEN_LENGTH = 0.45
_THINNEST, _THICKEST = 0.14, 0.46
# How much of a map's width goes to the right and how much up: a flat oblique projection that keeps columns apart.
_RIGHT, _UP = 0.3, 0.16


@dataclass(frozen=True)
class Volume:
    """Height, width and channels of a tensor."""

    height: Size
    width: Size
    channels: Size


@dataclass(frozen=True)
class Box:
    """A front of `thickness` by `height` on the level `base`, pushed back by (`right`, `up`). All in figure units.

    A box that hangs is the same one mirrored at its level.
    """

    x: float
    thickness: float
    height: float
    right: float
    up: float
    base: float = 0.0
    hangs: bool = False

    @property
    def top(self) -> float:
        """The point furthest from its level."""
        return self.base + (-1 if self.hangs else 1) * (self.height + self.up)

    @property
    def middle(self) -> float:
        """Half way up its front."""
        return self.base + (-0.5 if self.hangs else 0.5) * self.height

    @property
    def half_width(self) -> float:
        """From its middle to its left or right end."""
        return (self.thickness + self.right) / 2

    def faces(self) -> tuple[list[tuple[float, float]], ...]:
        """Front, top, and the side that shows the map's height and width."""
        left = self.x - self.half_width
        end = left + self.thickness
        high = self.height + self.up
        front = [(left, 0.0), (end, 0.0), (end, self.height), (left, self.height)]
        back_left, back_end = (left + self.right, high), (end + self.right, high)
        top = [(left, self.height), (end, self.height), back_end, back_left]
        side = [(end, 0.0), (end + self.right, self.up), back_end, (end, self.height)]
        sign = -1 if self.hangs else 1
        return tuple([(x, self.base + sign * y) for x, y in face] for face in (front, top, side))


@dataclass(frozen=True)
class Scale:
    """What the longest side and the most channels of one diagram are.

    Lengths are compressed by a power and channels by a logarithm, so that 224 x 224 x 64 and 1 x 1 x 6 can both be read.
    """

    longest: int
    deepest: int

    def box(self, volume: Volume | None, *, x: float) -> Box:
        """The box of a tensor; a small flat one where nothing is known of it."""
        if volume is None:
            return Box(x=x, thickness=0.3, height=0.14, right=0.06, up=0.03)
        depth = 0.5 if volume.channels is None else log2(1 + volume.channels) / log2(1 + self.deepest)
        far = self._length(volume.width)
        return Box(
            x=x,
            thickness=_THINNEST + (_THICKEST - _THINNEST) * depth,
            height=self._length(volume.height),
            right=_RIGHT * far,
            up=_UP * far,
        )

    def _length(self, size: Size) -> float:
        return _OPEN_LENGTH if size is None else max(_SMALLEST, float((size / self.longest) ** 0.5))


def scale_of(volumes: Iterable[Volume | None]) -> Scale:
    """A scale in which all of them can be drawn."""
    known = [volume for volume in volumes if volume is not None]
    sides = [size for volume in known for size in (volume.height, volume.width) if size is not None]
    return Scale(max(sides, default=1), max((volume.channels or 1 for volume in known), default=1))


def volumes_of(rows: Sequence[Row]) -> list[Volume | None]:
    """What each row yields, or what arrives where building stops at it; None where that is not known.

    A layer that says nothing of the order of axes (Activation, Dropout, ...) has that of what it takes.
    """
    known = {row.call for row in rows}
    first: dict[str, bool] = {}
    volumes = []
    for row in reversed(rows):
        # An input's axes are read as its first consumer reads them.
        for name in row.inputs:
            first[source_of(name, known)[0]] = _says_channels_first(row, otherwise=first.get(row.call, False))
    for row in rows:
        before = next(
            (first[name] for name in (source_of(entry, known)[0] for entry in row.inputs)), first.get(row.call)
        )
        first[row.call] = _says_channels_first(row, otherwise=bool(before))
        volumes.append(_volume(row, channels_first=first[row.call]))
    return volumes


def closed(polygons: Iterable[Sequence[tuple[float, float]]]) -> Points:
    """Closed outlines in one trace, None between them."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for polygon in polygons:
        for x, y in [*polygon, polygon[0]]:
            xs.append(round(x, 4))
            ys.append(round(y, 4))
        xs.append(None)
        ys.append(None)
    return xs, ys


def is_open(shape: Shape) -> bool:
    """Whether not even the number of axes was written."""
    return any(isinstance(size, Symbol) and size.symbol.startswith(OPEN_SHAPE) for size in shape)


def _says_channels_first(row: Row, *, otherwise: bool) -> bool:
    said = row.settings.get("data_format", row.config.get("data_format"))
    return otherwise if said is None or row.kind == "Flatten" else said == "channels_first"


def _volume(row: Row, *, channels_first: bool) -> Volume | None:
    shapes: Sequence[Shape | None] = row.output_shapes or (() if row.reached else row.input_shapes)
    first = next((shape for shape in shapes if shape is not None), None)
    if first is None or is_open(first):
        return None
    sizes = [_size(size) for size in first[1:]] or [1]
    if channels_first and len(sizes) > 1:
        sizes = [*sizes[1:], sizes[0]]
    *spatial, channels = sizes
    height, width = [*spatial, 1, 1][:2]
    return Volume(height, width, channels)


def _size(size: Dimension) -> Size:
    return max(size, 1) if isinstance(size, int) else None
