"""What the images install is enough for what they run; the web's inspector does without TensorFlow, on JAX."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.adapters.inspector import InspectorClient
from app.core.architectures.presets import build_preset, presets
from app.core.errors import InvalidError
from app.core.values import JsonObject
from tests.factories.image_packages import environment_of
from tests.fixtures.running import start, stop

ROOT = Path(__file__).parents[2]
APPLICATIONS = ("VGG16", "ResNet50", "MobileNetV2", "EfficientNetB0", "Xception", "ConvNeXtTiny")
WORKER = "import worker.celery_app, worker.tasks, worker.trainer.__main__, worker.predictor.__main__, worker.exporter.__main__"


@pytest.fixture(scope="module")
def as_web(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of the web's image."""
    stage = (ROOT / "Dockerfile").read_text().rpartition("FROM base AS web")[2]
    said = dict(part.split("=") for line in stage.splitlines() if line.startswith("ENV ") for part in line.split()[1:])
    return {**environment_of("web", tmp_path_factory.mktemp("web")), **said}


@pytest.fixture(scope="module")
def as_worker(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of the worker's image."""
    return environment_of("cpu", tmp_path_factory.mktemp("worker"))


def inspector(folder: Path, **environment: str) -> Iterator[InspectorClient]:
    """An inspector of its own, and its client."""
    socket = folder / "i.sock"
    program = [sys.executable, "-m", "app.networks", str(socket)]
    process = subprocess.Popen(program, cwd=ROOT, env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **environment})
    yield InspectorClient(socket, starts_within_seconds=120)
    alive = process.poll() is None
    process.kill()
    process.wait()
    assert alive, "the inspector died during the tests"


@pytest.fixture(scope="module")
def on_jax(tmp_path_factory: pytest.TempPathFactory, as_web: dict[str, str]) -> Iterator[InspectorClient]:
    """As the web's image has it."""
    yield from inspector(tmp_path_factory.mktemp("jax"), **as_web)


@pytest.fixture(scope="module")
def on_tensorflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InspectorClient]:
    """As a laptop has it."""
    yield from inspector(tmp_path_factory.mktemp("tf"), KERAS_BACKEND="tensorflow")


def test_the_web_image_has_no_tensorflow_and_the_workers_image_has(
    as_web: dict[str, str], as_worker: dict[str, str]
) -> None:
    def has(environment: dict[str, str], module: str) -> bool:
        program = [sys.executable, "-c", f"import {module}"]
        answer = subprocess.run(program, env={**os.environ, **environment}, capture_output=True, check=False)
        assert answer.returncode in {0, 1}
        assert answer.returncode == 0 or b"ModuleNotFoundError" in answer.stderr
        return answer.returncode == 0

    assert (has(as_web, "tensorflow"), has(as_web, "jax"), has(as_web, "pytest")) == (False, True, False)
    assert (has(as_worker, "tensorflow"), has(as_worker, "pytest")) == (True, False)


@pytest.mark.parametrize("preset", [preset.name for preset in presets()])
def test_layer_tables_of_presets_are_the_same_on_jax(
    on_jax: InspectorClient, on_tensorflow: InspectorClient, preset: str
) -> None:
    architecture = build_preset(preset, {})
    assert on_jax.layer_table(architecture) == on_tensorflow.layer_table(architecture)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_layer_tables_of_known_networks_are_the_same_on_jax(
    on_jax: InspectorClient, on_tensorflow: InspectorClient, name: str
) -> None:
    options: JsonObject = {"input_shape": [224, 224, 3], "classes": 6}
    architecture = on_tensorflow.application(name, options)
    assert on_jax.application(name, options).digest == architecture.digest
    assert on_jax.layer_table(architecture) == on_tensorflow.layer_table(architecture)


def test_where_building_stops_and_what_keras_says_is_the_same_on_jax(
    on_jax: InspectorClient, on_tensorflow: InspectorClient
) -> None:
    too_small = build_preset("notebook-functional", {"height": 20, "width": 20})
    tables = [each.layer_table(too_small) for each in (on_jax, on_tensorflow)]
    assert tables[0] == tables[1]
    assert not tables[0].complete
    said = []
    for each in (on_jax, on_tensorflow):
        with pytest.raises(InvalidError) as refused:
            each.application("ResNet50", {"input_shape": [8, 8, 3], "classes": 6})
        said.append(refused.value.detail)
    assert said[0] == said[1]


def test_layers_and_what_they_take_are_the_same_on_jax(on_jax: InspectorClient, on_tensorflow: InspectorClient) -> None:
    assert on_jax.catalogue() == on_tensorflow.catalogue()


def test_the_web_of_its_image_serves_and_is_found_healthy(tmp_path: Path, as_web: dict[str, str]) -> None:
    web = start(tmp_path / "data", command="web", **as_web)
    try:
        with web.client() as client:
            made = client.post("/architectures", json={"preset": {"name": "notebook-functional"}}).json()["items"][0]
            layers = client.get(f"/architectures/{made['id']}/layers").json()
        assert layers["totals"]["parameters"] == 140_095_430
        program, *arguments = health_check("web")
        port = web.address.rpartition(":")[2]
        check = [sys.executable, *(argument.replace("8000", port) for argument in arguments)]
        assert program == "python"
        assert subprocess.run(check, env={**os.environ, **as_web}, timeout=30, check=False).returncode == 0
    finally:
        assert stop(web) == 0, web.tail()
    gone = subprocess.run(check, env={**os.environ, **as_web}, capture_output=True, timeout=30, check=False)
    assert gone.returncode != 0


def test_the_workers_image_has_what_training_predicting_and_exporting_load(
    tmp_path: Path, as_worker: dict[str, str]
) -> None:
    environment = {**os.environ, **as_worker, "DICEBOARD_DATA": str(tmp_path)}
    subprocess.run([sys.executable, "-c", WORKER], cwd=ROOT, env=environment, timeout=300, check=True)


def test_a_worker_of_its_image_is_found_healthy_once_it_works_and_not_when_it_stands_still(
    tmp_path: Path, as_worker: dict[str, str]
) -> None:
    up = start(tmp_path / "data", **as_worker)
    program, *arguments = health_check("worker-cpu")
    assert program == "diceboard"
    check = [sys.executable, "-m", "app.cli", *arguments]
    environment = {**os.environ, **as_worker, "DICEBOARD_DATA": str(up.data)}

    def looked() -> subprocess.CompletedProcess[str]:
        return subprocess.run(check, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    try:
        deadline = time.monotonic() + 120
        while looked().stdout.count("ok") != 2:
            assert time.monotonic() < deadline, looked().stdout
        for path in (up.data / "alive").iterdir():
            assert time.time() - path.stat().st_mtime < 60
    finally:
        assert stop(up) == 0, up.tail()
    assert looked().returncode == 1


def health_check(service: str) -> list[str]:
    """The command of a service's health check."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    first, *command = services[service]["healthcheck"]["test"]
    assert first == "CMD"
    return [str(part) for part in command]
