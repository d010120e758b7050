"""A dataset service over a real SQLite file and a real folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.archives import ArchiveReader
from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.adapters.image_files import PillowImageFiles
from app.adapters.images import PillowImages
from app.services.dataset_uploads import UploadLimits
from app.services.datasets import DatasetService
from app.services.images import ImageService
from tests.fakes.inline_images import InlineImages
from tests.fakes.queue import RememberedTasks


@contextmanager
def dataset_service(
    folder: Path, *, queue: RememberedTasks | None = None, largest_upload_bytes: int = 2**30, reserve_bytes: int = 0
) -> Iterator[DatasetService]:
    """A service whose everything lies in a folder."""
    url = f"sqlite:///{folder / 'datasets.sqlite3'}"
    upgrade(url)
    database = SqlDatabase(url, clock=utc_now, new_id=new_id)
    try:
        yield DatasetService(
            database=database,
            blobs=ObstoreBlobs((folder / "blobs").as_uri()),
            images=InlineImages((folder / "blobs").as_uri(), largest_pixels=1_000_000, folder=folder / "tmp"),
            queue=queue or RememberedTasks(),
            clock=utc_now,
            new_id=new_id,
            read_archive=ArchiveReader(2**20, folder / "tmp").members,
            limits=UploadLimits(largest_upload_bytes, reserve_bytes, folder / "tmp"),
        )
    finally:
        database.close()


@contextmanager
def image_service(folder: Path) -> Iterator[ImageService]:
    """Looks at the images of a `dataset_service` of the same folder."""
    database = SqlDatabase(f"sqlite:///{folder / 'datasets.sqlite3'}", clock=utc_now, new_id=new_id)
    files = PillowImageFiles(PillowImages(1_000_000))
    try:
        yield ImageService(database=database, blobs=ObstoreBlobs((folder / "blobs").as_uri()), files=files)
    finally:
        database.close()
