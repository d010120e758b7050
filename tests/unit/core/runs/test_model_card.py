"""What a model card claims, against what was chosen and measured how."""

import dataclasses
from typing import Any

import pytest

from app.core.datasets.dataset import Split
from app.core.runs.evaluation import brief
from app.core.runs.exports import WhichEpoch
from app.core.runs.leaks import caveats
from app.core.runs.model_card import Described, model_card
from tests.factories.answered import answered
from tests.unit.core.runs.test_leaks import RIGHT, version
from tests.unit.core.runs.test_script import facts_of


def card_of(
    *,
    which: WhichEpoch = "best",
    epoch: int | None = 4,
    measured_epoch: int | None = 4,
    listed: dict[str, list[str]] | None = None,
    is_old: bool = False,
    **asked: Any,
) -> str:
    facts = dataclasses.replace(facts_of(**asked), epochs=[{}] * 10)
    evaluation = {}
    for split in (Split.VALIDATION, Split.TEST):
        predicted = answered([0] * 8, RIGHT, split=split)
        found = caveats(predicted, version(*listed or {}), listed=listed or {}, configuration=facts.run.configuration)
        evaluation[split] = {**brief(predicted), **({} if is_old else {"caveats": found})}
    described = Described(which=which, epoch=epoch, measured_epoch=measured_epoch, evaluation=evaluation)
    return model_card(facts, described)


@pytest.mark.parametrize("monitor", ["accuracy", "loss"])
def test_nothing_is_said_of_validation_images_that_chose_nothing(monitor: str) -> None:
    card = card_of(monitor=monitor)
    assert "chosen by" not in card
    assert f"epoch 4 of 10, the best by {monitor}" in card


def test_validation_images_that_chose_the_epoch_flatter_and_those_alone() -> None:
    validation, test = card_of(monitor="val_loss").split("- test:")
    assert "The best epoch was chosen by these very images" in validation
    assert "chosen by" not in test


def test_test_images_that_were_trained_on_are_told() -> None:
    card = card_of(listed={"duplicates_across_splits": ["test/0.png", "test/1.png"]})
    assert "2 images of 8 are in an earlier split too" in card
    assert "never looked at" not in card


def test_older_runs_do_not_claim_that_nothing_was_found() -> None:
    assert "not known: single answers were not kept" in card_of(is_old=True)
    assert "not known" not in card_of()


@pytest.mark.parametrize(
    ("which", "epoch", "weights", "files"),
    [("last", 10, "epoch 10 of 10, the last", "last.*"), (7, 7, "epoch 7 of 10, from its checkpoint", "epoch-0007.*")],
)
def test_figures_of_other_weights_than_the_files_hold_are_said_to_be(
    which: WhichEpoch, epoch: int, weights: str, files: str
) -> None:
    card = card_of(which=which, epoch=epoch)
    assert f"- Weights: {weights}\n" in card
    assert f"The weights of epoch 4 (best by val_accuracy), not those of epoch {epoch}, which `{files}` holds" in card


def test_the_last_epoch_that_is_the_best_was_measured() -> None:
    card = card_of(which="last", epoch=10, measured_epoch=10)
    assert "The weights of `last.*` (epoch 10, best by val_accuracy)" in card
    assert "not those of" not in card
