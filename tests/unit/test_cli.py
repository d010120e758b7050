"""What the command line says before anything is started."""

import os
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.adapters.clock import new_id, utc_now
from app.adapters.data_folder import hold_workers, machine_name
from app.adapters.database import SqlDatabase
from app.adapters.signs_of_life import SignOfLife
from app.cli import PortTakenError, address_of, cli, with_free_port
from app.services.logins import LoginService
from app.settings import Settings


def test_port_zero_becomes_a_free_port_once(tmp_path: Path) -> None:
    settings = with_free_port(Settings(data=tmp_path, port=0))
    assert settings.port > 0
    assert with_free_port(settings).port == settings.port


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"127\.0\.0\.1:{port} .* DICEBOARD_PORT"):
            with_free_port(Settings(data=tmp_path, port=port))


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("::1", "http://[::1]:80"), ("0.0.0.0", "http://dice.example:80")],
)
def test_the_address_is_one_that_a_browser_can_open(tmp_path: Path, host: str, address: str) -> None:
    assert address_of(Settings(data=tmp_path, host=host, port=80, allowed_hosts=("dice.example",))) == address


def test_the_address_before_a_proxy_is_the_proxys(tmp_path: Path) -> None:
    assert address_of(Settings(data=tmp_path, host="0.0.0.0", address="https://dice.example")) == "https://dice.example"


def test_link_prints_a_fresh_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path))
    answer = CliRunner().invoke(cli, ["link"])
    assert answer.exit_code == 0
    address, _, secret = answer.output.strip().partition("/?token=")
    assert address == "http://127.0.0.1:8000"
    with closing(SqlDatabase(Settings().sqlalchemy_url, clock=utc_now, new_id=new_id)) as database:
        assert LoginService(database=database, clock=utc_now).claim(secret)


def test_an_insecure_setting_is_explained_and_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DICEBOARD_HOST", "0.0.0.0")
    answer = CliRunner().invoke(cli, ["up"])
    assert answer.exit_code == 1
    assert "DICEBOARD_ALLOWED_HOSTS" in answer.output
    assert not (tmp_path / "data").exists()


def test_a_second_set_of_workers_on_the_same_devices_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path))
    monkeypatch.setenv("DICEBOARD_WORKER_NAME", "dicebox")
    with hold_workers(Settings()):
        answer = CliRunner().invoke(cli, ["worker"])
    assert answer.exit_code == 1
    assert "The workers of 'dicebox' run already" in answer.output
    assert "DICEBOARD_WORKER_NAME" in answer.output


def test_doctor_says_what_is_missing_and_how_to_mend_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "a_backend_nobody_has")
    answer = CliRunner().invoke(cli, ["doctor"])
    assert answer.exit_code == 1
    assert "missing  Keras and its backend" in answer.output
    assert "diceboard[cpu]" in answer.output


def test_doctor_says_whether_this_machines_workers_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path))
    settings = Settings()
    before = CliRunner().invoke(cli, ["doctor", "--workers"])
    assert (before.exit_code, "none has started" in before.output) == (1, True)
    signs = [
        SignOfLife(tmp_path, f"{pool}@{machine_name(settings)}", every_seconds=0.05) for pool in ("train", "light")
    ]
    other = SignOfLife(tmp_path, "train@another-machine-on-the-same-folder", every_seconds=0.05)
    for sign in (*signs, other):
        sign.start()
    while len(list((tmp_path / "alive").glob("*"))) < 3:
        time.sleep(0.01)
    alive = CliRunner().invoke(cli, ["doctor", "--workers"])
    assert (alive.exit_code, "another" in alive.output) == (0, False)
    signs[0].end()
    stands_still = tmp_path / "alive" / f"train@{machine_name(settings)}"
    stands_still.touch()
    os.utime(stands_still, (time.time() - 100,) * 2)
    hung = CliRunner().invoke(cli, ["doctor", "--workers"])
    assert (hung.exit_code, "train: last sign of life 100 s ago" in hung.output) == (1, True)
    signs[1].end()
    other.end()


def test_migrate_makes_the_database_and_may_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path / "data"))
    for _ in range(2):
        assert CliRunner().invoke(cli, ["migrate"]).exit_code == 0
    with closing(SqlDatabase(Settings().sqlalchemy_url, clock=utc_now, new_id=new_id)) as database:
        database.ping()
