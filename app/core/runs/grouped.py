"""Curves of several runs as one: their mean, and between which values they lie."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.runs.series import Series
from app.core.values import Value


class Band(Value):
    """The mean, the lowest and the highest of `runs` curves at each x; where one has not begun or has ended it is left out."""

    x: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    runs: int


def band_of(curves: Sequence[Series], *, max_points: int) -> Band:
    """At the places of all of them, or at so many of these, evenly chosen; between its points a curve is a straight line."""
    places = np.unique(np.concatenate([np.array(curve.x) for curve in curves]))
    if len(places) > max_points:
        places = places[np.linspace(0, len(places) - 1, max_points).round().astype(int)]
    values = np.stack([_at(places, curve) for curve in curves])
    known = np.isfinite(values).any(axis=0)
    places, values = places[known], values[:, known]
    if not len(places):
        return Band(x=(), mean=(), low=(), high=(), runs=len(curves))
    return Band(
        x=tuple(places.tolist()),
        mean=tuple(np.nanmean(values, axis=0).tolist()),
        low=tuple(np.nanmin(values, axis=0).tolist()),
        high=tuple(np.nanmax(values, axis=0).tolist()),
        runs=len(curves),
    )


def _at(places: NDArray[np.float64], curve: Series) -> NDArray[np.float64]:
    known = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if y is not None]
    if not known:
        return np.full(len(places), np.nan)
    across, up = np.array(known).T
    return np.asarray(np.interp(places, across, up, left=np.nan, right=np.nan))
