"""Looking at the images of datasets: pages of them, one of them, its thumbnail, and what a network is fed."""

from collections.abc import Sequence

from app.core.datasets.browsing import FileFacts, ImageFiles, ImagePage, ImageView, Which
from app.core.datasets.dataset import ImageRecord, Version
from app.core.datasets.media import image_type
from app.core.datasets.names import image_key
from app.core.datasets.preparation import Preparation
from app.core.errors import BrokenImageError, InvalidError, NotFoundError
from app.core.ports import BlobStore, Database
from app.core.runs.augmentation import AugmentedPreparation

THUMBNAIL_SIZES = (64, 96, 192, 384, 768)


class ImageService:
    """What people see of a dataset's newest version."""

    def __init__(self, *, database: Database, blobs: BlobStore, files: ImageFiles) -> None:
        self._database = database
        self._blobs = blobs
        self._files = files

    def page(
        self,
        dataset_id: str,
        which: Which | None = None,
        *,
        version_number: int | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> ImagePage:
        """Images of the newest version, or of the one with that number, from a position on, by split, class and path.

        None while there is no version; NotFoundError where there is none with that number.
        """
        with self._database.transaction() as transaction:
            version = transaction.datasets.get(dataset_id).version
            if version_number is not None and (version is None or version.number != version_number):
                version = _numbered(transaction.datasets.versions(dataset_id), version_number)
            if version is None:
                return ImagePage(items=[], offset=offset, total=0)
            return transaction.images.page(version, which or Which(), offset=offset, limit=limit)

    def spread(self, dataset_id: str, count: int) -> list[tuple[int, ImageRecord]]:
        """A few images with their positions, evenly from the first to the last: of many classes and splits."""
        with self._database.transaction() as transaction:
            version = transaction.datasets.get(dataset_id).version
            if version is None:
                return []
            step = max(1.0, version.images / count)
            positions = [int(step * (number + 0.5)) for number in range(min(count, version.images))]
            pages = [transaction.images.page(version, Which(), offset=position, limit=1) for position in positions]
        return [placed for page in pages for placed in page.placed]

    def view(self, dataset_id: str, digest: str) -> ImageView:
        """One image with its places, its file's facts and the findings it is in; NotFoundError where it is not there."""
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            version = dataset.version
            places = [] if version is None else transaction.images.places(version.id, digest)
            if version is None or not places:
                raise NotFoundError(f"There is no image {digest[:12]!r} in the newest version of {dataset.name!r}.")
            findings = transaction.images.findings_of(version, [place.path for place in places])
        return ImageView(dataset=dataset, places=places, file=self._facts(digest), findings=findings)

    def image(self, dataset_id: str, digest: str, *, size: int | None = None) -> tuple[bytes, str]:
        """(bytes, media type) of an image, as it came, or as a PNG thumbnail of one of THUMBNAIL_SIZES."""
        self._check_dataset(dataset_id)
        key = image_key(digest)
        if size is None:
            content = self._blobs.get_bytes(key)
            return content, image_type(content) or "application/octet-stream"
        if size not in THUMBNAIL_SIZES:
            raise InvalidError(f"size is {size}; thumbnails have one of {', '.join(map(str, THUMBNAIL_SIZES))} pixels.")
        return self._thumbnail(digest, size), "image/png"

    def prepared(self, dataset_id: str, digest: str, preparation: Preparation) -> bytes:
        """A PNG with exactly the pixels that a network of that input is fed."""
        self._check_dataset(dataset_id)
        return self._files.prepared(self._blobs.get_bytes(image_key(digest)), preparation)

    def augmented(self, dataset_id: str, digest: str, asked: AugmentedPreparation) -> bytes:
        """A PNG of what one draw of an augmentation makes of those pixels."""
        self._check_dataset(dataset_id)
        return self._files.augmented(self._blobs.get_bytes(image_key(digest)), asked)

    def _check_dataset(self, dataset_id: str) -> None:
        with self._database.transaction() as transaction:
            transaction.datasets.get(dataset_id)

    def _facts(self, digest: str) -> FileFacts | None:
        try:
            return self._files.facts(self._blobs.get_bytes(image_key(digest)))
        except (NotFoundError, BrokenImageError):
            return None

    def _thumbnail(self, digest: str, size: int) -> bytes:
        key = f"thumbs/{size}/{digest}"
        try:
            return self._blobs.get_bytes(key)
        except NotFoundError:
            pass
        try:
            thumbnail = self._files.thumbnail(self._blobs.get_bytes(image_key(digest)), size=size)
        except BrokenImageError as error:
            raise NotFoundError(f"The image {digest[:12]} has no thumbnail. {error.detail}") from error
        self._blobs.put_bytes(key, thumbnail)
        return thumbnail


def _numbered(versions: Sequence[Version], number: int) -> Version:
    for version in versions:
        if version.number == number:
            return version
    raise NotFoundError(f"The dataset has no version {number}; it has {len(versions)}.")
