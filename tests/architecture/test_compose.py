"""`docker-compose.yml` says what `Settings` and the command line understand, and only refers to what there is."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import make_url

from app.cli import cli
from app.settings import Settings

ROOT = Path(__file__).parents[2]
SERVICES = {"proxy", "web", "migration", "worker-light", "worker-cpu", "worker-gpu"}
SERVICES_OF_OTHERS = {"broker", "database", "storage", "bucket"}
OURS = ("web", "migration", "worker-light", "worker-cpu", "worker-gpu")
ENDS_BY_ITSELF = {"migration", "bucket"}
KEYS = ("database_password", "broker_password", "storage_access_key", "storage_secret_key")
PASSWORD = "a-password/for:tests"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return _loaded("docker-compose.yml")


@pytest.fixture
def secrets(compose: dict[str, Any], tmp_path: Path) -> Path:
    """The folder as a container of ours finds it."""
    for name in compose["services"]["web"]["secrets"]:
        (tmp_path / name).write_text(PASSWORD)
    return tmp_path


@pytest.mark.parametrize("name", ["docker-compose.yml", "deploy/compose.shared.yml", "deploy/compose.worker.yml"])
def test_it_is_valid_by_the_compose_specification(name: str) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    answer = subprocess.run([*check, name], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_it_has_every_service(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == SERVICES | SERVICES_OF_OTHERS


def test_services_refer_only_to_what_is_defined(compose: dict[str, Any]) -> None:
    conditions = {"service_healthy", "service_completed_successfully"}
    for service in compose["services"].values():
        for name, dependency in service.get("depends_on", {}).items():
            assert dependency["condition"] in conditions
            waits_for_health = dependency["condition"] == "service_healthy"
            assert waits_for_health is (name not in ENDS_BY_ITSELF)
            assert not waits_for_health or "healthcheck" in compose["services"][name]
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in compose["volumes"]
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert set(service["networks"]) <= set(compose["networks"])


def test_only_the_proxy_is_reached_from_outside_and_of_it_only_from_this_machine(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(published) == {"proxy"}
    assert [_substituted(port) for port in published["proxy"]] == ["127.0.0.1:80:80", "127.0.0.1:443:443"]
    assert compose["networks"]["back"]["internal"] is True
    assert [name for name, service in compose["services"].items() if "front" in service["networks"]] == ["proxy", "web"]


def test_no_image_floats_and_no_digest_stands_without_a_tag(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        exact = r"\d+\.\d+(\.\d+)?(-\w+)?" if "build" not in service else r"[\w.-]+"
        assert re.search(rf":(?!latest){exact}(@sha256:[0-9a-f]{{64}})?$", _substituted(service["image"]))


def test_every_service_starts_again_is_watched_and_has_limits(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        ends = name in ENDS_BY_ITSELF
        assert service["restart"] == ("on-failure" if ends else "unless-stopped"), name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        if not ends:
            assert service["healthcheck"]["test"], name
            assert service["stop_grace_period"], name


def test_what_is_ours_can_be_scaled(compose: dict[str, Any]) -> None:
    for name in ("web", "worker-light", "worker-cpu", "worker-gpu"):
        service = compose["services"][name]
        assert not {"container_name", "hostname", "ports"} & set(service)
    # Each replica of the web has a data folder of its own: two inspectors would take each other's socket.
    assert "volumes" not in compose["services"]["web"]


def test_no_secret_stands_in_a_variable(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for key, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD$|SECRET_KEY$|ACCESS_KEY$|TOKEN$", key), key
            assert "@" not in str(value) or ":" not in str(value).partition("://")[2].partition("@")[0]
    assert {secret["file"] for secret in compose["secrets"].values()} == {
        f"./secrets/{name}" for name in compose["secrets"]
    }


@pytest.mark.parametrize("name", OURS)
def test_its_variables_make_the_settings_that_they_say(
    compose: dict[str, Any], name: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {key: _substituted(value) for key, value in compose["services"][name]["environment"].items()}
    environment["DICEBOARD_SECRETS"] = str(secrets)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    settings = Settings()
    for key, value in environment.items():
        if key.startswith("DICEBOARD_"):
            assert _written(getattr(settings, key.removeprefix("DICEBOARD_").lower())) == value
    given = set(compose["services"][name]["secrets"])
    assert ("diceboard_token" in given) is (name == "web")
    assert {f"diceboard_{key}" for key in KEYS} <= given
    assert settings.token is not None
    assert settings.token.get_secret_value() == PASSWORD
    assert make_url(settings.sqlalchemy_url).password == PASSWORD
    broker = make_url(settings.broker)
    assert (broker.host, broker.port, broker.password) == ("broker", 6379, PASSWORD)
    keys = {"access_key_id": PASSWORD, "secret_access_key": PASSWORD}
    assert settings.storage_options == {"endpoint": "http://storage:8333", "region": "us-east-1"} | keys


def test_hosts_of_its_addresses_are_services(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]
    hosts = [make_url(environment[f"DICEBOARD_{name}"]).host for name in ("DATABASE_URL", "BROKER_URL")]
    hosts.append(make_url(environment["DICEBOARD_STORAGE_ENDPOINT"]).host)
    assert set(hosts) <= set(compose["services"])


@pytest.mark.parametrize("name", OURS)
def test_its_commands_exist(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    health = service.get("healthcheck", {"test": ["CMD", "python"]})["test"][1:]
    for program, *arguments in (service["command"], health):
        if program == "diceboard":
            assert arguments[0] in {
                info.name or info.callback.__name__ for info in cli.registered_commands if info.callback
            }
        else:
            assert program == "python"


def test_other_machines_reach_what_workers_share_and_that_only_at_a_named_address(compose: dict[str, Any]) -> None:
    shared = _loaded("deploy/compose.shared.yml")
    assert set(shared["services"]) <= set(compose["services"])
    ports = [_substituted(port) for service in shared["services"].values() for port in service["ports"]]
    assert ports == ["10.0.0.1:5432:5432", "10.0.0.1:6379:6379", "10.0.0.1:8333:8333"]


@pytest.mark.parametrize("name", ["worker-cpu", "worker-gpu"])
def test_workers_of_other_machines_are_those_of_the_first_with_other_addresses(
    compose: dict[str, Any], name: str
) -> None:
    first, further = compose["services"][name], _loaded("deploy/compose.worker.yml")["services"][name]
    places = {"depends_on", "networks", "environment", "build"}
    assert {key: value for key, value in further.items() if key not in places} == {
        key: value for key, value in first.items() if key not in places
    }
    assert {**further["build"], "context": "."} == first["build"]
    elsewhere = {key: _substituted(value) for key, value in further["environment"].items()}
    here = {key: _substituted(value) for key, value in first["environment"].items()}
    for key, value in here.items():
        expected = re.sub(r"(?<=[@/])(database|broker|storage)(?=:)", "10.0.0.1", value)
        assert elsewhere[key] == expected or key == "DICEBOARD_POOLS"
    assert set(elsewhere) == set(here)


def test_secrets_are_made_once_each_for_nobody_else(compose: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "make-secrets"
    script.write_bytes((ROOT / "deploy" / "make-secrets").read_bytes())
    for _ in range(2):
        subprocess.run(["sh", str(script)], check=True, capture_output=True)
        made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
        assert set(made) == set(compose["secrets"])
        assert all(re.fullmatch(r"[A-Za-z0-9]{40}", secret) for secret in made.values())
        assert len(set(made.values())) == len(made)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    again = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert again == made


@pytest.mark.parametrize("name", ["web", "worker-light", "worker-gpu"])
def test_its_image_is_a_stage_of_the_dockerfile(compose: dict[str, Any], name: str) -> None:
    build = compose["services"][name]["build"]
    assert (ROOT / build["context"] / "Dockerfile").exists()
    assert build["target"] in {stage for _, stage in _stages()}
    arguments = {line.split()[1].partition("=")[0] for line in _dockerfile() if line.startswith("ARG ")}
    assert set(build.get("args", {})) <= arguments


def test_every_file_that_goes_into_an_image_is_there_and_not_ignored() -> None:
    ignored = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    copied = [line.split()[1:-1] for line in _dockerfile() if line.startswith("COPY ") and "--from" not in line]
    assert copied
    for name in (name for names in copied for name in names):
        assert (ROOT / name).exists(), name
        assert name.rstrip("/") not in ignored, name


def test_stages_build_on_each_other_and_what_runs_is_not_root() -> None:
    known: set[str] = set()
    for base, stage in _stages():
        assert base in known or base.startswith("python:${PYTHON}"), base
        known.add(stage)
    taken = [line.split("--from=")[1].split()[0] for line in _dockerfile() if "--from=" in line]
    assert set(taken) <= known
    (python,) = (line.partition("PYTHON=")[2] for line in _dockerfile() if line.startswith("ARG PYTHON="))
    assert re.fullmatch(r"3\.1[123]\.\d+-slim-\w+", python)
    assert "USER diceboard" in _stage("base")
    assert not [line for name in ("web", "worker") for line in _stage(name) if line.startswith("USER")]


@pytest.mark.parametrize("extra", ["web", "cpu", "gpu"])
def test_what_an_image_installs_is_read_from_the_project(extra: str) -> None:
    program = [sys.executable, "deploy/requirements.py", extra]
    said = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line for line in said if line.startswith("fastapi>=")]
    assert bool([line for line in said if line.startswith("tensorflow")]) is (extra != "web")
    assert bool([line for line in said if line.startswith("jax")]) is (extra == "web")


def _loaded(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")))


def _dockerfile() -> list[str]:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()


def _stages() -> Iterator[tuple[str, str]]:
    for line in _dockerfile():
        match = re.fullmatch(r"FROM (\S+) AS (\S+)", line)
        if match:
            yield match.group(1), match.group(2)


def _stage(name: str) -> list[str]:
    lines = _dockerfile()
    first = next(number for number, line in enumerate(lines) if line.endswith(f" AS {name}")) + 1
    last = next(
        (number for number, line in enumerate(lines) if number > first and line.startswith("FROM ")), len(lines)
    )
    return lines[first:last]


def _substituted(value: str) -> str:
    """As compose passes it on where no variable is set but the address that workers share."""
    value = re.sub(r"\$\{DICEBOARD_SHARED_ADDRESS:\?[^}]*\}", "10.0.0.1", value)
    assert not re.search(r"\$\{\w+(:?\?|\})", value), "a variable without a default"
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple | list):
        return ",".join(str(entry) for entry in value)
    return str(value)
