"""Pieces of a run's script against the code that they say again."""

import dataclasses
import math
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.augmented_images import augmented
from app.adapters.clock import utc_now
from app.core.datasets.dataset import Split
from app.core.runs.augmentation import Augmentation, draw
from app.core.runs.configuration import VARIANTS, Configuration
from app.core.runs.lifecycle import RunState
from app.core.runs.model_card import Described, model_card
from app.core.runs.run import Event, EventKind, Progress, Run
from app.core.runs.schedules import rate_at
from app.core.runs.script import ScriptFacts, SplitFacts, as_notebook, as_python, figures_of, sections_of
from tests.factories.rows import architecture

STEPS_PER_EPOCH = 7
shares = st.floats(0, 0.9, allow_nan=False)


def facts_of(**configuration: Any) -> ScriptFacts:
    asked = Configuration.model_validate({"epochs": 9} | configuration)
    run = Run(
        id="r",
        name="a run",
        state=RunState.FINISHED,
        architecture_id="a",
        dataset_id="d",
        version_id="v",
        configuration=asked,
        progress=Progress(epochs=9),
        created_at=utc_now(),
    )
    splits = {split: SplitFacts(3, {"1": 2, "2": 1}, "0" * 64) for split in Split}
    return ScriptFacts(run, architecture(), "dice, version 1", ("1", "2"), splits, "http://here")


def function(facts: ScriptFacts, title: str, **names: Any) -> dict[str, Any]:
    """What a piece defines, up to where it needs the pieces before it."""
    code = next(section.code for section in sections_of(facts) if section.title == title)
    scope: dict[str, Any] = {"math": math, "numpy": np, "cv2": cv2, **names}
    exec(code.split("\n\nclass ")[0], scope)
    return scope


def is_better(value: float | None, best: float | None, min_delta: float = 0.0) -> bool:
    """As the script has it for an accuracy."""
    return value is not None if value is None or best is None else value > best + min_delta


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "constant", "warm_up_epochs": 2.5},
        {"kind": "step", "every_epochs": 2, "factor": 0.3, "warm_up_epochs": 1},
        {"kind": "exponential", "factor": 0.9},
        {"kind": "cosine", "final_share": 0.1, "warm_up_epochs": 0.5},
        {"kind": "cosine", "over_epochs": 4},
        {"kind": "plateau", "patience": 2, "factor": 0.4, "min_delta": 0.05, "minimum": 1e-4},
    ],
)
@given(values=st.lists(st.one_of(st.none(), st.floats(0, 1, allow_nan=False)), min_size=9, max_size=9))
def test_the_rate_of_every_step_is_that_of_the_trainer(schedule: dict[str, Any], values: list[float | None]) -> None:
    facts = facts_of(schedule=schedule)
    asked = facts.run.configuration
    names = function(facts, "Learning rate", training=range(STEPS_PER_EPOCH), is_better=is_better)
    for step in range(9 * STEPS_PER_EPOCH):
        before = values[: step // STEPS_PER_EPOCH]
        expected = rate_at(
            asked.optimizer.learning_rate,
            asked.schedule,
            step=step,
            steps_per_epoch=STEPS_PER_EPOCH,
            epochs=9,
            monitor=asked.monitor,
            monitored=before,
        )
        assert names["learning_rate"](step, before) == expected


@given(
    flip=st.sampled_from(["none", "horizontal", "vertical", "both"]),
    rotation=st.floats(0, 180, allow_nan=False),
    ranges=st.fixed_dictionaries(
        {name: st.one_of(st.just(0.0), shares) for name in ("shift", "zoom", "brightness", "contrast", "noise")}
    ),
    epoch=st.integers(0, 50),
    channels=st.sampled_from([1, 3]),
)
def test_images_are_changed_as_in_the_trainer(
    flip: Any, rotation: float, ranges: dict[str, float], epoch: int, channels: int
) -> None:
    asked = Augmentation(flip=flip, rotation=rotation, **ranges)
    names = function(facts_of(augmentation=asked.json_object()), "Batches", SEED=2018)
    image = np.random.default_rng(3).integers(0, 256, (12, 9, channels), dtype=np.uint8)
    drawn = draw(asked, seed=2018, epoch=epoch, place=4, size=(12, 9))
    np.testing.assert_array_equal(names["augmented"](image, epoch, 4), augmented(image[None], [drawn], asked)[0])


@pytest.mark.parametrize("name", sorted(VARIANTS["optimizer"]))
def test_every_optimizer_is_written(name: str) -> None:
    compile(as_python(sections_of(facts_of(optimizer={"name": name}))), name, "exec")


def test_a_notebook_has_the_same_code_but_for_where_its_images_are() -> None:
    sections = sections_of(facts_of())
    cells = as_notebook(sections)["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert [one for one in code if "sys.argv" in one] == []
    other = [section.code.strip("\n") for section in sections]
    assert [place for place, pair in enumerate(zip(code, other, strict=True)) if pair[0] != pair[1]] == [1]
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_of_an_epoch_that_came_twice_the_last_counts() -> None:
    events = [
        Event(run_id="r", seq=seq, attempt=1, kind=EventKind.EPOCH, payload=payload, created_at=utc_now())
        for seq, payload in enumerate([{"epoch": 1, "step": 1}, {"epoch": 2, "step": 2}, {"epoch": 1, "step": 3}])
    ]
    assert [record["step"] for record in figures_of(events)] == [3, 2]


def test_a_loss_that_is_no_number_is_said_in_the_card_and_not_expected_of_the_script() -> None:
    facts = facts_of()
    found = {"accuracy": 0.5, "interval": [0.1, 0.9], "loss": None, "images": 2, "correct": 1}
    facts = dataclasses.replace(facts, run=facts.run.model_copy(update={"evaluation": {"test": found}}))
    described = Described(which="best", epoch=1, measured_epoch=1, evaluation={Split.TEST: found})
    assert "cross-entropy not a number" in model_card(facts, described)
    assert "test loss" not in as_python(sections_of(facts))
