"""Files of runs over REST and on their page: whole and in parts, made on request, the script and the images."""

import base64
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import StaleAttemptError
from app.core.names import TaskName
from app.core.runs.exports import Export, ExportFormat, ExportRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.request import RunChanges
from app.core.runs.run import Check, Run
from app.services.bundle import ServiceBundle
from app.web.downloads import Wanted, download
from tests.factories.images import png
from tests.factories.rows import queued_run

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def run(services: ServiceBundle, tmp_path: Path) -> Run:
    """One that has ended with its best weights."""
    run = queued_run(services.database, name="dés n° 1/2", state=RunState.RUNNING, attempt=1)  # type: ignore[arg-type]
    path = tmp_path / "weights"
    path.write_bytes(CONTENT)
    services.artifacts.publish(run.id, attempt=1, name="best.weights.h5", path=path, epoch=2)
    services.runs.move(run.id, RunState.STOPPED, attempt=1)
    return services.runs.get(run.id)


def address(run: Run, rest: str) -> str:
    return f"/api/v1/runs/{run.id}/{rest}"


def part(client: TestClient, run: Run, **headers: str) -> Any:
    return client.get(
        address(run, "artifacts/best.weights.h5"),
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )


def test_a_download_says_its_size_its_digest_and_its_name(client: TestClient, run: Run) -> None:
    answer = part(client, run)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["etag"] == f'"{SHA256}"'
    assert answer.headers["content-length"] == str(len(CONTENT))
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    plain, in_full = "d_s n_ 1_2 best.weights.h5", "d%C3%A9s%20n%C2%B0%201_2%20best.weights.h5"
    expected = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{in_full}"
    assert answer.headers["content-disposition"] == expected


