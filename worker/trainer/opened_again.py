"""What a file of weights answers for real images once it is opened again, against the network that was trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.core.datasets.dataset import Split
from app.core.runs.exports import COMPARED_IMAGES
from app.core.runs.run import Check
from worker.trainer.data import Pixels, Rows

Images = NDArray[np.float32]


def compared_images(pixels: Pixels, rows: Mapping[Split, Rows]) -> Images:
    """Up to COMPARED_IMAGES spread evenly over the test images, else those of validation or training.

    float32 (n, height, width, channels) in [0, 1], as the trainer feeds them.
    """
    chosen = next(rows[split] for split in (Split.TEST, Split.VALIDATION, Split.TRAIN) if len(rows[split]))
    places = np.unique(np.linspace(0, len(chosen) - 1, COMPARED_IMAGES).round().astype(int))
    images: Images = pixels[chosen[places]].astype(np.float32) / np.float32(255)
    return images


class Comparison:
    """Compares what is opened again with a network, on a few images, in batches that are known to fit into memory."""

    def __init__(self, images: Images, *, batch_size: int, tolerance: float) -> None:
        """`tolerance` is by how much a probability may differ."""
        self._images = images
        self._batch_size = batch_size
        self._tolerance = tolerance

    def probabilities(self, network: keras.Model) -> NDArray[np.float64]:
        """(images, classes). Layer by layer: to trace a network for so few images would take longer than to ask it."""
        places = range(0, len(self._images), self._batch_size)
        parts = [self._images[place : place + self._batch_size] for place in places]
        found = [keras.ops.convert_to_numpy(network(part, training=False)) for part in parts]
        return np.concatenate(found).astype(np.float64)

    def check(
        self, opened: keras.Model, *, weights: list[NDArray[Any]], expected: NDArray[np.float64], path: Path
    ) -> Check:
        """OSError unless it has those weights bit by bit, and answers `expected` but for rounding."""
        pairs = zip(opened.get_weights(), weights, strict=True)
        if not all(np.array_equal(found, written, equal_nan=True) for found, written in pairs):
            raise OSError(f"{path.name} was written but does not hold the trained weights when it is opened again.")
        found = self.probabilities(opened)
        # A network that answers no numbers is to answer none at the same places.
        is_same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        differences = np.abs(np.where(is_same, 0, found) - np.where(is_same, 0, expected))
        largest = float(differences.max())
        if not largest <= self._tolerance:
            raise OSError(
                f"{path.name} was written, but opened again its probabilities differ from the trained network's by up to "
                f"{largest:.2g} on {len(expected)} images; rounding explains {self._tolerance:g}."
            )
        return Check(largest_difference=largest, images=len(expected), tolerance=self._tolerance, by="trainer")
