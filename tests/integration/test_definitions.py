"""Definitions that people have, through the whole application: read, kept, compared, repaired."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.notebook import the_notebook
from tests.fixtures.running import RunningApp

# By the cell, counted from the one with the first network.
MUST = {
    ("exception-passed-over", 0),
    ("image-size", 7),
    ("colour-mode", 7),
    ("width-before-height", 7),
    ("two-checkpoints-one-file", 5),
    ("shared-checkpoint", 9),
    ("output-does-not-fit", 2),
    ("shuffled-evaluation", 7),
    ("no-seed", 0),
}
MAY = {"monitors-training", "partial-batch", "old-names", "weights-file-name"}


def posted(app: RunningApp, body: dict[str, Any]) -> httpx.Response:
    with app.client() as client:
        return client.post("/architectures", json=body)


@pytest.fixture(scope="module")
def notebook(running_app: RunningApp) -> dict[str, Any]:
    answer = posted(running_app, {"notebook": the_notebook()[0]})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_the_notebook_defines_its_two_networks(notebook: dict[str, Any]) -> None:
    sequential, functional = notebook["items"]
    assert (sequential["style"], sequential["complete"], sequential["parameters"]) == ("sequential", False, 17_664_576)
    assert (len(sequential["calls"]), sequential["stops_at"]["call"]) == (29, "conv2d_15")
    assert (functional["style"], functional["complete"], functional["parameters"]) == ("functional", True, 140_095_430)
    assert notebook["symbols"] == []


def test_what_is_wrong_around_the_networks_is_found_and_nothing_else(notebook: dict[str, Any]) -> None:
    found = {(entry["rule"], entry["place"]["cell"] - the_notebook()[1]) for entry in notebook["findings"]}
    assert found >= MUST
    assert {rule for rule, _ in found} - {rule for rule, _ in MUST} <= MAY
    for entry in notebook["findings"]:
        assert entry["message"], entry
        assert entry["why"], entry
        assert entry["fix"], entry
        assert entry["place"]["line"] >= 1


def test_the_notebooks_pair_through_the_api(running_app: RunningApp, notebook: dict[str, Any]) -> None:
    left, right = (entry["id"] for entry in notebook["items"])
    with running_app.client() as client:
        found = client.get("/architectures/differences", params={"left": left, "right": right}).json()
        assert [(cause["field"], cause["left"], cause["right"], cause["verified"]) for cause in found["causes"]] == [
            ("padding", "valid", "same", True),
            ("rate", 0.25, 0.2, True),
        ]
        assert [cause["parameter_effect"] for cause in found["causes"]] == [122_430_854, 0]
        assert len(found["consequences"]) == 1
        assert [entry["what"] for entry in found["excluded"]] == ["style"]
        repair = {"left": left, "right": right, "causes": [found["causes"][0]["id"]]}
        twin = client.post("/architectures/differences/twin", json=repair)
        assert (twin.status_code, twin.json()["parameters"]) == (201, 140_095_430)
        wrong = client.post("/architectures/differences/twin", json={**repair, "causes": ["gravity"]})
        assert wrong.status_code == 422
        assert "conv2d-padding" in wrong.text


def test_what_would_complete_the_half_built_network_was_tried(
    running_app: RunningApp, notebook: dict[str, Any]
) -> None:
    with running_app.client() as client:
        failure = client.get(f"/architectures/{notebook['items'][0]['id']}/layers").json()["failure"]
    assert failure["smallest_input"] == [None, 268, 268, 3]
    assert any(entry["works"] and "padding" in str(entry["change"]) for entry in failure["remedies"])
    assert all(entry["tried"] for entry in failure["remedies"])


def test_a_name_that_nobody_defined_stays_open_and_can_be_filled_in(running_app: RunningApp) -> None:
    code = "from keras.layers import *\nfrom keras.models import Sequential\nm = Sequential([Input((8,)), Dense(labels_values)])"
    answer = posted(running_app, {"code": code}).json()
    (made,) = answer["items"]
    assert answer["symbols"] == ["labels_values"]
    assert made["layers"][-1]["config"]["units"] == {"symbol": "labels_values"}
    with running_app.client() as client:
        rows = client.get(f"/architectures/{made['id']}/layers").json()["rows"]
    assert rows[-1]["output_shapes"] == [[None, {"symbol": "labels_values"}]]
    assert rows[-1]["parameters"] is None
    (filled,) = posted(running_app, {"code": code, "symbols": {"labels_values": 6}}).json()["items"]
    assert filled["parameters"] == 54


def test_code_comes_back_in_every_style_and_is_the_same_network(
    running_app: RunningApp, notebook: dict[str, Any]
) -> None:
    functional = notebook["items"][1]
    with running_app.client() as client:
        for style in ("sequential", "functional", "subclassed"):
            code = client.get(f"/architectures/{functional['id']}/code", params={"style": style}).text
            (again,) = posted(running_app, {"code": code}).json()["items"]
            assert again["style"] == style
            pair = {"left": functional["id"], "right": again["id"]}
            assert client.get("/architectures/differences", params=pair).json()["identical"]


def test_a_definition_without_a_network_says_so(running_app: RunningApp) -> None:
    answer = posted(running_app, {"code": "print('hello')"})
    assert answer.status_code == 422
    assert "Sequential" in answer.json()["detail"]


def test_exactly_one_way_of_defining(running_app: RunningApp) -> None:
    answer = posted(running_app, {"code": "x = 1", "preset": {"name": "compact-functional"}})
    assert answer.status_code == 422
    assert "preset and code were given" in answer.json()["detail"]


def compared(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", "compare", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_compare_answers_in_the_terminal(tmp_path: Path) -> None:
    one = tmp_path / "one.py"
    one.write_text("from keras import layers, Sequential\nm = Sequential([layers.Input((8,)), layers.Dense(4)])\n")
    two = tmp_path / "two.json"
    layers = [
        {
            "class_name": "Dense",
            "config": {"name": "d", "output_dim": 5, "batch_input_shape": [None, 8], "activation": "linear"},
        }
    ]
    two.write_text(json.dumps({"class_name": "Sequential", "keras_version": "1.1.2", "config": layers}))
    answer = compared(str(one), str(two), "--exit-code")
    assert answer.returncode == 1, answer.stderr
    assert "Cause 1: Units (verified, +9 parameters)" in answer.stdout
    data = json.loads(compared(str(one), str(two), "--json").stdout)
    assert [(cause["field"], cause["left"], cause["right"]) for cause in data["causes"]] == [("units", 4, 5)]


def test_compare_says_what_it_cannot_read(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.py"
    nothing.write_text("x = 1\n")
    answer = compared(str(nothing), "compact-functional")
    assert answer.returncode == 1
    assert "defines no network" in answer.stderr
