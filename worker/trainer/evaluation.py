"""Asks a trained network about every image of a split."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from app.core.datasets.dataset import ImageRecord, Split
from app.core.runs.predicted import Predicted
from worker.trainer.data import Batches


def answers(
    network: keras.Model,
    batches: Batches,
    *,
    split: Split,
    images: Sequence[ImageRecord],
    labels: NDArray[np.int64],
    classes: Sequence[str],
    beat: Callable[[], None] = lambda: None,
) -> Predicted:
    """What the network answers; `images` and `labels` are in the order of the batches, which must have none of their own.

    `beat` is called after each batch.
    """
    parts = []
    for index in range(len(batches)):
        parts.append(np.asarray(network.predict_on_batch(batches[index][0]), dtype=np.float32))
        beat()
    return Predicted(
        split=split,
        classes=tuple(classes),
        paths=tuple(image.path for image in images),
        digests=tuple(image.digest for image in images),
        labels=labels,
        probabilities=np.concatenate(parts),
    )
