"""Predictions over REST: an image in each of the ways it can be sent, a whole dataset, and everything that is wrong."""

import base64
import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.adapters.images import PillowImages
from app.core.datasets.names import image_key
from app.core.errors import UnavailableError
from app.core.runs.configuration import Configuration
from app.core.runs.retention import Retention
from app.main import create_app
from app.services.bundle import ServiceBundle
from app.web.security import Access
from tests.factories.rows import queued_run, ready_dataset
from tests.factories.tried import CLASSES, PREPARATION, tried_run
from tests.fakes.predictor import with_local_predictor
from tests.unit.web.conftest import TOKEN

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


@pytest.fixture
def services(services: ServiceBundle) -> ServiceBundle:
    return with_local_predictor(services)


@pytest.fixture
def api(client: TestClient) -> TestClient:
    client.headers["Accept"] = "application/json"
    client.base_url = client.base_url.join("/api/v1/")
    return client


@pytest.fixture
def run_id(services: ServiceBundle, tmp_path: Path) -> str:
    return tried_run(services, tmp_path).id


def a_file(kind: str = "PNG", *, seed: int = 0) -> bytes:
    target = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (50, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(target, kind)
    return target.getvalue()


def pixels_of(address: str) -> np.ndarray:
    head, _, content = address.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_an_image_is_answered_however_it_is_sent(api: TestClient, run_id: str) -> None:
    content = a_file()
    path = f"runs/{run_id}/predictions"
    raw = api.post(path, content=content, headers={"Content-Type": "image/png"}).json()
    # What curl's --data-binary says of whatever it sends.
    plain = api.post(path, content=content, headers={"Content-Type": "application/x-www-form-urlencoded"}).json()
    form = api.post(path, files={"image": ("die.png", content, "image/png")}).json()
    for answer in (raw, plain, form):
        assert answer.pop("took_ms") > 0
    assert raw == plain == form
    assert sorted(entry["class"] for entry in raw["classes"]) == sorted(CLASSES)
    values = [entry["probability"] for entry in raw["classes"]]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1, abs=1e-6)
    assert raw["predicted"] == raw["classes"][0]["class"]
    assert (raw["run"], raw["weights"], raw["epoch"]) == (run_id, "best", 1)
    assert raw["preprocessing"]["height"] == 16


def test_more_is_told_where_it_is_asked_for(api: TestClient, run_id: str) -> None:
    content = a_file()
    asked = {"top": "1", "heat_map": "true", "layers": "true", "seen": "true", "class": "three", "weights": "last"}
    answer = api.post(f"runs/{run_id}/predictions", params=asked, content=content).json()
    assert len(answer["classes"]) == 1
    assert (answer["weights"], answer["epoch"]) == ("last", 2)
    assert (answer["heat_map"]["class"], answer["heat_map"]["call"]) == ("three", "relu")
    assert np.array(answer["heat_map"]["values"]).shape == (16, 16)
    assert pixels_of(answer["heat_map"]["picture"]).shape == (16, 16, 3)
    assert [layer["call"] for layer in answer["layers"]] == ["conv", "norm", "relu", "pool", "drop", "dense"]
    decoded = PillowImages(10**6).decode(content, PREPARATION)
    np.testing.assert_array_equal(pixels_of(answer["seen"]), decoded[:, :, 0])
    one = api.post(f"runs/{run_id}/predictions", params={"call": "norm", "weights": "last"}, content=content).json()
    assert one["layers"] == [layer for layer in answer["layers"] if layer["call"] == "norm"]
    assert "heat_map" not in one


@pytest.fixture
def dataset(services: ServiceBundle) -> Any:
    made = ready_dataset(services.database)
    services.blobs.put_bytes(image_key("1" * 64), a_file(seed=1))
    services.blobs.put_bytes(image_key("2" * 64), b"no image")
    return made


