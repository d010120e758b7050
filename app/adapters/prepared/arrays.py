"""Decoded images, kept: one file of rows for each way of preparing them, memory-mapped by every trainer.

A row is addressed by its image's digest, so another version of a dataset decodes only what is new in it. The pixels
are on disk before the index names them; whatever lies behind the last indexed row is the rest of a crash.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from app.adapters.images import DECODER_VERSION
from app.adapters.prepared.room import Room, Use
from app.adapters.prepared.row_index import append, indexed, repaired
from app.core.datasets.preparation import Preparation
from app.core.errors import OutOfSpaceError

ROWS_AT_ONCE = 256
"""Rows between two writes of the index: what a killed process decodes again at most."""
TELL_SECONDS = 0.5
READ_AT_ONCE = 16
"""Over a network each image waits for its answer, long enough to decode many others."""

Tell: TypeAlias = Callable[[int, int], None]
"""Told (rows done, rows to do); what it raises ends the work, and what is done stays."""


class Decode(Protocol):
    """Bytes of an image to uint8 (height, width, channels)."""

    def __call__(self, content: bytes, preparation: Preparation, /) -> NDArray[np.uint8]:
        """Raise BrokenImageError where it cannot be decoded."""
        ...


class PreparedRows:
    """`pixels`: memmap uint8 (rows, height, width, channels); `rows`: the row of each digest that was asked for.

    While it is open, the set that it belongs to is not removed to make room for others.
    """

    def __init__(self, pixels: NDArray[np.uint8], rows: NDArray[np.int64], use: Use) -> None:
        self.pixels = pixels
        self.rows = rows
        self._use = use

    def close(self) -> None:
        """Its set may go."""
        self._use.release()


class PreparedArrays:
    """Rows of decoded images under a folder; several processes may open and extend them at once."""

    def __init__(self, folder: Path, read_blob: Callable[[str], bytes], decode: Decode, *, most_bytes: int) -> None:
        """`read_blob` answers the bytes of the image with a digest; all sets together have at most `most_bytes`."""
        self._folder = folder
        self._read_blob = read_blob
        self._decode = decode
        self._room = Room(folder, most_bytes)
        self._decoding = threading.Semaphore(os.cpu_count() or 1)

    def open(self, preparation: Preparation, digests: Sequence[str], tell: Tell | None = None) -> PreparedRows:
        """The rows of the images; decodes what is not there yet, where nobody else does already.

        Raises BrokenImageError or NotFoundError where an image cannot be had and OutOfSpaceError where the disk is
        full; rows before that stay.
        """
        folder = self._folder / _name(preparation)
        use = Use(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            rows = indexed(folder / "index")
            if _lacks(folder, preparation, rows, digests):
                rows = self._extend(folder, preparation, digests, use=use, tell=tell or (lambda _done, _total: None))
            numbers = np.array([rows[digest] for digest in digests], dtype=np.int64)
            return PreparedRows(_mapped(folder / "pixels.bin", preparation, len(rows)), numbers, use)
        except BaseException:
            use.release()
            raise

    def _extend(
        self, folder: Path, preparation: Preparation, digests: Sequence[str], *, use: Use, tell: Tell
    ) -> dict[str, int]:
        with _only_one(folder, digests, tell):
            rows = _rows_of(folder, preparation)
            missing = [digest for digest in dict.fromkeys(digests) if digest not in rows]
            has_others = len(rows) + len(missing) > len(set(digests))
            row_bytes = math.prod(preparation.shape)
            if self._room.make(len(missing) * row_bytes) and has_others and _emptied(folder, use):
                rows, missing = _rows_of(folder, preparation), list(dict.fromkeys(digests))
            # The limit is for what is kept: what a run needs is made even where it alone is more.
            self._check_disk(len(missing), preparation)
            self._decode_all(folder, preparation, missing, rows=rows, tell=tell)
        return rows

    def _check_disk(self, images: int, preparation: Preparation) -> None:
        needed, free = images * math.prod(preparation.shape), self._room.free_bytes()
        if needed > free:
            raise OutOfSpaceError(
                f"Preparing {images:,} images of {preparation.height} by {preparation.width} pixels needs {needed:,} "
                f"bytes, and {free:,} are free on the disk of the data folder. Free some room, or choose a network with "
                "a smaller input."
            )

    def _decode_all(
        self,
        folder: Path,
        preparation: Preparation,
        missing: Sequence[str],
        *,
        rows: dict[str, int],
        tell: Tell,
    ) -> None:
        told_at = time.monotonic()
        with _opened(folder / "pixels.bin") as pixels, ThreadPoolExecutor(READ_AT_ONCE) as pool:
            for start in range(0, len(missing), ROWS_AT_ONCE):
                batch = missing[start : start + ROWS_AT_ONCE]

                def write(place: int, batch: Sequence[str] = batch, first_row: int = len(rows)) -> None:
                    self._write_row(pixels, batch[place], preparation, row=first_row + place)

                with _explained():
                    for done, _ in enumerate(pool.map(write, range(len(batch))), start=start):
                        if time.monotonic() - told_at >= TELL_SECONDS:
                            tell(done, len(missing))
                            told_at = time.monotonic()
                    os.fsync(pixels)
                    append(folder / "index", batch, first_row=len(rows))
                rows.update({digest: len(rows) + place for place, digest in enumerate(batch)})
                tell(start + len(batch), len(missing))

    def _write_row(self, pixels: int, digest: str, preparation: Preparation, *, row: int) -> None:
        content = self._read_blob(digest)
        with self._decoding:  # an image takes far more memory than its file
            array = self._decode(content, preparation)
        assert array.shape == preparation.shape
        # Each thread writes its own place: no row waits in memory for the ones before it.
        remaining = np.ascontiguousarray(array).reshape(-1).data
        offset = row * len(remaining)
        while remaining:
            written = os.pwrite(pixels, remaining, offset)
            remaining, offset = remaining[written:], offset + written


def _name(preparation: Preparation) -> str:
    size = f"{preparation.height}x{preparation.width}"
    return f"{size}-{preparation.color_mode.value}-{preparation.resize_mode.value}-{DECODER_VERSION}"


def _lacks(folder: Path, preparation: Preparation, rows: dict[str, int], digests: Sequence[str]) -> bool:
    pixels = folder / "pixels.bin"
    size = pixels.stat().st_size if pixels.exists() else 0
    return size < len(rows) * math.prod(preparation.shape) or any(digest not in rows for digest in digests)


def _rows_of(folder: Path, preparation: Preparation) -> dict[str, int]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return repaired(folder / "index", folder / "pixels.bin", row_bytes=math.prod(preparation.shape))


def _emptied(folder: Path, use: Use) -> bool:
    """Whether the set could be begun anew, which nobody else may be using."""
    with use.alone() as is_alone:
        if is_alone:
            (folder / "index").write_bytes(b"")
            (folder / "pixels.bin").write_bytes(b"")
    return is_alone


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutOfSpaceError(
            f"Prepared images could not be written ({error.strerror}). Free some room on the disk of the data folder, "
            "then train again."
        ) from error


@contextmanager
def _only_one(folder: Path, digests: Sequence[str], tell: Tell) -> Iterator[None]:
    """Only one process extends a set; the others tell how far it is meanwhile."""
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    wanted = set(digests)
    while True:
        try:
            lock.acquire(timeout=TELL_SECONDS)
            break
        except Timeout:
            tell(len(wanted & indexed(folder / "index").keys()), len(wanted))
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _mapped(path: Path, preparation: Preparation, rows: int) -> NDArray[np.uint8]:
    if rows == 0:
        return np.empty((0, *preparation.shape), dtype=np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r", shape=(rows, *preparation.shape))
