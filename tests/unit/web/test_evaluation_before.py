"""A run that goes on shows what was measured before, and says so, until there are other weights."""

from fastapi.testclient import TestClient

from app.core.runs.lifecycle import RunState
from app.services.bundle import ServiceBundle
from tests.factories.rows import queued_run

BEFORE = "What follows was measured before this run went on"
MEASURED = {"images": 4, "correct": 3, "accuracy": 0.75, "interval": [0.3, 0.95], "loss": 0.5}


def test_what_was_measured_before_a_run_went_on_is_said_to_be_and_goes_with_its_weights(
    client: TestClient, services: ServiceBundle
) -> None:
    queued_run(services.database)  # type: ignore[arg-type]
    with services.database.transaction() as transaction:
        run = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
        assert run is not None
        transaction.runs.set_evaluation(run.id, attempt=run.attempt, evaluation={"test": MEASURED})
    for state in (RunState.RUNNING, RunState.EVALUATING, RunState.FINISHED):
        services.runs.move(run.id, state, attempt=run.attempt)
    assert "75.0" in (shown := client.get(f"/runs/{run.id}").text)
    assert BEFORE not in shown
    services.run_queue.go_on(run.id, more_epochs=1)
    assert BEFORE in client.get(f"/runs/{run.id}").text
    with services.database.transaction() as transaction:
        again = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
        assert again is not None
        transaction.runs.forget_evaluation(run.id, attempt=again.attempt)
    assert client.get(f"/api/v1/runs/{run.id}/evaluation").json()["items"] == []
    assert BEFORE not in client.get(f"/runs/{run.id}").text
