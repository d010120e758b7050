"""Folders for files that are needed for a moment, and what is left of them where a process was killed meanwhile.

Whoever uses one holds a lock on it, which the kernel lets go of however the process ends: what can be locked by another
belongs to nobody any more. Folders are made, and looked through, under a lock on the folder of all: none is taken for a
left one between its making and its locking.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch_folder(scratch: Path) -> Iterator[Path]:
    """A new folder in `scratch`, which is gone after the block."""
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(scratch, fcntl.LOCK_SH):
        folder = Path(tempfile.mkdtemp(dir=scratch))
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def scratch_folders(scratch: Path) -> Iterator[tuple[int, bool]]:
    """(bytes, whether a process uses it) of each folder in `scratch`."""
    with _left(scratch) as left:
        for folder in _folders(scratch):
            yield _size(folder), folder not in left


def sweep_scratch(scratch: Path) -> None:
    """Remove those that no process uses."""
    with _left(scratch) as left:
        for folder in left:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _left(scratch: Path) -> Iterator[list[Path]]:
    """The folders that no process uses, which nobody else sweeps within the block."""
    left: list[Path] = []
    if not scratch.is_dir():
        yield left
        return
    with contextlib.ExitStack() as locks:
        with _locked(scratch, fcntl.LOCK_EX):
            for folder in _folders(scratch):
                with contextlib.suppress(BlockingIOError, FileNotFoundError):
                    locks.enter_context(_locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB))
                    left.append(folder)
        yield left


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, how)
        yield
    finally:
        os.close(lock)


def _folders(scratch: Path) -> list[Path]:
    return sorted(path for path in scratch.iterdir() if path.is_dir()) if scratch.is_dir() else []


def _size(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # whoever uses it has just removed it
                total += (Path(root) / name).stat().st_size
    return total
