"""Batches out of a file that is larger than what may be in memory."""

import tracemalloc
from pathlib import Path

import numpy as np

from worker.trainer.data import Batches

SHAPE = (48, 48, 3)
BATCH = 16


def mapped(path: Path, rows: int) -> np.ndarray:
    pixels = np.memmap(path, dtype=np.uint8, mode="w+", shape=(rows, *SHAPE))
    pixels[:] = np.arange(rows, dtype=np.uint8)[:, None, None, None]
    pixels.flush()
    return np.memmap(path, dtype=np.uint8, mode="r", shape=(rows, *SHAPE))


def test_an_epoch_never_holds_more_than_a_few_batches_however_many_images_and_classes(tmp_path: Path) -> None:
    rows, classes = 8_000, 1_000
    labels = np.arange(rows) % classes
    pixels = mapped(tmp_path / "pixels.bin", rows)
    tracemalloc.start()
    batches = Batches(pixels, rows=np.arange(rows), labels=labels, classes=classes, batch_size=BATCH, seed=1)
    for index in range(len(batches)):
        images, targets = batches[index]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    batch_bytes = BATCH * int(np.prod(SHAPE)) * 4
    one_hot = classes * classes * 4
    assert (images.shape, targets.shape) == ((BATCH, *SHAPE), (BATCH, classes))
    assert peak < 4 * batch_bytes + one_hot + 1_000_000 < pixels.nbytes / 5


def test_each_image_comes_once_an_epoch_with_its_own_class(tmp_path: Path) -> None:
    rows = 100
    labels = np.arange(rows) % 7
    batches = Batches(
        mapped(tmp_path / "pixels.bin", rows), rows=np.arange(rows), labels=labels, classes=7, batch_size=BATCH, seed=3
    )
    seen = []
    for index in range(len(batches)):
        images, targets = batches[index]
        numbers = np.round(images[:, 0, 0, 0] * 255).astype(int)
        np.testing.assert_array_equal(targets.argmax(axis=1), numbers % 7)
        seen += list(numbers)
    assert sorted(seen) == list(range(rows))