def test_a_dataset_comes_back_line_by_line_and_each_line_is_what_its_image_alone_gives(
    api: TestClient, services: ServiceBundle, dataset: Any, tmp_path: Path
) -> None:
    run = tried_run(services, tmp_path, classes=("1", "2", "other"))
    answer = api.post(f"runs/{run.id}/predictions", json={"dataset": dataset.id})
    assert answer.headers["content-type"] == "application/x-ndjson"
    head, *rows, tail = [json.loads(line) for line in answer.text.splitlines()]
    assert (head["images"], head["classes"], head["version"]) == (2, ["1", "2", "other"], dataset.version.id)
    assert [(row["path"], row["class"], row["split"]) for row in rows] == [
        ("1/a.png", "1", "train"),
        ("2/a.png", "2", "train"),
    ]
    alone = api.post(f"runs/{run.id}/predictions", content=a_file(seed=1)).json()
    assert (rows[0]["predicted"], rows[0]["probability"]) == (
        alone["predicted"],
        pytest.approx(alone["classes"][0]["probability"], abs=1e-6),
    )
    assert (rows[1]["predicted"], rows[1]["probability"]) == (None, None)
    assert "none of the formats" in rows[1]["problem"]
    correct = sum(row["predicted"] == row["class"] for row in rows)
    assert tail == {"done": 2, "correct": correct, "accuracy": correct / 2}
    table = api.post(f"runs/{run.id}/predictions", params={"format": "csv"}, json={"dataset": dataset.id})
    assert table.headers["content-disposition"] == f'attachment; filename="predictions-{run.id}.csv"'
    written = list(csv.DictReader(io.StringIO(table.text)))
    assert [entry["predicted"] for entry in written] == [rows[0]["predicted"], ""]
    assert written[1]["problem"] == rows[1]["problem"]


def test_a_split_without_images_is_an_empty_answer(api: TestClient, run_id: str, dataset: Any) -> None:
    answer = api.post(f"runs/{run_id}/predictions", json={"dataset": dataset.id, "split": "test"})
    head, tail = [json.loads(line) for line in answer.text.splitlines()]
    assert (head["images"], tail) == (0, {"done": 0, "correct": 0, "accuracy": None})


