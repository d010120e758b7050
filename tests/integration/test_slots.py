"""One slot for each GPU of a machine: a GPU that vanishes takes no run with it. NVIDIA's library is a fake one here."""

import os
import signal
from pathlib import Path

import pytest

from app.adapters import devices
from app.adapters.data_folder import machine_name
from app.core.names import Pool
from app.core.runs.run import EventKind
from app.core.workers import worker_name
from app.services.bundle import ServiceBundle
from tests.fakes import nvml
from tests.fakes.scripted_trainer import digest_of
from tests.fixtures.checker import violations
from tests.fixtures.scripted import of_epochs, result, scripted, slot, told, trainers, until
from worker.slot import Slot

FIRST, SECOND = nvml.gpu(1), nvml.gpu(2)


@pytest.fixture
def gpus(tmp_path: Path) -> Path:
    """The file that says which GPUs there are: two."""
    path = tmp_path / "gpus.json"
    nvml.write(path, [FIRST, SECOND])
    return path


def given(gpus: Path, gpu: dict[str, object]) -> dict[str, str]:
    return {**nvml.environment(gpus), devices.VISIBLE: str(gpu["uuid"])}


def name_of(services: ServiceBundle, gpu: dict[str, object]) -> str:
    return worker_name(Pool.TRAIN, gpu=str(gpu["uuid"]), machine=machine_name(services.settings))


def test_a_run_whose_gpu_vanishes_goes_on_elsewhere_uncounted_and_the_slot_waits_for_its_gpu(
    scripted_services: ServiceBundle, gpus: Path
) -> None:
    services = scripted_services
    run = scripted(services, "steps 30", configuration=of_epochs(4))
    with slot(**given(gpus, FIRST)) as bad:
        until(lambda: services.runs.get(run.id).progress.epoch >= 1, seconds=60)
        assert services.runs.get(run.id).worker == name_of(services, FIRST)
        nvml.write(gpus, [{**FIRST, "lost": True}, SECOND])
        until(lambda: services.runs.get(run.id).state == "queued", seconds=60)
        with slot(**given(gpus, SECOND)):
            until(lambda: services.runs.get(run.id).is_terminal, seconds=60)
        found = services.runs.get(run.id)
        assert (found.state, found.crashes, found.attempt) == ("finished", 0, 2)
        assert found.worker == name_of(services, SECOND)
        assert result(services, run) == digest_of(epochs=4)
        reasons = [event["reason"] for event in told(services, run, EventKind.STATE)]
        assert "the device of its worker was lost" in reasons
        another = scripted(services, "steps 1", configuration=of_epochs(1))
        nvml.write(gpus, [FIRST, SECOND])
        until(lambda: services.runs.get(another.id).is_terminal, seconds=60)
        assert bad.poll() is None
    assert services.runs.get(another.id).worker == name_of(services, FIRST)
    assert [wrong for one in (run, another) for wrong in violations(services, one.id)] == []


def test_a_trainer_that_broke_off_for_its_gpu_is_not_counted(scripted_services: ServiceBundle, gpus: Path) -> None:
    """Nobody looked between the loss of the GPU and the end of the trainer."""
    run = scripted(scripted_services, "steps 60", configuration=of_epochs(20))
    late = {"DICEBOARD_HEARTBEAT_SECONDS": "20", "DICEBOARD_LEASE_SECONDS": "60"}
    with slot(**given(gpus, FIRST), **late):
        (trainer,) = until(
            lambda: trainers(run) if scripted_services.runs.get(run.id).state == "running" else [], seconds=60
        )
        nvml.write(gpus, [SECOND], driver="NVMLError_LibRmVersionMismatch")
        os.kill(trainer, signal.SIGKILL)
        until(lambda: scripted_services.runs.get(run.id).state == "queued", seconds=60)
    assert scripted_services.runs.get(run.id).crashes == 0


def test_a_driver_that_is_replaced_leaves_a_training_alone(scripted_services: ServiceBundle, gpus: Path) -> None:
    run = scripted(scripted_services, "steps 30", configuration=of_epochs(4))
    with slot(**given(gpus, FIRST)):
        until(lambda: scripted_services.runs.get(run.id).state == "running", seconds=60)
        nvml.write(gpus, [FIRST], driver="NVMLError_LibRmVersionMismatch")
        until(lambda: scripted_services.runs.get(run.id).is_terminal, seconds=60)
    assert (scripted_services.runs.get(run.id).state, scripted_services.runs.get(run.id).attempt) == ("finished", 1)


def test_a_machine_of_the_same_host_name_takes_nobody_elses_run(
    scripted_services: ServiceBundle, tmp_path: Path
) -> None:
    here = scripted_services.settings
    there = here.model_copy(update={"data": tmp_path / "there"})
    first, second = (Slot(settings).name for settings in (here, there))
    run = scripted(scripted_services, "steps")
    assert scripted_services.workers.claim_next(first) is not None
    scripted_services.workers.take_back(second)
    assert scripted_services.runs.get(run.id).state == "starting"
    scripted_services.workers.take_back(first)
    assert scripted_services.runs.get(run.id).state == "queued"
