"""Where an attempt's output goes: files with a limit, and its last lines in memory."""

import json
import os
import re
from pathlib import Path
from threading import Thread
from typing import IO

LOG_BYTES = 2 * 2**20
"""A log that is as long becomes the older one (`.log.1`), and the older one before it goes."""
TAIL_BYTES = 64 * 2**10
LONGEST_LINE = 500
ATTEMPTS_KEPT = 5
"""A run that is handed back again and again would fill the disk with what its attempts printed."""

_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


def log_path(data: Path, run_id: str, attempt: int) -> Path:
    """The file that keeps what the trainer of an attempt printed."""
    return data / "logs" / f"{run_id}-{attempt}.log"


def error_path(data: Path, run_id: str, attempt: int) -> Path:
    """The file in which a trainer says why it broke off."""
    return log_path(data, run_id, attempt).with_suffix(".error.json")


def forget_older_attempts(data: Path, run_id: str, attempt: int) -> None:
    """Remove what all but the newest attempts left, this one counted among them."""
    for path in (data / "logs").glob(f"{run_id}-*"):
        number = path.name.removeprefix(f"{run_id}-").partition(".")[0]
        if number.isdigit() and int(number) <= attempt - ATTEMPTS_KEPT:
            path.unlink(missing_ok=True)


def write_error(path: Path, error: BaseException) -> None:
    """Say why, for the supervisor to tell."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps({"class": type(error).__name__, "message": str(error)[:4000]}), encoding="utf-8")


def read_error(path: Path) -> str | None:
    """What the trainer said, on one line; None where it said nothing."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return f"{told['class']}: {told['message']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def plain_lines(output: bytes) -> list[str]:
    """Output as a terminal would leave it, without colours, overwritten text and what cannot be printed."""
    lines = []
    for line in output.decode("utf-8", "replace").split("\n"):
        shown = _TERMINAL.sub("", line).rstrip("\r").rpartition("\r")[2]  # a progress bar's last state
        text = "".join(filter(str.isprintable, shown.expandtabs())).rstrip()
        if text:
            lines.append(text[:LONGEST_LINE])
    return lines


class LogWriter:
    """Copies a process's output into its log from a thread, so that neither a flood nor a full disk stops it."""

    def __init__(self, source: IO[bytes], path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._source = source
        self._path = path
        self._tail = b""
        self._thread = Thread(target=self._copy, name="trainer-log", daemon=True)
        self._thread.start()

    def last_lines(self, most: int) -> str:
        """What came last, once the process has ended."""
        self._thread.join(timeout=2)
        return "\n".join(plain_lines(self._tail)[-most:])

    def _copy(self) -> None:
        file, written = _opened(self._path), 0
        with self._source:
            while chunk := os.read(self._source.fileno(), TAIL_BYTES):
                self._tail = (self._tail + chunk)[-TAIL_BYTES:]
                if written and written + len(chunk) > LOG_BYTES:
                    _close(file)
                    file, written = _rotated(self._path), 0
                written += _written(file, chunk)
        _close(file)


def _opened(path: Path) -> IO[bytes] | None:
    try:
        return path.open("wb", buffering=0)
    except OSError:
        return None


def _rotated(path: Path) -> IO[bytes] | None:
    try:
        path.replace(path.with_name(f"{path.name}.1"))
    except OSError:
        return None
    return _opened(path)


def _written(file: IO[bytes] | None, chunk: bytes) -> int:
    """How much of it reached the log; a disk that is full takes nothing, and the process goes on."""
    try:
        return 0 if file is None else file.write(chunk)
    except OSError:
        return 0


def _close(file: IO[bytes] | None) -> None:
    if file is not None:
        file.close()
