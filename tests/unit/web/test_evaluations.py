"""A run's evaluation on its page and over REST: every figure leads to its images."""

import csv
import dataclasses
import io
import json
import math
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.core.datasets.dataset import Dataset, Split
from app.core.runs.predicted import read
from app.services.bundle import ServiceBundle
from tests.factories.answered import answered
from tests.factories.bad_images import drawn
from tests.factories.evaluated import evaluated_run, images_of, with_answers
from tests.factories.images import tar_bytes
from tests.factories.rows import queued_run

FOLDERS = [("train", 12), ("val", 4), ("test", 6)]


@pytest.fixture
def dataset(services: ServiceBundle) -> Dataset:
    """Three classes in three splits; of the test images two were trained on."""
    files = {
        f"{split}/{name}/{n}.png": drawn(1_000 * number + 100 * place + n)
        for number, (split, count) in enumerate(FOLDERS)
        for place, name in enumerate(("1", "2", "3"))
        for n in range(count)
    }
    files |= {f"test/1/seen{n}.png": files[f"train/1/{n}.png"] for n in range(2)}
    made = services.datasets.create("dice")
    services.datasets.receive(made.id, io.BytesIO(tar_bytes(files)))
    services.datasets.commit(made.id)
    assert services.datasets.check(made.id)
    return services.datasets.get(made.id)


@pytest.fixture
def run_id(services: ServiceBundle, dataset: Dataset) -> str:
    """Right about all test images but those at the places 0, 2 and 9; about all of validation."""
    test, validation = (images_of(services, dataset, split) for split in (Split.TEST, Split.VALIDATION))
    answers = [
        with_answers(validation, ("1", "2", "3")),
        with_answers(test, ("1", "2", "3"), wrong=(0, 2, 9), sureness=np.linspace(0.5, 0.95, len(test))),
    ]
    return evaluated_run(services, dataset, answers).id


