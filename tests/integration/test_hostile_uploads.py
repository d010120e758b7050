"""Names, archives and repeated requests that people send, by mistake or not: each with its answer."""

import re
import tarfile
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.services.datasets import DatasetService
from tests.factories import archives
from tests.factories.images import class_folders, png, tar_bytes, zip_bytes
from tests.factories.rows import queued_run

TAKEN = None


def created(client: httpx.Client) -> str:
    return str(client.post("/datasets", json={"name": "hostile"}).json()["id"])


def put(client: httpx.Client, content: bytes) -> httpx.Response:
    return client.put(f"/datasets/{created(client)}/files", content=content)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("<img src=x onerror=alert(1)>", TAKEN),
        ('"><svg onload=alert(1)>', TAKEN),
        ("{{7*7}}", TAKEN),
        ("%{x}", TAKEN),
        (r"$\href{javascript:alert(1)}{x}$", "backslash"),
        ('=HYPERLINK("x")', TAKEN),
        ('=HYPERLINK("http://x")', "empty part"),
        ("../../etc/passwd", r"'\.\.'"),
        (r"..\..\x", "backslash"),
        ("%2e%2e%2f", TAKEN),
        ("%252e", TAKEN),
        ("....//x", "empty part"),
        ("/abs", "absolute"),
        (r"C:\x", "backslash"),
        ("C:x", "drive letter"),
        (r"\\host\share", "backslash"),
        ("CON", TAKEN),
        ("a.", TAKEN),
        ("a ", TAKEN),
        ("line\nfeed", "control character"),
        ("carriage\rreturn", "control character"),
        ("escape\x1b[31m", "control character"),
        ("s" * 300, "255 bytes"),
        ("/".join(["p" * 250] * 20), "2,000 bytes"),
        ("/".join("abcdefgh" * 5), "32"),
        ("gpj.\u202eexe", "reading direction"),
        ("\udcff", "UTF-8"),
        ("👩‍🚀", TAKEN),
        ("__proto__", TAKEN),
        ("constructor", TAKEN),
        (" ", "empty part"),
        ("", "empty part|absolute"),
    ],
)
def test_names_are_only_text_or_refused_with_the_reason(client: httpx.Client, name: str, reason: str | None) -> None:
    path = f"{name}/a.png"
    answer = put(client, tar_bytes({path: png()}))
    assert answer.status_code == 200, answer.text
    if reason is TAKEN:
        assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, [])
    else:
        [entry] = answer.json()["rejected"]
        assert answer.json()["accepted"] == 0
        assert re.search(reason, entry["reason"])


def test_what_is_taken_comes_back_letter_for_letter(client: httpx.Client) -> None:
    names = ["<img src=x>", "{{7*7}}", "__proto__", "👩‍🚀", "CON", unicodedata.normalize("NFD", "é")]
    dataset_id = created(client)
    client.put(
        f"/datasets/{dataset_id}/files",
        content=tar_bytes({f"{name}/{n}.png": png(n) for name in names for n in range(3)}),
    )
    layout = client.get(f"/datasets/{dataset_id}/layout").json()
    assert layout["classes"] == sorted(unicodedata.normalize("NFC", name) for name in names)
    assert layout["splits"]["open"]["__proto__"] == 3


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        (["train/a.png", "bus/b.png"], None),
        (["train/a.png", "val/b.png"], "no folders of classes"),
        (["Cat/a.png", "cat/b.png"], "'Cat' and 'cat' differ"),
        (["cat/a.png", "cat /b.png"], "'cat' and 'cat ' differ"),
    ],
)
def test_class_names_that_mislead_are_shown_before_the_commit(
    client: httpx.Client, paths: list[str], problem: str | None
) -> None:
    found = client.post("/datasets/layouts", json={"paths": paths}).json()
    assert (found["problem"] is None) if problem is None else (problem in found["problem"])


@pytest.mark.parametrize(
    ("make", "status", "accepted", "says"),
    [
        (lambda: zip_bytes({"../a.png": png(), "a/b.png": png(1)}), 200, 1, "out of its folder"),
        (lambda: zip_bytes({"/abs/a.png": png(), "a/b.png": png(1)}), 200, 1, "absolute"),
        (lambda: archives.special_tar(("a", tarfile.SYMTYPE, "/etc")), 200, 1, "link or a device"),
        (lambda: archives.special_tar(("b", tarfile.LNKTYPE, "/etc/passwd")), 200, 1, "link or a device"),
        (lambda: archives.special_tar(("c", tarfile.FIFOTYPE, "")), 200, 1, "link or a device"),
        (lambda: archives.special_tar(("d", tarfile.CHRTYPE, "")), 200, 1, "link or a device"),
        (lambda: zip_bytes({"a/1.png": png(1), "42.zip": zip_bytes({"b/2.png": png(2)})}), 200, 1, "no image"),
        (lambda: archives.overlapping_zip(100), (200, 413), (0, 1), "200 times|verlap|file of this name|bytes"),
        (archives.zip_of_many, 413, 0, "500,000 entries"),
        (lambda: archives.pairs_tar([("a/1.png", png(1)), ("a/1.png", png(2))]), 200, 1, "file of this name"),
        (lambda: archives.with_flags(zip_bytes({"a/1.png": png(1)}), 1), 200, 0, "encrypted"),
        (archives.lying_tar, 422, 1, "cut off"),
        (archives.lying_zip, 200, 1, "damaged inside"),
        (archives.zip64, 200, 1, ""),
        (lambda: archives.named_zip(b"caf\x82/1.png"), 200, 1, ""),
        (lambda: archives.named_zip("café/1.png".encode()), 200, 1, ""),
        (lambda: archives.named_zip(b"a/1.png\0.exe"), 200, 0, "control character"),
        (lambda: zip_bytes({"a/1.png": png(1), "a/2.png": png(2)})[:-40], 422, 0, "damaged|cut off"),
    ],
)
def test_archives_are_taken_as_far_as_they_are_honest(
    client: httpx.Client, tmp_path: Path, make: Callable[[], bytes], status, accepted, says: str
) -> None:
    dataset_id = created(client)
    answer = client.put(f"/datasets/{dataset_id}/files", content=make())
    statuses = status if isinstance(status, tuple) else (status,)
    counts = accepted if isinstance(accepted, tuple) else (accepted,)
    assert answer.status_code in statuses, answer.text
    assert client.get(f"/datasets/{dataset_id}").json()["files"] in counts
    assert re.search(says, answer.text)
    assert not list((tmp_path / "tmp").glob("*"))


