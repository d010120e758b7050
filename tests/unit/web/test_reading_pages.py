"""What was pasted has an address: networks, findings beside their lines, and what was typed comes back unharmed."""

import dataclasses
import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.clock import new_id, utc_now
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.architectures.reading import Finding, NotUnderstood, Place
from app.main import create_app
from app.services import sources
from app.services.architectures import ArchitectureService
from app.services.definitions import DefinitionService
from app.settings import Settings
from app.web.pages.reading_view import in_order, marked, said
from app.web.pages.symbol_values import values_of
from app.web.security import Access
from tests.fakes.inspector import LocalInspector

TOKEN = "the-token-of-these-pages"
CODE = """import foo
from keras.models import Sequential
from keras.layers import Dense
model = Sequential([Dense(classes, input_shape=(4,), activation='softmax')])
model.compile('adam', 'binary_crossentropy')
foo.bar(model)
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder: Path = tmp_path_factory.mktemp("readings")
    settings = Settings(data=folder)
    upgrade(settings.sqlalchemy_url)
    services = compose(settings)
    inspector = LocalInspector()
    architectures = ArchitectureService(database=services.database, inspector=inspector, clock=utc_now, new_id=new_id)
    definitions = DefinitionService(architectures=architectures, inspector=inspector)
    services = dataclasses.replace(services, inspector=inspector, architectures=architectures, definitions=definitions)
    app = create_app(services, access=Access(TOKEN, services.logins))
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
    return TestClient(app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False)


def read(client: TestClient, text: str, **more: str) -> str:
    answer = client.post("/architectures/readings", data={"source": text, **more})
    assert answer.status_code == 303, answer.text[:2000]
    return str(answer.headers["location"])


def test_a_reading_has_an_address_that_holds_name_and_values(client: TestClient) -> None:
    address = read(client, CODE, name="dice.py")
    html = unescape(client.get(address).text)
    assert "What was read from dice.py" in html
    assert "<code>classes</code>" in html
    filled = unescape(client.get(f"{address}&symbol.classes=6").text)
    assert ">30</td>" in filled
    assert 'value="6"' in filled


def test_the_same_text_has_the_same_address_however_its_lines_end(client: TestClient) -> None:
    assert read(client, CODE) == read(client, CODE.replace("\n", "\r\n"))


def test_what_was_typed_comes_back_as_text(client: TestClient) -> None:
    evil = "model = '</textarea><script>alert(1)</script>'\n"
    html = client.get(read(client, evil)).text
    assert "<script>alert" not in html
    assert evil in unescape(html)


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [(" \n", 422, "There is nothing to read"), ("x" * (sources.LARGEST_SOURCE_BYTES + 1), 413, "up to 8 MiB are read")],
)
def test_what_cannot_be_kept_is_said_and_the_form_is_there_again(
    client: TestClient, text: str, status: int, says: str
) -> None:
    answer = client.post("/architectures/readings", data={"source": text})
    assert (answer.status_code, says in answer.text, 'name="source"' in answer.text) == (status, True, True)


def test_what_is_no_definition_is_explained_above_the_form(client: TestClient) -> None:
    answer = client.get(read(client, '{"class_name": "Nothing", "config": 3'))
    assert answer.status_code == 422
    assert "reading-error" in answer.text


def test_an_address_that_nobody_made_leads_nowhere(client: TestClient) -> None:
    assert client.get(f"/architectures/readings/{'0' * 64}").status_code == 404
    assert client.get("/architectures/readings").headers["location"] == "/architectures"


def finding(severity: str, line: int, cell: int | None = 1) -> Finding:
    return Finding.model_validate(
        {"rule": "rule", "severity": severity, "place": {"cell": cell, "line": line}, "message": "m"}
    )


def test_findings_stand_by_weight_then_by_place() -> None:
    found = [finding("note", 1), finding("error", 9, 2), finding("error", 3, 2), finding("warning", 1)]
    assert [(entry.severity, entry.place and entry.place.line) for entry in in_order(found)] == [
        ("error", 3),
        ("error", 9),
        ("warning", 1),
        ("note", 1),
    ]


def test_a_line_has_the_tone_of_the_worst_that_is_said_about_it() -> None:
    passed = NotUnderstood(place=Place(cell=1, line=3), text="t", why="w")
    entries = [*said([finding("note", 2), finding("error", 2)], "finding"), *said([passed], "passed")]
    (cell,) = marked([(1, "a\nb\nc")], entries)
    assert [(line.number, line.tone, line.anchors) for line in cell.lines] == [
        (1, "", ()),
        (2, "bad", ("finding-1", "finding-2")),
        (3, "passed", ("passed-1",)),
    ]


@given(st.lists(st.tuples(st.integers(1, 3), st.text(max_size=40)), max_size=5))
def test_every_line_of_the_source_is_shown(cells: list[tuple[int, str]]) -> None:
    shown = [line for cell in marked(cells, []) for line in cell.lines]
    assert ["".join(text for _, text in line.pieces) for line in shown] == [
        line for _, text in cells for line in text.split("\n")
    ]


def test_values_are_read_as_people_write_them() -> None:
    given = {
        "n": "6",
        "shape": "224, 224, 3",
        "pair": "(3, 3)",
        "rate": "0.5",
        "word": "'same'",
        "none": " ",
        "x": "None",
    }
    assert values_of(given) == {
        "n": 6,
        "shape": [224, 224, 3],
        "pair": [3, 3],
        "rate": 0.5,
        "word": "same",
        "x": None,
    }


def test_lines_are_linked_both_ways(client: TestClient) -> None:
    html = client.get(read(client, CODE)).text
    lines = set(re.findall(r'href="#(line-\d+)"', html))
    assert lines
    assert all(f'id="{line}"' in html for line in lines)
    anchors = set(re.findall(r'class="line-said" href="#([\w-]+)"', html))
    assert anchors
    assert all(f'id="{anchor}"' in html for anchor in anchors)
