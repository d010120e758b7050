"""What networks might have answered: predictions with known labels and answers."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.core.datasets.dataset import Split
from app.core.runs.predicted import Predicted


def answered(
    labels: Sequence[int],
    answers: Sequence[int],
    *,
    classes: Sequence[str] = ("1", "2", "3"),
    sureness: Sequence[float] | float = 0.8,
    names: Sequence[str] | None = None,
    split: Split = Split.TEST,
) -> Predicted:
    """Images named after their places (or `names`), each taken for its answer with that sureness, the rest spread evenly."""
    known = [str(place) for place in range(len(labels))] if names is None else list(names)
    sure = np.broadcast_to(np.asarray(sureness, float), len(labels))
    others = ((1 - sure) / (len(classes) - 1))[:, None]
    probabilities = np.repeat(others, len(classes), axis=1)
    probabilities[np.arange(len(labels)), list(answers)] = sure
    return Predicted(
        split=split,
        classes=tuple(classes),
        paths=tuple(f"{split.value}/{name}.png" for name in known),
        digests=tuple(hashlib.sha256(name.encode()).hexdigest() for name in known),
        labels=np.array(labels, np.int64),
        probabilities=probabilities.astype(np.float32),
    )


def drawn(images: int, *, classes: int = 4, skill: float = 1.0, seed: int = 0, **more: Any) -> Predicted:
    """Softmax outputs of a network with some skill on labels drawn at random."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, images)
    logits = random.normal(size=(images, classes)) + skill * np.eye(classes)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = answered(labels, labels, classes=[str(number) for number in range(classes)], **more)
    return dataclasses.replace(found, probabilities=probabilities.astype(np.float32))
