"""Curves out of events: where an attempt repeats a step or an epoch, the highest attempt counts."""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from app.core.runs.run import Event, EventKind
from app.core.values import Value

Axis: TypeAlias = Literal["step", "epoch", "time"]


class Series(Value):
    """One metric of one run; x in steps, epochs (from 1) or seconds since the attempt's start; null where not finite."""

    x: tuple[float, ...]
    y: tuple[float | None, ...]
    attempts: tuple[int, ...]


def series_of(
    events: Iterable[Event], *, axis: Axis = "epoch", names: Sequence[str] = (), max_points: int = 2_000
) -> dict[str, Series]:
    """Every metric by its name: values of epochs, or with axis `step` also those of single batches as `batch_loss`..."""
    points: dict[str, dict[int, tuple[int, float, float | None]]] = {}
    for event in events:
        for name, place, x, y in _points(event, axis):
            if names and name not in names:
                continue
            known = points.setdefault(name, {}).get(place)
            if known is None or known[0] <= event.attempt:
                points[name][place] = (event.attempt, x, y)
    return {name: _downsampled(found, max_points) for name, found in sorted(points.items())}


def _points(event: Event, axis: Axis) -> Iterable[tuple[str, int, float, float | None]]:
    payload = event.payload
    if event.kind is EventKind.EPOCH and isinstance(payload.get("values"), dict):
        place = _whole(payload.get("epoch"))
        values = payload["values"]
        assert isinstance(values, dict)
        for name, value in values.items():
            yield name, place, _number(payload.get(axis)) or 0.0, _number(value)
    elif event.kind is EventKind.METRICS and axis == "step":
        steps, values = payload.get("step"), payload.get("values")
        if not isinstance(steps, list) or not isinstance(values, dict):
            return
        for name, column in values.items():
            if isinstance(column, list):
                for step, value in zip(steps, column, strict=False):
                    yield f"batch_{name}", _whole(step), float(_whole(step)), _number(value)


def _downsampled(points: dict[int, tuple[int, float, float | None]], max_points: int) -> Series:
    ordered = [points[place] for place in sorted(points)]
    kept = _extremes([y for _, _, y in ordered], max_points)
    return Series(
        x=tuple(ordered[index][1] for index in kept),
        y=tuple(ordered[index][2] for index in kept),
        attempts=tuple(ordered[index][0] for index in kept),
    )


def _extremes(values: Sequence[float | None], max_points: int) -> list[int]:
    # Each stretch keeps its lowest and highest value, so that no spike is lost.
    if len(values) <= max_points:
        return list(range(len(values)))
    numbers = np.array([np.nan if value is None else value for value in values], dtype=float)
    kept = {0, len(values) - 1}
    for part in np.array_split(np.arange(len(values)), max(1, (max_points - 2) // 2)):
        found = numbers[part]
        if np.isnan(found).all():
            kept.add(int(part[0]))
        else:
            kept |= {int(part[np.nanargmin(found)]), int(part[np.nanargmax(found)])}
    return sorted(kept)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if np.isfinite(value) else None


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
