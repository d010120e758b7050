"""The pages and the API in this process, over a database and blobs of their own."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.main import create_app
from app.services.bundle import ServiceBundle
from app.settings import Settings
from app.web.security import Access
from tests.factories.local_services import with_local_inspector

TOKEN = "the-token-of-these-pages"


@pytest.fixture
def services(tmp_path: Path) -> ServiceBundle:
    settings = Settings(data=tmp_path, reserve_bytes=0)
    upgrade(settings.sqlalchemy_url)
    return with_local_inspector(compose(settings))


@pytest.fixture
def client(services: ServiceBundle, tmp_path: Path) -> TestClient:
    app = create_app(services, access=Access(TOKEN, services.logins))
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
    return TestClient(app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False)
