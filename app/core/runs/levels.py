"""Metrics kept at several resolutions, so that what is read grows with what is drawn and not with the run."""

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.core.errors import NotFoundError
from app.core.runs.columns import NO_POINTS, Columns, Points
from app.core.runs.predicted import DAMAGED
from app.core.runs.series import Series, Wanted

Level: TypeAlias = int | None
"""At most so many points of each metric; None for all of them."""

LEVELS: tuple[Level, ...] = (2_000, 40_000, None)


def series_from(levels: Callable[[Level, Collection[str]], Columns], wanted: Wanted) -> dict[str, Series]:
    """The curves, each from the coarsest level that has as many points in the range as are asked for.

    `levels` answers a level, of which the metrics of these names are needed (none: all).
    """
    found: dict[str, Series] = {}
    missing: Collection[str] = wanted.names
    for level in LEVELS:
        columns = levels(level, missing)
        rest = []
        for name, points in columns.points.items():
            if not wanted.has(name) or name in found:
                continue
            within = wanted.within(points, started=columns.started)
            if len(within) >= wanted.max_points or len(points) == columns.totals[name]:
                found[name] = wanted.series(within, started=columns.started)
            else:
                rest.append(name)
        if not rest:
            break
        missing = rest
    return dict(sorted(found.items()))


def whole_of(levels: Callable[[Level, Collection[str]], Columns], name: str) -> Points:
    """Every point of a metric; none where there is no such metric."""
    for level in LEVELS:
        columns = levels(level, (name,))
        points = columns.points.get(name, NO_POINTS)
        if len(points) == columns.totals.get(name, 0):
            return points
    raise AssertionError("the last level has all points")


def files_of(columns: Columns) -> Iterator[tuple[Level, str | None, bytes]]:
    """(level, metric, content) of the files that are kept; the last is the coarsest, of all metrics (None) at once.

    A finer one is of one metric each, and only there where the coarser has not all points already.
    """
    for coarser, level in pairwise(LEVELS):
        for name, total in columns.totals.items():
            if coarser is not None and total > coarser:
                alone = Columns(columns.started, {name: columns.points[name]}, {name: total})
                yield level, name, packed(levels_of(alone)(level, ()))
    yield LEVELS[0], None, packed(levels_of(columns)(LEVELS[0], ()))


def levels_of(columns: Columns) -> Callable[[Level, Collection[str]], Columns]:
    """Those of columns that are at hand."""
    return lambda level, _: columns if level is None else columns.at_most(level)


def packed(columns: Columns) -> bytes:
    """As an NPZ file: `names`, `totals`, `started`, and under its number the points of each metric (dtype POINT)."""
    file = io.BytesIO()
    names = list(columns.points)
    arrays: dict[str, Points] = {str(number): columns.points[name] for number, name in enumerate(names)}
    totals = np.array([columns.totals[name] for name in names], dtype=np.int64)
    np.savez(file, names=np.array(names, dtype=np.str_), totals=totals, started=np.float64(columns.started), **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def names_in(content: bytes) -> list[str]:
    """The metrics that a packed file has, without reading their points; NotFoundError where it is damaged."""
    with _opened(content) as file:
        return [str(name) for name in file["names"]]


def unpacked(content: bytes, names: Collection[str] = ()) -> Columns:
    """What `packed` wrote, of the metrics of these names (none: all); NotFoundError where it is damaged."""
    with _opened(content) as file:
        places: Mapping[str, int] = {name: number for number, name in enumerate(file["names"].tolist())}
        chosen = [name for name in places if not names or name in names]
        totals = file["totals"].tolist()
        return Columns(
            started=float(file["started"]),
            points={name: file[str(places[name])] for name in chosen},
            totals={name: totals[places[name]] for name in chosen},
        )


@contextmanager
def _opened(content: bytes) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of an NPZ file, and nothing but arrays; what cannot be read is as if it were not there."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            yield file
    except DAMAGED as error:
        raise NotFoundError(f"A file of curves is damaged: {error}") from error
