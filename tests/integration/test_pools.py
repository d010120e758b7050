"""Real workers of several pools on different devices: each run gets to one that can train it, without the reconciler."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.adapters import devices
from app.adapters.data_folder import prepare
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.names import TaskName
from app.core.runs.configuration import Configuration
from app.core.runs.device_request import DeviceRequest
from app.core.runs.run import Run
from app.processes import broker, programs
from app.processes.child import Program
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.fakes import nvml
from tests.fixtures.checker import violations
from tests.fixtures.scripted import scripted, until

RARELY = {
    "DICEBOARD_HEARTBEAT_SECONDS": "1",
    "DICEBOARD_RECONCILE_SECONDS": "100000",
    "DICEBOARD_WARM_TRAINERS": "false",
}
GPUS = [nvml.gpu(1), nvml.gpu(2)]


@dataclass(frozen=True)
class Machines:
    """The use cases, and the names of the two workers."""

    services: ServiceBundle
    cpu: str
    gpus: str


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """A broker, a worker of `train` on the CPU, and one of `train-h200` and `train` on two GPUs."""
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        settings = Settings(data=Path(folder), pools=("train",))
        prepare(settings.data)
        upgrade(settings.sqlalchemy_url)
        file = settings.data / "gpus.json"
        nvml.write(file, GPUS)
        workers = [*_workers(settings), *_workers(settings, file)]
        started = [
            subprocess.Popen(program.argv, env={**os.environ, **program.environment, **RARELY, **extra})
            for program, extra in ((broker.program(settings), {}), *workers)
        ]
        services = compose(settings)
        try:
            seen = until(lambda: found if len(found := services.workers.page()) == 2 else None, seconds=120)
            yield Machines(services, gpus=seen[0].name, cpu=seen[1].name)
        finally:
            services.database.close()  # type: ignore[attr-defined]
            for process in reversed(started):
                process.terminate()
                process.wait(30)


def _workers(settings: Settings, gpus: Path | None = None) -> list[tuple[Program, dict[str, str]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(devices.VISIBLE, devices.NONE_VISIBLE)
        if gpus is not None:
            patch.delenv(devices.VISIBLE)
            patch.setenv(nvml.VARIABLE, str(gpus))
            patch.setattr(devices, "pynvml", nvml)
            settings = settings.model_copy(update={"pools": ("train-h200", "train"), "gpus_per_worker": 2})
        found = programs.workers(settings)
    extra = {"DICEBOARD_GPUS_PER_WORKER": "2", **nvml.environment(gpus)} if gpus else {devices.VISIBLE: "-1"}
    return [(replace(one, argv=(*one.argv, "-I", "tests.fakes.scripted_worker")), extra) for one in found]


def asked(machines: Machines, *, told: str | None = None, **device: Any) -> Run:
    """A run that waits for such devices, and one message that says so: to its pool, or to who is to hear of it."""
    configuration = Configuration(epochs=1, batch_size=32, device=DeviceRequest(**device))
    run = scripted(machines.services, "steps 1", configuration=configuration)
    assert machines.services.queue.send(TaskName.TRAIN_NEXT_RUN, run.id, to=told or configuration.device.pool)
    return run


def trained_by(machines: Machines, run: Run) -> str | None:
    until(lambda: machines.services.runs.get(run.id).is_terminal, seconds=120)
    found = machines.services.runs.get(run.id)
    assert (found.state, violations(machines.services, run.id)) == ("finished", [])
    return found.worker


def test_workers_say_what_they_have_and_for_whom(machines: Machines) -> None:
    found = {worker.name: worker.offer for worker in machines.services.workers.page()}
    assert (found[machines.cpu].kind, found[machines.cpu].pools) == ("cpu", ("train",))
    offer = found[machines.gpus]
    assert (offer.kind, offer.count, offer.pools) == ("gpu", 2, ("train-h200", "train"))
    assert offer.memory_gb == 24
    assert machines.gpus.startswith("train-h200-00000001@")


def test_a_worker_that_cannot_train_a_run_tells_one_that_can(machines: Machines) -> None:
    """Nobody has trained yet, so that nobody looks by itself at what waits."""
    assert trained_by(machines, asked(machines, told=machines.cpu, kind="gpu")) == machines.gpus


@pytest.mark.parametrize(
    "device", [{"pool": "train-h200"}, {"kind": "gpu"}, {"count": 2}, {"kind": "gpu", "memory_gb": 24}]
)
def test_whoever_hears_of_it_a_run_gets_to_the_worker_that_can(machines: Machines, device: dict[str, Any]) -> None:
    for _ in range(2):
        assert trained_by(machines, asked(machines, **device)) == machines.gpus


def test_many_runs_of_both_kinds_are_shared_by_what_they_ask_for(machines: Machines) -> None:
    on_gpus = [asked(machines, kind="gpu") for _ in range(4)]
    on_cpu = [asked(machines, kind="cpu") for _ in range(4)]
    assert {trained_by(machines, run) for run in on_gpus} == {machines.gpus}
    assert {trained_by(machines, run) for run in on_cpu} == {machines.cpu}


def test_a_run_that_nobody_can_take_waits_and_holds_nobody_up(machines: Machines) -> None:
    services = machines.services
    waits = [asked(machines, pool="train-elsewhere"), asked(machines, kind="gpu", count=3)]
    assert trained_by(machines, asked(machines)) in {machines.cpu, machines.gpus}
    runs = services.runs.several([run.id for run in waits])
    assert [run.state for run in runs] == ["queued", "queued"]
    reasons = services.workers.waiting_for(runs)
    assert reasons[waits[0].id].startswith("No worker serves the pool train-elsewhere")
    assert reasons[waits[1].id].startswith("It asks for 3 GPUs; the workers are: 2 GPUs (24 GiB each) on ")
    for run in waits:
        services.runs.cancel(run.id)
