"""What images are called in an archive."""

import csv
import io
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.folders import file_names, table_of

texts = st.text(min_size=1, max_size=12)


def image(path: str, class_name: str = "1", split: Split = Split.TRAIN) -> ImageRecord:
    facts = {"height": 4, "width": 4, "mode": "L", "bytes": 9}
    return ImageRecord(digest="0" * 64, path=path, class_name=class_name, split=split, **facts)


def test_files_of_one_name_stay_apart_wherever_they_are_unpacked() -> None:
    images = [image("a/x.png"), image("b/x.png"), image("b/X.PNG"), image("x.png", split=Split.TEST)]
    assert file_names(images) == ["train/1/x.png", "train/1/x-2.png", "train/1/X-3.PNG", "test/1/x.png"]


@given(st.lists(st.tuples(texts, texts), max_size=20))
def test_no_name_leaves_its_folder_and_none_comes_twice(named: list[tuple[str, str]]) -> None:
    images = [image(f"folder/{path}", class_name) for path, class_name in named]
    names = file_names(images)
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        parts = PurePosixPath(name).parts
        assert len(parts) == 3
        assert parts[0] == "train"
        assert not any(part.startswith(".") or "\\" in part for part in parts)


@given(st.lists(texts, max_size=8))
def test_the_table_says_the_class_as_it_was_given(classes: list[str]) -> None:
    images = [image(f"{number}.png", name) for number, name in enumerate(classes)]
    rows = list(csv.DictReader(io.StringIO(table_of(images), newline="")))
    assert [row["class"] for row in rows] == classes
    assert [row["file"] for row in rows] == file_names(images)
