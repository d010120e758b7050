"""What the checks of a data set say about a run's figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from app.core.datasets.dataset import Baseline, Finding, Split, Version
from app.core.intervals import wilson_interval
from app.core.runs.configuration import Configuration
from app.core.runs.leaks import caveats
from tests.factories.answered import answered

RIGHT = [0] * 8
WRONG = [1] * 8


def version(*rules: str, baselines: Sequence[Baseline] = (), examples: Sequence[str] = ()) -> Version:
    findings = [
        Finding(rule=rule, severity="warning", message=rule, images=1, examples=tuple(examples)) for rule in rules
    ]
    return Version.model_validate(
        {
            "id": "v",
            "number": 1,
            "digest": "d",
            "created_at": "2026-01-01T00:00:00Z",
            "classes": ("1", "2", "3"),
            "splits": {},
            "sizes": {},
            "modes": {},
            "findings": findings,
            "baselines": tuple(baselines),
        }
    )


def said(
    listed: Mapping[str, Sequence[str]],
    *,
    answers: Sequence[int] = RIGHT,
    split: Split = Split.TEST,
    of: Version | None = None,
    **asked: Any,
) -> dict[str, Any]:
    predicted = answered([0] * 8, answers, split=split)
    configuration = Configuration.model_validate(asked)
    return caveats(predicted, of or version(*listed), listed=listed, configuration=configuration)


def texts(found: dict[str, Any]) -> str:
    return "\n".join(word["text"] for word in found["words"])


def test_without_any_finding_that_is_said_and_nothing_else() -> None:
    found = said({})
    assert (found["seen"], found["without_seen"]) == (0, None)
    assert [word["severity"] for word in found["words"]] == ["good"]


def test_the_accuracy_without_what_was_seen_is_that_of_the_others() -> None:
    # Right are the first four, and of these three were seen, one of them by two rules.
    listed = {
        "duplicates_across_splits": ["test/0.png", "test/1.png"],
        "near_copies_across_splits": ["test/1.png", "test/2.png", "validation/9.png"],
    }
    found = said(listed, answers=RIGHT[:4] + WRONG[4:])
    assert found["seen"] == 3
    assert (found["without_seen"]["images"], found["without_seen"]["correct"]) == (5, 1)
    low, high = wilson_interval(1, 5)
    assert f"On the other 5 it is right in 20.0% ({low:.1%} to {high:.1%})" in texts(found)


def test_where_everything_was_seen_the_figure_says_nothing() -> None:
    found = said({"near_copies_across_splits": [f"test/{place}.png" for place in range(8)]})
    assert (found["seen"], found["without_seen"]) == (8, None)
    assert "says nothing about new images" in texts(found)


def test_versions_that_listed_only_examples_are_read_too() -> None:
    found = said({}, of=version("duplicates_across_splits", examples=["test/3.png"]))
    assert found["seen"] == 1
    assert "1 image of 8 is in an earlier split too" in texts(found)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("same_image_in_classes", "2 images stand in another class too"),
        ("near_copies_in_classes", "2 images stand in another class too"),
        ("exact_duplicates", "the interval is wider than it says"),
        ("near_duplicates", "2 images repeat another of this split"),
    ],
)
def test_what_contradicts_or_repeats_is_counted(rule: str, text: str) -> None:
    assert text in texts(said({rule: ["test/0.png", "test/5.png", "train/0.png"]}))
    assert text not in texts(said({rule: ["train/0.png"]}))


def test_validation_images_flatter_only_where_they_chose_the_epoch() -> None:
    assert "chosen by these very images" in texts(said({}, split=Split.VALIDATION))
    assert "chosen by these very images" not in texts(said({}, split=Split.VALIDATION, monitor="loss"))
    assert "chosen by these very images" not in texts(said({}))


def test_findings_of_the_version_say_nothing_of_images_that_were_divided_anew() -> None:
    listed = {"duplicates_across_splits": ["validation/0.png"]}
    assert said(listed, split=Split.VALIDATION)["seen"] == 1
    found = said(listed, split=Split.VALIDATION, validation_split=0.2)
    assert found["seen"] == 0
    assert "divided anew" in texts(found)


def test_a_network_that_a_blunt_instrument_rivals_is_told_so() -> None:
    low, high = wilson_interval(7, 8)
    blunt = Baseline(
        kind="color", split=Split.TEST, images=8, correct=7, accuracy=7 / 8, low=low, high=high, chance=0.3
    )
    of = version(baselines=[blunt])
    rivalled = said({}, answers=RIGHT[:6] + WRONG[6:], of=of)
    assert "by the mean colour is right in 87.5%: this network is not clearly better" in texts(rivalled)
    assert "not clearly better" not in texts(said({}, answers=RIGHT, of=of))  # all right is above the interval
    assert "not clearly better" not in texts(said({}, answers=WRONG, of=of))  # it has learned nothing
    assert "not clearly better" not in texts(said({}, answers=RIGHT[:6] + WRONG[6:], split=Split.VALIDATION, of=of))
