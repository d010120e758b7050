"""The pages of architectures without JavaScript: everything is there, in every state of the address."""

import dataclasses
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.adapters.clock import new_id, utc_now
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.main import create_app
from app.services.architectures import ArchitectureService
from app.settings import Settings
from app.web.security import Access
from tests.fakes.inspector import LocalInspector

TOKEN = "the-token-of-these-pages"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder: Path = tmp_path_factory.mktemp("pages")
    settings = Settings(data=folder)
    upgrade(settings.sqlalchemy_url)
    services = compose(settings)
    inspector = LocalInspector()
    architectures = ArchitectureService(database=services.database, inspector=inspector, clock=utc_now, new_id=new_id)
    services = dataclasses.replace(services, inspector=inspector, architectures=architectures)
    app = create_app(services, access=Access(TOKEN, services.logins))
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
    return TestClient(app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False)


@pytest.fixture(scope="module")
def half_built(client: TestClient) -> str:
    return opened(client, "notebook-sequential")


def opened(client: TestClient, preset: str, **options: Any) -> str:
    answer = client.post("/api/v1/architectures", json={"preset": {"name": preset, "options": options}})
    return str(answer.json()["items"][0]["id"])


def kept(client: TestClient, **definition: Any) -> str:
    answer = client.post("/api/v1/architectures", json={"architecture": definition})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["items"][0]["id"])


def page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2000]
    return unescape(answer.text)


def open_network(client: TestClient, *, height: Any = 8) -> str:
    return kept(
        client,
        name="open",
        style="sequential",
        inputs=[{"name": "image", "shape": [None, height, 8, 3]}],
        layers=[
            {"name": "flatten", "kind": "Flatten"},
            {"name": "dense", "kind": "Dense", "config": {"units": {"symbol": "labels_values"}}},
        ],
        calls=[
            {"id": "flatten", "layer": "flatten", "inputs": ["image"]},
            {"id": "dense", "layer": "dense", "inputs": ["flatten"]},
        ],
        outputs=["dense"],
    )


def test_the_list_offers_to_read_to_open_and_to_compare(client: TestClient, half_built: str) -> None:
    opened(client, "notebook-functional")
    html = page(client, "/architectures")
    assert '<form method="post" action="/architectures/readings"' in html
    assert f'href="/architectures/{half_built}"' in html
    assert "stops at conv2d_15" in html
    assert html.count('name="id"') >= 2


def test_two_that_are_chosen_lead_to_their_differences_the_older_one_left(client: TestClient, half_built: str) -> None:
    newer = opened(client, "notebook-functional", height=280)
    answer = client.get(f"/architectures/pair?id={newer}&id={half_built}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/architectures/differences?left={half_built}&right={newer}"
    assert "Choose exactly two" in page(client, f"/architectures/pair?id={newer}", 422)
    assert "0 were chosen" in page(client, "/architectures/pair", 422)


def test_a_page_says_where_the_network_stops_and_shows_all_that_was_written(
    client: TestClient, half_built: str
) -> None:
    html = page(client, f"/architectures/{half_built}")
    assert "building stops at <code>conv2d_15</code>" in html
    assert len(re.findall(r"<tr class=\"row-unreached\">", html)) == 9 - 1
    assert "17,664,576" in html


def test_a_remedy_is_made_with_one_click(client: TestClient, half_built: str) -> None:
    remedies = page(client, f"/architectures/{half_built}").partition('data-test="remedies"')[2]
    assert 'padding="same" for the 16 convolutions up to there' in remedies
    answer = client.post(f"/architectures/{half_built}/repairs", data={"remedy": "0"})
    assert answer.status_code == 303
    mended = page(client, answer.headers["location"])
    assert "notebook-sequential, repaired" in mended
    assert "140,095,430" in mended
    assert "What helps" not in mended
    assert client.post(f"/architectures/{half_built}/repairs", data={"remedy": "99"}).status_code == 422


def test_the_address_sorts_searches_folds_and_chooses_columns(client: TestClient, half_built: str) -> None:
    address = f"/architectures/{half_built}"
    first = re.search(
        r"<tbody >\s*<tr class=\"\">.*?<code>(.*?)</code>", page(client, f"{address}?sort=-parameters"), re.DOTALL
    )
    assert first is not None
    assert first[1] == "conv2d_9"
    assert "1 of 30 rows have “rate 0.25” in them" in page(client, f"{address}?q=rate+0.25")
    assert "No layer is called that" in page(client, f"{address}?q=nothing-like-it")
    folded = page(client, f"{address}?by_block=true&open=Stage+2")
    assert folded.count('data-test="block"') == 6
    assert "<code>conv2d_2</code>" in folded
    assert "<code>conv2d_4</code>" not in folded
    assert "Connected to</a>" in page(client, f"{address}?columns=inputs")


def test_memory_is_told_at_a_batch_size_and_precision(client: TestClient, half_built: str) -> None:
    def step(query: str) -> str:
        found = re.search(r'data-test="step-bytes">(.*?)<', page(client, f"/architectures/{half_built}?{query}"))
        assert found is not None
        return found[1]

    assert step("") != step("batch_size=64") != step("batch_size=64&precision=float16")
    assert client.get(f"/architectures/{half_built}?batch_size=0").status_code == 422


def test_code_is_shown_in_each_style(client: TestClient, half_built: str) -> None:
    for style, sign in (("sequential", "Sequential"), ("functional", "Input"), ("subclassed", "class")):
        html = page(client, f"/architectures/{half_built}?style={style}")
        assert f">{sign}</span>" in html.partition('id="code"')[2]


def test_open_names_are_filled_in_and_kept_as_another_architecture(client: TestClient) -> None:
    stored = open_network(client)
    assert "<code>labels_values</code>" in page(client, f"/architectures/{stored}").partition("Left open")[2]
    answer = client.post(f"/architectures/{stored}/symbols", data={"symbol.labels_values": "6"})
    assert answer.status_code == 303
    filled = page(client, answer.headers["location"])
    assert "Left open" not in filled
    assert "1,158" in filled


def test_what_cannot_be_a_size_is_said_and_what_was_typed_stays(client: TestClient) -> None:
    stored = open_network(client, height={"symbol": "height"})
    given = {"symbol.height": "-3", "symbol.labels_values": "6"}
    answer = client.post(f"/architectures/{stored}/symbols", data=given)
    assert answer.status_code == 422
    assert "a size is a whole number" in answer.text
    assert 'value="-3"' in answer.text
    assert client.post("/architectures/nobody/symbols", data={}).status_code == 404


def test_the_editor_holds_the_definition_and_its_code_without_javascript(client: TestClient, half_built: str) -> None:
    html = page(client, f"/architectures/{half_built}/edit?style=functional&panel=code&layer=conv2d_3")
    assert '"kind": "MaxPooling2D"' in html
    assert 'data-layer="conv2d_3"' in html
    assert 'data-panel="code"' in html
    assert "x = layers.Conv2D(" in html
    assert "<noscript>" in html
    assert "A new architecture" in page(client, "/architectures/scratch")
    assert client.get("/architectures/nobody/edit").status_code == 404


def test_names_are_text_wherever_they_stand(client: TestClient) -> None:
    network = client.get(f"/api/v1/architectures/{open_network(client)}").json()
    evil = "<script>alert(1)</script>"
    definition = {key: network[key] for key in ("style", "layers", "calls", "outputs", "inputs")}
    definition["layers"][1]["config"]["activation"] = evil
    stored = kept(client, name=evil, **definition)
    for address in (f"/architectures/{stored}", f"/architectures/{stored}/edit", "/architectures"):
        assert evil not in client.get(address).text
