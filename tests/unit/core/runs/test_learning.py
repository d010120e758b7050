"""A network that has learned nothing is recognised, and the reasons rest on what was seen."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from app.core.runs.configuration import Configuration
from app.core.runs.evaluation import evaluate
from app.core.runs.learning import Symptom, symptoms
from app.core.runs.learning_reasons import Facts
from app.core.runs.predicted import Predicted
from app.core.runs.start_from import StartFrom
from tests.factories.answered import answered, drawn

LABELS = [number % 3 for number in range(90)]
LEARNED = answered(LABELS, LABELS)
ONE_CLASS = answered(LABELS, [1] * 90, sureness=0.34)


def seen(predicted: Predicted, *, optimizer: dict[str, Any] | None = None, **facts: Any) -> list[Symptom]:
    configuration = Configuration.model_validate({"optimizer": optimizer} if optimizer else {})
    return symptoms({"test": evaluate(predicted)}, Facts(configuration, **{"steps": 1_000, **facts}))


def rules(found: list[Symptom]) -> list[str]:
    return [symptom.rule for symptom in found]


def test_a_network_that_learned_has_no_symptom() -> None:
    assert seen(LEARNED) == []
    assert seen(drawn(400, classes=6, skill=2)) == []


def test_one_class_for_every_image_is_dead() -> None:
    first, second = seen(ONE_CLASS)
    assert first.rule == "one_class"
    assert "each of the 90 test images is taken for “2”" in first.message
    assert second.rule == "loss_at_chance"
    assert f"ln(3) = {math.log(3):.3f}" in second.message
    assert any("learning rate" in reason for reason in first.reasons)


def test_a_loss_at_the_entropy_of_lopsided_classes_is_recognised_too() -> None:
    labels = [0] * 70 + [1] * 20 + [2] * 10
    predicted = answered(labels, [0] * 100, sureness=0.7)
    outputs = np.tile(np.array([0.7, 0.2, 0.1], np.float32), (100, 1))
    predicted = dataclasses.replace(predicted, probabilities=outputs)
    found = seen(predicted)
    assert rules(found) == ["one_class", "loss_at_chance"]
    assert "how often each class comes" in found[1].message
    assert any("balanced class weights" in reason for reason in found[0].reasons)


def test_a_loss_that_happens_to_be_ln_of_the_classes_is_no_symptom_where_the_answers_are_right() -> None:
    sureness = math.exp(-math.log(3))  # every answer right, each with a third
    predicted = answered(LABELS, LABELS, sureness=sureness + 1e-4)
    assert evaluate(predicted)["loss"] == pytest.approx(math.log(3), rel=1e-3)
    assert seen(predicted) == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"optimizer": {"name": "adam", "learning_rate": 0.1}}, "A learning rate of 0.1 is high for adam"),
        ({"optimizer": {"name": "sgd", "learning_rate": 1e-7}}, "so low that the weights hardly move"),
        ({"gradient_norms": [2.0, *[0.0] * 40]}, "No gradient arrives any more"),
        ({"gradient_norms": [0.0] * 40}, "from the first step on"),
        ({"gradient_norms": [1e5] * 40}, "The gradients are huge"),
        ({"gradient_norms": [1.0, None, 1.0]}, "Gradients were no numbers"),
        ({"epochs": [1, 2, 3], "losses": [1.0986, 1.0987, 1.0985]}, "The training loss never moved"),
        ({"steps": 12}, "12 steps only"),
        ({"contradicting": 40}, "40 images in more than one class"),
        ({"start_from": StartFrom(run="r", freeze=("conv1", "conv2"))}, "2 layers are frozen"),
        ({}, "The labels: if they are shuffled"),
    ],
)
def test_the_reasons_are_those_that_something_speaks_for(facts: dict[str, Any], reason: str) -> None:
    found = seen(ONE_CLASS, **facts)[0]
    assert any(reason in text for text in found.reasons), found.reasons
    if facts:
        assert not any("shuffled" in text for text in found.reasons)


def test_a_plain_rate_is_not_blamed() -> None:
    for optimizer in ({"name": "sgd", "learning_rate": 0.05}, {"name": "adam", "learning_rate": 0.001}):
        assert not any("is high for" in text for text in seen(ONE_CLASS, optimizer=optimizer)[0].reasons)


def test_outputs_without_softmax_are_the_first_reason() -> None:
    spoilt = dataclasses.replace(ONE_CLASS, probabilities=ONE_CLASS.probabilities * 7)
    assert "softmax" in seen(spoilt)[0].reasons[0]


def test_what_is_known_by_heart_and_carries_over_to_nothing() -> None:
    random = np.random.default_rng(4)
    guessed = answered(LABELS, random.permutation(LABELS), sureness=0.99)
    found = seen(guessed, training_accuracy=0.99)
    assert rules(found) == ["by_heart"]
    assert any("shuffled" in reason for reason in found[0].reasons)
    assert rules(seen(guessed, training_accuracy=0.3)) == ["no_better_than_largest_class"]


def answers_of(matrix: list[list[int]]) -> Predicted:
    """Two classes, with this many images in each cell."""
    cells = [(label, answer) for label in (0, 1) for answer in (0, 1) for _ in range(matrix[label][answer])]
    labels, answers = zip(*cells, strict=True)
    return answered(labels, answers, classes=("a", "b"), sureness=0.99)


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        ([[100, 0], [0, 0]], "All of them are of one class"),
        ([[99, 0], [0, 1]], "Only 1 of the 100 images is of another class"),
        ([[20, 0], [0, 2]], "On 22 images only a large difference can be shown"),
        ([[60, 0], [5, 3]], "Only 8 of the 68 images are of another class"),
    ],
)
def test_what_too_few_images_cannot_show_is_not_called_learned_by_heart(matrix: list[list[int]], reason: str) -> None:
    [found] = seen(answers_of(matrix), training_accuracy=0.99)
    assert (found.rule, found.severity) == ("no_better_than_largest_class", "warn")
    assert found.message.startswith("Right in 99.0% of the training images, but on the test images it is not shown")
    [said] = found.reasons
    assert reason in said


def test_a_little_more_than_the_largest_class_is_not_shown_to_be_more_and_speaks_of_the_images() -> None:
    [found] = seen(answers_of([[30, 20], [28, 22]]), training_accuracy=0.99)
    assert found.rule == "no_better_than_largest_class"
    assert any("another kind than those trained on" in reason for reason in found.reasons)


@pytest.mark.parametrize("matrix", [[[50, 10], [30, 10]], [[30, 20], [30, 20]]])
def test_no_more_than_the_largest_class_is_learned_by_heart(matrix: list[list[int]]) -> None:
    assert rules(seen(answers_of(matrix), training_accuracy=0.99)) == ["by_heart"]


def test_systematically_wrong_is_worse_than_chance() -> None:
    found = seen(answered(LABELS, [(label + 1) % 3 for label in LABELS]))
    assert "worse_than_chance" in rules(found)
    assert any("mean different things" in reason for reason in found[0].reasons)


def test_few_images_are_not_called_dead() -> None:
    assert "one_class" not in rules(seen(answered([0, 1, 2], [1, 1, 1], sureness=0.9)))
    [found] = seen(answered([0, 1, 2, 0, 1, 2], [0, 1, 0, 1, 2, 0], sureness=0.9))
    assert found.rule == "no_better_than_largest_class"
    assert found.reasons == ("On 6 images only a large difference can be shown: measure on more of them.",)


def test_a_class_that_is_never_answered_is_noted() -> None:
    [found] = seen(answered(LABELS, [0 if label == 2 else label for label in LABELS]))
    assert (found.rule, found.severity) == ("never_answered", "note")
    assert "“3”" in found.message


def test_a_loss_that_became_no_number_is_told_with_its_epoch() -> None:
    # Of a long training every so-many-th epoch is looked at.
    found = seen(ONE_CLASS, epochs=[1, 2_500, 5_000], losses=[1.2, None, None])
    assert found[0].rule == "not_a_number"
    assert "epoch 2,500:" in found[0].message


def test_where_nothing_was_evaluated_there_is_nothing_to_say() -> None:
    assert symptoms({}, Facts(Configuration())) == []


def test_answers_that_are_no_numbers_are_told_and_no_softmax_is_asked_for() -> None:
    spoilt = dataclasses.replace(ONE_CLASS, probabilities=np.full_like(ONE_CLASS.probabilities, np.nan))
    found = seen(spoilt, optimizer={"name": "sgd", "learning_rate": 50}, gradient_norms=[1.0, 1e8])
    assert found[0].rule == "not_a_number"
    assert "90 of the 90 test images with what is no number" in found[0].message
    assert "A learning rate of 50 is high for sgd" in found[0].reasons[0]
    assert not any("softmax" in reason for reason in found[0].reasons)
