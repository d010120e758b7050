"""Looks at many images: a process for each core, each image decoded once, fingerprints in a scratch file.

A decoder can be made to crash, hang or eat memory by what is in an image. It then takes its process along, never this
one: the images that were under way are looked at one by one, and the one that does it again is called broken.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from app.adapters.copies.finder import find_copies
from app.adapters.copies.fingerprint import RECORD
from app.adapters.copies.verification import Candidate
from app.adapters.image_examiner import ExaminerSettings, understood
from app.adapters.plain_processes import PlainProcesses
from app.adapters.scratch import scratch_folder
from app.core.datasets.facts import ImageFacts, Tell
from app.core.datasets.near_copies import CopyPair, Resemblance
from app.core.errors import OutOfSpaceError

IMAGES_AT_ONCE = 16
_PROGRAM = ("-m", "app.adapters.image_examiner")
_CRASHED = "Decoding it ended the process that tried, or took too long; the file is damaged or made to do harm."


@contextmanager
def examination(
    digests: Sequence[str], *, blobs_url: str, largest_pixels: int, folder: Path, processes: int
) -> Iterator["PooledExamination"]:
    """Processes and scratch file are gone at the end of the block; OutOfSpaceError where there is no room."""
    count = max(1, len(digests))
    with scratch_folder(folder) as scratch:
        records = scratch / "fingerprints"
        _reserve(records, count * RECORD.itemsize)
        settings = ExaminerSettings(blobs_url, largest_pixels, records, count)
        made = PooledExamination(settings, digests, processes=min(processes, count))
        try:
            yield made
        finally:
            made.close()


class PooledExamination:
    """One look at a number of images."""

    def __init__(self, settings: ExaminerSettings, digests: Sequence[str], *, processes: int) -> None:
        self._settings = settings
        self._digests = list(digests)
        fields = json.dumps({**vars(settings), "records": str(settings.records)})
        self._processes = PlainProcesses([*_PROGRAM, fields], processes=processes)

    def facts(self, tell: Tell) -> Mapping[str, ImageFacts | str]:
        """Decode each image once; what it is, or why it cannot be used."""
        numbered = list(enumerate(self._digests))
        batches = [numbered[start : start + IMAGES_AT_ONCE] for start in range(0, len(numbered), IMAGES_AT_ONCE)]
        answers: dict[str, ImageFacts | str] = {}
        lost: list[tuple[int, str]] = []
        for batch, facts in zip(batches, self._each("examine", batches), strict=True):
            if facts is None:
                lost += batch
                continue
            answers.update((digest, answer) for (_, digest), answer in zip(batch, facts, strict=True))
            tell(len(answers), len(self._digests))
        for row, digest in lost:
            [alone] = self._each("examine", [[(row, digest)]])
            answers[digest] = _CRASHED if alone is None else alone[0]
            tell(len(answers), len(self._digests))
        return answers

    def copies(self, digests: Sequence[str], tell: Tell) -> list[CopyPair]:
        """Pairs that are copies of one photograph, enough to connect each group."""
        row_of = {digest: row for row, digest in enumerate(self._digests)}
        rows = np.array([row_of[digest] for digest in digests], dtype=np.int64)
        records = np.asarray(np.memmap(self._settings.records, RECORD, mode="r", shape=(self._settings.count,)))

        def verify(batches: Iterable[Sequence[Candidate]]) -> Iterator[list[Resemblance | None]]:
            batches = list(batches)
            for batch, answers in zip(batches, self._each("compare", batches), strict=True):
                # What cannot be compared is no copy as far as anybody can tell.
                yield [None] * len(batch) if answers is None else answers

        found = find_copies(records, rows, verify, tell)
        return [CopyPair(self._digests[pair.left], self._digests[pair.right], pair.how) for pair in found]

    def close(self) -> None:
        """End the processes."""
        self._processes.close()

    def _each(self, task: str, batches: Sequence[Sequence[Any]]) -> Iterator[list[Any] | None]:
        """The answers in order; None where a process was lost over a batch."""
        for answer in self._processes.answers({"task": task, "batch": batch} for batch in batches):
            yield None if answer is None else understood(task, answer)


def _reserve(path: Path, size: int) -> None:
    """Room on disk before it is mapped: a mapped file that finds none ends the process without a word."""
    try:
        with path.open("wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
    except OSError as error:
        raise OutOfSpaceError(
            f"Checking the images needs {size:,} bytes of scratch room ({error.strerror}). Free some, then try again."
        ) from error
