"""What a training will take."""

import keras
import numpy as np
import pytest

from app.core.architectures.presets import build_preset
from app.core.runs.configuration import Configuration
from app.core.runs.plan import SLOTS, Pace, memory_of, plan_of, rates_of, too_large
from app.networks import read_layer_table
from worker.trainer.compiling import optimizer_of

TABLE = read_layer_table(build_preset("compact-functional", {}))


@pytest.mark.parametrize("name", SLOTS)
def test_an_optimizer_keeps_at_most_what_is_counted(name: str) -> None:
    optimizer = optimizer_of(Configuration.model_validate({"optimizer": name}).optimizer)
    weight = keras.Variable(np.zeros((64, 64), dtype="float32"), name="kernel")
    optimizer.build([weight])
    kept = sum(int(np.prod(variable.shape)) for variable in optimizer.variables if len(variable.shape)) / 64**2
    assert kept <= SLOTS[name] + 0.05
    assert kept >= SLOTS[name] - 1  # Muon keeps one for matrices and two for the rest


def test_steps_memory_and_time_follow_from_the_configuration() -> None:
    asked = Configuration(epochs=3, batch_size=8)
    pace = Pace(seconds_per_image=0.01, macs=TABLE.totals.macs, from_run="before")
    plan = plan_of(asked, TABLE, images=100, device_memory_bytes=2**34, pace=pace)
    assert (plan.steps_per_epoch, plan.steps, plan.fits) == (13, 39, True)
    assert plan.seconds == pytest.approx(3 * 100 * 0.01)
    twice = memory_of(asked, TABLE, batch_size=16)
    assert plan.memory_bytes is not None
    assert twice is not None
    assert plan.memory_bytes < twice < 2 * plan.memory_bytes


def test_what_cannot_fit_is_refused_with_the_batch_that_would() -> None:
    asked = Configuration(batch_size=4096)
    plan = plan_of(asked, TABLE, images=100, device_memory_bytes=2**30, pace=None)
    reason = too_large("compact", asked, plan)
    assert reason is not None
    assert f"at most {plan.largest_batch_size} images" in reason
    fitting = asked.model_copy(update={"batch_size": plan.largest_batch_size})
    assert plan_of(fitting, TABLE, images=100, device_memory_bytes=2**30, pace=None).fits
    one_more = asked.model_copy(update={"batch_size": (plan.largest_batch_size or 0) + 1})
    assert not plan_of(one_more, TABLE, images=100, device_memory_bytes=2**30, pace=None).fits


def test_nothing_is_said_of_what_is_not_known() -> None:
    plan = plan_of(Configuration(), TABLE, images=10, device_memory_bytes=None, pace=None)
    assert (plan.fits, plan.seconds, plan.largest_batch_size) == (None, None, None)
    assert too_large("compact", Configuration(), plan) is None


def test_a_curve_of_rates_begins_and_ends_with_the_run() -> None:
    curve = rates_of(Configuration.model_validate({"schedule": "cosine", "epochs": 1000}), steps_per_epoch=7)
    assert (curve.epoch[0], curve.value[0]) == (0, 1e-3)
    assert curve.epoch[-1] == pytest.approx(1000, abs=0.2)
    assert curve.value[-1] < 1e-8
    assert len(curve.epoch) <= 242


def test_of_several_devices_each_holds_all_weights_and_its_part_of_the_batch() -> None:
    one, three = (
        Configuration.model_validate({"batch_size": size, "device": {"count": count}})
        for size, count in ((4, 1), (10, 3))
    )
    assert memory_of(three, TABLE) == memory_of(one, TABLE)
    plan = plan_of(three, TABLE, images=100, device_memory_bytes=2**28, pace=None)
    assert plan.largest_batch_size is not None
    fitting = three.model_copy(update={"batch_size": plan.largest_batch_size})
    assert plan_of(fitting, TABLE, images=100, device_memory_bytes=2**28, pace=None).fits
    one_more = three.model_copy(update={"batch_size": plan.largest_batch_size + 1})
    refused = plan_of(one_more, TABLE, images=100, device_memory_bytes=2**28, pace=None)
    assert not refused.fits
    assert "on each of 3 devices" in (too_large("compact", one_more, refused) or "")
