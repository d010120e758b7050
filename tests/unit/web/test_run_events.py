"""Events of a run over REST: pages of them, and numbers that no database takes."""

import pytest
from fastapi.testclient import TestClient

from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind
from app.services.bundle import ServiceBundle
from app.web.api import runs
from tests.factories.rows import queued_run


@pytest.fixture
def address(services: ServiceBundle) -> str:
    run = queued_run(services.database, state=RunState.RUNNING, attempt=1)  # type: ignore[arg-type]
    services.metrics.emit(run.id, attempt=1, events=[(EventKind.LOG, {"text": str(place)}) for place in range(7)])
    return f"/api/v1/runs/{run.id}/events"


def test_a_limit_above_the_largest_still_says_that_there_is_more(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_EVENTS", 3)
    seen: list[int] = []
    page = client.get(address, params={"limit": 1_000}).json()
    while page["next"] is not None:
        assert len(page["items"]) == 3
        seen += [event["seq"] for event in page["items"]]
        page = client.get(address, params={"limit": 1_000, "after": page["next"]}).json()
    seen += [event["seq"] for event in page["items"]]
    assert len(seen) == len(set(seen)) >= 7


@pytest.mark.parametrize(("name", "value"), [("after", 10**20), ("after", 2**63), ("after", -1), ("limit", 0)])
def test_numbers_out_of_range_are_refused(client: TestClient, address: str, name: str, value: int) -> None:
    assert client.get(address, params={name: str(value)}).status_code == 422


@pytest.mark.parametrize("value", [2**63 - 1, 10**6])
def test_after_the_last_there_is_nothing(client: TestClient, address: str, value: int) -> None:
    assert client.get(address, params={"after": str(value)}).json() == {"items": [], "next": None}


@pytest.mark.parametrize("value", [10**20, 10**4_000])
def test_any_limit_is_taken_for_the_largest(client: TestClient, address: str, value: int) -> None:
    assert len(client.get(address, params={"limit": str(value)}).json()["items"]) >= 7
