"""The real looking at images, without processes of its own: quick enough for unit tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.adapters.copies.fingerprint import RECORD
from app.adapters.image_examination import PooledExamination
from app.adapters.image_examiner import Examiner, ExaminerSettings, answered, understood
from app.adapters.images import PillowImages
from app.core.datasets.facts import Examination


class InlineImages:
    """Implements facts.Images."""

    def __init__(self, blobs_url: str, *, largest_pixels: int, folder: Path) -> None:
        self._blobs_url = blobs_url
        self._largest_pixels = largest_pixels
        self._folder = folder

    def thumbnail(self, content: bytes, *, size: int) -> bytes:
        return PillowImages(self._largest_pixels).thumbnail(content, size=size)

    @contextmanager
    def examination(self, digests: Sequence[str]) -> Iterator[Examination]:
        self._folder.mkdir(parents=True, exist_ok=True)
        count = max(1, len(digests))
        path = self._folder / "fingerprints"
        path.write_bytes(b"")
        with path.open("r+b") as file:
            file.truncate(count * RECORD.itemsize)
        try:
            yield _Inline(ExaminerSettings(self._blobs_url, self._largest_pixels, path, count), digests, processes=1)
        finally:
            path.unlink()


class _Inline(PooledExamination):
    def _each(self, task: str, batches: Sequence[Sequence[Any]]) -> Iterator[list[Any] | None]:
        examiner = Examiner(self._settings)
        for batch in batches:
            yield understood(task, answered(examiner, {"task": task, "batch": batch}))
