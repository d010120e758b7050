"""How the learning rate changes: a function of the step and of what the epochs came to, so that nothing has to be kept.

A continued run sees the rates that an uninterrupted one would have seen, since both ask for the same steps.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from app.core.runs.stopping import Monitor, improves
from app.core.values import Value

_Factor = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class _Schedule(Value):
    """What all have: a linear start."""

    warm_up_epochs: float = Field(
        default=0,
        ge=0,
        le=100_000,
        allow_inf_nan=False,
        title="Warm-up epochs",
        description="The rate rises evenly to its value over this many epochs.",
    )


class Constant(_Schedule):
    """The same rate all the way."""

    kind: Literal["constant"] = "constant"


class Steps(_Schedule):
    """Multiplied by a factor every so many epochs."""

    kind: Literal["step"] = "step"
    every_epochs: int = Field(default=20, ge=1, le=100_000, title="Every (epochs)")
    factor: _Factor = Field(default=0.5, title="Factor")


class Exponential(_Schedule):
    """Multiplied by a factor each epoch, evenly within it."""

    kind: Literal["exponential"] = "exponential"
    factor: _Factor = Field(default=0.95, title="Factor per epoch")


class Cosine(_Schedule):
    """Half a cosine from the full rate to a share of it (Loshchilov and Hutter, 2016)."""

    kind: Literal["cosine"] = "cosine"
    final_share: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False, title="Final share of the rate")
    over_epochs: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        title="Over (epochs)",
        description="Empty for all epochs that the run is first asked for; it stays at the end of the curve behind them.",
    )


class OnPlateau(_Schedule):
    """Multiplied by a factor whenever the monitored value has not improved for some epochs (Keras's ReduceLROnPlateau)."""

    kind: Literal["plateau"] = "plateau"
    factor: _Factor = Field(default=0.5, title="Factor")
    patience: int = Field(default=10, ge=1, le=100_000, title="Patience (epochs)")
    min_delta: float = Field(default=1e-4, ge=0, allow_inf_nan=False, title="Smallest improvement")
    minimum: float = Field(default=0.0, ge=0, le=100, allow_inf_nan=False, title="Smallest rate")


def _kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


Schedule = Annotated[
    Annotated[Constant | Steps | Exponential | Cosine | OnPlateau, Field(discriminator="kind")], BeforeValidator(_kind)
]
"""One of the schedules by its `kind`."""


def rate_at(
    base: float,
    schedule: Schedule,
    *,
    step: int,
    steps_per_epoch: int,
    epochs: int,
    monitor: Monitor,
    monitored: Sequence[float | None] = (),
) -> float:
    """The learning rate of a step (from 0), where `monitored` are the values of the epochs before it."""
    epoch = step / steps_per_epoch
    rising = min(1.0, (step + 1) / (schedule.warm_up_epochs * steps_per_epoch)) if schedule.warm_up_epochs else 1.0
    since = max(0.0, epoch - schedule.warm_up_epochs)
    return rising * _rate(base, schedule, since=since, epochs=epochs, monitor=monitor, monitored=monitored)


def _rate(
    base: float,
    schedule: Schedule,
    *,
    since: float,
    epochs: int,
    monitor: Monitor,
    monitored: Sequence[float | None],
) -> float:
    if isinstance(schedule, Steps):
        return base * float(schedule.factor ** math.floor(since / schedule.every_epochs))
    if isinstance(schedule, Exponential):
        return base * float(schedule.factor**since)
    if isinstance(schedule, Cosine):
        length = max(1e-9, (schedule.over_epochs or epochs) - schedule.warm_up_epochs)
        curve = 0.5 * (1 + math.cos(math.pi * min(1.0, since / length)))
        return base * (schedule.final_share + (1 - schedule.final_share) * curve)
    if isinstance(schedule, OnPlateau):
        return _reduced(base, schedule, monitor=monitor, monitored=monitored)
    return base


def _reduced(base: float, schedule: OnPlateau, *, monitor: Monitor, monitored: Sequence[float | None]) -> float:
    rate, best, waited = base, None, 0
    for value in monitored:
        if improves(value, best, monitor=monitor, min_delta=schedule.min_delta):
            best, waited = value, 0
            continue
        waited += 1
        if waited >= schedule.patience and rate > schedule.minimum:
            rate, waited = max(rate * schedule.factor, schedule.minimum), 0
    return rate
