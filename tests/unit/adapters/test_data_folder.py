"""The data folder is private, held by one, and keeps the token."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.data_folder import (
    DataFolderError,
    DataFolderHeldError,
    access_token,
    hold,
    hold_workers,
    holder,
    machine_name,
)
from app.settings import Settings

SINCE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_second_holder_is_told_who_holds_it_and_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with hold(folder, address="http://127.0.0.1:8000", since=SINCE):
        noted = holder(folder)
        with (
            pytest.raises(DataFolderHeldError, match=r"http://127\.0\.0\.1:8000 .*2026-01-02T03:04"),
            hold(folder, address="http://127.0.0.1:9", since=SINCE),
        ):
            raise AssertionError("held twice")
        assert holder(folder) == noted
    with hold(folder, address="http://127.0.0.1:9", since=SINCE):
        assert (holder(folder) or {})["address"] == "http://127.0.0.1:9"
    assert holder(folder) is None


def test_the_folder_and_the_token_are_private_and_the_token_stays(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "a" / "data")
    token = access_token(settings)
    assert len(token) >= 43
    assert access_token(settings) == token
    assert _mode(settings.data) == 0o700
    assert _mode(settings.data / "token") == 0o600
    assert [path.name for path in settings.data.iterdir()] == ["token"]


def test_a_configured_token_is_not_written_down(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, token="configured-token-of-a-test")
    assert access_token(settings) == "configured-token-of-a-test"
    assert not (tmp_path / "token").exists()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="DICEBOARD_DATA"), hold(tmp_path / "file", address="", since=SINCE):
        raise AssertionError("held a file")


def test_machines_of_one_host_name_have_different_names_that_stay(tmp_path: Path) -> None:
    here, there = (Settings(data=tmp_path / folder, worker_name="dicebox") for folder in ("here", "there"))
    assert machine_name(here) == machine_name(here)
    assert machine_name(here) != machine_name(there)
    assert machine_name(here).startswith("dicebox-")


def test_machines_that_share_a_folder_each_run_their_workers_once(tmp_path: Path) -> None:
    first, second = (Settings(data=tmp_path, worker_name=name) for name in ("box-1", "box-2"))
    with hold_workers(first), hold_workers(second):
        assert machine_name(first) != machine_name(second)
        with pytest.raises(DataFolderHeldError, match="DICEBOARD_WORKER_NAME"), hold_workers(first):
            raise AssertionError("held twice")
    with hold_workers(first):
        pass
