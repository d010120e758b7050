"""`docker-compose.yml` says what `Settings` and the command line understand, and only refers to what it defines."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli import cli
from app.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def test_it_is_valid_by_the_compose_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    answer = subprocess.run(
        [*check, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_it_has_every_service(compose: dict[str, Any]) -> None:
    assert {"web", "worker", "broker", "database", "storage"} <= set(compose["services"])


def test_services_depend_on_and_mount_only_what_is_defined(compose: dict[str, Any]) -> None:
    conditions = {"service_healthy", "service_completed_successfully", "service_started"}
    for service in compose["services"].values():
        for name, dependency in service.get("depends_on", {}).items():
            assert dependency["condition"] in conditions
            if dependency["condition"] == "service_healthy":
                assert "healthcheck" in compose["services"][name]
            assert name in compose["services"]
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"])


def test_no_image_floats(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert re.search(r":(?!latest)[\w.-]+$", service["image"])


@pytest.mark.parametrize("name", ["web", "worker"])
def test_its_environment_makes_valid_settings(
    compose: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = compose["services"][name]["environment"]
    ours = {key.removeprefix("DICEBOARD_").lower() for key in environment if key.startswith("DICEBOARD_")}
    assert ours <= set(Settings.model_fields)
    for key, value in environment.items():
        monkeypatch.setenv(key, _substituted(value))
    settings = Settings()
    assert settings.sqlalchemy_url.startswith("postgresql+psycopg://")
    assert settings.broker == "redis://:a-password-for-tests@broker:6379/0"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_its_commands_exist(compose: dict[str, Any], name: str) -> None:
    program, command = compose["services"][name]["command"]
    assert program == "diceboard"
    assert command in {info.name or info.callback.__name__ for info in cli.registered_commands if info.callback}


def test_only_loopback_is_published(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000"]


def _substituted(value: str) -> str:
    with_defaults = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{\w+(:\?[^}]*)?\}", "a-password-for-tests", with_defaults)
