"""Sample dice through real processes: asked for, rendered by a Celery worker that is killed, checked, looked at."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from app.core.datasets.sample_dice.request import SampleRequest
from tests.fixtures.running import RunningApp

OWN_APPLICATION = True

SMALL = {"images_per_class": 5, "height": 24, "width": 32, "seed": 11}


def command(running_app: RunningApp, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "sample", *words],
        env={**os.environ, "DICEBOARD_DATA": str(running_app.data), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_is_asked_for_over_rest_becomes_ready(running_app: RunningApp) -> None:
    with running_app.client() as client:
        answer = client.post("/datasets/samples", json=SMALL)
        dataset = answer.json()
        assert (answer.status_code, dataset["state"]) == (202, "rendering")
        assert answer.headers["Location"] == f"/api/v1/datasets/{dataset['id']}"
        ready = running_app.wait_for(f"/datasets/{dataset['id']}", lambda found: found["state"] == "ready")
        assert ready["samples"] == SMALL
        assert ready["sizes"] == {"24x32": 30}
        assert {finding["rule"] for finding in ready["findings"]} <= {"tiny_classes"}
        assert {name: sum(counts.values()) for name, counts in ready["splits"].items()} == {
            "train": 18,
            "validation": 6,
            "test": 6,
        }


def test_what_cannot_be_rendered_is_told_field_by_field(running_app: RunningApp) -> None:
    with running_app.client() as client:
        for wrong in ({"images_per_class": 0}, {"height": 1e9}, {"seed": "x"}, {"colour": "red"}):
            answer = client.post("/datasets/samples", json=SMALL | wrong)
            assert answer.status_code == 422
            assert next(iter(wrong)) in answer.json()["errors"][0]["field"]
        assert (
            client.post("/datasets/samples", json=SMALL | {"images_per_class": 20_000, "height": 2048}).status_code
            == 422
        )


def test_a_repeated_request_with_a_key_makes_one_dataset(running_app: RunningApp) -> None:
    with running_app.client() as client:
        answers = [client.post("/datasets/samples", json=SMALL, headers={"Idempotency-Key": "k"}) for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_a_worker_that_is_killed_amid_the_rendering_is_taken_over_from(running_app: RunningApp) -> None:
    request = SampleRequest(images_per_class=400, height=32, width=32)
    with running_app.client() as client:
        dataset = client.post("/datasets/samples", json=request.json_object()).json()
        path = f"/datasets/{dataset['id']}"
        running_app.wait_for(path, lambda found: 0 < found["progress"]["checked"] < request.images)
        for pid in running_app.pids("spawn_main"):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
        assert client.get(path).json()["version"] is None
        ready = running_app.wait_for(path, lambda found: found["state"] == "ready")
        assert sum(sum(counts.values()) for counts in ready["splits"].values()) == request.images


def test_the_command_loads_them_and_writes_the_same_ones_to_disk(running_app: RunningApp, tmp_path: Path) -> None:
    options = ("--images-per-class", "5", "--height", "24", "--width", "32", "--seed", "11")
    loaded = command(running_app, *options, "--name", "for the test")
    assert loaded.returncode == 0, loaded.stderr
    assert "for the test (ready)" in loaded.stdout
    written = command(running_app, str(tmp_path / "dice"), *options)
    assert written.returncode == 0, written.stderr
    with running_app.client() as client:
        listed = client.get("/datasets", params={"q": "for the test"}).json()["items"]
        files = client.get(f"/datasets/{listed[0]['id']}/files").json()["items"]
        on_disk = {path.relative_to(tmp_path / "dice").as_posix() for path in (tmp_path / "dice").rglob("*.jpg")}
        assert {file["path"] for file in files} == on_disk
        image = client.get(f"/datasets/{listed[0]['id']}/images/{files[0]['digest']}")
    assert image.content == (tmp_path / "dice" / files[0]["path"]).read_bytes()


def test_without_a_running_diceboard_the_way_out_is_said(tmp_path: Path) -> None:
    missing = subprocess.run(
        [sys.executable, "-m", "app.cli", "sample"],
        env={**os.environ, "DICEBOARD_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert missing.returncode == 1
    assert "diceboard up" in missing.stderr


def test_the_button_makes_one_set_however_often_it_is_pressed(running_app: RunningApp) -> None:
    headers = {"Authorization": f"Bearer {running_app.token}", "Accept": "text/html"}
    with httpx.Client(base_url=running_app.address, headers=headers) as browser:
        form = {"images_per_class": "3", "height": "16", "width": "16"}
        places = {browser.post("/datasets/samples", data=form).headers["Location"] for _ in range(3)}
        wrong = browser.post("/datasets/samples", data={"height": "tall"})
    assert len(places) == 1
    assert wrong.status_code == 422
    assert "height" in wrong.text
