"""Looks at images one after another, in a process that may be lost: facts, fingerprints, and pairs of them compared.

`python -m app.adapters.image_examiner SETTINGS` reads requests from its standard input and writes answers, a line of
JSON each: whoever takes over a decoder gets no further than a process that may only say numbers. What is large goes
through a file of fingerprints. It ends when its input does.
"""

import faulthandler
import json
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]
from numpy.typing import NDArray

from app.adapters.blob_store import PATIENT_SECONDS, ObstoreBlobs
from app.adapters.copies.fingerprint import LONGER_SIDE, RECORD, fingerprint, shrunk
from app.adapters.copies.verification import Candidate, verified
from app.adapters.images import PillowImages
from app.core.datasets.facts import THUMBNAIL_SIDE, ImageFacts
from app.core.datasets.names import image_key
from app.core.datasets.near_copies import Resemblance
from app.core.errors import BrokenImageError, NotFoundError
from app.settings import Settings

LONGEST_BATCH_SECONDS = 120.0
"""A process that is longer at one batch of images is given up."""
MOST_MEMORY_BYTES = 4 * 2**30
"""What a process may take beyond what it has once it is ready."""


@dataclass(frozen=True)
class ExaminerSettings:
    """Where the images are, how large one may be, and the file of `count` fingerprints."""

    blobs_url: str
    largest_pixels: int
    records: Path
    count: int


class Examiner:
    """What is done to batches of images."""

    def __init__(self, settings: ExaminerSettings) -> None:
        # Keys are not among what the command line says, which every user of the machine can read.
        self._blobs = ObstoreBlobs(settings.blobs_url, Settings().storage_options, patience_seconds=PATIENT_SECONDS)
        self._images = PillowImages(settings.largest_pixels)
        self._records: NDArray[np.void] = np.asarray(
            np.memmap(settings.records, RECORD, mode="r+", shape=(settings.count,))
        )

    def examine(self, batch: Sequence[tuple[int, str]]) -> list[ImageFacts | str]:
        """For each (row, digest) the facts, or why the image cannot be used; its fingerprint goes to the row."""
        return [self._examined(row, digest) for row, digest in batch]

    def compare(self, batch: Sequence[Candidate]) -> list[Resemblance | None]:
        """For each candidate how the one image becomes the other; None where they are no copies."""
        return verified(self._records, batch)

    def _examined(self, row: int, digest: str) -> ImageFacts | str:
        try:
            image = self._images.examined(self._blobs.get_bytes(image_key(digest)), longer_side=LONGER_SIDE)
        except BrokenImageError as error:
            return error.detail
        except NotFoundError:
            return "Its bytes are missing from the storage; upload it again."
        except MemoryError:
            return "Decoding it needs more memory than is given to one image."
        small = shrunk(image.pixels)
        colored = small.ndim == 3
        gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) if colored else small
        fingerprint(self._records[row], gray, longer_side=max(image.height, image.width))
        thumbnail = cv2.resize(gray, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
        brightness = cv2.mean(gray)[0]
        red, green, blue = (round(value, 1) for value in (cv2.mean(small)[:3] if colored else [brightness] * 3))
        return ImageFacts(
            height=image.height,
            width=image.width,
            mode=image.mode,
            format=image.format,
            frames=image.frames,
            brightness=round(brightness, 1),
            mean_color=(red, green, blue),
            thumbnail=thumbnail.tobytes(),
        )


def answered(examiner: Examiner, request: dict[str, Any]) -> list[Any]:
    """The answer to a request, as JSON has it."""
    if request["task"] == "examine":
        looked = examiner.examine([(row, digest) for row, digest in request["batch"]])
        return [
            entry if isinstance(entry, str) else {**vars(entry), "thumbnail": entry.thumbnail.hex()} for entry in looked
        ]
    found = examiner.compare([Candidate(*entry) for entry in request["batch"]])
    return [None if how is None else vars(how) for how in found]


def understood(task: str, answer: list[Any]) -> list[Any]:
    """What `answered` said, as values again: ImageFacts or str for `examine`, Resemblance or None for `compare`."""
    if task == "compare":
        return [None if entry is None else Resemblance(**entry) for entry in answer]
    return [
        entry
        if isinstance(entry, str)
        else ImageFacts(
            **{
                **entry,
                "mean_color": tuple(entry["mean_color"]),
                "thumbnail": bytes.fromhex(entry["thumbnail"]),
            }
        )
        for entry in answer
    ]


def main(argv: Sequence[str]) -> int:
    """Answer requests until there are no more."""
    # Whatever a library prints must not end up between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    cv2.setNumThreads(1)
    fields = json.loads(argv[0])
    examiner = Examiner(ExaminerSettings(**{**fields, "records": Path(fields["records"])}))
    _limit_memory()
    for line in sys.stdin:
        # The only thing that also ends a decoder that hangs outside of Python.
        faulthandler.dump_traceback_later(LONGEST_BATCH_SECONDS, exit=True)
        answers.write(json.dumps(answered(examiner, json.loads(line))) + "\n")
        answers.flush()
        faulthandler.cancel_dump_traceback_later()
    return 0


def _limit_memory() -> None:
    most = psutil.Process().memory_info().vms + MOST_MEMORY_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
