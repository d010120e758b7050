"""How versions of datasets are kept: the part of ports.Datasets that is about them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from app.core.datasets.dataset import ImageRecord, Version


class DatasetVersions(Protocol):
    """Immutable versions, their images, and which of those each finding lists."""

    def publish(
        self,
        dataset_id: str,
        version: Version,
        images: Iterable[ImageRecord],
        listed: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Insert the version with its images, make it the newest, and set `ready`; `listed` has paths by rule."""
        ...

    def versions(self, dataset_id: str) -> list[Version]:
        """Its versions, the newest first."""
        ...

    def version(self, version_id: str) -> Version:
        """Raise NotFoundError where nothing has this id."""
        ...

    def listed(self, version_id: str) -> dict[str, list[str]]:
        """The paths that each finding of the version lists, by rule."""
        ...

    def images(self, version_id: str) -> list[ImageRecord]:
        """All of its images, by split, class and path."""
        ...
