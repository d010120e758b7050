"""How bright images are and what those of a class have in common: one look at each image, remembered with the version."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.dataset import ImageRecord
from app.core.datasets.names import image_key
from app.core.datasets.preparation import Preparation
from app.core.datasets.statistics import LOOK, ClassSum, Described, VersionStatistics
from app.core.errors import BrokenImageError, NotFoundError
from app.core.names import TaskName
from app.core.ports import BlobStore, Database, EncodeImage, TaskQueue

LEASE_SECONDS = 60.0
IMAGES_AT_ONCE = 256


class StatisticsService:
    """Asked by pages, computed by a worker of the light pool."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        queue: TaskQueue,
        decode: Callable[[bytes, Preparation], NDArray[np.uint8]],
        encode: EncodeImage,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._queue = queue
        self._decode = decode
        self._encode = encode

    def ask(self, dataset_id: str) -> Described | None:
        """What is known of the newest version, which is looked at from now on if it is not yet; None without one."""
        with self._database.transaction() as transaction:
            version = transaction.datasets.get(dataset_id).version
            if version is None:
                return None
            is_new = transaction.statistics.ask(version.id)
            done, statistics = transaction.statistics.get(version.id) or (0, None)
        if is_new:
            self._queue.send(TaskName.DESCRIBE_VERSION, version.id)
        return Described(images=version.images, done=done, statistics=statistics)

    def known(self, dataset_id: str) -> VersionStatistics:
        """What was found; NotFoundError until a version has been looked at."""
        described = self.ask(dataset_id)
        if described is None or described.statistics is None:
            raise NotFoundError("The images have not been looked at yet; this comes within moments.")
        return described.statistics

    def mean_image(self, dataset_id: str, class_name: str) -> bytes:
        """A PNG of the mean of a class's images."""
        with self._database.transaction() as transaction:
            version = transaction.datasets.get(dataset_id).version
        if version is None or class_name not in version.classes:
            raise NotFoundError(f"There is no class {class_name!r} in the newest version of this dataset.")
        return self._blobs.get_bytes(_mean_key(version.id, class_name))

    def describe(self, version_id: str) -> bool:
        """Look at every image of a version (for workers); False where there was nothing to do."""
        with self._database.transaction() as transaction:
            if not transaction.statistics.claim(version_id, lease_seconds=LEASE_SECONDS):
                return False
            images = transaction.datasets.images(version_id)
        by_class: dict[str, list[ImageRecord]] = {}
        for image in images:
            by_class.setdefault(image.class_name, []).append(image)
        found, done = {}, 0
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            # Class by class: one sum is in memory at a time, however many classes there are.
            for name, members in by_class.items():
                total = ClassSum()
                for batch in _batches(members):
                    for pixels in pool.map(self._look, batch):
                        if pixels is not None:
                            total.add(pixels)
                    done += len(batch)
                    self._tell(version_id, done)
                found[name] = total.statistics()
                self._blobs.put_bytes(_mean_key(version_id, name), self._encode(total.mean_image()))
        with self._database.transaction() as transaction:
            transaction.statistics.keep(version_id, VersionStatistics(classes=found))
        return True

    def recover(self) -> int:
        """Send a message for each version that nobody looks at though somebody asked; answer how many."""
        with self._database.transaction() as transaction:
            waiting = transaction.statistics.waiting()
        for version_id in waiting:
            self._queue.send(TaskName.DESCRIBE_VERSION, version_id)
        return len(waiting)

    def _look(self, image: ImageRecord) -> NDArray[np.uint8] | None:
        try:
            return self._decode(self._blobs.get_bytes(image_key(image.digest)), LOOK)
        except (BrokenImageError, NotFoundError):
            return None  # the checks decoded it; what has been lost since is no reason to tell nothing of the others

    def _tell(self, version_id: str, done: int) -> None:
        with self._database.transaction() as transaction:
            transaction.statistics.renew(version_id, done=done, lease_seconds=LEASE_SECONDS)


def _batches(images: Sequence[ImageRecord]) -> list[Sequence[ImageRecord]]:
    return [images[start : start + IMAGES_AT_ONCE] for start in range(0, len(images), IMAGES_AT_ONCE)]


def _mean_key(version_id: str, class_name: str) -> str:
    # Keys are made by us: what a class is called never becomes a part of one.
    return f"statistics/{version_id}/{hashlib.sha256(class_name.encode()).hexdigest()}"
