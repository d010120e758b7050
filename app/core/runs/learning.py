"""Whether a network has learned anything, and where it has not, what the likely reasons are.

A network that answers at random has a cross-entropy of ln(classes) nats, and one that knows only how often each class
comes has the entropy of the classes' shares; a loss that stands there is the mark of a dead network.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.core.runs.learning_reasons import Facts, largest_share, reasons_for
from app.core.values import JsonObject

NEAR = 0.02
"""A loss within this share of another stands at it."""
FEWEST = 5
"""Of fewer images it is nothing strange if all are taken for one class."""


@dataclass(frozen=True)
class Symptom:
    """Something that a network that has learned does not show; `rule` names it, `message` says what was seen."""

    rule: str
    severity: str
    message: str
    reasons: tuple[str, ...] = ()

    def json_object(self) -> JsonObject:
        """As the REST contract shows it."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "reasons": list(self.reasons),
        }


def symptoms(evaluations: Mapping[str, Mapping[str, Any]], facts: Facts) -> list[Symptom]:
    """What is wrong with a network, by its evaluations (split -> evaluation) and how its training went; none where it learned.

    The test images are asked where there are any, else those of validation.
    """
    split = "test" if "test" in evaluations else "validation"
    if split not in evaluations:
        return []
    found = evaluations[split]
    matrix = np.array(found["confusion_matrix"])
    at_chance = found["interval"][0] <= largest_share(matrix)
    rules = (
        _no_number_answered(found, split) or _no_number_trained(facts),
        _one_class(found, matrix, split),
        _stands_at_chance(found, matrix, split) if at_chance else None,
        _by_heart(found, matrix, split, facts=facts),
        _worse_than_chance(found, split),
    )
    seen = [symptom for symptom in rules if symptom is not None]
    if not seen and at_chance:
        seen = [_no_better(found, matrix, split, facts=facts)]
    if not seen:
        return _never_answered(found, matrix, split)
    first, *others = seen
    reasons = reasons_for(first.rule, facts, found=found, matrix=matrix)
    return [Symptom(first.rule, first.severity, first.message, tuple(reasons)), *others]


def _no_number_answered(found: Mapping[str, Any], split: str) -> Symptom | None:
    broken = found.get("not_finite", 0)
    if not broken:
        return None
    message = (
        f"Broken: the network answers {broken:,} of the {found['images']:,} {split} images with what is no number. Its "
        "weights have grown beyond all bounds."
    )
    return Symptom("not_a_number", "bad", message)


def _no_number_trained(facts: Facts) -> Symptom | None:
    broken = next((epoch for epoch, value in zip(facts.epochs, facts.losses, strict=True) if value is None), None)
    if broken is None:
        return None
    message = f"The training loss stopped being a number in epoch {broken:,}: from then on every weight may be spoilt."
    return Symptom("not_a_number", "bad", message)


def _one_class(found: Mapping[str, Any], matrix: Any, split: str) -> Symptom | None:
    answered = np.flatnonzero(matrix.sum(axis=0))
    if len(answered) != 1 or np.count_nonzero(matrix.sum(axis=1)) < 2 or found["images"] < FEWEST:
        return None
    name = found["classes"][answered[0]]
    message = (
        f"Dead: each of the {found['images']:,} {split} images is taken for “{name}”. What is in the image plays no part; "
        f"the accuracy of {found['accuracy']:.1%} is the share of that class."
    )
    return Symptom("one_class", "bad", message)


def _stands_at_chance(found: Mapping[str, Any], matrix: Any, split: str) -> Symptom | None:
    loss, classes = found["loss"], len(found["classes"])
    shares = matrix.sum(axis=1) / matrix.sum()
    entropy = -float((shares[shares > 0] * np.log(shares[shares > 0])).sum())
    for level, what in (
        (math.log(classes), f"ln({classes}) = {math.log(classes):.3f}, the loss of answering every class alike"),
        (entropy, f"{entropy:.3f}, the loss of knowing nothing but how often each class comes"),
    ):
        if loss is not None and level > 0 and abs(loss - level) <= NEAR * level:
            message = f"The cross-entropy on the {split} images, {loss:.3f}, stands at {what}: nothing was learned."
            return Symptom("loss_at_chance", "bad", message)
    return None


def _by_heart(found: Mapping[str, Any], matrix: Any, split: str, *, facts: Facts) -> Symptom | None:
    # That it is not shown to be better is no proof that it is not: few images, or all of one class, show nothing.
    has_several = np.count_nonzero(matrix.sum(axis=1)) > 1
    if not facts.knows_training_images or not has_several or found["accuracy"] > largest_share(matrix):
        return None
    message = (
        f"Learned by heart: right in {facts.training_accuracy:.1%} of the training images, but on the {split} images no better than always "
        f"answering the largest class ({found['accuracy']:.1%})."
    )
    return Symptom("by_heart", "bad", message)


def _worse_than_chance(found: Mapping[str, Any], split: str) -> Symptom | None:
    classes = len(found["classes"])
    if found["interval"][1] >= 1 / classes:
        return None
    message = (
        f"Worse than chance: right in {found['accuracy']:.1%} of the {split} images where guessing among {classes} classes "
        f"gets {1 / classes:.1%}. It knows something, and says it by the wrong name."
    )
    return Symptom("worse_than_chance", "bad", message)


def _no_better(found: Mapping[str, Any], matrix: Any, split: str, *, facts: Facts) -> Symptom:
    largest = matrix.sum(axis=1)
    name = found["classes"][int(largest.argmax())]
    low, high = found["interval"]
    where = f"On the {split} images"
    if facts.knows_training_images:
        where = f"Right in {facts.training_accuracy:.1%} of the training images, but on the {split} images"
    message = (
        f"{where} it is not shown to be better than always answering “{name}”, which gets "
        f"{largest_share(matrix):.1%} (it gets {found['accuracy']:.1%}, {low:.1%} to {high:.1%})."
    )
    return Symptom("no_better_than_largest_class", "warn", message)


def _never_answered(found: Mapping[str, Any], matrix: Any, split: str) -> list[Symptom]:
    missing: Sequence[str] = [
        name
        for name, actual, answers in zip(found["classes"], matrix.sum(axis=1), matrix.sum(axis=0), strict=True)
        if actual and not answers
    ]
    if not missing:
        return []
    shown = ", ".join(f"“{name}”" for name in missing[:8]) + (" and others" if len(missing) > 8 else "")
    return [Symptom("never_answered", "note", f"None of the {split} images was taken for {shown}.")]
