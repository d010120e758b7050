"""How much decoded images may take on disk, who uses which of them, and what goes when room is short.

Whoever uses a set of rows holds a shared lock on a file beside it; the kernel lets go of it however the process ends.
A set is removed by whoever gets that lock alone, so what is in use stays. The lock files stay too: a lock on a file
that somebody else has just removed would protect nothing.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_EVICTED = ".evicted-"


class Use:
    """Says that this process uses a set of rows, until `release` or its end."""

    def __init__(self, folder: Path) -> None:
        """Wait where the set is being removed this moment."""
        path = _lock_path(folder)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        os.utime(self._descriptor)
        self._is_held = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else uses it, which stays so within the block. Outside of it others may come and go."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except BlockingIOError:
            is_alone = False
        try:
            yield is_alone
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let it go; it counts as used until now."""
        if self._is_held:
            self._is_held = False
            os.utime(self._descriptor)
            os.close(self._descriptor)


class Room:
    """The folder of all sets, and how many bytes they may have together."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def make(self, needed_bytes: int) -> int:
        """Remove what was not used for longest until so much more fits; answer how many bytes are still missing."""
        self._sweep()
        for path in self._least_recent():
            if self._missing(needed_bytes) <= 0:
                break
            self._evict(path)
        return max(0, self._missing(needed_bytes))

    def sets(self) -> Iterator[tuple[int, bool]]:
        """(bytes, whether a process uses it) of each set."""
        for path in self._sets():
            yield _size(path), _is_used(path)

    def free_bytes(self) -> int:
        """What the disk has left."""
        return shutil.disk_usage(self._folder).free

    def _missing(self, needed_bytes: int) -> int:
        taken = sum(_size(path) for path in self._sets())
        return max(taken + needed_bytes - self._most_bytes, needed_bytes - self.free_bytes())

    def _sets(self) -> list[Path]:
        return [path for path in self._folder.iterdir() if path.is_dir() and not path.name.startswith(_EVICTED)]

    def _least_recent(self) -> list[Path]:
        return sorted(self._sets(), key=_last_used)

    def _evict(self, path: Path) -> None:
        descriptor = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Gone at once under its name: a process killed in between leaves nothing that looks whole.
            with contextlib.suppress(FileNotFoundError):
                path.rename(self._folder / f"{_EVICTED}{secrets.token_hex(8)}")
        except BlockingIOError:
            return
        finally:
            os.close(descriptor)
        self._sweep()

    def _sweep(self) -> None:
        for left in self._folder.glob(f"{_EVICTED}*"):
            shutil.rmtree(left, ignore_errors=True)


def _lock_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.use")


def _is_used(folder: Path) -> bool:
    path = _lock_path(folder)
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _last_used(folder: Path) -> float:
    path = _lock_path(folder)
    return path.stat().st_mtime if path.exists() else 0.0


def _size(folder: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in folder.iterdir())
    except FileNotFoundError:
        return 0  # another process has just removed it
