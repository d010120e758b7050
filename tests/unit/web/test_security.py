"""Who gets in, who does not, and what every answer carries."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.errors import FieldError, InvalidError, UnavailableError
from app.core.values import Value
from app.web.problems import install_problems
from app.web.security import Access, host_name, install_security, own_path
from tests.fakes.login_secrets import RememberedSecrets

TOKEN = "a-permanent-token-of-a-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OWN = {"Sec-Fetch-Site": "same-origin"}


class Body(Value):
    epochs: int


@pytest.fixture
def secrets() -> RememberedSecrets:
    return RememberedSecrets()


@pytest.fixture
def app(secrets: RememberedSecrets) -> FastAPI:
    app = FastAPI()
    app.state.changes = 0

    @app.get("/healthz")
    @app.get("/api/v1/runs")
    @app.get("/runs")
    @app.get("/login")
    def read() -> str:
        return "read"

    @app.post("/api/v1/runs")
    def change(body: Body) -> int:
        app.state.changes += 1
        return body.epochs

    @app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("the-inner-secret")

    @app.get("/api/v1/refused")
    def refused() -> None:
        raise InvalidError("Too many.", errors=[FieldError("epochs", "at most 9")])

    install_problems(app)
    install_security(app, access=Access(TOKEN, secrets), allowed_hosts=("dice.example",))
    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False, raise_server_exceptions=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "[::1]:8000", "LOCALHOST", "dice.example"]
)
def test_answers_under_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "", "a/../b", "127.0.0.1:x", "[::1]x", "::1"]
)
def test_refuses_foreign_hosts(client: TestClient, host: str) -> None:
    answer = client.get("/healthz", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_api_asks_programs_for_the_token(client: TestClient) -> None:
    answer = client.get("/api/v1/runs")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["title"] == "Not signed in"


def test_pages_lead_to_the_login_and_back(client: TestClient) -> None:
    answer = client.get("/runs?state=finished")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fruns%3Fstate%3Dfinished"


@pytest.mark.parametrize("credentials", ["Bearer wrong", "Bearer ", "Basic abc", f"Bearer {TOKEN}x", "", TOKEN])
def test_wrong_credentials_are_refused_even_with_a_good_session(client: TestClient, credentials: str) -> None:
    client.post("/login", data={"token": TOKEN}, headers=OWN)
    assert client.get("/api/v1/runs").status_code == 200
    assert client.get("/api/v1/runs", headers={"Authorization": credentials}).status_code == 401


def test_the_token_lets_programs_read_and_change(client: TestClient) -> None:
    assert client.get("/api/v1/runs", headers=BEARER).status_code == 200
    assert client.post("/api/v1/runs", json={"epochs": 3}, headers=BEARER).json() == 3


def test_a_one_time_link_signs_in_once_and_leaves_the_address(client: TestClient, secrets: RememberedSecrets) -> None:
    secret = secrets.issue()
    answer = client.get(f"/runs?token={secret}&state=finished")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?state=finished")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert secret not in cookie
    assert client.get("/runs").status_code == 200

    client.cookies.clear()
    again = client.get(f"/runs?token={secret}")
    assert again.headers["location"] == "/login?failed=link&next=%2Fruns"
    assert "set-cookie" not in again.headers


def test_head_and_the_api_do_not_spend_a_link(client: TestClient, secrets: RememberedSecrets) -> None:
    secret = secrets.issue()
    client.head(f"/runs?token={secret}")
    assert client.get(f"/api/v1/runs?token={secret}").status_code == 401
    assert secrets.claim(secret)


def test_the_permanent_token_does_not_sign_in_by_an_address(client: TestClient) -> None:
    assert client.get(f"/runs?token={TOKEN}").headers["location"].startswith("/login?failed=link")


@pytest.mark.parametrize("kind", ["permanent", "one-time"])
def test_the_login_form_takes_both_kinds_of_token(client: TestClient, secrets: RememberedSecrets, kind: str) -> None:
    token = TOKEN if kind == "permanent" else secrets.issue()
    answer = client.post("/login", data={"token": token, "next": "/runs"}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs")
    assert client.get("/runs").status_code == 200


def test_where_links_cannot_be_looked_up_that_is_said_and_the_link_stays_good(
    client: TestClient, secrets: RememberedSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secrets.issue()

    def away(_: str) -> bool:
        raise UnavailableError("The database did not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(secrets, "claim", away)
        assert client.get(f"/runs?token={secret}").status_code == 503
        form = client.post("/login", data={"token": secret}, headers=OWN)
        assert (form.status_code, form.json()["detail"]) == (503, "The database did not answer.")
    assert client.get(f"/runs?token={secret}").headers["location"] == "/runs"


def test_a_wrong_token_in_the_form_leads_back_to_it(client: TestClient) -> None:
    answer = client.post("/login", data={"token": "wrong", "next": "/runs"}, headers=OWN)
    assert answer.headers["location"] == "/login?failed=token&next=%2Fruns"
    assert "set-cookie" not in answer.headers


def test_the_form_is_bounded_and_of_one_type(client: TestClient) -> None:
    assert client.post("/login", data={"token": "x" * 5000}, headers=OWN).status_code == 400
    assert client.post("/login", json={"token": TOKEN}, headers=OWN).status_code == 400


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "javascript:x", "/a\nb", ""])
def test_a_login_never_leads_to_another_site(target: str) -> None:
    assert own_path(target) == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "null"},
        {},
    ],
)
def test_other_sites_change_nothing_with_a_session(client: TestClient, app: FastAPI, headers: dict[str, str]) -> None:
    client.post("/login", data={"token": TOKEN}, headers=OWN)
    assert client.post("/api/v1/runs", json={"epochs": 1}, headers=headers).status_code == 403
    assert client.post("/login", data={"token": TOKEN}, headers=headers).status_code == 403
    assert app.state.changes == 0


@pytest.mark.parametrize("headers", [OWN, {"Origin": "http://127.0.0.1:8000"}])
def test_our_own_pages_change_things_with_a_session(client: TestClient, headers: dict[str, str]) -> None:
    client.post("/login", data={"token": TOKEN}, headers=OWN)
    assert client.post("/api/v1/runs", json={"epochs": 1}, headers=headers).status_code == 200


def test_a_forged_or_another_tokens_session_is_refused(client: TestClient, secrets: RememberedSecrets) -> None:
    access = Access(TOKEN, secrets)
    client.cookies.set(access.cookie, "session.AAAA.BBBB")
    assert client.get("/api/v1/runs").status_code == 401
    assert Access("another-token-of-a-test", secrets).cookie != access.cookie


@pytest.mark.parametrize("path", ["/healthz", "/runs", "/api/v1/runs", "/nothing", "/api/v1/broken"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=BEARER)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


def test_an_unexpected_error_tells_nothing_of_the_inside(client: TestClient) -> None:
    answer = client.get("/api/v1/broken", headers=BEARER)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "inner-secret" not in answer.text


def test_a_wrong_field_is_named_by_its_dotted_path_with_what_was_received(client: TestClient) -> None:
    answer = client.post("/api/v1/runs", json={"epochs": "x" * 1000}, headers=BEARER)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "epochs"
    assert "'xxx" in error["message"]
    assert len(error["message"]) < 250


def test_our_own_errors_become_problems(client: TestClient) -> None:
    assert client.get("/api/v1/refused", headers=BEARER).json() == {
        "type": "about:blank",
        "status": 422,
        "title": "Not acceptable",
        "detail": "Too many.",
        "errors": [{"field": "epochs", "message": "at most 9"}],
    }


def test_missing_pages_and_wrong_methods_become_problems(client: TestClient) -> None:
    for answer, status in ((client.get("/api/x", headers=BEARER), 404), (client.delete("/runs", headers=BEARER), 405)):
        assert answer.status_code == status
        assert answer.json()["status"] == status


def test_a_host_is_read_without_its_port() -> None:
    assert host_name("[::1]:80") == "[::1]"
    assert host_name("A.example:80") == "a.example"
