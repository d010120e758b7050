import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from app import cli_import
from app.core.errors import DiceboardError
from app.settings import Settings
from app.web import dependencies
from app.web.api import datasets as routes
from app.web.problems import install_problems
from tests.factories.datasets import dataset_service
from tests.factories.dice import casino_dice
from tests.factories.images import class_folders, png, tar_bytes, zip_bytes


def created(client: httpx.Client) -> str:
    response = client.post("/datasets", json={"name": "dice"})
    assert response.status_code == 201
    return str(response.json()["id"])


def ready(client: httpx.Client, dataset_id: str) -> dict:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        dataset = client.get(f"/datasets/{dataset_id}").json()
        if dataset["state"] not in {"uploading", "checking"}:
            return dataset
        time.sleep(0.05)
    pytest.fail(f"still {dataset}")


@pytest.mark.parametrize("pack", [tar_bytes, zip_bytes, lambda files: tar_bytes(files, mode="w:gz")])
def test_a_dataset_goes_its_whole_way_over_rest(client: httpx.Client, tmp_path: Path, pack) -> None:
    dataset_id = created(client)
    assert client.put(f"/datasets/{dataset_id}/files", content=pack(class_folders())).json() == {
        "accepted": 20,
        "already_there": 0,
        "skipped": 0,
        "rejected": [],
    }
    assert len(client.get(f"/datasets/{dataset_id}/files").json()["items"]) == 20
    commit = client.post(f"/datasets/{dataset_id}/commit")
    assert (commit.status_code, commit.headers["location"]) == (202, f"/api/v1/datasets/{dataset_id}")
    dataset = ready(client, dataset_id)
    assert (dataset["state"], dataset["version"], dataset["classes"]) == ("ready", 1, ["1", "2"])
    assert client.get(f"/datasets/{dataset_id}/versions").json()["items"][0]["digest"] == dataset["digest"]
    page = client.get(f"/datasets/{dataset_id}/images", params={"class": "2", "split": "train", "limit": 3}).json()
    assert [image["class_name"] for image in page["items"]] == ["2"] * 3
    assert page["next"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_image_bytes_are_served_as_nothing_but_an_image(client: httpx.Client) -> None:
    dataset_id = created(client)
    html = b"<script>alert(1)</script>"
    client.put(f"/datasets/{dataset_id}/files", content=tar_bytes({"1/a.png": png(), "1/x.png": html}))
    digests = {file["path"]: file["digest"] for file in client.get(f"/datasets/{dataset_id}/files").json()["items"]}
    image = client.get(f"/datasets/{dataset_id}/images/{digests['1/a.png']}")
    assert (image.content, image.headers["content-type"]) == (png(), "image/png")
    assert image.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert image.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in image.headers["cache-control"]
    assert (
        client.get(f"/datasets/{dataset_id}/images/{digests['1/a.png']}?size=64").headers["content-type"] == "image/png"
    )
    page = client.get(f"/datasets/{dataset_id}/images/{digests['1/x.png']}")
    assert (page.headers["content-type"], page.headers["content-disposition"]) == (
        "application/octet-stream",
        "attachment",
    )


def test_a_body_larger_than_other_requests_may_be_is_taken_and_a_far_larger_one_is_not(
    client: httpx.Client, tmp_path: Path
) -> None:
    dataset_id = created(client)
    files = {f"{n % 2}/{n}.png": os.urandom(1_000_000) for n in range(5)}
    assert client.put(f"/datasets/{dataset_id}/files", content=tar_bytes(files)).json()["accepted"] == 5
    endless = (bytes(2**20) for _ in range(60))
    answer = client.put(f"/datasets/{dataset_id}/files", content=endless)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing_in_the_way(
    address: str, client: httpx.Client, tmp_path: Path
) -> None:
    dataset_id = created(client)
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as raw:
        head = f"PUT /api/v1/datasets/{dataset_id}/files HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
        raw.sendall(head.encode() + bytes(100_000))
        time.sleep(0.2)
    deadline = time.monotonic() + 10
    while list((tmp_path / "tmp").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert client.get(f"/datasets/{dataset_id}").json()["files"] == 0


def test_errors_say_what_to_do(client: httpx.Client) -> None:
    dataset_id = created(client)
    flat = client.put(f"/datasets/{dataset_id}/files", content=tar_bytes({"a.png": png()}))
    assert flat.json()["accepted"] == 1
    answer = client.post(f"/datasets/{dataset_id}/commit")
    assert answer.status_code == 422
    assert "folder named after its class" in answer.json()["detail"]
    assert client.put(f"/datasets/{dataset_id}/files", content=b"no archive").status_code == 422
    assert client.put("/datasets/nothing/files", content=b"x").status_code == 404
    assert client.post("/datasets", json={"name": ""}).status_code == 422
    assert client.delete(f"/datasets/{dataset_id}").status_code == 204
    assert client.get(f"/datasets/{dataset_id}").status_code == 404


def test_uploads_leave_the_reserve_on_disk_free(tmp_path: Path) -> None:
    with dataset_service(tmp_path, reserve_bytes=2**60) as service:
        made = FastAPI()
        install_problems(made)
        made.include_router(routes.router)
        made.dependency_overrides[dependencies._services] = lambda: SimpleNamespace(datasets=service)
        dataset = service.create("dice")

        async def put() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://x") as client:
                return await client.put(f"/datasets/{dataset.id}/files", content=tar_bytes(class_folders()))

        assert asyncio.run(put()).status_code == 507


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path / "data"))
    made = tmp_path / "dice set"
    for path, content in {**class_folders(), "notes.md": b"text", ".DS_Store": b"x"}.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_bytes(content)
    return made


