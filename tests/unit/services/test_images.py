"""Looking at images, over a real SQLite file and a real folder of blobs."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.image_encoding import png as png_of
from app.adapters.image_files import PillowImageFiles
from app.adapters.images import PillowImages
from app.adapters.prepared import PreparedArrays
from app.core.datasets.browsing import Which
from app.core.datasets.dataset import Split
from app.core.datasets.names import image_key
from app.core.datasets.preparation import ColorMode, Preparation, ResizeMode
from app.core.errors import InvalidError, NotFoundError
from app.core.names import TaskName
from app.services.dataset_statistics import StatisticsService
from app.services.datasets import DatasetService
from app.services.images import ImageService
from tests.factories.datasets import dataset_service
from tests.factories.images import class_folders, png, split_folders, tar_bytes
from tests.fakes.queue import RememberedTasks

PICTURES = PillowImages(1_000_000)


@dataclass
class Rooms:
    datasets: DatasetService
    images: ImageService
    statistics: StatisticsService
    blobs: ObstoreBlobs
    database: SqlDatabase
    queue: RememberedTasks
    folder: Path

    def ready(self, files: dict[str, bytes]) -> str:
        """The id of a dataset with these files, checked."""
        made = self.datasets.create("dice").id
        self.datasets.receive(made, io.BytesIO(tar_bytes(files)))
        self.datasets.commit(made)
        assert self.datasets.check(made)
        return made


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with dataset_service(tmp_path) as datasets:
        database = SqlDatabase(f"sqlite:///{tmp_path / 'datasets.sqlite3'}", clock=utc_now, new_id=new_id)
        blobs, queue = ObstoreBlobs((tmp_path / "blobs").as_uri()), RememberedTasks()
        statistics = StatisticsService(
            database=database, blobs=blobs, queue=queue, decode=PICTURES.decode, encode=png_of
        )
        images = ImageService(database=database, blobs=blobs, files=PillowImageFiles(PICTURES))
        yield Rooms(datasets, images, statistics, blobs, database, queue, tmp_path)
        database.close()


def photograph() -> bytes:
    """A JPEG on its side, with where it was taken written into it."""
    pixels = np.random.default_rng(5).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", exif=exif)
    return target.getvalue()


def test_images_are_found_by_split_class_and_position(rooms: Rooms) -> None:
    dataset_id = rooms.ready(class_folders())
    everything = rooms.images.page(dataset_id, limit=500)
    keys = [(image.split.value, image.class_name, image.path) for image in everything.items]
    assert (len(keys), everything.total, everything.next) == (20, 20, None)
    assert keys == sorted(keys)
    assert [path for *_, path in keys] != sorted(path for *_, path in keys)
    middle = rooms.images.page(dataset_id, offset=7, limit=5)
    assert ([image.path for image in middle.items], middle.next) == ([path for *_, path in keys[7:12]], 12)
    some = rooms.images.page(dataset_id, Which(split=Split.TRAIN, class_name="2"), limit=4)
    wanted = [path for split, name, path in keys if (split, name) == ("train", "2")]
    assert ([image.path for image in some.items], some.total, some.next) == (wanted[:4], len(wanted), 4)
    assert rooms.images.page(dataset_id, Which(class_name="none of them")).total == 0
    beyond = rooms.images.page(dataset_id, offset=1_000)
    assert (beyond.items, beyond.next) == ([], None)


def test_a_few_images_are_spread_over_all_of_them(rooms: Rooms) -> None:
    dataset_id = rooms.ready(split_folders())
    placed = rooms.images.spread(dataset_id, 7)
    everything = rooms.images.page(dataset_id, limit=500).items
    assert all(everything[position] == image for position, image in placed)
    assert len({position for position, _ in placed}) == 7
    assert {image.split for _, image in placed} == set(Split)
    assert len(rooms.images.spread(dataset_id, 1_000)) == 20
    assert rooms.images.spread(rooms.datasets.create("empty").id, 7) == []


def test_a_finding_shows_what_it_lists_and_an_image_in_which_findings_it_is(rooms: Rooms) -> None:
    files = split_folders()
    files["dice/TEST/1/copy.png"] = files["dice/Train/1/0.png"]
    dataset_id = rooms.ready(files)
    page = rooms.images.page(dataset_id, Which(finding="duplicates_across_splits"))
    assert [image.path for image in page.items] == ["dice/TEST/1/copy.png"]
    assert page.total == 1
    only = rooms.images.page(dataset_id, Which(finding="duplicates_across_splits", split=Split.TEST))
    assert [image.path for image in only.items] == ["dice/TEST/1/copy.png"]
    view = rooms.images.view(dataset_id, page.items[0].digest)
    assert [place.path for place in view.places] == ["dice/TEST/1/copy.png", "dice/Train/1/0.png"]
    # Its class is small as well.
    assert view.findings == ["duplicates_across_splits", "tiny_classes"]
    other = rooms.images.page(dataset_id, Which(split=Split.VALIDATION)).items[0]
    assert rooms.images.view(dataset_id, other.digest).findings == []


def test_what_a_file_says_of_itself_is_told_and_its_place_on_earth_is_not_in_its_thumbnail(rooms: Rooms) -> None:
    dataset_id = rooms.ready(split_folders() | {"dice/Train/1/photo.jpg": photograph()})
    [photo] = [image for image in rooms.images.page(dataset_id).items if image.path.endswith("photo.jpg")]
    view = rooms.images.view(dataset_id, photo.digest)
    assert view.file is not None
    assert (view.file.format, view.file.frames, view.file.orientation) == ("JPEG", 1, 6)
    assert (photo.height, photo.width) == (50, 30)
    content, kind = rooms.images.image(dataset_id, photo.digest, size=64)
    with Image.open(io.BytesIO(content)) as thumbnail:
        assert (kind, thumbnail.size, dict(thumbnail.getexif()), thumbnail.info) == ("image/png", (30, 50), {}, {})


def test_a_thumbnail_is_made_once(rooms: Rooms) -> None:
    files = split_folders() | {"dice/Train/1/large.png": png(99, height=200, width=100)}
    dataset_id = rooms.ready(files)
    large = next(image for image in rooms.images.page(dataset_id).items if image.height == 200)
    assert rooms.images.image(dataset_id, large.digest) == (files["dice/Train/1/large.png"], "image/png")
    content, _ = rooms.images.image(dataset_id, large.digest, size=64)
    with Image.open(io.BytesIO(content)) as thumbnail:
        assert thumbnail.size == (32, 64)
    rooms.blobs.delete(image_key(large.digest))
    assert rooms.images.image(dataset_id, large.digest, size=64)[0] == content


@pytest.mark.parametrize("digest", ["../../etc/passwd", "A" * 64, "0" * 64, ""])
def test_what_is_no_digest_reads_nothing(rooms: Rooms, digest: str) -> None:
    dataset_id = rooms.datasets.create("dice").id
    for ask in (rooms.images.image, rooms.images.view):
        with pytest.raises(NotFoundError):
            ask(dataset_id, digest)
    with pytest.raises(NotFoundError):
        rooms.images.prepared(dataset_id, digest, Preparation(height=8, width=8))


def test_only_known_thumbnail_sizes_are_made(rooms: Rooms) -> None:
    with pytest.raises(InvalidError, match="64, 96, 192, 384, 768"):
        rooms.images.image(rooms.datasets.create("dice").id, "0" * 64, size=65)


@pytest.mark.parametrize("resize_mode", ResizeMode)
@pytest.mark.parametrize("color_mode", ColorMode)
def test_the_preview_has_the_pixels_of_the_prepared_array(
    rooms: Rooms, resize_mode: ResizeMode, color_mode: ColorMode
) -> None:
    dataset_id = rooms.ready(split_folders() | {"dice/Train/1/photo.jpg": photograph()})
    digests = [image.digest for image in rooms.images.page(dataset_id).items]
    preparation = Preparation(height=21, width=16, color_mode=color_mode, resize_mode=resize_mode)
    arrays = PreparedArrays(
        rooms.folder / "prepared",
        lambda digest: rooms.blobs.get_bytes(image_key(digest)),
        PICTURES.decode,
        most_bytes=0,
    )
    opened = arrays.open(preparation, digests)
    for digest, row in zip(digests, opened.rows, strict=True):
        with Image.open(io.BytesIO(rooms.images.prepared(dataset_id, digest, preparation))) as shown:
            np.testing.assert_array_equal(np.asarray(shown).reshape(preparation.shape), opened.pixels[row])
    opened.close()


def test_statistics_are_asked_for_once_computed_once_and_remembered(rooms: Rooms) -> None:
    dataset_id = rooms.ready(split_folders())
    described = [rooms.statistics.ask(dataset_id) for _ in range(2)]
    assert [entry and entry.statistics for entry in described] == [None, None]
    [(name, version_id)] = rooms.queue.sent
    assert name is TaskName.DESCRIBE_VERSION
    assert rooms.statistics.recover() == 1
    assert rooms.statistics.describe(version_id)
    assert not rooms.statistics.describe(version_id)
    assert rooms.statistics.recover() == 0
    found = rooms.statistics.known(dataset_id)
    assert {name: entry.images for name, entry in found.classes.items()} == {"1": 10, "2": 10}
    assert all(sum(entry.brightness) == entry.images for entry in found.classes.values())


def test_statistics_are_those_of_the_whole_images(rooms: Rooms) -> None:
    dataset_id = rooms.ready(split_folders() | {"dice/Train/1/photo.jpg": photograph()})
    page = rooms.images.page(dataset_id, Which(class_name="1"))
    arrays = []
    for image in page.items:
        with Image.open(io.BytesIO(rooms.blobs.get_bytes(image_key(image.digest)))) as opened:
            arrays.append(np.asarray(opened.convert("RGB"), dtype=float).mean(axis=(0, 1)))
    rooms.statistics.ask(dataset_id)
    assert rooms.statistics.describe(rooms.queue.sent[0][1])
    found = rooms.statistics.known(dataset_id).classes["1"]
    np.testing.assert_allclose(found.mean_color, np.mean(arrays, axis=0), atol=1.0)
    with Image.open(io.BytesIO(rooms.statistics.mean_image(dataset_id, "1"))) as mean:
        assert mean.size == (64, 64)
        np.testing.assert_allclose(np.asarray(mean, dtype=float).mean(axis=(0, 1)), found.mean_color, atol=0.6)


def test_nobody_asks_about_a_dataset_that_has_no_version(rooms: Rooms) -> None:
    dataset_id = rooms.datasets.create("dice").id
    assert rooms.statistics.ask(dataset_id) is None
    assert rooms.images.page(dataset_id).total == 0
    for ask in (lambda: rooms.statistics.known(dataset_id), lambda: rooms.statistics.mean_image(dataset_id, "1")):
        with pytest.raises(NotFoundError):
            ask()