def get(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def of_split(evaluation: Any, split: str) -> Any:
    return next(entry for entry in evaluation["items"] if entry["split"] == split)


def test_the_evaluation_has_what_the_contract_says_for_both_splits(client: TestClient, run_id: str) -> None:
    found = get(client, f"/runs/{run_id}/evaluation")
    assert [entry["split"] for entry in found["items"]] == ["validation", "test"]
    test = of_split(found, "test")
    assert (test["images"], test["correct"], test["accuracy"]) == (20, 17, 0.85)
    assert test["classes"] == ["1", "2", "3"]
    assert np.array(test["confusion_matrix"]).tolist() == [[6, 2, 0], [0, 5, 1], [0, 0, 6]]
    assert [mistake["predicted"] for mistake in test["mistakes"]] == ["3", "2", "2"]
    assert {"split", "accuracy", "interval", "loss", "classes", "confusion_matrix", "per_class", "mistakes"} <= set(
        test
    )
    assert found["missing"] is None


def test_images_that_were_trained_on_are_told_and_the_accuracy_without_them(client: TestClient, run_id: str) -> None:
    caveats = of_split(get(client, f"/runs/{run_id}/evaluation"), "test")["caveats"]
    assert caveats["seen"] == 2
    # Both of them are right; of the other 18 three are not.
    assert (caveats["without_seen"]["images"], caveats["without_seen"]["correct"]) == (18, 15)
    [warning] = [word for word in caveats["words"] if word["severity"] == "warning"]
    assert warning["rule"] == "duplicates_across_splits"
    assert "2 images of 20 are in an earlier split too" in warning["text"]
    assert "On the other 18 it is right in 83.3%" in warning["text"]


def test_validation_images_chose_the_best_epoch_and_that_is_said(client: TestClient, run_id: str) -> None:
    words = of_split(get(client, f"/runs/{run_id}/evaluation"), "validation")["caveats"]["words"]
    assert any("chosen by these very images" in word["text"] for word in words)
    assert any(word["severity"] == "good" and "no copy" in word["text"] for word in words)


def test_pages_of_a_cell_go_on_where_the_last_ended(client: TestClient, run_id: str) -> None:
    asked = {"split": "test", "class": "1", "predicted": "1", "limit": 4}
    first = get(client, f"/runs/{run_id}/predicted", **asked)
    second = get(client, f"/runs/{run_id}/predicted", **asked, cursor=first["next"])
    assert (first["total"], len(first["items"]), len(second["items"]), second["next"]) == (6, 4, 2, None)
    probabilities = [image["probability"] for image in first["items"] + second["items"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert {(image["class"], image["predicted"]) for image in first["items"]} == {("1", "1")}


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"class": "seven"}, 422, "no class 'seven'"),
        ({"split": "train"}, 404, "evaluated on validation and test images"),
        ({"cursor": "x"}, 422, "cursor"),
        ({"split": "all"}, 422, "split"),
    ],
)
def test_what_cannot_be_answered_says_why(
    client: TestClient, run_id: str, query: dict[str, str], status: int, said: str
) -> None:
    answer = client.get(f"/api/v1/runs/{run_id}/predicted", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.text


def test_the_table_and_the_file_have_every_image_with_every_output(
    client: TestClient, services: ServiceBundle, run_id: str
) -> None:
    answer = client.get(f"/api/v1/runs/{run_id}/predicted.csv?split=test")
    assert answer.headers["content-disposition"] == 'attachment; filename="predicted-test.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    file = read(client.get(f"/api/v1/runs/{run_id}/artifacts/predictions.npz").content)[Split.TEST]
    assert [row["path"] for row in rows] == list(file.paths)
    assert [row["predicted"] for row in rows] == [file.classes[place] for place in file.predicted]
    assert sum(row["correct"] == "yes" for row in rows) == 17
    outputs = [[np.float32(row[f"output {name}"]) for name in file.classes] for row in rows]
    assert np.array_equal(np.array(outputs), file.probabilities)


def test_the_row_does_not_grow_with_images_and_classes(services: ServiceBundle, run_id: str) -> None:
    row = services.runs.get(run_id).evaluation
    assert set(row["test"]) == {"images", "correct", "accuracy", "interval", "loss"}
    assert len(json.dumps(row)) < 400


def test_every_cell_of_the_page_leads_to_its_images(client: TestClient, run_id: str) -> None:
    page = client.get(f"/runs/{run_id}").text
    assert f'href="/runs/{run_id}/predicted?split=test&amp;class=1&amp;predicted=2"' in page
    assert f'href="/runs/{run_id}/predicted?split=test&amp;class=2&amp;predicted=1"' not in page  # nothing is there
    cell = client.get(f"/runs/{run_id}/predicted?split=test&class=1&predicted=2").text
    assert "2 images, the surest first" in cell
    assert cell.count("A 1 taken for 2") == 2


@pytest.mark.parametrize(
    ("shown", "expected"), [("counts", ">6</a>"), ("recall", ">75 %</a>"), ("precision", ">71 %</a>")]
)
def test_the_matrix_shows_counts_or_shares_as_the_address_says(
    client: TestClient, run_id: str, shown: str, expected: str
) -> None:
    page = client.get(f"/runs/{run_id}?matrix={shown}").text
    assert expected in page
    assert f'href="?matrix={shown}#test-matrix" aria-current="true"' in page


def test_names_are_shown_as_text_and_lead_where_they_should(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    predicted = answered([0, 1, 2, 2], [0, 1, 2, 0], classes=("<b>1</b>", "2", "a/b & c"))
    run = evaluated_run(services, dataset, [predicted])
    page = client.get(f"/runs/{run.id}").text
    assert "<b>1</b>" not in page
    assert "class=a%2Fb+%26+c&amp;predicted=%3Cb%3E1%3C%2Fb%3E" in page
    cell = client.get(f"/runs/{run.id}/predicted", params={"class": "a/b & c", "predicted": "<b>1</b>"})
    assert "1 image, the surest first" in cell.text
    assert "<b>1</b>" not in cell.text


def test_a_matrix_of_many_classes_is_a_figure_with_its_worst_pairs_beside_it(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    classes = [f"class {number}" for number in range(40)]
    labels = [number % 40 for number in range(160)]
    taken = [(label + 1) % 40 if place < 7 else label for place, label in enumerate(labels)]
    run = evaluated_run(services, dataset, [answered(labels, taken, classes=classes)])
    page = client.get(f"/runs/{run.id}").text
    assert 'class="matrix"' not in page
    assert "figures/confusion?split=test" in page
    assert "predicted=class%201" in page
    figure = get(client, f"/runs/{run.id}/figures/confusion", split="test")
    assert figure["layout"]["meta"]["cells"] == {"address": f"/runs/{run.id}/predicted?split=test", "classes": classes}


def test_a_matrix_of_many_classes_without_answers_leads_nowhere(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    classes = [f"class {number}" for number in range(40)]
    predicted = answered([number % 40 for number in range(160)], [0] * 160, classes=classes)
    run = evaluated_run(services, dataset, [predicted], is_old=True)
    page = client.get(f"/runs/{run.id}").text
    assert "class 1 → class 0" in page
    assert f"/runs/{run.id}/predicted" not in page
    figure = get(client, f"/runs/{run.id}/figures/confusion", split="test")
    assert "cells" not in figure["layout"]["meta"]


def test_a_dead_network_is_called_dead_with_the_likely_reason(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    images = images_of(services, dataset, Split.TEST)
    labels = [int(image.class_name) - 1 for image in images]
    dead = answered(labels, [2] * len(labels), classes=("1", "2", "3"), sureness=0.334)
    run = evaluated_run(services, dataset, [dead], losses=[1.0987, 1.0986, 1.0986])
    found = get(client, f"/runs/{run.id}/evaluation")["symptoms"]
    assert [symptom["rule"] for symptom in found] == ["one_class", "loss_at_chance"]
    assert any("The training loss never moved" in reason for reason in found[0]["reasons"])
    page = client.get(f"/runs/{run.id}").text
    assert 'data-test="symptom-one_class"' in page
    assert "is taken for “3”" in page


def test_the_epoch_in_which_the_loss_broke_is_right_for_a_long_training(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    labels = [0, 1, 2] * 10
    dead = answered(labels, [2] * 30, classes=("1", "2", "3"), sureness=0.334)
    losses = [2.0 - number / 5_000 if number < 4_321 else math.nan for number in range(1, 5_001)]
    run = evaluated_run(services, dataset, [dead], losses=losses)
    found = get(client, f"/runs/{run.id}/evaluation")["symptoms"]
    assert "stopped being a number in epoch 4,321:" in found[0]["message"]


def test_a_run_of_an_older_version_shows_what_it_has_and_says_why_the_rest_is_missing(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    predicted = with_answers(images_of(services, dataset, Split.TEST), ("1", "2", "3"), wrong=(1,))
    run = evaluated_run(services, dataset, [predicted], is_old=True)
    page = client.get(f"/runs/{run.id}")
    assert page.status_code == 200
    assert "evaluated by an older version of Diceboard" in page.text
    assert 'class="matrix"' in page.text
    assert f"/runs/{run.id}/predicted" not in page.text
    found = get(client, f"/runs/{run.id}/evaluation")
    assert of_split(found, "test")["correct"] == 19
    assert "older version" in found["missing"]
    answer = client.get(f"/runs/{run.id}/predicted?split=test")
    assert answer.status_code == 404
    assert "Duplicate the run" in answer.text


def test_a_run_whose_answers_are_damaged_says_so_and_keeps_its_figures(
    client: TestClient, services: ServiceBundle, run_id: str
) -> None:
    [file] = services.artifacts.of(run_id)
    services.blobs.delete(file.blob)
    services.blobs.put_bytes(file.blob, b"PK\x03\x04 no longer what it was")
    page = client.get(f"/runs/{run_id}")
    assert page.status_code == 200
    assert "gone from the storage or damaged" in page.text
    found = of_split(get(client, f"/runs/{run_id}/evaluation"), "test")
    assert (found["correct"], "confusion_matrix" in found) == (17, False)
    for path in (f"/runs/{run_id}/predicted", f"/runs/{run_id}/figures/confusion"):
        answer = client.get(f"/api/v1{path}", params={"split": "test"})
        assert answer.status_code == 404, answer.text
        assert "damaged" in answer.text
    compared = get(client, "/comparisons", runs=f"{run_id},{duplicate(services, run_id)}")["significance"]
    assert "damaged" in next(iter(compared.values()))["words"]


def duplicate(services: ServiceBundle, run_id: str) -> str:
    run = services.runs.get(run_id)
    dataset = services.datasets.get(run.dataset_id)
    return evaluated_run(
        services, dataset, [with_answers(images_of(services, dataset, Split.TEST), ("1", "2", "3"))]
    ).id


def test_a_network_without_softmax_has_no_calibration_and_the_page_says_so(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    plain = answered([0, 1, 2] * 10, [0, 1, 2] * 10)
    logits = dataclasses.replace(plain, probabilities=plain.probabilities * 9)
    run = evaluated_run(services, dataset, [logits])
    page = client.get(f"/runs/{run.id}").text
    assert "The outputs of this network are no probabilities" in page
    assert "figures/calibration" not in page
    assert get(client, f"/runs/{run.id}/figures/calibration", split="test")["data"][2]["x"] == []


def test_the_reliability_diagram_has_a_point_with_its_interval_for_each_bin(client: TestClient, run_id: str) -> None:
    sure = of_split(get(client, f"/runs/{run_id}/evaluation"), "test")["calibration"]
    _, bars, points = get(client, f"/runs/{run_id}/figures/calibration", split="test")["data"]
    assert points["x"] == [entry["confidence"] for entry in sure["bins"]]
    assert points["y"] == [entry["accuracy"] for entry in sure["bins"]]
    assert len(bars["x"]) == len(sure["bins"])
    low = [y - below for y, below in zip(points["y"], points["error_y"]["arrayminus"], strict=True)]
    assert low == pytest.approx([entry["interval"][0] for entry in sure["bins"]])


def test_a_run_that_has_not_ended_has_no_evaluation_yet(client: TestClient, services: ServiceBundle) -> None:
    run = queued_run(services.database)  # type: ignore[arg-type]
    found = get(client, f"/runs/{run.id}/evaluation")
    assert (found["items"], found["symptoms"], found["missing"][:32]) == ([], [], "It has not been evaluated yet; t")
    assert client.get(f"/runs/{run.id}").status_code == 200
