"""A sweep becomes every combination once, or is refused with the list that is wrong."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.errors import InvalidError
from app.core.runs.sweeps import Sweep, expanded

BASE: dict[str, Any] = {"architecture": "a", "dataset": "d"}
RATES = "configuration.optimizer.learning_rate"


@given(
    st.lists(st.floats(1e-5, 1), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(1, 512), min_size=1, max_size=4, unique=True),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)
def test_every_combination_comes_once_with_its_own_label(
    rates: list[float], sizes: list[int], repeats: int, seed: int
) -> None:
    base = {**BASE, "configuration": {"seed": seed}}
    sweep = Sweep(base=base, over={RATES: rates, "configuration.batch_size": sizes}, repeats=repeats)
    variants = expanded(sweep)
    found = [variant.request.configuration for variant in variants]
    combinations = {(entry.optimizer.learning_rate, entry.batch_size, entry.seed) for entry in found}
    seeds = {(seed + number) % 2**32 for number in range(repeats)}
    assert combinations == {(rate, size, own) for rate in rates for size in sizes for own in seeds}
    assert len(variants) == len(combinations) == sweep.runs
    shown = {f"{rate:g}" for rate in rates}
    assert len({variant.label for variant in variants}) == len(variants) * len(shown) / len(rates)


def test_labels_say_what_differs_and_nothing_else() -> None:
    sweep = Sweep(
        base=BASE, over={"architecture": ["a", "b"], RATES: [0.01, 0.001], "configuration.epochs": [3]}, repeats=2
    )
    assert [variant.label for variant in expanded(sweep)][:3] == [
        "learning rate 0.01, seed 2018",
        "learning rate 0.01, seed 2019",
        "learning rate 0.001, seed 2018",
    ]
    assert sweep.title == "2 × architecture, 2 × learning rate, 1 × epochs, 2 seeds"


@pytest.mark.parametrize(
    ("configuration", "over", "found"),
    [
        ({"optimizer": "sgd"}, {RATES: [0.5]}, [("sgd", 0.5)]),
        ({}, {RATES: [0.5]}, [("adam", 0.5)]),
        ({}, {"configuration.optimizer": ["sgd", {"name": "adamw", "learning_rate": 0.3}]}, [("sgd", 0.01), ("adamw", 0.3)]),
        ({}, {"configuration.optimizer.name": ["sgd", "nadam"]}, [("sgd", 0.01), ("nadam", 0.001)]),
    ],
)  # fmt: skip
def test_parts_of_an_optimizer_are_swept_over_as_they_are_written(
    configuration: dict[str, Any], over: dict[str, Any], found: list[tuple[str, float]]
) -> None:
    optimizers = [
        variant.request.configuration.optimizer
        for variant in expanded(Sweep(base={**BASE, "configuration": configuration}, over=over))
    ]
    assert [(optimizer.name, optimizer.learning_rate) for optimizer in optimizers] == found


def test_what_is_switched_off_is_switched_on_by_one_of_its_parts() -> None:
    sweep = Sweep(base=BASE, over={"configuration.early_stopping.patience": [2, 5]})
    assert [variant.request.configuration.early_stopping.patience for variant in expanded(sweep)] == [2, 5]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        (Sweep(base=BASE, over={RATES: [0.1] * 3}), "names a value twice"),
        (Sweep(base=BASE, over={RATES: []}), "comes to 0 runs"),
        (Sweep(base=BASE, over={"configuration.epochs": list(range(1, 252))}, repeats=2), r"comes to 502 runs \(251 × 2\)"),
        (Sweep(base=BASE, over={"name": ["x"]}), "cannot be swept over"),
        (Sweep(base=BASE, over={"configuration.seed": [1, 2]}, repeats=2), "use one of the two"),
    ],
)  # fmt: skip
def test_a_sweep_that_makes_no_sense_is_refused(sweep: Sweep, says: str) -> None:
    with pytest.raises(InvalidError, match=says):
        expanded(sweep)


def test_a_huge_grid_is_refused_before_it_is_laid_out() -> None:
    over: dict[str, Any] = {f"configuration.x{number}": list(range(1_000)) for number in range(20)}
    sweep = Sweep(base=BASE, over=over, repeats=500)
    assert sweep.runs == math.prod([1_000] * 20) * 500
    with pytest.raises(InvalidError, match="Shorten a list"):
        expanded(sweep)


def test_a_value_that_no_run_takes_is_named() -> None:
    with pytest.raises(ValidationError, match="batch_size"):
        expanded(Sweep(base=BASE, over={"configuration.batch_size": [8, 0]}))
