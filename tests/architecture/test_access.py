"""Every route is closed to who is not signed in, but the few that are listed here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from app.composition import compose
from app.main import create_app
from app.settings import Settings
from app.web.security import Access

OPEN = {"/healthz", "/readyz", "/login"}
TOKEN = "the-token-of-a-test-of-access"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    settings = Settings(data=tmp_path)
    services = compose(settings)
    return create_app(services, access=Access(TOKEN, services.logins))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    # No lifespan is run and no request gets through: nothing behind the guards is needed.
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


def test_anonymous_requests_are_refused_on_every_route(app: FastAPI, client: TestClient) -> None:
    walked = list(_routes(app))
    assert len(walked) > 50
    got_in = []
    for path, method in walked:
        if path in OPEN or path.startswith("/static"):
            continue
        answer = client.request(method, _filled(path), headers={"Sec-Fetch-Site": "same-origin"})
        is_to_login = answer.status_code == 303 and answer.headers["location"].startswith("/login?next=")
        if answer.status_code != 401 and not is_to_login:
            got_in.append((method, path, answer.status_code))
    assert got_in == []


def test_other_sites_change_nothing_on_any_route(app: FastAPI, client: TestClient) -> None:
    client.post("/login", data={"token": TOKEN}, headers={"Sec-Fetch-Site": "same-origin"})
    unsafe = [(path, method) for path, method in _routes(app) if method not in {"GET", "HEAD", "OPTIONS"}]
    assert unsafe
    for path, method in unsafe:
        answer = client.request(method, _filled(path), headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, (method, path)


def test_a_wrong_token_gets_a_problem(client: TestClient) -> None:
    answer = client.get("/api/v1/runs", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(app.routes):
        for method in sorted(context.methods or ("GET",)):
            yield str(context.path), method


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "anything", path)
