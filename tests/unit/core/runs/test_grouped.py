"""Curves of several runs as one."""

import numpy as np
import pytest

from app.core.runs.grouped import band_of
from app.core.runs.series import Series


def curve(x: list[float], y: list[float | None]) -> Series:
    return Series(x=tuple(x), y=tuple(y), attempts=(1,) * len(x))


def test_the_mean_lies_between_the_lowest_and_the_highest_at_every_place() -> None:
    band = band_of([curve([1, 2, 3], [1, 2, 3]), curve([1, 3], [3, 7])], max_points=100)
    assert band.x == (1, 2, 3)
    assert band.mean == (2, 3.5, 5)
    assert band.low == (1, 2, 3)
    assert band.high == (3, 5, 7)
    assert band.runs == 2


def test_a_run_counts_only_while_it_goes_on() -> None:
    band = band_of([curve([1, 2], [1, 1]), curve([2, 3], [5, 9]), curve([1], [None])], max_points=100)
    assert band.x == (1, 2, 3)
    assert band.mean == (1, 3, 9)
    assert band_of([curve([1], [None])], max_points=9).x == ()


def test_as_many_places_as_asked_for_with_both_ends() -> None:
    random = np.random.default_rng(2)
    curves = [curve(list(range(1_000)), random.normal(size=1_000).tolist()) for _ in range(4)]
    band = band_of(curves, max_points=50)
    assert (len(band.x), band.x[0], band.x[-1]) == (50, 0, 999)
    place = int(band.x[17])
    assert band.mean[17] == pytest.approx(np.mean([one.y[place] for one in curves]))
