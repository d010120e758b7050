"""What a training will take, before it starts: steps, learning rates, memory, time."""

import math
from collections.abc import Sequence

from pydantic import Field

from app.core.architectures.layer_table import LayerTable
from app.core.architectures.memory import training_step_bytes
from app.core.runs.configuration import Configuration
from app.core.runs.schedules import OnPlateau, rate_at
from app.core.values import Value

CURVE_POINTS = 240

SLOTS = {
    "adam": 2,
    "adamw": 2,
    "sgd": 0,
    "rmsprop": 1,
    "nadam": 2,
    "adamax": 2,
    "adagrad": 1,
    "adadelta": 2,
    "adafactor": 1,
    "lamb": 2,
    "lion": 1,
    "ftrl": 2,
    "muon": 2,
    "schedulefreeadamw": 2,
}
"""Numbers that each optimizer keeps for a weight at most, its options left as they are (counted from Keras's variables)."""


class RateCurve(Value):
    """The learning rate at places of the run, in epochs from 0."""

    epoch: tuple[float, ...]
    value: tuple[float, ...]
    may_fall: bool = Field(description="on a plateau it falls when the monitored value no longer improves")


class Pace(Value):
    """What a finished run took, to tell from it what the next one will: seconds for one image of one epoch."""

    seconds_per_image: float
    macs: int | None = None
    from_run: str


class TrainingPlan(Value):
    """An estimate. Memory is what one step holds at its peak, without what the backend needs besides; None: not known."""

    images: int
    steps_per_epoch: int
    steps: int
    learning_rate: RateCurve
    memory_bytes: int | None
    device_memory_bytes: int | None
    fits: bool | None
    largest_batch_size: int | None
    seconds: float | None
    seconds_from: str | None = Field(description="the finished run whose pace was taken")


def plan_of(
    configuration: Configuration,
    table: LayerTable,
    *,
    images: int,
    device_memory_bytes: int | None,
    pace: Pace | None,
) -> TrainingPlan:
    """What training a network with this layer table on so many images will take."""
    steps_per_epoch = max(1, math.ceil(images / configuration.batch_size))
    memory = memory_of(configuration, table)
    fits = None if memory is None or device_memory_bytes is None else memory <= device_memory_bytes
    return TrainingPlan(
        images=images,
        steps_per_epoch=steps_per_epoch,
        steps=steps_per_epoch * configuration.epochs,
        learning_rate=rates_of(configuration, steps_per_epoch=steps_per_epoch),
        memory_bytes=memory,
        device_memory_bytes=device_memory_bytes,
        fits=fits,
        largest_batch_size=_largest_batch(configuration, table, device_memory_bytes),
        seconds=_seconds(configuration, table, images=images, pace=pace),
        seconds_from=None if pace is None else pace.from_run,
    )


def memory_of(configuration: Configuration, table: LayerTable, *, batch_size: int | None = None) -> int | None:
    """Bytes that one step holds at its peak on each device: all variables, and the activations of its part of the batch."""
    return training_step_bytes(
        table,
        batch_size=math.ceil((batch_size or configuration.batch_size) / configuration.device.count),
        precision=configuration.precision,
        slots=_slots(configuration),
    )


def rates_of(configuration: Configuration, *, steps_per_epoch: int) -> RateCurve:
    """The learning rate over the run as it is known beforehand."""
    steps = configuration.epochs * steps_per_epoch
    places = sorted({round(place * (steps - 1) / CURVE_POINTS) for place in range(CURVE_POINTS + 1)} | {0})
    return RateCurve(
        epoch=tuple(place / steps_per_epoch for place in places),
        value=tuple(_rate(configuration, place, steps_per_epoch) for place in places),
        may_fall=isinstance(configuration.schedule, OnPlateau),
    )


def _rate(configuration: Configuration, step: int, steps_per_epoch: int) -> float:
    return rate_at(
        configuration.optimizer.learning_rate,
        configuration.schedule,
        step=step,
        steps_per_epoch=steps_per_epoch,
        epochs=configuration.epochs,
        monitor=configuration.monitor,
    )


def _slots(configuration: Configuration) -> int:
    asked = configuration.optimizer.json_object()
    options = ("momentum", "centered", "amsgrad", "use_ema", "gradient_accumulation_steps")
    # Muon's momentum is counted already.
    extra = sum(bool(asked.get(option)) for option in options if not (option == "momentum" and asked["name"] == "muon"))
    return SLOTS[asked["name"]] + extra


def _largest_batch(configuration: Configuration, table: LayerTable, device_memory_bytes: int | None) -> int | None:
    count = configuration.device.count
    one, two = (memory_of(configuration, table, batch_size=size * count) for size in (1, 2))
    if one is None or two is None or device_memory_bytes is None or two == one:
        return None
    return count * max(0, (device_memory_bytes - one) // (two - one) + 1)


def _seconds(configuration: Configuration, table: LayerTable, *, images: int, pace: Pace | None) -> float | None:
    if pace is None:
        return None
    macs = table.totals.macs
    scale = macs / pace.macs if macs and pace.macs else 1.0
    return configuration.epochs * images * pace.seconds_per_image * scale


def too_large(name: str, configuration: Configuration, plan: TrainingPlan) -> str | None:
    """Why it cannot fit and what to change, None where it can or nobody knows."""
    if plan.fits is not False or plan.memory_bytes is None or plan.device_memory_bytes is None:
        return None
    need, there = (f"{count / 2**30:.1f} GiB" for count in (plan.memory_bytes, plan.device_memory_bytes))
    each = f" on each of {configuration.device.count} devices" if configuration.device.count > 1 else ""
    if plan.largest_batch_size:
        change = f"Use batches of at most {plan.largest_batch_size} images"
    else:
        change = "Even one image does not fit: use smaller images, a smaller network or an optimizer that keeps less"
    return (
        f"A step of {name} with batches of {configuration.batch_size} needs about {need}{each}, and the largest device that "
        f"works here has {there}. {change}."
    )


def pace_of(seconds: Sequence[float], *, images: int, macs: int | None, run_name: str) -> Pace | None:
    """The pace of a finished run from what its epochs took."""
    if not seconds or not images:
        return None
    return Pace(seconds_per_image=sum(seconds) / len(seconds) / images, macs=macs, from_run=run_name)
