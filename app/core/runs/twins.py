"""Runs of which the same was asked: how long they are the same, to the last bit, and where they part."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.runs.columns import Points
from app.core.runs.run import Run
from app.core.values import Value

STEP_LOSS = "batch_loss"


class Twin(Value):
    """How far a run is the same as another.

    Weights are compared by their digests after each epoch, through the last that both have; losses of steps as the
    numbers they are. `first_epoch` and `first_step` are the first that differ; None where none does.
    """

    run: str
    identical_epochs: int
    first_epoch: int | None
    identical_steps: int
    first_step: int | None


def may_be_twins(run: Run, other: Run) -> bool:
    """Whether the same was asked of both, on the same images, of whatever architectures: all but those can be compared."""
    return (
        run.configuration == other.configuration
        and run.version_id == other.version_id
        and run.start_from == other.start_from
    )


def twin_of(
    run: Run,
    *,
    digests: tuple[Sequence[str | None], Sequence[str | None]],
    losses: tuple[Points, Points],
) -> Twin:
    """Compare what is known of the other and of this run: the weights' digests by epoch, and the losses of steps."""
    epochs = list(zip(*digests, strict=False))
    parted = next((number for number, (one, other) in enumerate(epochs, 1) if one is None or one != other), None)
    steps, first, second = np.intersect1d(losses[0]["step"], losses[1]["step"], return_indices=True)
    same = _are_same(losses[0]["value"][first], losses[1]["value"][second])
    different = np.flatnonzero(~same)
    return Twin(
        run=run.id,
        identical_epochs=len(epochs) if parted is None else parted - 1,
        first_epoch=parted,
        identical_steps=int(different[0]) if len(different) else len(steps),
        first_step=int(steps[different[0]]) if len(different) else None,
    )


def _are_same(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    return np.asarray((one == other) | (np.isnan(one) & np.isnan(other)))
