from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.runs.configuration import Configuration
from app.core.runs.device_request import GIB, DeviceOffer, DeviceRequest


def test_a_configuration_from_before_asks_for_any_device_of_the_usual_pool() -> None:
    asked = Configuration.model_validate({"epochs": 3}).device
    assert (asked.kind, asked.count, asked.memory_gb, asked.pool) == ("any", 1, None, "train")


@pytest.mark.parametrize(
    "pool", ["light", "train-", "train-H200", "train h200", "train-h200\n", "", "train--a", "trainer"]
)
def test_what_is_no_pool_of_trainings_is_refused(pool: str) -> None:
    with pytest.raises(ValidationError):
        DeviceRequest(pool=pool)


@pytest.mark.parametrize("change", [{"count": 0}, {"memory_gb": 0}, {"memory_gb": float("nan")}, {"kind": "tpu"}])
def test_what_no_device_can_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeviceRequest.model_validate(change)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (DeviceRequest(), "a device"),
        (DeviceRequest(kind="gpu", memory_gb=79.6), "a GPU with 79.6 GiB"),
        (DeviceRequest(kind="gpu", count=2, memory_gb=80), "2 GPUs with 80 GiB each"),
        (DeviceRequest(kind="cpu", count=4), "4 CPU devices"),
    ],
)
def test_it_says_what_it_asks_for(asked: DeviceRequest, words: str) -> None:
    assert str(asked) == words


def test_memory_is_compared_to_the_byte() -> None:
    asked = DeviceRequest(memory_gb=24)
    assert DeviceOffer(kind="gpu", memory_bytes=24 * GIB).meets(asked)
    assert not DeviceOffer(kind="gpu", memory_bytes=24 * GIB - 1).meets(asked)


def test_the_devices_of_a_cpu_share_its_memory() -> None:
    cpu = DeviceOffer(kind="cpu", count=2, memory_bytes=16 * GIB)
    assert cpu.meets(DeviceRequest(count=1, memory_gb=16))
    assert cpu.meets(DeviceRequest(count=2, memory_gb=8))
    assert not cpu.meets(DeviceRequest(count=2, memory_gb=9))


def test_a_slot_takes_what_names_a_pool_of_its_own() -> None:
    slot = DeviceOffer(kind="gpu", memory_bytes=GIB, pools=("train-h200", "train-spare"))
    assert slot.meets(DeviceRequest(pool="train-spare"))
    assert not slot.meets(DeviceRequest())
    assert not slot.meets(DeviceRequest(pool="train"))


@given(facts=st.dictionaries(st.sampled_from(["kind", "count", "memory_bytes", "name"]), st.just(None)))
def test_facts_that_tell_nothing_offer_the_least(facts: dict[str, None]) -> None:
    assert DeviceOffer.of(facts, pools=("train",)) == DeviceOffer(kind="cpu", count=1, memory_bytes=0)
