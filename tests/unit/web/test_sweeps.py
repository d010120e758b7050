"""Sweeps over REST: all runs or none, in a group by which they are found."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.runs.run import Run
from app.main import create_app
from app.services.bundle import ServiceBundle
from app.settings import Settings
from app.web.security import Access
from tests.factories.local_services import with_local_inspector
from tests.factories.rows import queued_run

TOKEN = "the-token-of-these-pages"
RATES = "configuration.optimizer.learning_rate"


@pytest.fixture
def services(tmp_path: Path) -> ServiceBundle:
    settings = Settings(data=tmp_path, reserve_bytes=0)
    upgrade(settings.sqlalchemy_url)
    return with_local_inspector(compose(settings))


@pytest.fixture
def client(services: ServiceBundle, tmp_path: Path) -> TestClient:
    app = create_app(services, access=Access(TOKEN, services.logins))
    return TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def first(services: ServiceBundle) -> Run:
    return queued_run(services.database)  # type: ignore[arg-type]


def sweep(client: TestClient, first: Run, over: dict[str, Any], **changes: Any) -> Any:
    base = {"architecture": first.architecture_id, "dataset": first.dataset_id, **changes.pop("base", {})}
    return client.post("/api/v1/runs", json={"sweep": {"base": base, "over": over, **changes}})


def names(client: TestClient, **query: str) -> list[str]:
    return [run["name"] for run in client.get("/api/v1/runs", params=query).json()["items"]]


def test_a_sweep_is_one_group_of_runs_named_by_what_differs(client: TestClient, first: Run) -> None:
    answer = sweep(client, first, {RATES: [0.1, 0.01]}, repeats=2, base={"tags": ["grid", "100%"]})
    assert answer.status_code == 202, answer.text
    made = answer.json()["items"]
    assert [run["name"].split(" · ")[1] for run in made] == [
        "learning rate 0.1, seed 2018",
        "learning rate 0.1, seed 2019",
        "learning rate 0.01, seed 2018",
        "learning rate 0.01, seed 2019",
    ]
    (group,) = {run["group"] for run in made}
    assert group.startswith("2 × learning rate, 2 seeds, ")
    assert len(names(client, group=group)) == len(names(client, tag="grid")) == len(names(client, tag="100%")) == 4
    assert names(client, group=group[:-1]) == names(client, tag="gri") == []
    assert len(names(client)) == 5


def test_a_sweep_with_one_run_that_cannot_be_makes_none(client: TestClient, first: Run) -> None:
    wrong = sweep(client, first, {"configuration.batch_size": [8, 0]})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "sweep.base.configuration.batch_size"
    missing = sweep(client, first, {"architecture": [first.architecture_id, "nothing"]})
    assert missing.status_code == 404
    beside = client.post("/api/v1/runs", json={"sweep": {}, "runs": []})
    assert beside.status_code == 422
    assert len(names(client)) == 1


def test_a_named_base_and_group_stay_and_a_key_makes_them_once(client: TestClient, first: Run) -> None:
    base = {
        "architecture": first.architecture_id,
        "dataset": first.dataset_id,
        "name": "x" * 200,
        "group": "mine",
    }
    body = {"sweep": {"base": base, "over": {"configuration.epochs": [1, 2]}}}
    made = [client.post("/api/v1/runs", json=body, headers={"Idempotency-Key": "k"}).json()["items"] for _ in range(2)]
    assert [run["id"] for run in made[0]] == [run["id"] for run in made[1]]
    assert [run["name"].split(" · ")[1] for run in made[0]] == ["epochs 1", "epochs 2"]
    assert names(client, group="mine") == [made[0][1]["name"], made[0][0]["name"]]
