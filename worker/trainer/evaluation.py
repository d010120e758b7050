"""What a trained network reaches on a split."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.core.intervals import wilson_interval
from worker.trainer.data import Batches

_SMALLEST_PROBABILITY = 1e-7
MOST_MISTAKES = 500


def evaluate(
    network: keras.Model,
    batches: Batches,
    *,
    labels: NDArray[np.int64],
    digests: Sequence[str],
    classes: Sequence[str],
    beat: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Accuracy with its interval, loss, confusion matrix [true][predicted], each class, and the mistakes.

    `labels` and `digests` are in the order of the batches, which must have none of their own; `beat` is
    called after each batch.
    """
    parts = []
    for index in range(len(batches)):
        parts.append(np.asarray(network.predict_on_batch(batches[index][0])))
        beat()
    probabilities = np.concatenate(parts)
    predicted = probabilities.argmax(axis=1)
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    correct = int((predicted == labels).sum())
    true_probability = np.clip(
        probabilities[np.arange(len(labels)), labels].astype(np.float64), _SMALLEST_PROBABILITY, 1
    )
    return {
        "images": len(labels),
        "correct": correct,
        "accuracy": correct / len(labels),
        "interval": list(wilson_interval(correct, len(labels))),
        "loss": float(-np.log(true_probability).mean()),
        "classes": list(classes),
        "confusion_matrix": matrix.tolist(),
        "per_class": [_of_class(matrix, index, name=name) for index, name in enumerate(classes)],
        "mistakes": _mistakes(probabilities, predicted, labels=labels, digests=digests, classes=classes),
    }


def _of_class(matrix: NDArray[np.int64], index: int, *, name: str) -> dict[str, Any]:
    hits, actual, predicted = (
        int(number) for number in (matrix[index, index], matrix[index].sum(), matrix[:, index].sum())
    )
    precision = hits / predicted if predicted else None
    recall = hits / actual if actual else None
    f1 = 2 * hits / (actual + predicted) if actual + predicted else None
    return {"class": name, "images": actual, "precision": precision, "recall": recall, "f1": f1}


def _mistakes(
    probabilities: NDArray[Any],
    predicted: NDArray[np.int64],
    *,
    labels: NDArray[np.int64],
    digests: Sequence[str],
    classes: Sequence[str],
) -> list[dict[str, Any]]:
    """The images taken for another class, the surest mistake first."""
    wrong = np.flatnonzero(predicted != labels)
    sureness = probabilities[wrong, predicted[wrong]]
    surest = wrong[np.argsort(-sureness, kind="stable")][:MOST_MISTAKES]
    return [
        {
            "digest": digests[index],
            "class": classes[labels[index]],
            "predicted": classes[predicted[index]],
            "probability": float(probabilities[index, predicted[index]]),
        }
        for index in surest
    ]
