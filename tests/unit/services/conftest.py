"""A dataset service and what looks at its images, over a folder of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.datasets import DatasetService
from app.services.images import ImageService
from tests.factories.datasets import dataset_service, image_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DatasetService]:
    with dataset_service(tmp_path) as made:
        yield made


@pytest.fixture
def images(tmp_path: Path, service: DatasetService) -> Iterator[ImageService]:
    with image_service(tmp_path) as made:
        yield made
