"""What looking at images for the checks costs, beside decoding and hashing them on the same cores.

`python -m tests.benchmarks.check_cost [--images 2000] [--folder FOLDER]`: dice rendered at 480 by 640, once as PNG and
once as JPEG, or the image files of a folder.
"""

import argparse
import hashlib
import io
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.image_encoding import jpeg, png
from app.adapters.image_pool import ImagePool
from app.core.datasets.names import image_key
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest

IMAGES, NOTEBOOK = 240, 11_808
HEIGHT, WIDTH = 480, 640
LARGEST_PIXELS = 50_000_000
TURNS = 3
_BATCH = 16


def measured(images: int = IMAGES) -> Iterator[str]:
    """Lines for rendered dice, as PNG and as JPEG."""
    pixels = list(_rendered(images))
    for kind, encode in (("PNG", png), ("JPEG", jpeg)):
        yield from compared(f"{images:,} {kind}s of {HEIGHT} by {WIDTH}", map(encode, pixels))


def compared(what: str, contents: Iterator[bytes]) -> Iterator[str]:
    """Lines that say how long each of the two takes, the middle of TURNS, and how much longer the checks take."""
    with tempfile.TemporaryDirectory(prefix="diceboard-") as scratch:
        url = (Path(scratch) / "blobs").as_uri()
        digests = _kept(url, contents)
        # In turns, as what else the machine does changes from one minute to the next.
        timed = [
            (_timed(lambda: _decode_all(url, digests)), _timed(lambda: _check_all(url, Path(scratch), digests)))
            for _ in range(TURNS)
        ]
    alone, whole = (tuple(map(median, zip(*times, strict=True))) for times in zip(*timed, strict=True))
    scaled = NOTEBOOK / len(digests)
    for name, (clock, processors) in (("decoding and hashing alone", alone), ("the whole look at them", whole)):
        yield f"{clock:8.1f} s  {what}: {name} ({processors:.1f} s of processors; {NOTEBOOK:,} images {clock * scaled:.0f} s)"
    yield f"{whole[0] / alone[0]:8.2f} times as long ({whole[1] / alone[1]:.2f} in processors' time)"
    each = ", ".join(f"{look[0] / only[0]:.2f} ({look[1] / only[1]:.2f})" for only, look in timed)
    yield f"          turn by turn: {each}"


def _rendered(count: int) -> Iterator[NDArray[np.uint8]]:
    request = SampleRequest(images_per_class=-(-count // 6), height=HEIGHT, width=WIDTH)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda image: image.render(request), islice(planned(request), count))


def _kept(url: str, contents: Iterator[bytes]) -> list[str]:
    blobs = ObstoreBlobs(url)
    digests: dict[str, None] = {}
    for content in contents:
        digest = hashlib.sha256(content).hexdigest()
        blobs.put_bytes(image_key(digest), content)
        digests[digest] = None
    os.sync()  # half a minute later the kernel would do it, in the middle of what is timed
    return list(digests)


def _decode_all(url: str, digests: Sequence[str]) -> None:
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        batches = [(url, digests[start : start + _BATCH]) for start in range(0, len(digests), _BATCH)]
        for _ in pool.map(_decode, batches):
            pass


def _decode(batch: tuple[str, Sequence[str]]) -> None:
    blobs = ObstoreBlobs(batch[0])
    for digest in batch[1]:
        content = blobs.get_bytes(image_key(digest))
        assert hashlib.sha256(content).hexdigest() == digest
        with Image.open(io.BytesIO(content)) as image:
            image.load()


def _check_all(url: str, scratch: Path, digests: Sequence[str]) -> None:
    with ImagePool(url, largest_pixels=LARGEST_PIXELS, folder=scratch).examination(digests) as look:
        look.facts(_nobody)
        look.copies(digests, _nobody)


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of the clock, and of processors: in this process and in those that it started and that have ended.

    Other work on the machine changes the second less than the first.
    """
    began, used = time.perf_counter(), _processors()
    work()
    return time.perf_counter() - began, _processors() - used


def _processors() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _nobody(_done: int, _of_all: int) -> None:
    """Nobody waits for progress."""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    lines = measured(options.images)
    if options.folder is not None:
        files = [path for path in sorted(options.folder.rglob("*")) if path.is_file()]
        lines = compared(f"{len(files):,} files of {options.folder.name}", (path.read_bytes() for path in files))
    for line in lines:
        print(line, flush=True)  # noqa: T201 - its output is what it is for


if __name__ == "__main__":
    main()
