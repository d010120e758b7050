"""Where the broker comes from: the wheel's server, else one on the PATH, else somebody else's by its URL."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import UnavailableError
from app.processes import broker, programs
from app.settings import Settings


@pytest.fixture
def no_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No wheel for this platform, and a PATH of one empty folder."""

    def missing(_name: str) -> Any:
        raise ModuleNotFoundError

    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_without_a_wheel_a_server_on_the_path_is_taken(no_wheel: Path, name: str) -> None:
    (no_wheel / name).write_text("#!/bin/sh\n")
    (no_wheel / name).chmod(0o755)
    assert broker.server_binary() == no_wheel / name


def test_without_any_server_the_ways_out_are_named(no_wheel: Path) -> None:
    with pytest.raises(UnavailableError, match="DICEBOARD_BROKER_URL"):
        broker.server_binary()


def test_a_broker_that_is_given_is_not_started_again(tmp_path: Path) -> None:
    own = programs.everything(Settings(data=tmp_path))
    given = programs.everything(Settings.model_validate({"data": tmp_path, "broker_url": "redis://elsewhere:6379/0"}))
    assert [program.name for program in own] == ["broker", "inspector", "web", "train", "light"]
    assert [program.name for program in given] == ["inspector", "web", "train", "light"]
