"""Runs that start from another run's weights, over REST and as the page asks for them."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.adapters.clock import new_id, utc_now
from app.core.architectures.architecture import Architecture, Call, StoredArchitecture
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Artifact, Run
from app.services.bundle import ServiceBundle
from tests.factories.rows import architecture, queued_run


@pytest.fixture
def source(services: ServiceBundle) -> Run:
    """A run that was stopped and has kept its best weights."""
    run = queued_run(services.database, name="the first", state=RunState.RUNNING)  # type: ignore[arg-type]
    artifact = Artifact(
        run_id=run.id, name="best.weights.h5", bytes=9, sha256="0" * 64, blob="artifacts/x", created_at=utc_now()
    )
    with services.database.transaction() as transaction:
        transaction.runs.add_artifact(artifact, attempt=0)
        transaction.runs.move(run.id, RunState.STOPPED, attempt=0)
    return services.runs.get(run.id)


def kept(services: ServiceBundle, definition: Architecture) -> str:
    stored = StoredArchitecture(
        id=new_id(), created_at=utc_now(), digest=definition.digest, architecture=definition, parameters=None
    )
    with services.database.transaction() as transaction:
        transaction.architectures.add(stored)
    return stored.id


def asked(client: TestClient, source: Run, architecture_id: str | None = None, **start: Any) -> Any:
    body = {
        "architecture": architecture_id or source.architecture_id,
        "dataset": source.dataset_id,
        "start_from": {"run": source.id, **start},
    }
    return client.post("/api/v1/runs", json=body)


def test_a_run_says_what_it_starts_from(client: TestClient, source: Run) -> None:
    answer = asked(client, source, freeze=["flatten"])
    assert answer.status_code == 202, answer.text
    expected = {"run": source.id, "weights": "best", "match": "whole", "freeze": ["flatten"]}
    assert answer.json()["start_from"] == expected
    assert client.get(f"/api/v1/runs/{answer.json()['id']}").json()["start_from"] == expected


@pytest.mark.parametrize(
    ("start", "field", "says"),
    [
        ({"run": "nobody"}, "start_from.run", "There is no run 'nobody' to start from"),
        ({"weights": "last"}, "start_from.run", "has no last.weights.h5; it is stopped. It kept none."),
        ({"freeze": ["conv"]}, "start_from.freeze", "Its layers: flatten, dense."),
        ({"match": "somehow"}, "start_from.match", "Input should be 'whole' or 'fitting'"),
    ],
)
def test_what_cannot_start_is_refused_with_the_reason(
    client: TestClient, services: ServiceBundle, source: Run, start: dict[str, Any], field: str, says: str
) -> None:
    answer = asked(client, source, **start)
    assert answer.status_code == 422
    assert (answer.json()["errors"][0]["field"], says in answer.text) == (field, True), answer.text
    assert len(services.runs.page()[0]) == 1


def test_another_architecture_takes_what_fits_but_never_the_whole(
    client: TestClient, services: ServiceBundle, source: Run
) -> None:
    definition = architecture("deeper")
    last = definition.layers[1].model_copy(update={"name": "last"})
    call = Call(id="last", layer="last", inputs=("dense",))
    changes = {"layers": (*definition.layers, last), "calls": (*definition.calls, call), "outputs": ("last",)}
    deeper = definition.model_copy(update=changes)
    architecture_id = kept(services, deeper)
    refused = asked(client, source, architecture_id)
    assert refused.status_code == 422
    assert "defined otherwise than" in refused.json()["detail"]
    assert asked(client, source, architecture_id, match="fitting").status_code == 202


def test_weights_are_not_deleted_while_a_run_waits_for_them(client: TestClient, source: Run) -> None:
    waiting = asked(client, source).json()["id"]
    refused = client.delete(f"/api/v1/runs/{source.id}")
    assert refused.status_code == 409
    assert "starts from the weights" in refused.json()["detail"]
    client.post(f"/api/v1/runs/{waiting}/cancellation")
    assert client.delete(f"/api/v1/runs/{source.id}").status_code == 204
