"""What people get wrong answers with a problem that says how to mend it, and loses nothing."""

import io
import tarfile
from typing import Any

import httpx
import pytest

from tests.factories import over_rest
from tests.factories.images import png
from tests.fixtures.running import RunningApp


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def images(*paths: str) -> dict[str, bytes]:
    return {path: png(number) for number, path in enumerate(paths)}


def sent(app: RunningApp, files: dict[str, bytes]) -> tuple[str, dict[str, Any]]:
    with app.client() as client:
        dataset_id = str(client.post("/datasets", json={"name": "wrong"}).json()["id"])
        answer = client.put(f"/datasets/{dataset_id}/files", content=packed(files))
    assert answer.status_code == 200, answer.text
    return dataset_id, answer.json()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= set(body)
    return body


def test_an_empty_folder_cannot_be_committed_and_still_takes_files(running_app: RunningApp) -> None:
    dataset_id, _ = sent(running_app, {})
    with running_app.client() as client:
        problem(client.post(f"/datasets/{dataset_id}/commit"), 422)
        assert client.get(f"/datasets/{dataset_id}").json()["state"] == "uploading"
        more = client.put(f"/datasets/{dataset_id}/files", content=packed(images("a/1.png", "b/1.png")))
        assert more.json()["accepted"] == 2


def test_one_class_is_no_dataset_but_its_images_stay(running_app: RunningApp) -> None:
    dataset_id, _ = sent(running_app, images("one/1.png", "one/2.png"))
    with running_app.client() as client:
        answer = client.post(f"/datasets/{dataset_id}/commit")
        if answer.status_code == 202:
            running_app.wait_for(f"/datasets/{dataset_id}", lambda found: found["state"] == "rejected")
        else:
            assert "class" in problem(answer, 422)["detail"]
        assert len(client.get(f"/datasets/{dataset_id}/files").json()["items"]) == 2


def test_a_text_named_like_an_image_is_named_and_left_out(running_app: RunningApp) -> None:
    good = images(*(f"{label}/{number}.png" for label in "ab" for number in range(12)))
    dataset_id, _ = sent(running_app, good | {"a/not-really.jpg": b"It is a text."})
    with running_app.client() as client:
        assert client.post(f"/datasets/{dataset_id}/commit").status_code == 202
        done = running_app.wait_for(f"/datasets/{dataset_id}", lambda found: found["state"] in {"ready", "rejected"})
    assert done["state"] == "ready"
    assert sum(sum(counts.values()) for counts in done["splits"].values()) == 24
    (finding,) = [finding for finding in done["findings"] if finding["rule"] == "broken_images"]
    assert finding["examples"] == ["a/not-really.jpg"]


def test_a_path_that_leads_out_of_its_folder_is_refused_by_name(running_app: RunningApp) -> None:
    outside = "../../outside.png"
    _, answer = sent(running_app, images("a/1.png", outside))
    assert answer["accepted"] == 1
    assert [entry["path"] for entry in answer["rejected"]] == [outside]
    assert ".." in answer["rejected"][0]["reason"]
    assert not (running_app.data.parent / "outside.png").exists()


def test_a_wrong_token_is_told_where_the_right_one_is(running_app: RunningApp) -> None:
    with httpx.Client(headers={"Authorization": "Bearer wrong"}) as stranger:
        answer = stranger.get(f"{running_app.address}/api/v1/runs")
    assert "token" in problem(answer, 401)["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        ('{"epochs": 0}', "configuration.epochs"),
        ('{"optimizer": {"learning_rate": NaN}}', "configuration.optimizer.learning_rate"),
        ('{"optimizer": {"learning_rate": -1}}', "configuration.optimizer.learning_rate"),
        ('{"optimizer": {"name": "magic"}}', "configuration.optimizer.name"),
        ('{"epoch": 3}', "configuration.epoch"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(running_app: RunningApp, configuration: str, field: str) -> None:
    body = f'{{"architecture": "x", "dataset": "y", "configuration": {configuration}}}'
    with running_app.client() as client:
        answer = client.post("/runs", content=body, headers={"Content-Type": "application/json"})
        assert client.get("/runs").json()["items"] == []
    (error,) = problem(answer, 422)["errors"]
    assert error["field"] == field
    assert "; received " in error["message"]


def test_an_unknown_preset_is_answered_with_those_that_exist(running_app: RunningApp) -> None:
    with running_app.client() as client:
        answer = client.post("/architectures", json={"preset": {"name": "resnet"}})
    detail = problem(answer, 422)["detail"]
    assert "notebook-sequential" in detail
    assert "compact-functional" in detail


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"preset": 1}', b"\xff\xfe", b'{"preset": {"name": "a"}, "more": 1}']
)
def test_a_body_that_is_not_understood_is_no_error_of_ours(running_app: RunningApp, body: bytes) -> None:
    with running_app.client() as client:
        for path in ("/architectures", "/datasets", "/runs"):
            answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500, (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_network_that_cannot_be_completed_is_not_trained(running_app: RunningApp) -> None:
    made = over_rest.preset(running_app, "notebook-sequential")
    dataset_id, _ = sent(running_app, images("a/1.png", "b/1.png"))
    with running_app.client() as client:
        answer = client.post("/runs", json={"architecture": made["id"], "dataset": dataset_id})
    assert "conv2d_15" in problem(answer, 422)["detail"]
