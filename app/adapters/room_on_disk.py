"""What checkpoints, prepared images and passing files take in this machine's data folder."""

import glob
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.adapters.prepared.room import Room
from app.adapters.scratch import scratch_folders, sweep_scratch


class RoomOnDisk:
    """Implements storage.DataFolder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._checkpoints = data / "checkpoints"
        self._prepared = data / "prepared"
        self._logs = data / "logs"
        self._scratch = data / "scratch"

    def checkpoints(self) -> dict[str, int]:
        """Bytes of the checkpoints of each run that has any."""
        if not self._checkpoints.is_dir():
            return {}
        return {path.name: _size(path) for path in sorted(self._checkpoints.iterdir()) if path.is_dir()}

    def forget_checkpoints(self, run_id: str) -> None:
        """Remove all of a run's."""
        shutil.rmtree(self._checkpoints / run_id, ignore_errors=True)

    def logs(self) -> set[str]:
        """The runs of which there are logs (`<run>-<attempt>.<...>`)."""
        return {path.name.rpartition("-")[0] for path in self._logs.glob("*-*")}

    def forget_logs(self, run_id: str) -> None:
        """Remove those of all of its attempts."""
        for path in self._logs.glob(f"{glob.escape(run_id)}-*"):
            path.unlink(missing_ok=True)

    def prepared(self) -> Iterator[tuple[int, bool]]:
        """(bytes, whether a process uses it) of each set of prepared images."""
        return Room(self._prepared, 0).sets() if self._prepared.is_dir() else iter(())

    def forget_prepared(self) -> None:
        """Remove the sets that no process uses."""
        if self._prepared.is_dir():
            Room(self._prepared, 0).make(0)

    def scratch(self) -> Iterator[tuple[int, bool]]:
        """(bytes, whether a process uses it) of each folder of files that are needed for a moment."""
        return scratch_folders(self._scratch)

    def forget_scratch(self) -> None:
        """Remove the folders that no process uses: it was killed."""
        sweep_scratch(self._scratch)

    def disk(self) -> tuple[int, int]:
        """(bytes of the disk, bytes free)."""
        usage = shutil.disk_usage(self._data)
        return usage.total, usage.free


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # a trainer has just replaced it
    return total