class BreaksOff:
    """Answers once, then is away."""

    def __init__(self, predictor: Any) -> None:
        self._predictor = predictor
        self._left = 1

    def ask(self, *question: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise UnavailableError("The predictor has gone.")
        return self._predictor.ask(*question)


def test_what_breaks_off_says_so_in_its_last_line(
    api: TestClient, services: ServiceBundle, run_id: str, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = services.predictions
    monkeypatch.setattr("app.services.predictions.IMAGES_AT_ONCE", 1)
    monkeypatch.setattr(predictions, "_predictor", BreaksOff(predictions._predictor))
    lines = api.post(f"runs/{run_id}/predictions", json={"dataset": dataset.id}).text.splitlines()
    assert json.loads(lines[-1]) == {"problem": "The predictor has gone."}
    assert len(lines) == 3
    refused = api.post(f"runs/{run_id}/predictions", json={"dataset": dataset.id})
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")


def test_whoever_stops_reading_stops_the_work(
    services: ServiceBundle, run_id: str, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.predictions.IMAGES_AT_ONCE", 1)
    predictions = services.predictions
    outcomes = predictions.predict_dataset(predictions.tried(run_id), dataset.id).outcomes
    assert next(outcomes).path == "1/a.png"
    del outcomes
    assert len(predictions._predictor.asked) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ({"content": b""}, 422, "empty"),
        ({"content": b"nonsense"}, 422, "none of the formats"),
        ({"content": a_file()[:200]}, 422, "cannot be decoded"),
        ({"content": b"GIF89a" + bytes(20)}, 422, ""),
        ({"files": {"image": ("a.png", b"nonsense", "image/png")}}, 422, "none of the formats"),
        ({"files": {"other": ("a.png", a_file(), "image/png")}}, 422, "field `image`"),
        ({"data": {"image": "text"}, "files": {"x": b""}}, 422, "field `image`"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, 400, "multipart"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "boundary"),
        ({"json": {}}, 422, "dataset"),
        ({"json": {"dataset": "none"}}, 404, "none"),
        ({"json": {"dataset": "none", "split": "every"}}, 422, "split"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, "JSON"),
        ({"content": a_file(), "params": {"class": "seven"}}, 422, "no class 'seven'.*one, two, three"),
        ({"content": a_file(), "params": {"call": "seven"}}, 422, "no call 'seven'"),
        ({"content": a_file(), "params": {"top": "0"}}, 422, "top"),
        ({"content": a_file(), "params": {"weights": "worst"}}, 422, "weights"),
        ({"content": a_file(), "params": {"heatmap": "true"}}, 422, "heatmap"),
    ],
)
def test_what_is_wrong_is_said(api: TestClient, run_id: str, how: dict[str, Any], status: int, said: str) -> None:
    answer = api.post(f"runs/{run_id}/predictions", **how)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert said.partition(".*")[0] in answer.text
    assert api.post(f"runs/{run_id}/predictions", content=a_file()).status_code == 200


def test_more_pixels_than_are_taken_are_refused_undecoded(
    services: ServiceBundle, run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.predictions, "_decode", PillowImages(1_000).decode)
    app = create_app(services, access=Access(TOKEN, services.logins))
    client = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"})
    answer = client.post(f"/api/v1/runs/{run_id}/predictions", content=a_file())
    assert answer.status_code == 422
    assert "1,000 pixels" in answer.json()["detail"]


@pytest.mark.parametrize(("kept", "said"), [("none", "keep none of its weights"), ("best", "keep only the best")])
def test_a_run_without_weights_says_why(
    api: TestClient, services: ServiceBundle, tmp_path: Path, kept: str, said: str
) -> None:
    asked = Configuration(epochs=2, retention=Retention(weights=kept))
    run = tried_run(services, tmp_path, configuration=asked)
    answer = api.post(f"runs/{run.id}/predictions", params={"weights": "last"}, content=a_file())
    assert answer.status_code == 404
    assert said in answer.json()["detail"]
    best = api.post(f"runs/{run.id}/predictions", content=a_file())
    assert best.status_code == (404 if kept == "none" else 200)


def test_a_run_that_waits_and_one_that_is_not_there_say_so(api: TestClient, services: ServiceBundle) -> None:
    waiting = api.post(f"runs/{queued_run(services.database).id}/predictions", content=a_file())
    assert (waiting.status_code, "when it has ended" in waiting.text) == (404, True)
    assert api.post("runs/none/predictions", content=a_file()).status_code == 404
    assert api.post("runs/none/predictions/warm-up").status_code == 404


def test_a_network_can_be_made_ready(api: TestClient, run_id: str) -> None:
    answer = api.post(f"runs/{run_id}/predictions/warm-up")
    assert (answer.status_code, answer.content) == (204, b"")


def test_where_nobody_answers_it_is_unavailable_and_nothing_worse(
    services: ServiceBundle, run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.predictions, "_predictor", BreaksOff(None))
    monkeypatch.setattr(services.predictions._predictor, "_left", 0)
    app = create_app(replace(services), access=Access(TOKEN, services.logins))
    client = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"})
    answer = client.post(f"/api/v1/runs/{run_id}/predictions", content=a_file())
    assert (answer.status_code, answer.json()["title"]) == (503, "Temporarily unavailable")


def limited(services: ServiceBundle, tmp_path: Path, *, largest_image_bytes: int) -> TestClient:
    settings = services.settings.model_copy(update={"largest_image_bytes": largest_image_bytes})
    app = create_app(replace(services, settings=settings), access=Access(TOKEN, services.logins))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return TestClient(app, base_url="http://127.0.0.1/api/v1/", headers=headers)


def test_more_than_an_image_may_have_is_refused_however_it_is_sent(
    services: ServiceBundle, run_id: str, tmp_path: Path
) -> None:
    content = a_file()
    path = f"runs/{run_id}/predictions"
    exact = limited(services, tmp_path, largest_image_bytes=len(content))
    assert exact.post(path, content=content).status_code == 200
    assert exact.post(path, files={"image": ("die.png", content, "image/png")}).status_code == 200
    less = limited(services, tmp_path, largest_image_bytes=len(content) - 1)
    bodies: list[dict[str, Any]] = [
        {"content": content},
        {"content": iter([content[:100], content[100:]])},  # whose length nobody declares
        {"files": {"image": ("die.png", content, "image/png")}},
        {"files": {"image": ("die.png", content * 20, "image/png")}},
        {"content": b" " * 20_000, "headers": {"Content-Type": "application/json"}},
    ]
    for body in bodies:
        answer = less.post(path, **body)
        assert (answer.status_code, "Send a smaller one" in answer.text) == (413, True), body
