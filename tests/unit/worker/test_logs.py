"""What is kept of what a trainer prints."""

import os
from pathlib import Path

import pytest

from worker import logs
from worker.logs import LogWriter, forget_older_attempts, plain_lines


def written(path: Path, *chunks: bytes) -> LogWriter:
    """A log of what was printed by the time that the process has ended."""
    reading, writing = os.pipe()
    writer = LogWriter(os.fdopen(reading, "rb"), path)
    with os.fdopen(writing, "wb") as output:
        for chunk in chunks:
            output.write(chunk)
    writer.last_lines(1)
    return writer


def test_lines_are_those_that_a_terminal_would_leave() -> None:
    output = b"\x1b[1;31mred\x1b[0m\r\n 1/9\r 9/9\n\x00\x07bell\xff\xfe\n\n\x1b]0;title\x07after\ttab\n"
    assert plain_lines(output) == ["red", " 9/9", "bell��", "after   tab"]


def test_a_long_log_keeps_its_newest_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LOG_BYTES", 200_000)
    lines = [f"line {number}\n".encode() for number in range(100_000)]
    written(tmp_path / "run.log", *lines)
    older, newer = (tmp_path / "run.log.1").read_bytes(), (tmp_path / "run.log").read_bytes()
    assert max(len(older), len(newer)) <= 200_000
    assert b"".join(lines).endswith(older + newer)


def test_a_log_that_cannot_be_written_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "run.log").mkdir()
    assert written(tmp_path / "run.log", b"text\n" * 100_000).last_lines(2) == "text\ntext"


def test_of_many_attempts_the_logs_of_the_newest_stay(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for attempt in range(1, 13):
        for ending in ("log", "log.1", "error.json"):
            (folder / f"arun-{attempt}.{ending}").touch()
    (folder / "another-1.log").touch()
    forget_older_attempts(tmp_path, "arun", 12)
    assert {int(path.name[5:].partition(".")[0]) for path in folder.glob("arun-*")} == {8, 9, 10, 11, 12}
    assert (folder / "another-1.log").exists()
