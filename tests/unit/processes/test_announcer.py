"""The address is said once, when it can be opened, with a command that works where it is typed."""

import sys
from pathlib import Path

import pytest

from app.processes import announcer
from app.settings import Settings


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(announcer.Announcer, "_is_ready", lambda _: True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "diceboard").write_text("#!/bin/sh\n")
    (tmp_path / ".venv" / "bin" / "diceboard").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    return lines


def announce(data: Path, said: list[str]) -> None:
    made = announcer.Announcer(
        Settings(data=data), address="http://127.0.0.1:8000", issue=lambda: "secret", say=said.append
    )
    made()
    made()


def test_a_link_is_said_once_with_the_path_of_the_program(tmp_path: Path, said: list[str]) -> None:
    announce(tmp_path / "data", said)
    (link,) = [line for line in said if "?token=" in line]
    assert "http://127.0.0.1:8000/?token=" in link
    assert [line for line in said if "`.venv/bin/diceboard link`" in line]


def test_a_program_that_the_shell_finds_is_called_by_its_name(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / ".venv" / "bin"))
    announce(tmp_path / "data", said)
    assert [line for line in said if "`diceboard link`" in line]
