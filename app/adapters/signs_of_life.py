"""A file for each worker of a machine, touched while its main process lives: what a container's health check looks at.

The database hears of a worker too, but a worker must not be taken for dead because the database is away.
"""

import contextlib
import threading
import time
from pathlib import Path
from urllib.parse import quote

from app.adapters.data_folder import machine_name
from app.settings import Settings

_FOLDER = "alive"


class SignOfLife:
    """The worker's side: a thread of its own, which waits for nothing else."""

    def __init__(self, data: Path, worker: str, *, every_seconds: float) -> None:
        self._path = data / _FOLDER / quote(worker, safe="@")
        self._every_seconds = every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._give, name="sign-of-life", daemon=True)

    def start(self) -> None:
        """Give signs from now on."""
        self._thread.start()

    def end(self) -> None:
        """Say that it has gone, so that nobody waits for the next sign."""
        self._stop.set()
        self._thread.join(timeout=5)
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _give(self) -> None:
        while not self._stop.is_set():
            # A disk that is full or gone has its own errors; this file is not worth one.
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._path.touch(mode=0o600)
            self._stop.wait(self._every_seconds)


def silent_seconds(settings: Settings, *, now: float | None = None) -> dict[str, float]:
    """For each worker of this machine the seconds since its last sign of life; empty where none has started."""
    folder, machine = settings.data / _FOLDER, quote(machine_name(settings), safe="")
    at = time.time() if now is None else now
    found = {}
    for path in sorted(folder.glob(f"*@{machine}")):
        with contextlib.suppress(FileNotFoundError):  # it has just gone
            found[path.name.partition("@")[0]] = max(0.0, at - path.stat().st_mtime)
    return found
