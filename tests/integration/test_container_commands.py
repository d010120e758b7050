"""The shell commands of docker-compose.yml, run as they stand there; only places and programs of images are others."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import yaml

from app.processes.broker import server_binary
from tests.fixtures.services import free_port

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-40-characters-more-or-less"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return dict(loaded["services"])


@pytest.fixture
def secrets(services: dict[str, Any], tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in {name for service in services.values() for name in service.get("secrets", [])}:
        (folder / name).write_text(f"{SECRET}-{name}")
    return folder


def program(folder: Path, name: str, text: str) -> Path:
    """A program of an image, as far as the test needs it."""
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def script(service: dict[str, Any], secrets: Path, **places: Path) -> str:
    """What a shell is given once compose has passed it on, with other places."""
    *_, text = service["command"]
    text = text.replace("$$", "$").replace("/run/secrets", str(secrets))
    for name, path in places.items():
        text = text.replace(name, str(path))
    return str(text)


@contextmanager
def broker(text: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    program(folder, "docker-entrypoint.sh", 'exec "$@"')
    program(folder, "valkey-server", f'exec {server_binary()} "$@" --port {port} --bind 127.0.0.1 --dir {folder}')
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    process = subprocess.Popen(["sh", "-c", text], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def test_the_broker_wants_the_password_that_no_command_line_shows(
    services: dict[str, Any], secrets: Path, tmp_path: Path
) -> None:
    port = free_port()
    password = (secrets / "diceboard_broker_password").read_text()
    with (
        broker(script(services["broker"], secrets), tmp_path, port) as process,
        redis.Redis(port=port, password=password) as known,
        redis.Redis(port=port) as unknown,
    ):
        deadline = time.monotonic() + 60
        while True:
            try:
                assert known.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        with pytest.raises(redis.AuthenticationError):
            unknown.ping()
        asked = {"appendonly": "yes", "maxmemory-policy": "volatile-lru", "maxmemory-clients": "0"}
        assert {name: known.config_get(name)[name] for name in asked} == asked
        assert 0 < int(known.config_get("maxmemory")["maxmemory"]) < 2**30
        lines = psutil.Process(process.pid).cmdline()
        assert "valkey-server" in lines[0]
        assert not [part for part in lines if SECRET in part]


def test_the_storage_knows_one_user_by_the_keys_of_the_secrets(
    services: dict[str, Any], secrets: Path, tmp_path: Path
) -> None:
    entrypoint = program(tmp_path, "entrypoint.sh", 'echo "$@"')
    places = {"/run/identities": tmp_path, "/entrypoint.sh": entrypoint}
    text = script(services["storage"], secrets, **places)
    said = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True).stdout
    assert f"-s3.config={tmp_path}/s3.json" in said
    (identity,) = json.loads((tmp_path / "s3.json").read_text())["identities"]
    keys = [(secrets / f"diceboard_storage_{name}_key").read_text() for name in ("access", "secret")]
    assert identity["credentials"] == [dict(zip(("accessKey", "secretKey"), keys, strict=True))]


SHELL = """
read -r command rest
case "$command" in
  s3.bucket.list) cat "$BUCKETS" ;;
  s3.bucket.create) echo "$rest" >>"$CREATED"; [ -n "$FAILS" ] || echo "  ${rest#-name }  size:0" >>"$BUCKETS" ;;
esac
"""


@pytest.mark.parametrize("fails", [False, True])
def test_the_bucket_is_made_once_or_it_is_said(
    services: dict[str, Any], secrets: Path, tmp_path: Path, *, fails: bool
) -> None:
    program(tmp_path, "weed", SHELL)
    buckets, created = tmp_path / "buckets", tmp_path / "created"
    buckets.write_text("  diceboard-of-somebody-else  size:0\n")
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "BUCKETS": str(buckets),
        "CREATED": str(created),
        "FAILS": "yes" if fails else "",
    }
    command = ["sh", "-c", script(services["bucket"], secrets)]
    codes = [subprocess.run(command, env=environment, capture_output=True, check=False).returncode for _ in range(2)]
    assert [code == 0 for code in codes] == [not fails, not fails]
    assert created.read_text().splitlines() == ["-name diceboard"] * (2 if fails else 1)


def test_health_checks_of_others_read_the_password_where_it_is(
    services: dict[str, Any], secrets: Path, tmp_path: Path
) -> None:
    program(tmp_path, "valkey-cli", '[ "$REDISCLI_AUTH" = "$EXPECTED" ] && echo PONG || echo NOAUTH')
    _, text = services["broker"]["healthcheck"]["test"]
    text = text.replace("$$", "$").replace("/run/secrets", str(secrets))
    for expected, code in (((secrets / "diceboard_broker_password").read_text(), 0), ("another", 1)):
        environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "EXPECTED": expected}
        assert subprocess.run(["sh", "-c", text], env=environment, check=False).returncode == code