def test_a_download_that_broke_off_goes_on_unless_the_file_is_another_one(client: TestClient, run: Run) -> None:
    rest = part(client, run, range="bytes=100-", if_range=f'"{SHA256}"')
    assert (rest.status_code, rest.content) == (206, CONTENT[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(CONTENT) - 1}/{len(CONTENT)}"
    changed = part(client, run, range="bytes=100-", if_range='"another"')
    assert (changed.status_code, changed.content) == (200, CONTENT)
    assert part(client, run, if_none_match=f'W/"x", "{SHA256}"').status_code == 304
    assert part(client, run, range=f"bytes={len(CONTENT)}-").status_code == 416
    assert part(client, run, range="bytes=-0").status_code == 416
    endless = "9" * 5_000
    whole = part(client, run, range=f"bytes=0-{endless}")
    assert (whole.status_code, whole.content) == (206, CONTENT)
    assert part(client, run, range=f"bytes=-{endless}").content == CONTENT
    assert part(client, run, range=f"bytes={endless}-").status_code == 416
    assert part(client, run, range="lines=1-2").content == CONTENT  # a unit that nobody knows is passed over


@given(first=st.integers(0, 50), last=st.one_of(st.none(), st.integers(0, 80)))
def test_every_range_is_that_slice(first: int, last: int | None) -> None:
    content = bytes(range(40))
    asked = f"bytes={first}-{'' if last is None else last}"
    answer = download(
        lambda start, end: iter([content[start:end]]), size=40, sha256="0" * 64, name="a", wanted=Wanted(asked)
    )
    end = 40 if last is None else min(40, last + 1)
    if first < end:
        assert (answer.status_code, answer.headers["content-length"]) == (206, str(end - first))
    else:
        assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */40")


def test_what_is_asked_for_is_made_once_and_is_an_artifact_in_the_end(
    client: TestClient, services: ServiceBundle, run: Run, tmp_path: Path
) -> None:
    first = client.post(address(run, "exports"), json={"format": "onnx"})
    again = client.post(address(run, "exports"), json={"format": "onnx", "epoch": "best"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["location"] == address(run, "exports/best.onnx")
    assert first.json() == again.json() == {
        "name": "best.onnx", "format": "onnx", "epoch": "best", "state": "waiting", "error": None,
    }  # fmt: skip
    [waiting] = services.exports.of(run.id)
    claimed = services.exports.claim(waiting.id)
    assert claimed is not None
    assert services.exports.claim(waiting.id) is None  # somebody is at it
    assert "being made" in client.get(f"/runs/{run.id}").text
    path = tmp_path / "made"
    path.write_bytes(b"onnx")
    check = Check(largest_difference=3e-7, images=12, tolerance=1e-4)
    services.exports.publish(claimed, path, epoch=2, check=check)
    assert services.exports.of(run.id) == []
    ready = client.get(address(run, "exports/best.onnx")).json()
    assert (ready["state"], ready["check"]["largest_difference"]) == ("ready", 3e-7)
    listed = {item["name"]: item for item in client.get(address(run, "artifacts")).json()["items"]}
    assert listed["best.onnx"]["check"] == check.json_object()
    assert listed["best.weights.h5"]["check"] is None
    assert client.post(address(run, "exports"), json={"format": "onnx"}).json()["state"] == "ready"
    page = client.get(f"/runs/{run.id}").text
    assert "±3.0e-07 on 12" in page
    assert 'onnxruntime.InferenceSession("best.onnx")'.replace('"', "&#34;") in page


def test_what_was_made_on_request_can_be_removed_and_what_the_training_left_cannot(
    client: TestClient, services: ServiceBundle, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "made"
    path.write_bytes(b"onnx")
    check = Check(largest_difference=0.0, images=12, tolerance=1e-4)
    for remove in ("rest", "page"):
        asked = services.exports.ask(run.id, ExportRequest(format=ExportFormat.ONNX))
        assert isinstance(asked, Export)
        services.exports.claim(asked.id)
        services.exports.publish(asked, path, epoch=2, check=check)
        deletion = f"/runs/{run.id}/artifacts/best.onnx/deletion"
        page = client.get(f"/runs/{run.id}").text
        assert (deletion in page, "best.weights.h5/deletion" in page) == (True, False)
        if remove == "rest":
            assert client.delete(address(run, "artifacts/best.onnx")).status_code == 204
        else:
            assert client.post(deletion).headers["location"] == f"/runs/{run.id}#downloads"
        assert [artifact.name for artifact in services.artifacts.of(run.id)] == ["best.weights.h5"]
    refused = client.delete(address(run, "artifacts/best.weights.h5"))
    assert (refused.status_code, "goes with its run" in refused.text) == (409, True)
    assert client.delete(address(run, "artifacts/best.onnx")).status_code == 404
    assert client.delete("/api/v1/runs/none/artifacts/best.onnx").status_code == 404


def test_a_run_that_goes_on_leaves_no_files_of_its_weights_before(
    services: ServiceBundle, client: TestClient, run: Run, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    made.write_bytes(b"x")
    check = Check(largest_difference=0.0, images=1, tolerance=1e-4)
    for format_ in (ExportFormat.ONNX, ExportFormat.LITERT):
        services.exports.ask(run.id, ExportRequest(format=format_))
    first, second = services.exports.of(run.id)
    services.exports.claim(first.id)
    services.exports.publish(first, made, epoch=2, check=check)
    services.exports.claim(second.id)
    services.run_queue.go_on(run.id)
    assert [artifact.name for artifact in services.artifacts.of(run.id)] == ["best.weights.h5"]
    with pytest.raises(StaleAttemptError, match="has gone on"):
        services.exports.publish(second, made, epoch=2, check=check)
    assert not services.exports.renew(second.id)
    refused = client.post(address(run, "exports"), json={"format": "onnx"})
    assert refused.status_code == 409
    assert "once it has ended" in refused.json()["detail"]


def test_the_trainers_own_files_show_what_came_of_opening_them_and_stay(
    services: ServiceBundle, client: TestClient, tmp_path: Path
) -> None:
    run = queued_run(services.database, state=RunState.RUNNING, attempt=1)  # type: ignore[arg-type]
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    check = Check(largest_difference=2e-7, images=12, tolerance=1e-4, by="trainer")
    for name, found in (("best.weights.h5", check), ("best.keras", check), ("architecture.json", None)):
        services.artifacts.publish(run.id, attempt=1, name=name, path=path, check=found)
    services.runs.move(run.id, RunState.STOPPED, attempt=1)
    page = client.get(f"/runs/{run.id}").text
    assert page.count("±2.0e-07 on 12") == 2
    assert "It holds no weights." in page
    services.run_queue.go_on(run.id)
    names = [artifact.name for artifact in services.artifacts.of(run.id)]
    assert names == ["architecture.json", "best.keras", "best.weights.h5"]


def test_what_nobody_works_on_is_taken_up_again_and_not_for_ever(services: ServiceBundle, run: Run) -> None:
    services.exports.ask(run.id, ExportRequest(format=ExportFormat.ZIP))
    [waiting] = services.exports.of(run.id)
    assert services.exports.recover() == 1
    for _ in range(3):
        assert services.exports.claim(waiting.id) is not None
        assert services.exports.recover() == 0
        services.exports.hand_back(waiting.id)
    assert services.exports.claim(waiting.id) is None
    [failed] = services.exports.of(run.id)
    assert (failed.state, services.exports.recover()) == ("failed", 0)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"format": "pickle"}, 422, "format"),
        ({"format": "onnx", "epoch": 0}, 422, "epoch"),
        ({"format": "onnx", "epoch": 7}, 409, "No checkpoint of epoch 7 is kept. There are those of: none"),
        ({"format": "onnx", "epoch": "last"}, 409, "no last.weights.h5"),
        ({"format": "onnx", "more": 1}, 422, "more"),
    ],
)
def test_what_cannot_be_made_is_refused(
    client: TestClient, run: Run, body: dict[str, Any], status: int, said: str
) -> None:
    answer = client.post(address(run, "exports"), json=body)
    assert answer.status_code == status
    assert said in answer.text


def test_the_page_asks_for_a_file(client: TestClient, services: ServiceBundle, run: Run) -> None:
    page = client.get(f"/runs/{run.id}")
    assert page.status_code == 200
    assert "data-every" not in page.text  # nothing is being made
    answer = client.post(f"/runs/{run.id}/exports", data={"format": "litert", "epoch": "best"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{run.id}#downloads")
    assert [export.name for export in services.exports.of(run.id)] == ["best.tflite"]
    assert 'data-every="2000"' in client.get(f"/runs/{run.id}").text
    for wrong in ({"format": "x", "epoch": "best"}, {"format": "onnx", "epoch": "9" * 5_000}):
        assert client.post(f"/runs/{run.id}/exports", data=wrong).status_code == 422
    refused = client.post(f"/runs/{run.id}/exports", data={"format": "onnx", "epoch": "7"})
    assert (refused.status_code, "No checkpoint of epoch 7" in refused.text) == (409, True)
    endless = client.post(f"/runs/{run.id}/continuation", data={"more_epochs": "9" * 5_000})
    assert (endless.status_code, len(endless.text) < 50_000) == (422, True)


@pytest.mark.parametrize(
    ("files", "kept", "offered"),
    [
        (["best.weights.h5"], [], ["best"]),
        (["best.weights.h5", "last.weights.h5"], [3], ["best", "last", "3"]),
        ([], [3, 4], ["3", "4"]),
        ([], [], []),
    ],
)
def test_only_epochs_whose_weights_are_there_are_offered(
    client: TestClient, services: ServiceBundle, tmp_path: Path, files: list[str], kept: list[int], offered: list[str]
) -> None:
    run = queued_run(services.database, state=RunState.RUNNING, attempt=1)  # type: ignore[arg-type]
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    for name in files:
        services.artifacts.publish(run.id, attempt=1, name=name, path=path)
    services.runs.move(run.id, RunState.STOPPED, attempt=1)
    services.exports._kept_epochs = lambda _: kept
    page = client.get(f"/runs/{run.id}").text
    form = page.partition('data-test="make"')[2].partition("</form>")[0]
    assert re.findall(r'<option value="(\w+)">', form) == offered


def test_a_script_is_a_module_or_a_notebook_and_names_are_only_text_in_it(
    client: TestClient, services: ServiceBundle, run: Run
) -> None:
    services.runs.change(run.id, RunChanges(name='"""\' {boom} \\ # %%'))
    answer = client.get(address(run, "script"))
    assert answer.headers["content-type"].startswith("text/x-python")
    compile(answer.text, "script.py", "exec")
    assert f"http://127.0.0.1/api/v1/runs/{run.id}/images" in answer.text
    notebook = client.get(address(run, "script?format=ipynb"))
    assert notebook.headers["content-disposition"].endswith("script.ipynb")
    document = json.loads(notebook.content)
    assert (document["nbformat"], document["cells"][0]["cell_type"]) == (4, "markdown")
    assert client.get(address(run, "script?format=txt")).status_code == 422
    assert client.get("/api/v1/runs/none/script").status_code == 404


def test_the_images_of_a_run_come_in_folders_with_a_table_of_them(
    client: TestClient, services: ServiceBundle, run: Run
) -> None:
    for digest in ("1" * 64, "2" * 64):
        services.blobs.put_bytes(f"images/{digest}", png(int(digest[0])))
    for place in (address(run, "images"), f"/api/v1/datasets/{run.dataset_id}/archive?version=1"):
        with zipfile.ZipFile(io.BytesIO(client.get(place).content)) as archive:
            assert archive.namelist() == ["images.csv", "train/1/a.png", "train/2/a.png"]
            assert archive.read("train/2/a.png") == png(2)
            assert archive.read("images.csv").decode().splitlines()[1] == f"train/1/a.png,train,1,{'1' * 64}"
    assert client.get(f"/api/v1/datasets/{run.dataset_id}/archive?version=9").status_code == 404


def test_the_task_is_one_of_the_light_pool() -> None:
    assert TaskName.EXPORT_RUN.value == "diceboard.export_run"
