"""One run on several devices of a machine: three logical CPU devices, with TensorFlow and with JAX."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

MOST_BY_ROUNDING = {"float32": 1e-5, "half": 5e-3}


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a process of its own found out about a backend."""
    backend: str = request.param
    command = [sys.executable, "-m", "tests.factories.several_devices", str(tmp_path_factory.mktemp(backend))]
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    return backend, json.loads(answer.splitlines()[-1])


def test_several_devices_compute_what_one_does_but_for_rounding(found: tuple[str, dict[str, Any]]) -> None:
    for case, differences in found[1]["differences"].items():
        most = MOST_BY_ROUNDING["half" if case == "half" else "float32"]
        assert max(differences.values()) <= most, (case, differences)


def test_a_run_on_several_devices_goes_on_as_if_it_had_not_been_broken_off(found: tuple[str, dict[str, Any]]) -> None:
    told = found[1]["continued"]
    whole, parts = told["epochs"]
    assert told["stopped"]
    assert len(set(whole)) == 3
    assert parts == whole
    assert len(set(told["digests"])) == 1


def test_what_cannot_be_is_refused_with_the_way_out(found: tuple[str, dict[str, Any]]) -> None:
    backend, told = found
    too_few, *accumulation = told["refused"]
    assert "asks for 4 devices, but the trainer sees 3" in too_few
    assert [text.startswith("Keras cannot accumulate") for text in accumulation] == [True] * (backend == "tensorflow")


def test_a_run_says_how_many_devices_computed_it(found: tuple[str, dict[str, Any]]) -> None:
    assert "(3 CPU devices)" in found[1]["told"]
    run = found[1]["run"]
    assert run["computed_by"]["devices"] == "3"


def test_what_several_devices_have_trained_is_evaluated_and_published(found: tuple[str, dict[str, Any]]) -> None:
    run = found[1]["run"]
    assert (run["state"], run["evaluated"]) == ("finished", ["test", "validation"])
    assert {"best.keras", "best.weights.h5", "last.weights.h5", "predictions.npz"} <= set(run["artifacts"])
