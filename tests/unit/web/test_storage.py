"""What takes room, over REST and on its page."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.storage import StorageKind
from app.main import create_app
from app.services.bundle import ServiceBundle
from app.settings import Settings
from app.web.pages.storage import WORDS
from app.web.security import Access

TOKEN = "the-token-of-these-pages"


@pytest.fixture
def services(tmp_path: Path) -> ServiceBundle:
    settings = Settings(data=tmp_path, reserve_bytes=0)
    upgrade(settings.sqlalchemy_url)
    return compose(settings)


@pytest.fixture
def client(services: ServiceBundle, tmp_path: Path) -> TestClient:
    app = create_app(services, access=Access(TOKEN, services.logins))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return TestClient(app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False)


def test_every_kind_is_told_and_has_words(client: TestClient) -> None:
    report = client.get("/api/v1/storage").json()
    assert [line["kind"] for line in report["items"]] == [kind.value for kind in StorageKind]
    assert report["disk_bytes"] >= report["free_bytes"] > 0
    assert set(WORDS) == set(StorageKind)
    page = client.get("/storage", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert all(f'data-test="storage-{kind.value}"' in page.text for kind in StorageKind)


def test_what_belongs_to_a_run_that_is_gone_goes_over_rest_and_by_a_click(
    client: TestClient, services: ServiceBundle
) -> None:
    for name in ("a", "b"):
        services.blobs.put_bytes(f"artifacts/nobody/1/{name}", b"12345")
    told = client.get("/api/v1/storage").json()["items"]
    line = next(line for line in told if line["kind"] == "artifacts")
    assert line["may_go"] == {"count": 2, "bytes": 10}
    assert "Let go: Weights and other files of runs" in client.get("/storage").text
    freed = client.post("/api/v1/storage/collections", json={"kind": "artifacts"})
    assert (freed.status_code, freed.json()) == (200, {"count": 2, "bytes": 10})
    services.blobs.put_bytes("artifacts/nobody/1/c", b"1")
    assert client.post("/storage/artifacts/collection").headers["location"] == "/storage"
    assert not services.blobs.exists("artifacts/nobody/1/c")


def test_what_does_not_go_by_hand_is_refused(client: TestClient) -> None:
    assert client.post("/api/v1/storage/collections", json={"kind": "database"}).status_code == 422
    assert client.post("/api/v1/storage/collections", json={"kind": "everything"}).status_code == 422
