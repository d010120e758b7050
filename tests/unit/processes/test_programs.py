"""Which workers a machine has: by what it is to do, and by its GPUs."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.adapters import devices
from app.processes import programs
from app.settings import Settings
from tests.fakes import nvml
from worker.slot import Slot

GPUS = [nvml.gpu(number) for number in range(1, 6)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says which GPUs there are: none."""
    path = tmp_path / "gpus.json"
    nvml.write(path, [])
    monkeypatch.setenv(nvml.VARIABLE, str(path))
    monkeypatch.delenv(devices.VISIBLE, raising=False)
    monkeypatch.setattr(devices, "pynvml", nvml)
    return path


def settings(folder: Path, **given: Any) -> Settings:
    return Settings.model_validate({"data": folder, **given})


def test_a_machine_trains_and_does_what_is_short_unless_told_otherwise(machine: Path, tmp_path: Path) -> None:
    assert [program.name for program in programs.workers(settings(tmp_path))] == ["train", "light"]


@pytest.mark.parametrize(
    ("pools", "expected"),
    [
        ("light", {"light": "light"}),
        ("train", {"train": "train"}),
        ("train-h200, light", {"train-h200": "train-h200", "light": "light"}),
        ("light,train-h200,train", {"train-h200": "train-h200,train", "light": "light"}),
    ],
)
def test_a_machine_does_what_its_pools_say(machine: Path, tmp_path: Path, pools: str, expected: dict[str, str]) -> None:
    found = programs.workers(settings(tmp_path, pools=pools))
    assert {program.name: program.environment["DICEBOARD_POOLS"] for program in found} == expected


@pytest.mark.parametrize("pools", ["", ",", "gpu", "train,heavy", "train-", "Train"])
def test_a_pool_that_cannot_be_is_refused_with_what_can(tmp_path: Path, pools: str) -> None:
    with pytest.raises(ValidationError, match=r"pools") as refused:
        settings(tmp_path, pools=pools)
    assert "train" in str(refused.value) or "at least 1 item" in str(refused.value)


def test_a_worker_has_so_many_gpus_and_the_last_what_is_left(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nvml.write(machine, GPUS)
    found = programs.workers(settings(tmp_path, pools="train", gpus_per_worker=2))
    uuids = [gpu["uuid"] for gpu in GPUS]
    assert [program.environment[devices.VISIBLE].split(",") for program in found] == [uuids[:2], uuids[2:4], uuids[4:]]
    assert [program.name for program in found] == ["train-00000001", "train-00000003", "train-00000005"]
    assert "The last worker has 1 of the 2 GPUs" in caplog.text


def test_a_slot_is_called_as_its_program_and_offers_what_it_has(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvml.write(machine, GPUS)
    given = settings(tmp_path, pools="train-h200,light", gpus_per_worker=2)
    program = programs.workers(given)[1]
    monkeypatch.setenv(devices.VISIBLE, program.environment[devices.VISIBLE])
    slot = Slot(settings(tmp_path, pools=program.environment["DICEBOARD_POOLS"], gpus_per_worker=2))
    assert slot.name.partition("@")[0] == program.name
    assert slot.environment[devices.VISIBLE] == program.environment[devices.VISIBLE]
    assert slot.look()[1] is None
    assert (slot.offer.kind, slot.offer.count, slot.offer.pools) == ("gpu", 2, ("train-h200",))
    nvml.write(machine, [GPUS[2], {**GPUS[3], "lost": True}])
    assert "GPU is lost" in str(slot.problem())
    assert slot.is_lost()
    assert slot.offer.count == 2


def test_a_cpu_is_split_as_the_settings_say(machine: Path, tmp_path: Path) -> None:
    slot = Slot(settings(tmp_path, cpu_devices=2))
    assert slot.look()[0]["count"] == 2
    assert (slot.offer.kind, slot.offer.count) == ("cpu", 2)
    assert devices.VISIBLE not in slot.environment


def test_workers_are_given_the_time_that_a_trainer_may_take_to_stop() -> None:
    assert programs.stop_seconds(Settings(kill_after_seconds=1)) == 15
    assert programs.stop_seconds(Settings(kill_after_seconds=60)) > 60
