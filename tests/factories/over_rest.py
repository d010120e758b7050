"""What a user does first, over REST: an architecture from a preset, a dataset from a folder, a run."""

import io
import itertools
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.factories.dice import casino_dice
from tests.fixtures.running import RunningApp


def preset(app: RunningApp, name: str, **options: Any) -> dict[str, Any]:
    """The id-bearing architecture made from a preset."""
    with app.client() as client:
        response = client.post("/architectures", json={"preset": {"name": name, "options": options}})
    assert response.status_code == 201, response.text
    return dict(response.json()["items"][0])


def tar_of(folder: Path) -> bytes:
    """All files of a folder as one tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, arcname=folder.name)
    return buffer.getvalue()


def tar_of_files(folder: Path, files: Sequence[Path], *, copies: int = 1) -> bytes:
    """Some files of a folder as one tar, each so many times under other names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for copy, path in itertools.product(range(copies), files):
            place = path.relative_to(folder).with_name(f"{copy or ''}{path.name}")
            archive.add(path, arcname=f"{folder.name}/{place}")
    return buffer.getvalue()


def dataset(app: RunningApp, folder: Path | None = None) -> dict[str, Any]:
    """A ready dataset from a folder, the casino dice where none is given."""
    folder = folder or casino_dice()
    with app.client() as client:
        made = client.post("/datasets", json={"name": folder.name})
        assert made.status_code == 201, made.text
        dataset_id = made.json()["id"]
        headers = {"Content-Type": "application/x-tar"}
        sent = client.put(f"/datasets/{dataset_id}/files", content=tar_of(folder), headers=headers)
        assert sent.status_code == 200, sent.text
        assert client.post(f"/datasets/{dataset_id}/commit").status_code == 202
    return dict(app.wait_for(f"/datasets/{dataset_id}", lambda found: found["state"] in {"ready", "rejected"}))


def run(app: RunningApp, architecture_id: str, dataset_id: str, **configuration: Any) -> str:
    """The id of a run that was accepted."""
    body = {"architecture": architecture_id, "dataset": dataset_id, "configuration": configuration}
    with app.client() as client:
        response = client.post("/runs", json=body)
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


def finished(app: RunningApp, run_id: str, *, seconds: float = 480) -> dict[str, Any]:
    """The run once it has ended."""
    ended = {"finished", "failed", "stopped", "diverged"}
    return dict(app.wait_for(f"/runs/{run_id}", lambda found: found["state"] in ended, seconds=seconds))
