"""The Train page: filled in like a run, with another run's weights, and with lists that make many runs."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.adapters.clock import utc_now
from app.core.runs.configuration import Configuration
from app.core.runs.run import Artifact, Run
from app.core.runs.start_from import StartFrom
from app.services.bundle import ServiceBundle
from app.web.pages.train_form import LISTS, like, not_shown
from tests.factories.rows import queued_run

ASKED = {
    "epochs": 7,
    "optimizer": {"name": "sgd", "learning_rate": 0.012345678901, "momentum": 0.9, "nesterov": True},
    "schedule": {"kind": "cosine", "warm_up_epochs": 1.5},
    "early_stopping": {"patience": 4},
    "augmentation": {"flip": "both", "rotation": 12.5},
    "time_limit_minutes": 90,
    "deterministic": False,
    "retention": {"weights": "best", "checkpoints": 3, "checkpoint_days": 0.5},
}


@pytest.fixture
def model(services: ServiceBundle) -> Run:
    return queued_run(
        services.database, name="the <model>", configuration=Configuration.model_validate(ASKED), group="g"
    )  # type: ignore[arg-type]


def sent(run: Run, **changes: Any) -> dict[str, Any]:
    form = like(run)
    return {"architecture": form.chosen, "dataset": form.dataset_id, **form.values, **form.several, **changes}


def made(services: ServiceBundle, model: Run) -> list[Run]:
    return [run for run in reversed(services.runs.page()[0]) if run.id != model.id]


def test_a_duplicate_is_asked_for_just_as_its_model(client: TestClient, services: ServiceBundle, model: Run) -> None:
    page = client.get(f"/train?like={model.id}")
    assert page.status_code == 200
    assert "the &lt;model&gt;</a> was asked for" in page.text
    assert 'value="0.012345678901"' in page.text
    assert client.post("/train", data=sent(model)).status_code == 303
    (copy,) = made(services, model)
    assert (copy.configuration, copy.group) == (model.configuration, "g")
    told = client.get(f"/runs/{copy.id}").text
    assert "<dt>retention: weights</dt><dd>best</dd>" in told
    assert "<dt>retention: checkpoint days</dt><dd>0.5</dd>" in told


def test_what_the_form_cannot_hold_is_said(client: TestClient, services: ServiceBundle) -> None:
    configuration = Configuration.model_validate({"class_weights": {"1": 2.0, "2": 1.0}})
    run = queued_run(services.database, configuration=configuration)  # type: ignore[arg-type]
    assert not_shown(run) == ["class_weights"]
    assert "asked there of class weights" in client.get(f"/train?like={run.id}").text


def test_lists_and_repeats_make_every_combination(client: TestClient, services: ServiceBundle, model: Run) -> None:
    data = sent(model, learning_rates="0.1, 0.01", batch_sizes="4 8", repeats="3", group="grid")
    shown = client.post("/train/plan", data=data, headers={"X-Part": "plan"})
    assert "<b>12 runs.</b>" in shown.text
    answer = client.post("/train", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?group=grid")
    runs = made(services, model)
    found = {
        (run.configuration.optimizer.learning_rate, run.configuration.batch_size, run.configuration.seed)
        for run in runs
    }
    assert found == {(rate, size, 2018 + seed) for rate in (0.1, 0.01) for size in (4, 8) for seed in range(3)}
    assert all(run.configuration.optimizer.name == "sgd" for run in runs)
    listed = client.get("/runs?group=grid").text
    assert listed.count('name="runs"') == 12
    assert "learning rate 0.01, batch size 8, seed 2020" in listed


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"learning_rates": "0.1, fast"}, "learning_rates", "expected numbers, received &#39;fast&#39;"),
        ({"batch_sizes": "8, 0"}, "batch_sizes", "greater than or equal to 1"),
        ({"repeats": "501"}, "repeats", "less than or equal to 500"),
        ({"repeats": "2", "seeds": "1 2"}, "seeds", "use one of the two"),
        ({"epochs": "none"}, "epochs", "valid integer"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    client: TestClient, services: ServiceBundle, model: Run, changes: dict[str, str], field: str, says: str
) -> None:
    answer = client.post("/train", data=sent(model, **changes))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert says in answer.text
    assert made(services, model) == []
    assert set(LISTS) <= {"learning_rates", "batch_sizes", "seeds"}


def test_a_run_begins_with_the_weights_of_another(client: TestClient, services: ServiceBundle, model: Run) -> None:
    with services.database.transaction() as transaction:
        artifact = Artifact(
            run_id=model.id, name="last.weights.h5", bytes=9, sha256="0" * 64, blob="artifacts/x", created_at=utc_now()
        )
        assert transaction.runs.claim_next(worker="train@here", lease_seconds=60) is not None
        transaction.runs.add_artifact(artifact, attempt=1)
    assert f"/train?start_from={model.id}" in client.get(f"/runs/{model.id}").text
    page = client.get(f"/train?start_from={model.id}").text
    assert f'name="start_from" value="{model.id}"' in page
    start = {"start_from": model.id, "start_weights": "last", "start_match": "fitting", "start_freeze": "flatten, "}
    wrong = client.post("/train", data=sent(model, **{**start, "start_freeze": "nothing"}))
    assert (wrong.status_code, 'id="start_freeze-error"' in wrong.text) == (422, True)
    answer = client.post("/train", data=sent(model, **start))
    assert answer.status_code == 303, answer.text
    (run,) = made(services, model)
    assert run.start_from == StartFrom(run=model.id, weights="last", match="fitting", freeze=("flatten",))
    detail = client.get(answer.headers["location"]).text
    assert "last weights of" in detail
    again = client.get(f"/train?like={run.id}").text
    assert f'name="start_from" value="{model.id}"' in again
    assert 'value="flatten"' in again
