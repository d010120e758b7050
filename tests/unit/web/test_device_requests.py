"""What a run asks of devices: over REST, in the form, and in what is told before it starts."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.runs.device_request import GIB, DeviceRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind, Run
from app.services.bundle import ServiceBundle
from app.web.pages.train_form import like
from tests.factories.rows import queued_run
from tests.factories.slots import CPU, gpu, slot

DEVICE = {"kind": "gpu", "count": 2, "memory_gb": 79.6, "pool": "train-h200"}


@pytest.fixture
def model(services: ServiceBundle) -> Run:
    return queued_run(services.database)  # type: ignore[arg-type]


def request(model: Run, **device: Any) -> dict[str, Any]:
    configuration = {"epochs": 1, "device": device} if device else {"epochs": 1}
    return {"architecture": model.architecture_id, "dataset": model.dataset_id, "configuration": configuration}


def test_what_is_asked_for_over_rest_comes_back(client: TestClient, model: Run) -> None:
    made = client.post("/api/v1/runs", json=request(model, **DEVICE))
    assert made.status_code == 202
    told = client.get(made.headers["location"]).json()
    assert told["configuration"]["device"] == DEVICE
    assert (
        told["waiting_for"]
        == made.json()["waiting_for"]
        == ("No worker that trains is alive. It starts as soon as one is: diceboard worker")
    )
    usual = client.post("/api/v1/runs", json=request(model)).json()["configuration"]["device"]
    assert usual == {"kind": "any", "count": 1, "memory_gb": None, "pool": "train"}


@pytest.mark.parametrize(
    ("device", "field"),
    [
        ({"pool": "light"}, "pool"),
        ({"count": 0}, "count"),
        ({"memory_gb": -1}, "memory_gb"),
        ({"kind": "tpu"}, "kind"),
        ({"gpus": 2}, "gpus"),
    ],
)
def test_what_no_worker_could_have_is_refused_at_its_field(
    client: TestClient, model: Run, device: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/runs", json=request(model, **device))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [f"configuration.device.{field}"]


def test_a_form_asks_for_devices_and_an_empty_pool_is_the_usual(
    client: TestClient, services: ServiceBundle, model: Run
) -> None:
    form = like(model)
    data: dict[str, Any] = {"architecture": form.chosen, "dataset": form.dataset_id, **form.values}
    asked = {"device.kind": "gpu", "device.count": "2", "device.memory_gb": "", "device.pool": ""}
    assert client.post("/train", data=data | asked).status_code == 303
    (run,) = [run for run in services.runs.page()[0] if run.id != model.id]
    assert run.configuration.device == DeviceRequest(kind="gpu", count=2)
    told = client.get(f"/runs/{run.id}").text
    assert "<dt>device</dt><dd>gpu</dd>" in told
    assert "<dt>device: count</dt><dd>2</dd>" in told
    wrong = client.post("/train", data=data | {"device.pool": "light"})
    assert wrong.status_code == 422
    assert 'id="device.pool-error"' in wrong.text


def test_the_choice_is_folded_where_there_is_nothing_to_choose(client: TestClient, services: ServiceBundle) -> None:
    folded = "<summary>Ask for certain devices</summary>"
    assert folded in client.get("/train").text
    services.workers.beat(slot("train@a", CPU))
    page = client.get("/train").text
    assert folded in page
    assert "Now there are: CPU (15 GiB)." in page
    services.workers.beat(slot("train-1@b", gpu(24)))
    page = client.get("/train").text
    assert folded not in page
    assert "Now there are: GPU (24 GiB), CPU (15 GiB)." in page


def test_a_plan_is_made_for_the_devices_that_the_run_may_have(
    client: TestClient, services: ServiceBundle, model: Run
) -> None:
    services.workers.beat(slot("train@a", CPU))
    services.workers.beat(slot("train-1@b", gpu(24)))
    services.workers.beat(slot("train-h200-2@c", gpu(139, pools=("train-h200",))))

    def memory(**device: Any) -> Any:
        return client.post("/api/v1/training-plans", json=request(model, **device)).json()["device_memory_bytes"]

    assert memory() == 24 * GIB
    assert memory(kind="cpu") == 15 * GIB
    assert memory(pool="train-h200") == 139 * GIB
    assert memory(count=2) is None


def test_the_pace_of_another_kind_of_device_tells_nothing(
    client: TestClient, services: ServiceBundle, model: Run
) -> None:
    services.workers.beat(slot("train@a", CPU))
    services.workers.beat(slot("train-1@b", gpu(24)))
    _finish_on_a_gpu(services)

    def seconds(**device: Any) -> Any:
        return client.post("/api/v1/training-plans", json=request(model, **device)).json()["seconds"]

    assert seconds(kind="gpu") == pytest.approx(2.0)
    assert seconds() == pytest.approx(2.0)
    assert seconds(kind="cpu") is None


def _finish_on_a_gpu(services: ServiceBundle) -> None:
    """The run that waits trains three epochs of two seconds each."""
    run = services.workers.claim_next("train-1@b", gpu(24))
    assert run is not None
    for state in (RunState.PREPARING, RunState.STARTING, RunState.RUNNING):
        services.runs.move(run.id, state, attempt=run.attempt)
    with services.database.transaction() as transaction:
        transaction.runs.set_computed_by(run.id, attempt=run.attempt, computed_by={"device": "gpu"})
    epochs = [(EventKind.EPOCH, {"epoch": number, "time": 2.0 * number, "values": {}}) for number in (1, 2, 3)]
    services.metrics.emit(run.id, attempt=run.attempt, events=epochs)  # type: ignore[arg-type]
    for state in (RunState.EVALUATING, RunState.FINISHED):
        services.runs.move(run.id, state, attempt=run.attempt)
