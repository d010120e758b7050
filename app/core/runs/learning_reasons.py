"""Likely reasons why a network learned nothing, the best founded first, each with what to try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.core.runs.configuration import Configuration
from app.core.runs.start_from import StartFrom

_PLAIN = frozenset({"sgd"})
HIGH_RATE = {"plain": 0.5, "adaptive": 0.005}
"""Learning rates that often break a training: of plain gradient descent, and of optimizers that scale each step."""
LOW_RATE = 1e-5
FEW_STEPS = 200
FEW_IMAGES = 30
NO_GRADIENT = 1e-7
HUGE_GRADIENT = 1e3
MOSTLY_ONE = 0.6
LEARNED = 0.9
"""A training accuracy from which on the training images are known."""


@dataclass(frozen=True)
class Facts:
    """How a training went: its losses, the gradients' norm of single steps (None: no number), its best accuracy.

    `epochs` are those that the losses are of, counted from 1: of a long training not every one is among them.
    `contradicting` counts the images that the checks found in more than one class.
    """

    configuration: Configuration
    epochs: Sequence[int] = ()
    losses: Sequence[float | None] = ()
    training_accuracy: float | None = None
    gradient_norms: Sequence[float | None] = ()
    steps: int = 0
    start_from: StartFrom | None = None
    contradicting: int = 0

    @property
    def knows_training_images(self) -> bool:
        """Whether it is right about almost all of the images that it was trained on."""
        return self.training_accuracy is not None and self.training_accuracy >= LEARNED


def reasons_for(rule: str, facts: Facts, *, found: Mapping[str, Any], matrix: Any) -> list[str]:
    """For a symptom's rule, of an evaluation `found` with this confusion matrix; each says what speaks for it."""
    if rule in {"by_heart", "worse_than_chance"}:
        return [*_labels(facts), *_unlike_splits(rule)]
    few = _too_few(found, matrix) if rule == "no_better_than_largest_class" else []
    if few:
        return few
    if rule == "no_better_than_largest_class" and facts.knows_training_images:
        return [*_labels(facts), *_unlike_splits(rule)]
    reasons = [
        *_no_probabilities(found),
        *_rate(facts),
        *_gradients(facts),
        *_frozen(facts),
        *_short(facts),
        *_loss_never_moved(facts),
        *_lopsided(facts, matrix),
        *_labels(facts),
    ]
    return reasons or _usual_suspects()


def largest_share(matrix: Any) -> float:
    """The share of the images that are of the largest class: what always answering it gets."""
    return float(matrix.sum(axis=1).max() / matrix.sum())


def _too_few(found: Mapping[str, Any], matrix: Any) -> list[str]:
    """Why these images could not show that it has learned, if it has."""
    if np.count_nonzero(matrix.sum(axis=1)) < 2:
        return [
            "All of them are of one class, which always answering it gets right too: measure on images of each class."
        ]
    if matrix.sum() < FEW_IMAGES:
        return [f"On {matrix.sum():,} images only a large difference can be shown: measure on more of them."]
    if found["accuracy"] > largest_share(matrix) >= MOSTLY_ONE:
        others = matrix.sum() - matrix.sum(axis=1).max()
        are = "is" if others == 1 else "are"
        return [f"Only {others:,} of the {matrix.sum():,} images {are} of another class: measure on more of those."]
    return []


def _no_probabilities(found: Mapping[str, Any]) -> list[str]:
    if found.get("not_finite") or found.get("calibration", {"defined": True})["defined"]:
        return []
    return [
        "The outputs are no probabilities, but the loss expects some: give the last Dense layer the activation softmax."
    ]


def _rate(facts: Facts) -> list[str]:
    optimizer = facts.configuration.optimizer
    rate = optimizer.learning_rate
    high = HIGH_RATE["plain" if optimizer.name in _PLAIN else "adaptive"]
    if rate >= high:
        return [
            (
                f"A learning rate of {rate:g} is high for {optimizer.name}: a few large steps can push every ReLU below zero, "
                f"where none of them ever gets a gradient again. Try {rate / 10:g}, then {rate / 100:g}."
            )
        ]
    if rate <= LOW_RATE:
        return [f"A learning rate of {rate:g} is so low that the weights hardly move. Try {max(rate * 100, 1e-3):g}."]
    return []


def _gradients(facts: Facts) -> list[str]:
    norms = facts.gradient_norms
    if any(value is None for value in norms):
        return [
            "Gradients were no numbers in some steps: lower the learning rate, or clip the gradients by their norm."
        ]
    known = [value for value in norms if value is not None]
    if not known:
        return []
    last = float(np.median(known[-max(1, len(known) // 10) :]))
    if last <= NO_GRADIENT:
        began = "from the first step on" if known[0] <= NO_GRADIENT else f"after {known[0]:.2g} in the first step"
        return [
            (
                f"No gradient arrives any more (its norm is {last:.2g}, {began}): all activations on the way are saturated or "
                "dead. Use another seed, a lower learning rate, LeakyReLU, or BatchNormalization in front of the activations."
            )
        ]
    if last >= HUGE_GRADIENT:
        return [
            f"The gradients are huge (their norm is {last:.2g}): clip them by their norm, or lower the learning rate."
        ]
    return []


def _frozen(facts: Facts) -> list[str]:
    frozen = () if facts.start_from is None else facts.start_from.freeze
    if not frozen:
        return []
    return [f"{len(frozen)} layers are frozen and keep the weights they were given: let more of them learn."]


def _short(facts: Facts) -> list[str]:
    if not 0 < facts.steps < FEW_STEPS:
        return []
    return [
        f"It was trained for {facts.steps:,} steps only: a few hundred are the least. Let it go on for more epochs."
    ]


def _loss_never_moved(facts: Facts) -> list[str]:
    known = [value for value in facts.losses if value is not None]
    if len(known) < 2 or max(known) - min(known) > 0.02 * abs(known[0]):
        return []
    return [
        (
            f"The training loss never moved (from {known[0]:.3f} to {known[-1]:.3f}): it is the training that fails, not what "
            "carries over to other images. Try whether it can learn ten images by heart; if not, make the network smaller or "
            "add BatchNormalization."
        )
    ]


def _lopsided(facts: Facts, matrix: Any) -> list[str]:
    share = largest_share(matrix)
    if share < MOSTLY_ONE or facts.configuration.class_weights != "none":
        return []
    return [f"One class has {share:.0%} of the images: always answering it pays. Train with balanced class weights."]


def _labels(facts: Facts) -> list[str]:
    if not facts.contradicting:
        return []
    return [
        (
            f"The checks found {facts.contradicting:,} images in more than one class: where the labels contradict each other "
            "nothing can be learned from them. See the data set's findings."
        )
    ]


def _unlike_splits(rule: str) -> list[str]:
    first = (
        "The classes of the two splits may mean different things, or their labels are shuffled: compare some images of "
        "each class on the data set's wall."
    )
    if rule == "worse_than_chance":
        return [first]
    return [
        first,
        "There may be too few training images for so many weights: a smaller network, augmentation or dropout helps.",
        "The other images may be of another kind than those trained on (light, background, size): look at both.",
    ]


def _usual_suspects() -> list[str]:
    return [
        "The learning rate: try a tenth of it, and ten times as much.",
        (
            "The labels: if they are shuffled there is nothing to learn. Compare some images of each class on the data set's "
            "wall, and try whether the network can learn ten images by heart."
        ),
        (
            "The network: deep chains without BatchNormalization often do not start to learn. Try the compact preset on the "
            "same images."
        ),
    ]
