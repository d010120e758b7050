"""A run's metrics as columns: what its events say of each, a row a point, and fewer rows that keep every extreme.

Where an attempt repeats a step or an epoch, the highest attempt counts. Metrics of whole epochs have Keras's names; those
of single steps have `batch_` before them.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from app.core.runs.run import Event, EventKind
from app.core.values import JsonObject

POINT = np.dtype([("step", "<i8"), ("epoch", "<f8"), ("time", "<f8"), ("value", "<f8"), ("attempt", "<i4")])
"""Steps count from the run's first batch, epochs from 1 at the end of the first; time is in seconds since the first
attempt began; value is NaN where it was not finite."""

Points: TypeAlias = NDArray[Any]
"""Shape (points,), dtype POINT, in order of step."""

NO_POINTS: Points = np.empty(0, dtype=POINT)
OF_STEPS = "batch_"
_ENDS_AND_EXTREMES = 4
_MINMAX = MinMaxDownsampler()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Columns:
    """Every metric by its name; `started` is when the first attempt began, in seconds since 1970 UTC.

    `totals` says how many points there are of each; `points` may be fewer.
    """

    started: float
    points: Mapping[str, Points]
    totals: Mapping[str, int]

    def at_most(self, size: int) -> "Columns":
        """The same with at most `size` points of each."""
        fewer = {name: points[kept(points, size)] for name, points in self.points.items()}
        return Columns(self.started, fewer, self.totals)


class ColumnsBuilder:
    """Takes events in order of their seq, all at once or as they come, and answers the columns so far."""

    def __init__(self) -> None:
        self._parts: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], int]]] = {}
        self._ends: dict[int, float] = {}
        self._began: dict[int, float] = {}

    def add(self, events: Iterable[Event]) -> None:
        """What these say; kinds that carry no metrics are passed over."""
        for event in events:
            for name, steps, times, values in _read(event):
                self._parts.setdefault(name, []).append((steps, times, values, event.attempt))
                began = event.created_at.timestamp() - float(times[-1])
                # Events may be kept late, never early: the earliest is right.
                self._began[event.attempt] = min(began, self._began.get(event.attempt, began))
            if event.kind is EventKind.EPOCH:
                self._ends[_end_of(event.payload)] = _whole(event.payload.get("epoch"))

    def columns(self) -> Columns:
        """All points so far."""
        started = min(self._began.values(), default=0.0)
        later = {attempt: began - started for attempt, began in self._began.items()}
        points = {name: self._points(self._parts[name], later) for name in sorted(self._parts)}
        return Columns(started, points, {name: len(found) for name, found in points.items()})

    def _points(self, parts: Sequence[tuple[Any, Any, Any, int]], later: Mapping[int, float]) -> Points:
        points = np.empty(sum(len(steps) for steps, *_ in parts), dtype=POINT)
        points["step"] = np.concatenate([steps for steps, *_ in parts])
        points["time"] = np.concatenate([times + later[attempt] for _, times, _, attempt in parts])
        points["value"] = np.concatenate([values for _, _, values, _ in parts])
        points["attempt"] = np.repeat([attempt for *_, attempt in parts], [len(steps) for steps, *_ in parts])
        points["epoch"] = self._epochs(points["step"])
        order = np.lexsort((points["attempt"], points["step"]))
        ordered = points[order]
        is_last = np.append(ordered["step"][1:] != ordered["step"][:-1], True)
        return np.asarray(ordered[is_last])

    def _epochs(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where in its epoch each step is: between the ends that are known, and beyond the last as fast as before it."""
        if not self._ends:
            return np.zeros(len(steps))
        places = np.array([0, *sorted(self._ends)], dtype=float)
        ends = np.array([0, *(self._ends[step] for step in sorted(self._ends))], dtype=float)
        found = np.interp(steps, places, ends)
        pace = (ends[-1] - ends[-2]) / max(1.0, places[-1] - places[-2])
        beyond = np.maximum(0.0, steps - places[-1])
        return np.asarray(found + beyond * pace)


def kept(points: Points, size: int) -> NDArray[np.int64]:
    """Which of the points to keep, at most `size` of them: the first, the last, and of each stretch its extremes.

    The lowest and the highest of each stretch by tsdownsample's MinMax, rather than LTTB's choice: no spike is ever lost,
    and what is kept of what was kept keeps the extremes too. Of values that are not finite the first of each stretch is
    kept, as a gap, as far as a tenth of the room reaches.
    """
    if len(points) <= size:
        return np.arange(len(points))
    if size < _ENDS_AND_EXTREMES:
        return np.array([0, len(points) - 1])
    values = points["value"]
    finite = np.flatnonzero(np.isfinite(values))
    gaps = np.flatnonzero(~np.isfinite(values) & np.append(True, np.isfinite(values[:-1])))[: size // 10]
    # Two are the ends; the library takes even numbers of points.
    room = (size - 2 - len(gaps)) // 2 * 2
    chosen = finite
    if len(finite) > room:
        chosen = finite[_MINMAX.downsample(np.ascontiguousarray(values[finite]), n_out=room).astype(np.int64)]
    return np.union1d(chosen, np.union1d(gaps, [0, len(points) - 1])).astype(np.int64)


def columns_of(events: Iterable[Event]) -> Columns:
    """All that events say."""
    builder = ColumnsBuilder()
    builder.add(events)
    return builder.columns()


def _read(event: Event) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]]:
    """(name, steps, seconds since the attempt's start, values) of each metric that the event tells."""
    values = event.payload.get("values")
    if not isinstance(values, dict):
        return
    if event.kind is EventKind.EPOCH:
        step, time = _end_of(event.payload), _number(event.payload.get("time"))
        for name, value in values.items():
            yield name, np.array([step]), np.array([0.0 if math.isnan(time) else time]), np.array([_number(value)])
    elif event.kind is EventKind.METRICS:
        steps, times = _steps(event.payload)
        for name, column in values.items():
            if isinstance(column, list) and column and len(steps):
                length = min(len(column), len(steps))
                yield OF_STEPS + name, steps[:length], times[:length], _numbers(column[:length])


def _end_of(payload: JsonObject) -> int:
    """The last step of an epoch; where nobody counted steps, the epoch stands for it."""
    return _whole(payload.get("step")) or _whole(payload.get("epoch"))


def _steps(payload: JsonObject) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    steps, times = payload.get("step"), payload.get("time")
    if not isinstance(steps, list):
        return np.empty(0, dtype=np.int64), np.empty(0)
    if not isinstance(times, list) or len(times) != len(steps):
        times = [0.0] * len(steps)
    return np.array([_whole(step) for step in steps], dtype=np.int64), np.nan_to_num(_numbers(times))


def _numbers(column: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([_number(value) for value in column])


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if math.isfinite(value) else math.nan


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
