"""Runs of which the same was asked: where they part, and what breaks it."""

import numpy as np
import pytest

from app.adapters.clock import utc_now
from app.core.runs.columns import POINT, Points
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Progress, Run
from app.core.runs.twins import Twin, may_be_twins, twin_of


def a_run(run_id: str = "b", **changes: object) -> Run:
    run = Run(
        id=run_id,
        name=run_id,
        state=RunState.FINISHED,
        architecture_id="x",
        dataset_id="d",
        version_id="v",
        configuration=Configuration(epochs=3),
        progress=Progress(epochs=3),
        created_at=utc_now(),
    )
    return run.model_copy(update=changes)


def losses(*values: float, first: int = 1) -> Points:
    found = np.zeros(len(values), dtype=POINT)
    found["step"] = np.arange(first, first + len(values))
    found["value"] = values
    return found


SAME = losses(0.3, 0.2, 0.1, float("nan"))


@pytest.mark.parametrize(
    ("digests", "points", "expected"),
    [
        ((["p", "q"], ["p", "q"]), (SAME, SAME), (2, None, 4, None)),
        ((["p", "q"], ["p", "q", "r"]), (SAME, losses(0.3, 0.2)), (2, None, 2, None)),
        ((["p", "q"], ["p", "x"]), (SAME, losses(0.3, 0.2, 0.1 + 2**-54, float("nan"))), (1, 2, 2, 3)),
        ((["p", "q"], ["x", "q"]), (SAME, losses(0.3000000001, 0.2)), (0, 1, 0, 1)),
        (([None, "q"], [None, "q"]), (SAME, SAME), (0, 1, 4, None)),
        (([], []), (losses(), losses()), (0, None, 0, None)),
        ((["p"], ["p"]), (losses(1.0, 2.0), losses(2.0, 3.0, first=2)), (1, None, 1, None)),
    ],
)
def test_they_part_at_the_first_bit_that_differs(
    digests: tuple[list[str | None], list[str | None]], points: tuple[Points, Points], expected: tuple[int | None, ...]
) -> None:
    epochs, first_epoch, steps, first_step = expected
    assert twin_of(a_run(), digests=digests, losses=points) == Twin(
        run="b",
        identical_epochs=epochs or 0,
        first_epoch=first_epoch,
        identical_steps=steps or 0,
        first_step=first_step,
    )


def test_only_their_architectures_may_differ() -> None:
    run = a_run("a")
    assert may_be_twins(run, a_run(architecture_id="y", name="other", tags=("new",)))
    assert not may_be_twins(run, a_run(configuration=Configuration(epochs=3, seed=1)))
    assert not may_be_twins(run, a_run(version_id="w"))
