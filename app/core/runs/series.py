"""Curves as they are drawn: one metric of one run over one axis, within a range, with no more points than are asked for."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.core.runs.columns import OF_STEPS, Points, kept
from app.core.values import Value

Axis: TypeAlias = Literal["step", "epoch", "time", "wall"]
"""`time` is in seconds since the run's first attempt began, `wall` in seconds since 1970 UTC."""


class Series(Value):
    """One metric of one run; x in steps, epochs (from 1) or seconds; null where not finite."""

    x: tuple[float, ...]
    y: tuple[float | None, ...]
    attempts: tuple[int, ...]


@dataclass(frozen=True)
class Wanted:
    """What a reader wants of a run's metrics: those of the names (none: all that have the axis), between two places.

    Beside the points from `x_from` to `x_to` comes one on either side, so that a line enters and leaves the picture.
    """

    names: tuple[str, ...] = ()
    axis: Axis = "epoch"
    x_from: float | None = None
    x_to: float | None = None
    max_points: int = 2_000

    def has(self, name: str) -> bool:
        """Whether this metric is wanted; those of single steps are only by name, or over steps."""
        return name in self.names if self.names else self.axis == "step" or not name.startswith(OF_STEPS)

    def within(self, points: Points, *, started: float) -> Points:
        """Those of the points that lie in the range, and one on either side."""
        if self.x_from is None and self.x_to is None:
            return points
        across = places(points, axis=self.axis, started=started)
        inside = np.ones(len(points), dtype=bool)
        if self.x_from is not None:
            inside &= across >= self.x_from
        if self.x_to is not None:
            inside &= across <= self.x_to
        found = np.flatnonzero(inside)
        if len(found) == 0:
            return points[:0]
        return points[max(0, found[0] - 1) : found[-1] + 2]

    def series(self, points: Points, *, started: float) -> Series:
        """The curve, of points that lie in the range."""
        chosen = points[kept(points, self.max_points)]
        return Series(
            x=tuple(places(chosen, axis=self.axis, started=started).tolist()),
            y=tuple(value if value == value else None for value in chosen["value"].tolist()),  # noqa: PLR0124 - NaN
            attempts=tuple(chosen["attempt"].tolist()),
        )


def places(points: Points, *, axis: Axis, started: float) -> NDArray[Any]:
    """Where the points lie on an axis."""
    found = points["time"] + started if axis == "wall" else points[axis]
    return np.asarray(found, dtype=float)
