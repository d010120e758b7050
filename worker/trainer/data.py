"""Batches of prepared images in an order that depends on the seed and the epoch alone."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.adapters.augmented_images import augmented
from app.core.runs.augmentation import Augmentation, draw

Pixels = NDArray[np.uint8]
Rows = NDArray[np.int64]
Batch = tuple[NDArray[np.float32], ...]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Images of one split, uint8 (images, height, width, channels), as (float32 in [0, 1], one-hot float32[, weights]).

    With a seed, each epoch has its own order and its own changes of the images, made from (seed, epoch) only, so that a
    continued run sees what an uninterrupted one would have seen. Without, the images come in the order of their rows.
    `weights` are those of the classes, in their order.
    """

    def __init__(
        self,
        pixels: Pixels,
        *,
        rows: Rows,
        labels: Rows,
        classes: int,
        batch_size: int,
        seed: int | None = None,
        augmentation: Augmentation | None = None,
        weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__(workers=1)
        self._pixels = pixels
        self._rows = rows
        self._labels = labels
        self._one_hot = np.eye(classes, dtype=np.float32)
        self._batch_size = batch_size
        self._seed = seed
        self._augmentation = augmentation
        self._weights = None if weights is None else np.array(weights, dtype=np.float32)
        self._order = np.arange(len(rows))
        self._epoch = self._first_batch = 0
        self.start_epoch(0)

    @property
    def per_epoch(self) -> int:
        """Batches in a whole epoch, the last one possibly smaller."""
        return math.ceil(len(self._rows) / self._batch_size)

    def start_epoch(self, epoch: int, *, first_batch: int = 0) -> None:
        """Set the order of an epoch, counted from 0; it begins with that batch where it goes on from a checkpoint."""
        self._epoch, self._first_batch = epoch, first_batch
        if self._seed is not None:
            self._order = np.random.default_rng([self._seed, epoch]).permutation(len(self._rows))

    def __len__(self) -> int:
        """Batches that are left in this epoch."""
        return self.per_epoch - self._first_batch

    def __getitem__(self, index: int) -> Batch:
        """One batch: (batch, height, width, channels) in [0, 1], (batch, classes) and where asked for (batch,)."""
        index += self._first_batch
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        labels = self._labels[chosen]
        batch: Batch = (self._images(chosen), self._one_hot[labels])
        return batch if self._weights is None else (*batch, self._weights[labels])

    def _images(self, chosen: Rows) -> NDArray[np.float32]:
        pixels = self._pixels[self._rows[chosen]]
        if self._augmentation is None:
            return pixels.astype(np.float32) / np.float32(255)
        seed, size = self._seed or 0, pixels.shape[1:3]
        drawn = [
            draw(self._augmentation, seed=seed, epoch=self._epoch, place=int(place), size=size) for place in chosen
        ]
        return augmented(pixels, drawn, self._augmentation)


class EpochOrder(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the batches which epoch begins."""

    def __init__(self, batches: Batches, *, first_batch: int = 0) -> None:
        super().__init__()
        self._batches = batches
        self._first_batch = first_batch

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 -- Keras's signature
        """Set the order before the first batch is drawn."""
        self._batches.start_epoch(epoch, first_batch=self._first_batch)
