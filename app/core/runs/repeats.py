"""Runs that differ in their seed alone: how much of a result is luck, and whether two such groups can be told apart."""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.core.runs.significance import holm

MOST_ARRANGEMENTS = 20_000
MEASURES = {
    "test_accuracy": ("test", "accuracy"),
    "test_loss": ("test", "loss"),
    "validation_accuracy": ("validation", "accuracy"),
    "validation_loss": ("validation", "loss"),
}


def repeats(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Each group of at least two seeds, `{"runs", "seeds", "left_out", "measures": {name: spread}, "against_first"}`.

    Only finished runs that were measured are repeats: one that was stopped reached what it did for another reason than its
    seed, and one that goes on is not yet what it will be. A seed counts once, with its first such run: the same run again
    is no new evidence. `left_out` has the seeds of which no run has finished, `{"run", "seed", "state"}`: a mean of those
    that did not diverge flatters. `against_first` has the p-value of `permutation_p` for each measure that this group and the first
    one have, raised by Holm's method for all that are told at once.
    """
    groups = [_group(group, left_out) for group, left_out in _grouped(runs) if len(group) > 1]
    found = [group for group in groups if group["measures"]]
    tested = {
        (place, name): permutation_p(found[0]["measures"][name]["values"], spread["values"])
        for place, group in enumerate(found[1:], start=1)
        for name, spread in group["measures"].items()
        if name in found[0]["measures"]
    }
    raised = dict(zip(tested, holm(list(tested.values())), strict=True))
    for place, group in enumerate(found[1:], start=1):
        group["against_first"] = {name: raised[place, name] for name in group["measures"] if (place, name) in raised}
    return found


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean, standard deviation of the sample (n - 1), range and number of at least two values."""
    return {
        "n": len(values),
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)),
        "low": min(values),
        "high": max(values),
        "values": list(values),
    }


def permutation_p(left: Sequence[float], right: Sequence[float]) -> float:
    """Fisher's two-sided permutation test of the difference of two means.

    All arrangements are tried where they are at most MOST_ARRANGEMENTS, else so many are drawn with a fixed seed (and the
    observed one is counted among them; Phipson & Smyth, 2010).
    """
    pooled, size = np.array([*left, *right], float), len(left)
    observed = abs(float(np.mean(left)) - float(np.mean(right)))
    if math.comb(len(pooled), size) <= MOST_ARRANGEMENTS:
        chosen = np.array(list(combinations(range(len(pooled)), size)))
        extra = 0
    else:
        random = np.random.default_rng(0)
        chosen = np.array([random.permutation(len(pooled))[:size] for _ in range(MOST_ARRANGEMENTS)])
        extra = 1
    sums = pooled[chosen].sum(axis=1)
    means = sums / size - (pooled.sum() - sums) / (len(pooled) - size)
    # The observed arrangement itself must not be lost to rounding.
    as_large = int((abs(means) >= observed * (1 - 1e-9) - 1e-12).sum())
    return (as_large + extra) / (len(chosen) + extra)


def _grouped(runs: Sequence[Run]) -> list[tuple[list[Run], list[Run]]]:
    """Of each group a finished run of each seed, and a run of each seed of which all have ended otherwise."""
    finished: dict[str, dict[int, Run]] = {}
    otherwise: dict[str, dict[int, Run]] = {}
    for run in (run for run in runs if run.is_terminal):
        alike = repr(
            (run.architecture_id, run.version_id, run.start_from, run.configuration.model_copy(update={"seed": 0}))
        )
        if run.state is not RunState.FINISHED:
            otherwise.setdefault(alike, {}).setdefault(run.configuration.seed, run)
        elif run.evaluation:
            finished.setdefault(alike, {}).setdefault(run.configuration.seed, run)
    return [
        (list(group.values()), [run for seed, run in otherwise.get(alike, {}).items() if seed not in group])
        for alike, group in finished.items()
    ]


def _group(group: Sequence[Run], left_out: Sequence[Run]) -> dict[str, Any]:
    measures = {}
    for name, (split, measure) in MEASURES.items():
        values = [run.evaluation.get(split, {}).get(measure) for run in group]
        known = [float(value) for value in values if isinstance(value, int | float)]
        if len(known) > 1:
            measures[name] = spread(known)
    return {
        "runs": [run.id for run in group],
        "seeds": [run.configuration.seed for run in group],
        "left_out": [{"run": run.id, "seed": run.configuration.seed, "state": run.state.value} for run in left_out],
        "measures": measures,
        "against_first": None,
    }
