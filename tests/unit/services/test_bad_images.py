"""The image and dataset-shape entries of the reliability notes (section 8), each with the answer that is expected."""

import io
import tarfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.datasets.dataset import Dataset, DatasetState
from app.core.datasets.repair import SplitAgain
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.values import Value
from app.services.datasets import DatasetService
from app.services.images import ImageService
from tests.factories import bad_images as bad
from tests.factories.images import png, tar_bytes, write

BROKEN, EMPTY, FINE = "broken_images", "empty_files", None


def good() -> dict[str, bytes]:
    return {f"{name}/{number}.png": bad.drawn(number + 20 * int(name)) for name in "12" for number in range(14)}


def received(service: DatasetService, tmp_path: Path, files: dict[str, bytes]) -> tuple[str, list[str]]:
    dataset = service.create("dice")
    answer = service.receive(dataset.id, io.BytesIO(tar_bytes(files)))
    return dataset.id, [entry["path"] for entry in answer["rejected"]]


def checked(service: DatasetService, tmp_path: Path, files: dict[str, bytes]) -> Dataset:
    dataset_id, _ = received(service, tmp_path, files)
    service.commit(dataset_id)
    assert service.check(dataset_id)
    return service.get(dataset_id)


FILES = [
    ("1 zero bytes", "a.jpg", b"", EMPTY),
    ("2 cut in half", "a.jpg", bad.jpeg()[: len(bad.jpeg()) // 2], BROKEN),
    ("3 a flipped byte decodes to other pixels", "a.jpg", bad.flipped_byte(), FINE),
    ("4 a text", "a.png", b"It is a text.", BROKEN),
    ("5 PNG named JPEG", "a.jpg", png(5, height=48, width=64), "wrongly_named"),
    ("6 HTML and JPEG", "a.jpg", bad.polyglot(), BROKEN),
    ("7 SVG", "a.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", BROKEN),
    ("8 animated", "a.gif", bad.animated(), "animated_images"),
    ("9 CMYK", "a.jpg", bad.encoded(bad.SMALL.convert("CMYK"), "JPEG"), "mode_outliers"),
    ("10 16 bits", "a.png", bad.deep(), "mode_outliers"),
    ("11 palette with transparency", "a.png", bad.transparent_palette(), "mode_outliers"),
    ("12 1 bit", "a.tif", bad.encoded(bad.SMALL.convert("1"), "TIFF"), "mode_outliers"),
    ("12 floats", "a.tif", bad.encoded(bad.SMALL.convert("F"), "TIFF"), "mode_outliers"),
    ("12 pages", "a.tif", bad.pages(), "animated_images"),
    ("13 lies on its side", "a.jpg", bad.oriented(), "size_outliers"),
    ("14 30,000 by 30,000", "a.png", bad.huge(), BROKEN),
    ("15 2^31 wide", "a.png", bad.impossible_width(), BROKEN),
    ("16 1 by 1", "a.png", png(1, height=1, width=1), "size_outliers"),
    ("17 1 by 20,000", "a.png", png(1, height=20_000, width=1), "size_outliers"),
    ("18 10 MB of text inside", "a.png", bad.text_bomb(), BROKEN),
    ("19 FITS", "a.png", bad.fits_bomb(), BROKEN),
    ("20 WebP", "a.webp", bad.webp(), FINE),
    ("20 AVIF", "a.jpg", bad.avif(), BROKEN),
    ("20 HEIC", "a.png", bad.HEIC, BROKEN),
    ("21 with a place", "a.jpg", bad.oriented(gps=True), "size_outliers"),
]


@pytest.mark.parametrize(("name", "content", "rule"), [entry[1:] for entry in FILES], ids=[entry[0] for entry in FILES])
def test_an_odd_file_is_told_and_the_others_are_used(
    service: DatasetService, tmp_path: Path, name: str, content: bytes, rule: str | None
) -> None:
    dataset = checked(service, tmp_path, {**good(), f"1/{name}": content})
    found = {finding.rule: finding for finding in dataset.findings}
    assert dataset.state is DatasetState.READY
    assert dataset.version is not None
    assert dataset.version.images == 28 + (rule not in {BROKEN, EMPTY})
    named = {rule for rule, finding in found.items() if f"1/{name}" in finding.examples}
    assert (rule in named) if rule else named <= {"tiny_classes"}
    assert all(finding.effect for finding in dataset.findings)


def test_an_oriented_image_has_the_size_that_is_seen(
    service: DatasetService, tmp_path: Path, images: ImageService
) -> None:
    dataset = checked(service, tmp_path, {**good(), "1/side.jpg": bad.oriented(gps=True)})
    [image] = [image for image in images.page(dataset.id, limit=100).items if image.path == "1/side.jpg"]
    assert (image.height, image.width) == (40, 20)
    thumbnail, _ = images.image(dataset.id, image.digest, size=64)
    assert b"Exif" not in thumbnail


REFUSED = [
    ("20 HEIC by its own name", {"1/a.heic": bad.HEIC, "2/b.avif": bad.avif()}, "No image has arrived"),
    ("22 one class", {"1/a.png": png(1), "1/b.png": png(2)}, "one class only"),
    ("25 flat", {"a.png": png(1), "b.png": png(2)}, "flat in one folder"),
    ("31 Cat and cat", {"Cat/a.png": png(1), "cat/b.png": png(2)}, "upper and lower case"),
    ("32 one name in two spellings, and no other", {"e\u0301/a.png": png(1), "\u00e9/b.png": png(2)}, "one class only"),
    ("33 only what systems leave behind", {"1/.DS_Store": b"x", "1/Thumbs.db": b"x"}, "No image has arrived"),
]


@pytest.mark.parametrize(("files", "said"), [entry[1:] for entry in REFUSED], ids=[entry[0] for entry in REFUSED])
def test_a_shape_that_cannot_be_trained_on_says_why(
    service: DatasetService, tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    dataset_id, _ = received(service, tmp_path, files)
    with pytest.raises(InvalidError, match=said):
        service.commit(dataset_id)
    assert service.get(dataset_id).state is DatasetState.UPLOADING


def _lopsided() -> dict[str, bytes]:
    return {f"1/{n}.png": bad.drawn(n) for n in range(200)} | {"2/a.png": bad.drawn(900), "2/b.png": bad.drawn(901)}


SHAPES = [
    ("23 a class of one image", {**good(), "3/only.png": png(90)}, "tiny_classes"),
    ("24 a class of which nothing can be used", {**good(), "3/bad.png": b"no image"}, "empty_classes"),
    ("26 five levels deep", {f"a/b/c/{path}": content for path, content in good().items()}, None),
    ("28 very many beside very few", _lopsided(), "lopsided_classes"),
    ("29 nearly all the same", {**good(), **{f"1/same{n}.png": png(7) for n in range(14)}}, "exact_duplicates"),
    ("30 one image in two classes", {**good(), "1/x.png": png(7), "2/x.png": png(7)}, "same_image_in_classes"),
    ("32 one name in two spellings", {**good(), "e\u0301/a.png": png(1), "\u00e9/b.png": png(2)}, "tiny_classes"),
]


@pytest.mark.parametrize(("files", "rule"), [entry[1:] for entry in SHAPES], ids=[entry[0] for entry in SHAPES])
def test_an_odd_shape_is_told(
    service: DatasetService, tmp_path: Path, files: dict[str, bytes], rule: str | None
) -> None:
    dataset = checked(service, tmp_path, files)
    assert dataset.state is DatasetState.READY
    rules = {finding.rule for finding in dataset.findings}
    assert rule in rules if rule else not rules - {"thumbnail_baseline", "color_baseline"}


def test_an_empty_folder_is_no_class(service: DatasetService, tmp_path: Path) -> None:
    dataset = service.create("dice")
    path = write(tmp_path, "pack.tar", tar_bytes(good()))
    with tarfile.open(path, "a") as archive:
        folder = tarfile.TarInfo("3")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    with path.open("rb") as file:
        service.receive(dataset.id, file)
    service.commit(dataset.id)
    assert service.check(dataset.id)
    version = service.get(dataset.id).version
    assert version is not None
    assert version.classes == ("1", "2")


SETTINGS = [
    ("34 a batch larger than the set", Configuration, {"batch_size": 65_536}, None),
    ("34 no batch", Configuration, {"batch_size": 0}, "batch_size"),
    ("35 no validation", SplitAgain, {"validation": 0}, "validation"),
    ("35 all of it", SplitAgain, {"validation": 1}, "validation"),
    ("35 NaN", SplitAgain, {"validation": float("nan")}, "validation"),
    ("36 one pixel", SampleRequest, {"height": 1}, "height"),
    ("36 100,000 pixels", SampleRequest, {"height": 100_000}, "height"),
    ("36 less than none", SampleRequest, {"width": -1}, "width"),
    ("36 with a unit", SampleRequest, {"width": "224px"}, "width"),
    ("37 no epochs", Configuration, {"epochs": 0}, "epochs"),
    ("37 10^9 epochs", Configuration, {"epochs": 10**9}, "epochs"),
    ("38 rate 0", Configuration, {"optimizer": {"name": "sgd", "learning_rate": 0}}, "learning_rate"),
    ("38 rate 1e30", Configuration, {"optimizer": {"name": "sgd", "learning_rate": 1e30}}, "learning_rate"),
    ("38 rate NaN", Configuration, {"optimizer": {"name": "sgd", "learning_rate": float("nan")}}, "learning_rate"),
    ("38 rate infinite", Configuration, {"optimizer": {"name": "sgd", "learning_rate": float("inf")}}, "learning_rate"),
    ("39 a seed of more than 32 bits", Configuration, {"seed": 2**32 + 1}, "seed"),
    ("39 the same for a split", SplitAgain, {"seed": 2**32 + 1}, "seed"),
    ("39 of more than a browser counts exactly, for samples", SampleRequest, {"seed": 2**53}, "seed"),
]


@pytest.mark.parametrize(("kind", "given", "wrong"), [entry[1:] for entry in SETTINGS], ids=[e[0] for e in SETTINGS])
def test_a_number_out_of_reason_is_named(kind: type[Value], given: dict[str, object], wrong: str | None) -> None:
    if wrong is None:
        assert kind.model_validate(given)
        return
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(given)
    assert {str(error["loc"][-1]) for error in caught.value.errors()} == {wrong}


def test_nothing_but_equal_images_leaves_none_to_validate_on(service: DatasetService, tmp_path: Path) -> None:
    dataset = checked(service, tmp_path, {f"{name}/{n}.png": png(int(name)) for name in "12" for n in range(14)})
    assert dataset.state is DatasetState.REJECTED
    assert "only equal ones" in dataset.findings[0].message


def test_two_thousand_classes_are_no_trouble(service: DatasetService, tmp_path: Path) -> None:
    dataset = checked(service, tmp_path, {f"{n}/{k}.png": png(3 * n + k) for n in range(2_000) for k in range(2)})
    assert dataset.version is not None
    assert len(dataset.version.classes) == 2_000
    [tiny] = [finding for finding in dataset.findings if finding.rule == "tiny_classes"]
    assert len(tiny.message) < 400


def test_spellings_of_one_name_are_one_class(service: DatasetService, tmp_path: Path) -> None:
    dataset = checked(service, tmp_path, {**good(), "e\u0301/a.png": png(1), "\u00e9/b.png": png(2)})
    assert dataset.version is not None
    assert dataset.version.classes == ("1", "2", "\u00e9")
