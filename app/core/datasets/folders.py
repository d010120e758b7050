"""The images of a version as folders again: what each file is called, and the table that says what it is."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from app.core.datasets.dataset import ImageRecord

TABLE = "images.csv"

# What Windows does not take in a name either, so that the archive unpacks everywhere.
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def file_names(images: Sequence[ImageRecord]) -> list[str]:
    """`<split>/<class>/<file>` of each; of several that nobody could tell apart, the later ones get a number."""
    taken: set[str] = set()
    return [_untaken(image, taken) for image in images]


def table_of(images: Sequence[ImageRecord]) -> str:
    """CSV with a line for each image, in their order: file, split, class, sha256. The class is as it was given."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["file", "split", "class", "sha256"])
    for image, name in zip(images, file_names(images), strict=True):
        writer.writerow([name, image.split.value, image.class_name, image.digest])
    return target.getvalue()


def fit_for_a_file(name: str) -> str:
    """The name without what a file system may refuse; never empty, never hidden."""
    return _UNFIT.sub("_", name).strip(" .") or "_"


def _untaken(image: ImageRecord, taken: set[str]) -> str:
    path = PurePosixPath(image.path)
    folder = f"{image.split.value}/{fit_for_a_file(image.class_name)}"
    stem, suffix = fit_for_a_file(path.stem), _UNFIT.sub("_", path.suffix)
    name, number = f"{folder}/{stem}{suffix}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{folder}/{stem}-{number}{suffix}"
    taken.add(name.casefold())
    return name
