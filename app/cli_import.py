"""`diceboard import`: sends a folder or an archive of images to a running Diceboard, and can be interrupted at any time."""

import hashlib
import io
import os
import re
import tarfile
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import Progress

from app.adapters.archives import ArchiveReader
from app.cli_client import answered, followed, progress_bars, running_diceboard, show
from app.core.datasets.labels import is_table
from app.core.datasets.media import is_named_like_an_image
from app.core.datasets.names import is_skipped
from app.core.errors import InvalidError, UnavailableError
from app.settings import Settings

PACK_BYTES = 16 * 2**20
PACK_FILES = 2_000
TRIES = 4
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")


@dataclass(frozen=True)
class Outgoing:
    """A file to send: its path in the dataset, size in bytes, time of its last change in whole seconds since 1970.

    `passed` is how many bytes of the folder or the archive are through with it.
    """

    path: str
    size: int
    seconds: int
    read: Callable[[], bytes]
    passed: int


def import_folder(path: Path, name: str | None = None, url: str | None = None, token: str | None = None) -> str:
    """Send the folder or archive, have it checked, print what it holds; answer the dataset's id.

    A dataset of the same name that is still uploading is gone on with: only what it lacks is sent.
    """
    console = Console()
    with running_diceboard(url=url, token=token) as client:
        dataset_id = _begun(client, (name or _name_of(path)).strip())
        with progress_bars(console) as progress:
            rejected = _send(client, dataset_id, path, progress)
            answered(client, "POST", f"/datasets/{dataset_id}/commit")
            dataset = followed(client, dataset_id, progress)
    show(console, client, dataset, rejected)
    if dataset["state"] != "ready":
        raise InvalidError(
            "The dataset was rejected; what has to be changed stands above. Mend it and import it again."
        )
    return dataset_id


def outgoing(path: Path, settings: Settings, rejected: list[dict[str, str]]) -> Iterator[Outgoing]:
    """The files of a folder or an archive, in order; what an archive holds and nobody takes is `rejected`."""
    if path.is_dir():
        return _of_folder(path)
    if not path.name.lower().endswith(_ARCHIVES):
        raise InvalidError(f"{str(path)!r} is neither a folder nor an archive; give one of {', '.join(_ARCHIVES)}.")
    return _of_archive(path, settings, rejected)


def packs(files: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """The files in packs of at most PACK_BYTES, or of one larger file."""
    pack: list[Outgoing] = []
    size = 0
    for file in files:
        if pack and (size + file.size + 2 * tarfile.BLOCKSIZE > PACK_BYTES or len(pack) == PACK_FILES):
            yield pack
            pack, size = [], 0
        pack.append(file)
        size += file.size + 2 * tarfile.BLOCKSIZE
    if pack:
        yield pack


def image_files(folder: Path) -> list[Path]:
    """The images and tables of labels in it, by their names, in order, without what operating systems leave there."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if (is_named_like_an_image(name) or is_table(name)) and not is_skipped(path.relative_to(folder).as_posix()):
                found.append(path)
    return found


def _send(client: httpx.Client, dataset_id: str, path: Path, progress: Progress) -> list[dict[str, str]]:
    rejected: list[dict[str, str]] = []
    files = outgoing(path, Settings(), rejected)
    there = _arrived(client, dataset_id)
    task = progress.add_task("Sending", total=_total_bytes(path))
    lacking = (file for file in files if there.get(file.path) != (file.size, file.seconds))
    for pack in packs(lacking):
        contents = [(file, file.read()) for file in pack]
        missing = _missing(client, dataset_id, contents)
        if missing:
            rejected += _put(client, dataset_id, _tar(missing))["rejected"]
        progress.update(task, completed=pack[-1].passed)
    progress.update(task, completed=_total_bytes(path))
    return rejected


def _of_folder(folder: Path) -> Iterator[Outgoing]:
    passed = 0
    for path in image_files(folder):
        facts = path.stat()
        passed += facts.st_size
        relative = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        yield Outgoing(relative, facts.st_size, int(facts.st_mtime), path.read_bytes, passed)


def _of_archive(path: Path, settings: Settings, rejected: list[dict[str, str]]) -> Iterator[Outgoing]:
    with path.open("rb") as file, tempfile.TemporaryDirectory(prefix="diceboard-") as folder:
        for member in ArchiveReader(settings.largest_image_bytes, Path(folder)).members(file):
            if member.skipped:
                continue
            if member.content is None:
                rejected.append({"path": member.path, "reason": member.reason or ""})
                continue
            seconds = int(member.modified.timestamp()) if member.modified else 0
            content = member.content
            yield Outgoing(member.path, len(content), seconds, lambda content=content: content, file.tell())  # type: ignore[misc]


def _name_of(path: Path) -> str:
    """What the browser calls it too, so that one goes on where the other was cut off: an archive without its ending."""
    name = path.resolve().name
    return name if path.is_dir() else re.sub(r"(\.tar)?\.[^.]+$", "", name)


def _total_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in image_files(path)) if path.is_dir() else path.stat().st_size


def _arrived(client: httpx.Client, dataset_id: str) -> dict[str, tuple[int, int | None]]:
    """Size and time (in whole seconds, as archives tell it) by path of what is there."""
    found: dict[str, tuple[int, int | None]] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = answered(client, "GET", f"/datasets/{dataset_id}/files", params={"cursor": cursor} if cursor else {})
        for file in page["items"]:
            moment = file["modified"] and int(datetime.fromisoformat(file["modified"]).timestamp())
            found[file["path"]] = (file["bytes"], moment)
        cursor = page["next"]
    return found


def _missing(
    client: httpx.Client, dataset_id: str, contents: Sequence[tuple[Outgoing, bytes]]
) -> list[tuple[Outgoing, bytes]]:
    """Those whose bytes the workspace does not have; the others are taken by their digests."""
    offered = [
        {
            "path": file.path,
            "digest": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "modified": datetime.fromtimestamp(file.seconds, UTC).isoformat(),
        }
        for file, content in contents
    ]
    answer = answered(client, "POST", f"/datasets/{dataset_id}/files", json={"files": offered})
    # What is refused for its name is sent all the same: its reason comes with the others.
    refused = {entry["path"] for entry in answer["rejected"]}
    wanted = refused | set(answer["missing"])
    return [(file, content) for file, content in contents if file.path in wanted]


def _tar(contents: Sequence[tuple[Outgoing, bytes]]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for file, content in contents:
            info = tarfile.TarInfo(file.path)
            info.size, info.mtime = len(content), file.seconds
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def _put(client: httpx.Client, dataset_id: str, pack: bytes) -> Any:
    headers = {"Content-Type": "application/x-tar"}
    for tried in range(TRIES):
        try:
            return answered(client, "PUT", f"/datasets/{dataset_id}/files", content=pack, headers=headers)
        except UnavailableError:
            # A pack may be sent as often as one likes.
            if tried == TRIES - 1:
                raise
            time.sleep(2**tried)
    raise AssertionError


def _begun(client: httpx.Client, name: str) -> str:
    listed = answered(client, "GET", "/datasets", params={"q": name, "limit": "500"})["items"]
    open_ones = [entry for entry in listed if entry["name"] == name and entry["state"] in {"uploading", "rejected"}]
    dataset = open_ones[0] if open_ones else answered(client, "POST", "/datasets", json={"name": name})
    return str(dataset["id"])
