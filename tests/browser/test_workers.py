"""A machine with two GPUs, as its library says that is a fake one here: a slot for each, seen on the page of the workers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from app.adapters import devices
from app.composition import compose
from app.core.runs.run import Progress
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.factories.rows import queued_run
from tests.fakes import nvml
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp, running
from tests.fixtures.scripted import of_epochs

pytestmark = pytest.mark.browser
FIRST, SECOND = nvml.gpu(1, utilisation=92, used_bytes=21 * 2**30), nvml.gpu(2)


@pytest.fixture(scope="module")
def gpus() -> Iterator[Path]:
    """The file that says which GPUs there are."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gpus.json"
        nvml.write(path, [FIRST, SECOND])
        yield path


@pytest.fixture(scope="module")
def running_app(gpus: Path) -> Iterator[RunningApp]:
    """The application on a machine with these GPUs; its trainings follow a script."""
    machine = {"DICEBOARD_WORKER_NAME": "dicebox", "DICEBOARD_LEASE_SECONDS": "15", **nvml.environment(gpus)}
    with running(module="tests.fakes.scripted_up", **machine) as app:
        yield app


@pytest.fixture(scope="module")
def services(running_app: RunningApp) -> Iterator[ServiceBundle]:
    """The same database, from here."""
    bundle = compose(Settings(data=running_app.data))
    yield bundle
    bundle.database.close()  # type: ignore[attr-defined]


def at_work(app: RunningApp, run_id: str, *, attempt: int = 1) -> dict[str, Any]:
    """The run once it trains."""
    return dict(app.wait_for(f"/runs/{run_id}", lambda run: run["state"] == "running" and run["attempts"] == attempt))


def worker_on(app: RunningApp, gpu: dict[str, Any]) -> dict[str, Any]:
    """What is known of the slot of a GPU."""
    with app.client() as client:
        return dict(next(one for one in client.get("/workers").json()["items"] if one["device"]["uuid"] == gpu["uuid"]))


def test_each_gpu_has_a_slot_and_one_that_vanishes_gives_its_run_to_the_other(
    tab: Tab, running_app: RunningApp, services: ServiceBundle, gpus: Path
) -> None:
    app = running_app
    tab.go("/workers")
    expect(tab.page.get_by_test_id("slot")).to_have_count(3, timeout=90_000)
    tab.picture("workers-idle")
    first, second, third = (
        queued_run(
            services.database, name=f"steps 50 of {name}", configuration=of_epochs(5000), progress=Progress(epochs=5000)
        ).id
        for name in ("six values", "ten values", "two colours")
    )
    runs = {at_work(app, run_id)["worker"]: run_id for run_id in (first, second)}
    names = {gpu["uuid"]: worker_on(app, gpu)["name"] for gpu in (FIRST, SECOND)}
    assert set(runs) == set(names.values())
    assert names[FIRST["uuid"]].startswith("train-00000001@dicebox-")
    for gpu in (FIRST, SECOND):
        for trainer in app.pids("scripted_trainer", runs[names[gpu["uuid"]]]):
            assert psutil.Process(trainer).environ()[devices.VISIBLE] == gpu["uuid"]
    expect(tab.page.get_by_test_id("slot").filter(has_text="then")).to_have_count(1)
    tab.picture("workers-busy")

    lost, pid = runs[names[FIRST["uuid"]]], worker_on(app, FIRST)["pid"]
    nvml.write(gpus, [{**FIRST, "lost": True}, SECOND])
    app.wait_for(f"/runs/{lost}", lambda run: run["state"] == "queued")
    slot = tab.page.get_by_test_id("slot").filter(has_text="out of order")
    expect(slot).to_contain_text("GPU is lost", timeout=60_000)
    tab.picture("workers-gpu-lost")
    with app.client() as client:
        client.put("/queue/order", json={"runs": [lost], "to": "front"}).raise_for_status()
        client.post(f"/runs/{runs[names[SECOND['uuid']]]}/cancellation").raise_for_status()
    found = at_work(app, lost, attempt=2)
    assert (found["worker"], found["crashes"]) == (names[SECOND["uuid"]], 0)
    assert services.runs.get(third).state == "queued"
    assert worker_on(app, FIRST)["pid"] == pid
