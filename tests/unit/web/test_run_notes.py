"""Notes of runs: kept as they were written, shown as text and nothing else."""

from html import unescape

import pytest
from fastapi.testclient import TestClient

from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from tests.factories.histories import run_with, told

HOSTILE = "<script>alert(1)</script> </textarea><b onload='x'>\n\nand a second part"


@pytest.fixture
def run(services: ServiceBundle) -> Run:
    return run_with(services.database, list(told(epochs=1, steps_per_epoch=10)), name="noted")  # type: ignore[arg-type]


def change(client: TestClient, run: Run, **values: object) -> dict[str, object]:
    answer = client.patch(f"/api/v1/runs/{run.id}", json=values)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_notes_change_alone_and_go_when_they_are_emptied(client: TestClient, run: Run) -> None:
    assert client.get(f"/api/v1/runs/{run.id}").json()["notes"] == ""
    changed = change(client, run, notes="  two\r\nlines\r\n", tags=["a"])
    assert (changed["name"], changed["tags"], changed["notes"]) == ("noted", ["a"], "two\nlines")
    assert change(client, run, name="renamed")["notes"] == "two\nlines"
    assert change(client, run, notes=None)["notes"] == "two\nlines"
    assert change(client, run, notes=" \n ")["notes"] == ""


def test_notes_are_shown_as_text_on_the_run_and_in_the_comparison(client: TestClient, run: Run) -> None:
    answer = client.post(f"/runs/{run.id}/notes", data={"notes": HOSTILE.replace("\n", "\r\n")})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{run.id}#notes")
    page, compared = client.get(f"/runs/{run.id}").text, client.get(f"/comparison?runs={run.id}").text
    for html in (page, compared):
        assert "<script>alert" not in html
        assert "<b onload" not in html
    shown = page.partition('data-test="notes-text">')[2].partition("</p>")[0]
    assert unescape(shown) == HOSTILE
    assert unescape(page.partition('name="notes"')[2].partition(">")[2].partition("</textarea>")[0]) == HOSTILE
    line = compared.partition("run-note")[2].partition("</span>")[0]
    assert unescape(line.partition(">")[2]) == HOSTILE.partition("\n")[0]
    assert unescape(line.partition('title="')[2].partition('"')[0]) == HOSTILE


def test_a_run_without_notes_has_none_shown_but_can_get_some(client: TestClient, run: Run) -> None:
    page = client.get(f"/runs/{run.id}").text
    assert "notes-text" not in page
    assert f'action="/runs/{run.id}/notes"' in page
    assert "run-note" not in client.get(f"/comparison?runs={run.id}").text


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        ("x" * 20_001, "at most 20,000 characters, there are 20,001"),
        ("nul \0", "control characters"),
        (7, "valid string"),
    ],
)
def test_what_is_no_text_is_refused_in_words(client: TestClient, run: Run, notes: object, says: str) -> None:
    answer = client.patch(f"/api/v1/runs/{run.id}", json={"notes": notes})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "notes"
    assert says in answer.json()["errors"][0]["message"]
    if isinstance(notes, str):
        refused = client.post(f"/runs/{run.id}/notes", data={"notes": notes})
        assert refused.status_code == 422
        assert says in refused.text
    assert client.get(f"/api/v1/runs/{run.id}").json()["notes"] == ""


def test_half_a_character_is_refused(client: TestClient, run: Run) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.patch(f"/api/v1/runs/{run.id}", content=b'{"notes": "\\ud800"}', headers=headers)
    assert answer.status_code == 422


def test_as_many_characters_as_a_browser_lets_in_fit(client: TestClient, run: Run) -> None:
    lines = ("x" * 99 + "\n") * 199 + "x" * 100
    answer = client.post(f"/runs/{run.id}/notes", data={"notes": lines.replace("\n", "\r\n")})
    assert answer.status_code == 303
    assert client.get(f"/api/v1/runs/{run.id}").json()["notes"] == lines


def test_notes_of_a_run_that_is_not_there_are_refused(client: TestClient) -> None:
    assert client.post("/runs/none/notes", data={"notes": "x"}).status_code == 404
