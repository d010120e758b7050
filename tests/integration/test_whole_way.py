"""Real dice, real processes: train, be killed, finish, and be believed by plain Keras."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.factories import over_rest
from tests.factories.dice import casino_dice
from tests.fixtures.running import RunningApp
from tests.fixtures.scripted import until

OWN_APPLICATION = True

IN_PLAIN_KERAS = """
import json, sys, pathlib, hashlib
import keras, numpy as np
from PIL import Image, ImageOps
folder, images = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
facts = json.loads((folder / "run.json").read_text())
how = facts["preprocessing"]
network = keras.models.model_from_json((folder / "architecture.json").read_text())
network.load_weights(folder / "best.weights.h5")
right = total = 0
for number, name in enumerate(facts["classes"]):
    for path in sorted((images / "test" / name).iterdir()):
        image = ImageOps.exif_transpose(Image.open(path)).convert("L")
        image = image.resize((how["width"], how["height"]), Image.Resampling.BILINEAR)
        batch = np.asarray(image, "float32")[None, :, :, None] / 255
        right += int(network.predict(batch, verbose=0).argmax()) == number
        total += 1
print(json.dumps({"accuracy": right / total, "images": total}))
"""


@pytest.fixture(scope="module")
def casino(running_app: RunningApp) -> dict[str, object]:
    return over_rest.dataset(running_app)


def test_the_casino_dice_are_understood(casino: dict[str, object]) -> None:
    assert casino["state"] == "ready"
    assert casino["classes"] == ["1", "2", "3", "4", "5", "6"]
    splits = casino["splits"]
    assert isinstance(splits, dict)
    assert {name: sum(counts.values()) for name, counts in splits.items()} == {
        "train": 110,
        "validation": 59,
        "test": 110,
    }


def test_plain_keras_gets_the_reported_test_accuracy_from_the_downloads(
    running_app: RunningApp, casino: dict[str, object], tmp_path: Path
) -> None:
    made = over_rest.preset(running_app, "compact-sequential")
    run_id = over_rest.run(running_app, made["id"], str(casino["id"]), epochs=6)
    done = over_rest.finished(running_app, run_id)
    assert done["state"] == "finished", done
    with running_app.client() as client:
        for name in ("architecture.json", "best.weights.h5", "run.json"):
            response = client.get(f"/runs/{run_id}/artifacts/{name}")
            assert response.status_code == 200, response.text
            (tmp_path / name).write_bytes(response.content)
        reported = client.get(f"/runs/{run_id}/evaluation").json()
    command = [sys.executable, "-c", IN_PLAIN_KERAS, str(tmp_path), str(casino_dice())]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ}).stdout
    measured = json.loads(answer.strip().splitlines()[-1])
    by_split = {entry["split"]: entry for entry in reported["items"]}
    assert measured == {"accuracy": by_split["test"]["accuracy"], "images": 110}


def test_sequential_and_functional_end_with_the_same_weights_and_another_padding_does_not(
    running_app: RunningApp, casino: dict[str, object]
) -> None:
    made = [
        over_rest.preset(running_app, name, width_factor=0.5, blocks=2, **options)["id"]
        for name, options in (
            ("compact-sequential", {}),
            ("compact-functional", {}),
            ("compact-functional", {"padding": "valid"}),
        )
    ]
    runs = [over_rest.run(running_app, one, str(casino["id"]), epochs=2) for one in made]
    assert {over_rest.finished(running_app, run_id)["state"] for run_id in runs} == {"finished"}
    with running_app.client() as client:
        compared = client.get("/comparisons", params={"runs": ",".join(runs)}).json()
        pair = client.get("/comparisons", params={"runs": ",".join(runs[:2])}).json()
        told = client.get("/architectures/differences", params={"left": made[0], "right": made[2]}).json()
    assert (pair["identical_through"], pair["first_divergence"]) == (2, None)
    functional, control = compared["twins"]
    assert (functional["identical_epochs"], functional["first_epoch"], functional["first_step"]) == (2, None, None)
    assert (control["identical_epochs"], control["first_epoch"], control["first_step"]) == (0, 1, 1)
    assert {cause["field"] for cause in told["causes"]} == {"padding"}


def test_a_run_in_a_trainer_that_waited_ends_with_the_weights_of_one_in_a_fresh_trainer(
    running_app: RunningApp, casino: dict[str, object]
) -> None:
    made = over_rest.preset(running_app, "compact-functional", width_factor=0.25)
    runs: list[str] = []

    def one_waits() -> bool:
        return any((running_app.data / "pulses").glob("waiting-*"))

    for warm in (True, False):
        until(one_waits, seconds=120)
        for pid in [] if warm else running_app.pids("worker.trainer", "--wait"):
            os.kill(pid, signal.SIGKILL)
        runs.append(over_rest.run(running_app, made["id"], str(casino["id"]), epochs=2))
        running_app.wait_for(f"/runs/{runs[-1]}", lambda found: found["state"] == "running")
        assert (running_app.pids("worker.trainer", runs[-1]) == []) is warm
        done = over_rest.finished(running_app, runs[-1])
        assert (done["state"], done["attempts"]) == ("finished", 1)
    with running_app.client() as client:
        compared = client.get("/comparisons", params={"runs": ",".join(runs)}).json()
        log = client.get(f"/runs/{runs[0]}/log").text
    assert compared["identical_through"] == 2
    assert " on tensorflow " in log


@pytest.mark.parametrize(
    "victim", [("worker.trainer",), ("celery", "train@"), ("valkey",)], ids=["trainer", "worker", "valkey"]
)
def test_a_run_finishes_though_somebody_is_killed(
    running_app: RunningApp, casino: dict[str, object], victim: tuple[str, ...]
) -> None:
    made = over_rest.preset(running_app, "compact-functional", width_factor=0.25)
    run_id = over_rest.run(running_app, made["id"], str(casino["id"]), epochs=20)
    running_app.wait_for(f"/runs/{run_id}", lambda found: found["progress"]["epoch"] >= 2)
    pids = running_app.pids(*victim)
    assert pids, running_app.tail()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    done = over_rest.finished(running_app, run_id)
    assert done["state"] == "finished", done
    assert done["attempts"] == (1 if victim == ("valkey",) else 2)
    assert done["progress"]["epoch"] == 20
    with running_app.client() as client:
        sequence = [event["seq"] for event in client.get(f"/runs/{run_id}/events").json()["items"]]
    assert sequence == list(range(1, len(sequence) + 1))
