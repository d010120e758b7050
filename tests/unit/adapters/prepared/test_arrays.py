import hashlib
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from app.adapters.images import PillowImages
from app.adapters.prepared import PreparedArrays, PreparedRows
from app.core.datasets.preparation import ColorMode, Preparation, ResizeMode
from app.core.errors import BrokenImageError
from tests.factories.images import png

RGB = Preparation(height=6, width=8)
CONTENTS = {hashlib.sha256(content).hexdigest(): content for content in map(png, range(20))}
DIGESTS = list(CONTENTS)
DECODE = PillowImages(1_000_000).decode


class Storage:
    """Counts how often images are read."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.read: list[str] = []

    def __call__(self, digest: str) -> bytes:
        self.read.append(digest)
        return self.contents[digest]


def expected(digests: list[str]) -> np.ndarray:
    return np.stack([DECODE(CONTENTS[d], RGB) for d in digests])


def arrays_in(folder: Path, storage: Storage | None = None, *, most_bytes: int = 2**30) -> PreparedArrays:
    return PreparedArrays(folder, storage or Storage(CONTENTS), DECODE, most_bytes=most_bytes)


def opened(rows: PreparedRows) -> tuple[np.ndarray, np.ndarray]:
    """What was opened; closed at once, which a mapping outlives."""
    rows.close()
    return rows.pixels, rows.rows


def index_of(folder: Path) -> Path:
    return next(folder.glob("*/index"))


def test_each_digest_has_the_row_of_its_image_and_is_decoded_once(tmp_path: Path) -> None:
    storage = Storage(CONTENTS)
    told: list[tuple[int, int]] = []
    arrays = arrays_in(tmp_path, storage)
    opened(arrays.open(RGB, DIGESTS[:5]))
    wanted = DIGESTS[::-1] + DIGESTS[:2]
    pixels, rows = opened(arrays.open(RGB, wanted, lambda done, total: told.append((done, total))))
    assert (pixels.shape, pixels.dtype, rows.dtype) == ((20, 6, 8, 3), np.uint8, np.int64)
    np.testing.assert_array_equal(pixels[rows], expected(wanted))
    assert sorted(storage.read) == sorted(DIGESTS)
    assert told == [(15, 15)]


def test_another_size_colour_or_way_of_resizing_has_rows_of_its_own(tmp_path: Path) -> None:
    arrays = arrays_in(tmp_path)
    crop, _ = opened(arrays.open(Preparation(height=6, width=8, resize_mode=ResizeMode.CROP), DIGESTS[:4]))
    gray, _ = opened(arrays.open(Preparation(height=6, width=8, color_mode=ColorMode.GRAYSCALE), DIGESTS[:2]))
    colour, _ = opened(arrays.open(RGB, DIGESTS[:3]))
    assert (gray.shape, colour.shape, crop.shape) == ((2, 6, 8, 1), (3, 6, 8, 3), (4, 6, 8, 3))


@pytest.mark.parametrize("damage", ["surplus pixels", "half an index line", "lost pixels"])
def test_what_a_crash_left_is_cut_off_and_decoded_again(tmp_path: Path, damage: str) -> None:
    opened(arrays_in(tmp_path).open(RGB, DIGESTS[:5]))
    pixels = index_of(tmp_path).with_name("pixels.bin")
    if damage == "surplus pixels":
        pixels.write_bytes(pixels.read_bytes() + b"x" * 100)
    elif damage == "half an index line":
        index_of(tmp_path).write_bytes(index_of(tmp_path).read_bytes()[:-3])
    else:
        pixels.write_bytes(pixels.read_bytes()[:-10])
    array, rows = opened(arrays_in(tmp_path).open(RGB, DIGESTS[:8]))
    np.testing.assert_array_equal(array[rows], expected(DIGESTS[:8]))
    assert pixels.stat().st_size == 8 * 6 * 8 * 3


def test_lost_pixels_are_noticed_when_nothing_new_is_asked_for(tmp_path: Path) -> None:
    opened(arrays_in(tmp_path).open(RGB, DIGESTS[:5]))
    pixels = index_of(tmp_path).with_name("pixels.bin")
    pixels.write_bytes(pixels.read_bytes()[:-10])
    array, rows = opened(arrays_in(tmp_path).open(RGB, DIGESTS[:5]))
    np.testing.assert_array_equal(array[rows], expected(DIGESTS[:5]))


def test_a_broken_image_leaves_no_row_behind(tmp_path: Path) -> None:
    broken = "f" * 64
    arrays = arrays_in(tmp_path, Storage({**CONTENTS, broken: b"none"}))
    with pytest.raises(BrokenImageError):
        arrays.open(RGB, [*DIGESTS[:3], broken])
    array, rows = opened(arrays.open(RGB, DIGESTS))
    np.testing.assert_array_equal(array[rows], expected(DIGESTS))


def test_a_stop_asked_for_in_between_keeps_what_is_done(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    storage = Storage(CONTENTS)
    arrays = arrays_in(tmp_path, storage)
    with pytest.raises(KeyboardInterrupt):
        arrays.open(RGB, DIGESTS, stop)
    opened(arrays.open(RGB, DIGESTS))
    assert len(storage.read) == len(DIGESTS)


def test_many_images_are_read_at_once_and_no_more_are_decoded_than_there_are_cores(tmp_path: Path) -> None:
    reading, decoding, most_decoded = threading.Barrier(8), threading.Semaphore(os.cpu_count() or 1), []

    def read(digest: str) -> bytes:
        reading.wait(30)  # nobody goes on alone
        return CONTENTS[digest]

    def decode(content: bytes, preparation: Preparation) -> np.ndarray:
        most_decoded.append(decoding.acquire(blocking=False))
        time.sleep(0.01)
        decoding.release()
        return DECODE(content, preparation)

    arrays = PreparedArrays(tmp_path, read, decode, most_bytes=2**30)
    pixels, rows = opened(arrays.open(RGB, DIGESTS[:16]))
    np.testing.assert_array_equal(pixels[rows], expected(DIGESTS[:16]))
    assert most_decoded == [True] * 16
