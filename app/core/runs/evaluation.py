"""What a trained network reaches on a split, from what it answered for each image."""

from typing import Any

import numpy as np

from app.core.intervals import wilson_interval
from app.core.runs.calibration import calibration
from app.core.runs.predicted import Integers, Predicted

_SMALLEST_PROBABILITY = 1e-7
"""Keras's epsilon: the probability of the true class is never taken to be smaller, or one image could make the loss infinite."""
MOST_MISTAKES = 500
MOST_CONFUSED = 10


def evaluate(predicted: Predicted) -> dict[str, Any]:
    """Accuracy with its interval, loss, confusion matrix [true][predicted], each class, calibration, the mistakes."""
    matrix = predicted.matrix
    classes = per_class(predicted)
    return {
        **brief(predicted),
        "not_finite": predicted.not_finite,
        "classes": list(predicted.classes),
        "confusion_matrix": matrix.tolist(),
        "per_class": classes,
        "macro": {name: _mean([entry[name] for entry in classes]) for name in ("precision", "recall", "f1")},
        "largest_class": largest_class(matrix),
        "most_confused": _most_confused(predicted),
        "calibration": calibration(predicted),
        "mistakes": [shown(predicted, place) for place in predicted.mistakes[:MOST_MISTAKES]],
    }


def brief(predicted: Predicted) -> dict[str, Any]:
    """The few numbers that say how far it got: a run's row has no more, for it must not grow with images or classes."""
    correct, images = int(predicted.correct.sum()), len(predicted)
    return {
        "images": images,
        "correct": correct,
        "accuracy": correct / images,
        "interval": list(wilson_interval(correct, images)),
        "loss": cross_entropy(predicted),
    }


def per_class(predicted: Predicted) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each class; null where a class has no answers, or no images."""
    return [_of_class(predicted.matrix, index, name=name) for index, name in enumerate(predicted.classes)]


def cross_entropy(predicted: Predicted) -> float | None:
    """The mean over the images of -ln(output of the true class), in nats; null where an output is no number."""
    true = predicted.probabilities[np.arange(len(predicted)), predicted.labels].astype(np.float64)
    loss = float(-np.log(np.clip(true, _SMALLEST_PROBABILITY, 1)).mean())
    return loss if np.isfinite(loss) else None


def shown(predicted: Predicted, place: int) -> dict[str, Any]:
    """One image with what it was taken for."""
    sureness = float(predicted.confidence[place])
    return {
        "digest": predicted.digests[place],
        "path": predicted.paths[place],
        "class": predicted.classes[predicted.labels[place]],
        "predicted": predicted.classes[predicted.predicted[place]],
        "probability": sureness if np.isfinite(sureness) else None,
    }


def largest_class(matrix: Integers) -> dict[str, Any]:
    """How far one gets by always answering the class that has most images: its place and its share of them."""
    actual = matrix.sum(axis=1)
    return {"place": int(actual.argmax()), "accuracy": float(actual.max() / actual.sum())}


def _of_class(matrix: Integers, index: int, *, name: str) -> dict[str, Any]:
    hits, actual, answers = (
        int(number) for number in (matrix[index, index], matrix[index].sum(), matrix[:, index].sum())
    )
    return {
        "class": name,
        "images": actual,
        "predicted": answers,
        "precision": hits / answers if answers else None,
        "recall": hits / actual if actual else None,
        "recall_interval": list(wilson_interval(hits, actual)) if actual else None,
        "f1": 2 * hits / (actual + answers) if actual + answers else None,
    }


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _most_confused(predicted: Predicted) -> list[dict[str, Any]]:
    """The pairs of classes that are mistaken most often, at most MOST_CONFUSED."""
    wrong = predicted.matrix * (1 - np.eye(len(predicted.classes), dtype=np.int64))
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSED]
    pairs = (divmod(int(place), len(predicted.classes)) for place in order)
    return [
        {"class": predicted.classes[true], "predicted": predicted.classes[answer], "images": int(wrong[true, answer])}
        for true, answer in pairs
        if wrong[true, answer]
    ]
