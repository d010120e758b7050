"""Why a run waits that nobody can take: the words."""

from typing import Any

import pytest

from app.core.runs.device_request import GIB, DeviceOffer, DeviceRequest
from app.core.waiting import devices_there, waiting_for
from app.core.workers import Worker
from tests.factories.slots import CPU, gpu, slot

HERE, THERE = slot("train@a", CPU), slot("train-1@b", gpu(24))


def test_a_run_that_somebody_will_take_waits_for_nothing() -> None:
    busy = HERE.model_copy(update={"run_id": "x"})
    assert waiting_for(DeviceRequest(), [busy]) is None


@pytest.mark.parametrize(
    ("asked", "workers", "said"),
    [
        (DeviceRequest(), [], "No worker that trains is alive. It starts as soon as one is: diceboard worker"),
        (DeviceRequest(), [HERE.model_copy(update={"alive": False})], "No worker that trains is alive."),
        (
            DeviceRequest(kind="gpu", count=2, memory_gb=80),
            [HERE, THERE],
            "It asks for 2 GPUs with 80 GiB each; the workers are: CPU (15 GiB) on a, GPU (24 GiB) on b.",
        ),
        (
            DeviceRequest(pool="train-h200"),
            [HERE, slot("train-old@c", CPU, pools=("train-old", "train"))],
            "No worker serves the pool train-h200; those that are there serve train, train-old.",
        ),
        (
            DeviceRequest(pool="train-h200", memory_gb=141),
            [HERE, slot("train-h200@c", gpu(139, pools=("train-h200",)))],
            "It asks for a device with 141 GiB; the workers of the pool train-h200 are: GPU (139 GiB) on c.",
        ),
        (
            DeviceRequest(kind="gpu"),
            [
                HERE,
                THERE.model_copy(update={"problem": "The GPU is lost."}),
                THERE.model_copy(update={"draining": True}),
            ],
            "Who could train it does not at the moment: train-1@b is out of order, train-1@b leaves.",
        ),
    ],
)
def test_it_says_what_is_missing(asked: DeviceRequest, workers: list[Worker], said: str) -> None:
    found = waiting_for(asked, workers)
    assert found is not None
    assert found.startswith(said)


def test_of_many_workers_what_is_the_same_stands_once_and_few_are_told() -> None:
    workers = [slot("train@a", CPU)] * 200 + [slot(f"train@{name}", gpu(24)) for name in "bcdefgh"]
    found = waiting_for(DeviceRequest(count=8), workers)
    assert found is not None
    assert found.endswith(
        "200 × CPU (15 GiB) on a, GPU (24 GiB) on b, "
        + "".join(f"GPU (24 GiB) on {name}, " for name in "cde")
        + "3 more."
    )


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        (DeviceOffer(), "CPU"),
        (DeviceOffer(count=2, memory_bytes=15 * GIB), "2 CPU devices (15 GiB together)"),
        (DeviceOffer(kind="gpu", count=2, memory_bytes=int(79.69 * GIB)), "2 GPUs (79.6 GiB each)"),
    ],
)
def test_memory_is_told_rounded_down(offer: DeviceOffer, words: str) -> None:
    assert str(offer) == words


def test_what_there_is_to_choose_from_names_pools_that_must_be_asked_for() -> None:
    facts: dict[str, Any] = {"pools": ("train-h200",)}
    workers = [HERE, HERE, slot("train-h200@c", gpu(139, **facts)), THERE.model_copy(update={"draining": True})]
    assert devices_there(workers) == "2 × CPU (15 GiB), GPU (139 GiB) for train-h200"
