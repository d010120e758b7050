"""Metrics as columns: what is kept of them, whoever keeps it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from app.adapters.clock import utc_now
from app.core.runs.columns import POINT, Columns, Points, columns_of, kept
from app.core.runs.levels import LEVELS, levels_of, packed, series_from, unpacked
from app.core.runs.run import Event, EventKind
from app.core.runs.series import Wanted

values = st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), min_size=1, max_size=400)


def points(column: list[float]) -> Points:
    found = np.zeros(len(column), dtype=POINT)
    found["step"] = found["epoch"] = np.arange(1, len(column) + 1)
    found["value"] = column
    return found


def events(*payloads: tuple[EventKind, int, dict[str, Any]]) -> list[Event]:
    now = utc_now()
    return [
        Event(run_id="r", seq=seq, attempt=attempt, kind=kind, payload=payload, created_at=now)
        for seq, (kind, attempt, payload) in enumerate(payloads, start=1)
    ]


def metrics(steps: list[int], **columns: list[float | None]) -> dict[str, Any]:
    return {"step": steps, "epoch": [1] * len(steps), "time": [step / 10 for step in steps], "values": columns}


def epoch(number: int, *, step: int, **found: float) -> dict[str, Any]:
    return {"epoch": number, "step": step, "time": step / 10, "values": found}


@given(values, st.integers(4, 60))
def test_the_ends_and_the_extremes_are_kept_and_there_are_no_more_points_than_asked_for(
    column: list[float], size: int
) -> None:
    found = points(column)
    chosen = found[kept(found, size)]
    assert len(chosen) <= size
    assert (chosen["step"][0], chosen["step"][-1]) == (1, len(column))
    assert (np.diff(chosen["step"]) > 0).all()
    if np.isfinite(column).any():
        assert np.nanmax(chosen["value"]) == np.nanmax(column)
        assert np.nanmin(chosen["value"]) == np.nanmin(column)


@given(values, st.integers(20, 60), st.integers(4, 19))
def test_what_is_kept_of_what_was_kept_has_the_extremes_too(column: list[float], once: int, twice: int) -> None:
    found = points(column)
    first = found[kept(found, once)]
    chosen = first[kept(first, twice)]
    if np.isfinite(column).any():
        assert (np.nanmax(chosen["value"]), np.nanmin(chosen["value"])) == (np.nanmax(column), np.nanmin(column))


def test_a_spike_of_one_step_in_a_hundred_thousand_is_seen() -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, 100_000)
    noise[[41_234, 77_001]] = [9.0, -9.0]
    found = points(noise.tolist())
    assert {41_235, 77_002} <= set(found[kept(found, 300)]["step"].tolist())


def test_where_an_attempt_repeats_a_step_the_highest_counts() -> None:
    told = events(
        (EventKind.METRICS, 1, metrics([1, 2, 3, 4], loss=[1.0, 0.9, 0.8, 0.7])),
        (EventKind.METRICS, 2, metrics([3, 4, 5], loss=[0.5, None, 0.3])),
    )
    found = columns_of(told).points["batch_loss"]
    assert found["step"].tolist() == [1, 2, 3, 4, 5]
    assert found["attempt"].tolist() == [1, 1, 2, 2, 2]
    assert_array_equal(found["value"], [1.0, 0.9, 0.5, np.nan, 0.3])


def test_steps_lie_where_their_epochs_end_and_beyond_the_last_at_its_pace() -> None:
    told = events(
        (EventKind.EPOCH, 1, epoch(1, step=4, loss=0.5)),
        (EventKind.EPOCH, 1, epoch(2, step=8, loss=0.4)),
        (EventKind.METRICS, 1, metrics([2, 4, 6, 8, 10], loss=[1.0, 1.0, 1.0, 1.0, 1.0])),
    )
    found = columns_of(told).points
    assert found["batch_loss"]["epoch"].tolist() == [0.5, 1.0, 1.5, 2.0, 2.5]
    assert found["loss"]["epoch"].tolist() == [1.0, 2.0]


def test_time_goes_on_where_an_attempt_begins_again() -> None:
    told = events(
        (EventKind.METRICS, 1, metrics([10, 20], loss=[1.0, 1.0])),
        (EventKind.METRICS, 2, metrics([30, 40], loss=[1.0, 1.0])),
    )
    later = told[1].model_copy(update={"created_at": told[1].created_at.replace(year=2027)})
    columns = columns_of([told[0], later])
    found = columns.points["batch_loss"]
    waited = (later.created_at - told[0].created_at).total_seconds()
    assert found["time"].tolist() == pytest.approx([1.0, 2.0, 1.0 + waited, 2.0 + waited])
    wall = series_from(levels_of(columns), Wanted(names=("batch_loss",), axis="wall"))["batch_loss"].x
    assert wall == pytest.approx([columns.started + time for time in found["time"]])


@pytest.mark.parametrize(
    "payload",
    [{}, {"values": 3}, {"values": {"loss": 3}, "step": [1]}, {"values": {"loss": [1]}}, {"values": {"loss": []}, "step": []}],
)  # fmt: skip
def test_what_is_no_metric_is_passed_over(payload: dict[str, Any]) -> None:
    assert columns_of(events((EventKind.METRICS, 1, payload), (EventKind.LOG, 1, {"text": "hello"}))).points == {}


def test_a_packed_file_holds_the_same() -> None:
    column = np.random.default_rng(1).normal(size=5_000)
    column[17] = np.nan
    columns = Columns(
        1234.5, {"batch_loss": points(column.tolist()), "a/b": points([1.0])}, {"batch_loss": 5_000, "a/b": 1}
    )
    again = unpacked(packed(columns))
    assert (again.started, again.totals) == (columns.started, columns.totals)
    assert list(again.points) == list(columns.points)
    for name, found in columns.points.items():
        assert (again.points[name].dtype, again.points[name].tobytes()) == (POINT, found.tobytes())
    assert list(unpacked(packed(columns), ["a/b"]).points) == ["a/b"]


@pytest.mark.parametrize(
    ("x_from", "x_to", "levels_read"),
    [(None, None, 1), (10_000, 90_000, 1), (50_000, 52_000, 2), (50_000.5, 50_040, 3), (99_999_999, None, 3)],
)
def test_the_coarsest_level_that_shows_enough_is_read(
    x_from: float | None, x_to: float | None, levels_read: int
) -> None:
    columns = Columns(0.0, {"batch_loss": points(np.random.default_rng(1).normal(size=100_000).tolist())}, {"batch_loss": 100_000})  # fmt: skip
    asked: list[int | None] = []

    def levels(level: int | None, names: Any) -> Columns:
        asked.append(level)
        return levels_of(columns)(level, names)

    wanted = Wanted(names=("batch_loss",), axis="step", x_from=x_from, x_to=x_to, max_points=500)
    found = series_from(levels, wanted)["batch_loss"]
    assert asked == list(LEVELS[:levels_read])
    assert len(found.x) <= 500
    if levels_read == 3 and x_to is not None:
        # One point on either side beside all of the range.
        assert found.x == tuple(range(50_000, 50_042))


def test_metrics_of_steps_are_answered_over_steps_or_by_name() -> None:
    columns = Columns(0.0, {"loss": points([1.0]), "batch_loss": points([2.0])}, {"loss": 1, "batch_loss": 1})
    assert list(series_from(levels_of(columns), Wanted())) == ["loss"]
    assert list(series_from(levels_of(columns), Wanted(axis="step"))) == ["batch_loss", "loss"]
    assert list(series_from(levels_of(columns), Wanted(names=("batch_loss",)))) == ["batch_loss"]
