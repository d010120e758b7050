"""Images as the web and the checks see them: thumbnails at once, a thorough look in processes of its own."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.adapters.images import PillowImages
from app.core.datasets.facts import Examination


class ImagePool:
    """Implements facts.Images over one blob store."""

    def __init__(self, blobs_url: str, *, largest_pixels: int, folder: Path, processes: int | None = None) -> None:
        """`folder` is for scratch files; `processes` are as many as there are cores, unless said."""
        self._blobs_url = blobs_url
        self._largest_pixels = largest_pixels
        self._images = PillowImages(largest_pixels)
        self._folder = folder
        self._processes = processes or os.cpu_count() or 1

    def thumbnail(self, content: bytes, *, size: int) -> bytes:
        """A PNG whose longer side is at most `size` pixels; nothing of the original's metadata is in it."""
        return self._images.thumbnail(content, size=size)

    @contextmanager
    def examination(self, digests: Sequence[str]) -> Iterator[Examination]:
        """Processes and scratch file are gone at the end of the block."""
        # OpenCV and FAISS are only loaded where images are looked at: in a worker, never in the web server.
        from app.adapters.image_examination import examination  # noqa: PLC0415

        with examination(
            digests,
            blobs_url=self._blobs_url,
            largest_pixels=self._largest_pixels,
            folder=self._folder,
            processes=self._processes,
        ) as made:
            yield made
