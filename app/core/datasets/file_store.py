"""What is asked of whoever keeps the files that have arrived for datasets."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.core.datasets.dataset import StagedFile
from app.core.datasets.labels import Label


class DatasetFiles(Protocol):
    """The files that have arrived, part of ports.Datasets."""

    def stage(self, dataset_id: str, files: Sequence[StagedFile]) -> int:
        """Add files by path, replacing what had the same path; answer how many were there already, unchanged."""
        ...

    def staged(self, dataset_id: str) -> list[StagedFile]:
        """The images that have arrived, by path."""
        ...

    def arrived(
        self, dataset_id: str, *, limit: int = 10_000, cursor: str | None = None
    ) -> tuple[list[StagedFile], str | None]:
        """Everything that has arrived, tables of labels too, by path in pages."""
        ...

    def tables(self, dataset_id: str) -> list[StagedFile]:
        """The tables of labels that have arrived."""
        ...

    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Those of the digests whose bytes have arrived for some dataset."""
        ...

    def set_labels(self, dataset_id: str, labels: Mapping[str, Label]) -> None:
        """Note what tables say of the images by path; what they do not name has no label."""
        ...