def test_a_folder_is_imported_and_what_is_in_it_is_told(
    address: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset_id = cli_import.import_folder(folder, url=address, token="t" * 16)
    told = capsys.readouterr().out
    assert "dice set (ready)" in told
    assert dataset_id in told.replace("\n", "")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files were in each pack that the command sent."""
    counts: list[int] = []
    real = cli_import._tar

    def counted(contents):
        counts.append(len(contents))
        return real(contents)

    monkeypatch.setattr(cli_import, "_tar", counted)
    return counts


def packed_archive(folder: Path, path: Path) -> Path:
    files = {str(file.relative_to(folder)): file.read_bytes() for file in cli_import.image_files(folder)}
    path.write_bytes(zip_bytes(files) if path.suffix == ".zip" else tar_bytes(files, mode="w:gz"))
    return path


@pytest.mark.parametrize("archive", [None, "dice set.zip", "dice set.tar.gz"])
def test_an_interrupted_import_sends_only_what_is_missing(
    address: str, folder: Path, tmp_path: Path, sent: list[int], monkeypatch: pytest.MonkeyPatch, archive: str | None
) -> None:
    source = folder if archive is None else packed_archive(folder, tmp_path / archive)
    monkeypatch.setattr(cli_import, "PACK_FILES", 6)
    real = cli_import._put

    def interrupted(client, dataset_id, pack):
        if len(sent) == 3:
            raise KeyboardInterrupt
        return real(client, dataset_id, pack)

    monkeypatch.setattr(cli_import, "_put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cli_import.import_folder(source, name="dice set", url=address, token="t" * 16)
    assert sent == [6, 6, 6]
    monkeypatch.setattr(cli_import, "_put", real)
    assert cli_import.import_folder(source, name="dice set", url=address, token="t" * 16)
    assert sent[3:] == [6, 2]


def test_a_second_set_is_imported_by_what_changed(address: str, folder: Path, sent: list[int]) -> None:
    cli_import.import_folder(folder, url=address, token="t" * 16)
    (folder / "dice" / "1" / "more.png").write_bytes(png(500))
    cli_import.import_folder(folder, name="another", url=address, token="t" * 16)
    assert sent == [20, 1]


def test_what_came_whole_of_a_tar_that_broke_off_stays(client: httpx.Client) -> None:
    dataset_id = created(client)
    whole = tar_bytes(class_folders())
    with pytest.raises(httpx.TransportError):
        client.put(f"/datasets/{dataset_id}/files", content=_breaking_off(whole[:9_000]))
    deadline = time.monotonic() + 10
    while not (there := client.get(f"/datasets/{dataset_id}").json()["files"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert 0 < there < 20
    answer = client.put(f"/datasets/{dataset_id}/files", content=whole).json()
    assert (answer["accepted"], answer["already_there"]) == (20 - there, there)


def _breaking_off(content: bytes) -> Iterator[bytes]:
    yield content
    time.sleep(2)  # what has not been read when a connection ends is lost with it
    raise httpx.WriteError("the cable was pulled")


def test_packs_stay_small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_import, "PACK_BYTES", 5000)
    made = list(cli_import.packs(cli_import.outgoing(folder, Settings(), [])))
    assert len(made) > 3
    assert sum(map(len, made)) == 20


def test_an_archive_is_imported_and_a_stranger_is_not(
    address: str, client: httpx.Client, tmp_path: Path, folder: Path
) -> None:
    archive = tmp_path / "more.zip"
    archive.write_bytes(zip_bytes(class_folders()))
    dataset = cli_import.import_folder(archive, url=address, token="t" * 16)
    # As the browser calls it: one goes on with what the other began.
    assert client.get(f"/datasets/{dataset}").json()["name"] == "more"
    with pytest.raises(DiceboardError, match="neither a folder nor an archive"):
        cli_import.import_folder(folder / "notes.md", url=address, token="t" * 16)


def test_the_real_dice_come_in_as_they_are(address: str, client: httpx.Client, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path / "data"))
    dataset = client.get(f"/datasets/{cli_import.import_folder(casino_dice(), url=address, token='t' * 16)}").json()
    counted = {split: sum(classes.values()) for split, classes in dataset["splits"].items()}
    assert (dataset["state"], counted) == ("ready", {"train": 110, "validation": 59, "test": 110})
