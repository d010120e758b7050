"""The browser reads archives and judges names as the server does."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.core.datasets.labels import is_table
from app.core.datasets.media import is_named_like_an_image
from app.core.datasets.names import is_skipped
from tests.unit.static.test_modules import run

FILES = {"dice/1/a.png": b"one" * 500, f"{'long ' * 40}/é.png": b"two", "2/empty.png": b""}
SECONDS = 1_700_000_000  # even, as a zip tells it


def packed(tar_format: int, mode: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode, format=tar_format) as archive:  # type: ignore[call-overload]
        for path, content in FILES.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(content), SECONDS
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def zipped(compression: int, *, large: bool = False) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for path, content in FILES.items():
            info = zipfile.ZipInfo(path, (2023, 11, 14, 22, 13, 20))
            info.compress_type = compression
            with archive.open(info, "w", force_zip64=large) as file:
                file.write(content)
    return target.getvalue()


def test_archives_of_every_kind_are_listed_and_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archives = {
        "gnu.tar": packed(tarfile.GNU_FORMAT, "w"),
        "pax.tar": packed(tarfile.PAX_FORMAT, "w"),
        "gnu.tar.gz": packed(tarfile.GNU_FORMAT, "w:gz"),
        "stored.zip": zipped(zipfile.ZIP_STORED),
        "deflated.zip": zipped(zipfile.ZIP_DEFLATED),
        "large.zip": zipped(zipfile.ZIP_DEFLATED, large=True),
    }
    for name, content in archives.items():
        (tmp_path / name).write_bytes(content)
    expected = {path: [SECONDS, content.decode()] for path, content in FILES.items()}
    given = {"expected": expected, "files": [str(tmp_path / name) for name in archives]}
    (tmp_path / "given.json").write_text(json.dumps(given))
    monkeypatch.setenv("ARCHIVES", str(tmp_path / "given.json"))
    assert "skipped 1\n" in run(tmp_path, "archives.test.mjs", "--test")


def test_names_are_judged_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [
        "a/.DS_Store",
        "Thumbs.db",
        "__MACOSX/a.png",
        ".git/x.png",
        "./a/b.PNG",
        "a..png",
        "../x.jpg",
        "....//x.tif",
    ]
    paths += [r"..\x", "a.jpe", "b.jpeg", "c.webp", "d.bmp", "e.gif", "f.tiff", "labels.CSV", "g.svg", "h.png.txt", "i"]
    judged = [[path, is_skipped(path), is_named_like_an_image(path), is_table(path)] for path in paths]
    (tmp_path / "names.json").write_text(json.dumps(judged))
    monkeypatch.setenv("NAMES", str(tmp_path / "names.json"))
    assert "skipped 1\n" in run(tmp_path, "archives.test.mjs", "--test")