@pytest.mark.parametrize("raw", [b"caf\x82/1.png", "café/1.png".encode()])
def test_names_of_older_zips_are_read(client: httpx.Client, raw: bytes) -> None:
    dataset_id = created(client)
    client.put(f"/datasets/{dataset_id}/files", content=archives.named_zip(raw))
    assert [file["path"] for file in client.get(f"/datasets/{dataset_id}/files").json()["items"]] == ["café/1.png"]


def test_packs_come_again_in_any_order_and_not_after_the_end(client: httpx.Client) -> None:
    dataset_id = created(client)
    files = list(class_folders().items())
    packs = [tar_bytes(dict(files[start : start + 5])) for start in (0, 5, 10, 15)]
    for pack in (packs[2], packs[0], packs[2], packs[3], packs[1], packs[0]):
        assert client.put(f"/datasets/{dataset_id}/files", content=pack).status_code == 200
    assert client.get(f"/datasets/{dataset_id}").json()["files"] == 20
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(f"/datasets/{dataset_id}/commit"), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    late = client.put(f"/datasets/{dataset_id}/files", content=packs[0])
    assert (late.status_code, "takes no more files" in late.json()["detail"]) == (409, True)
    while client.get(f"/datasets/{dataset_id}").json()["state"] == "checking":
        pass
    assert [version["number"] for version in client.get(f"/datasets/{dataset_id}/versions").json()["items"]] == [1]
    assert client.delete(f"/datasets/{dataset_id}").status_code == 204
    assert client.put(f"/datasets/{dataset_id}/files", content=packs[0]).status_code == 404


def test_a_large_pack_for_a_dataset_that_is_gone_hears_so(client: httpx.Client) -> None:
    answer = client.put("/datasets/gone/files", content=tar_bytes({f"a/{n}.png": bytes(2**20) for n in range(30)}))
    assert (answer.status_code, "There is no dataset" in answer.json()["detail"]) == (404, True)


def test_offered_files_are_taken_only_where_their_bytes_are_here(client: httpx.Client) -> None:
    first, second = created(client), created(client)
    client.put(f"/datasets/{first}/files", content=tar_bytes({"a/1.png": png(1)}))
    digest = client.get(f"/datasets/{first}/files").json()["items"][0]["digest"]
    offer = [
        {"path": "b/here.png", "digest": digest, "bytes": len(png(1))},
        {"path": "b/elsewhere.png", "digest": "0" * 64, "bytes": 3},
        {"path": "../b.png", "digest": digest, "bytes": 3},
    ]
    answer = client.post(f"/datasets/{second}/files", json={"files": offer}).json()
    assert (answer["accepted"], answer["missing"]) == (1, ["b/elsewhere.png"])
    assert [entry["path"] for entry in answer["rejected"]] == ["../b.png"]
    assert client.get(f"/datasets/{second}").json()["files"] == 1


def test_bytes_that_a_loss_of_power_tore_have_to_come_again(client: httpx.Client, tmp_path: Path) -> None:
    pack = tar_bytes({"a/1.png": png(1)})
    first, second = created(client), created(client)
    client.put(f"/datasets/{first}/files", content=pack)
    [file] = client.get(f"/datasets/{first}/files").json()["items"]
    [torn] = [path for path in (tmp_path / "blobs").rglob("*") if path.name.endswith(file["digest"][-20:])]
    torn.write_bytes(b"")
    offer = {"files": [{"path": "b/1.png", "digest": file["digest"], "bytes": file["bytes"]}]}
    assert client.post(f"/datasets/{second}/files", json=offer).json()["missing"] == ["b/1.png"]
    client.put(f"/datasets/{second}/files", content=tar_bytes({"b/1.png": png(1)}))
    assert torn.read_bytes() == png(1)


def test_a_dataset_that_a_run_is_about_is_not_deleted(client: httpx.Client, service: DatasetService) -> None:
    run = queued_run(service._database)
    answer = client.delete(f"/datasets/{run.dataset_id}")
    assert (answer.status_code, "Delete those runs first" in answer.json()["detail"]) == (409, True)
    assert client.get(f"/datasets/{run.dataset_id}").json()["state"] == "ready"
