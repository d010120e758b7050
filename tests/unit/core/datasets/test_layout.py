import pytest

from app.core.datasets.dataset import Split
from app.core.datasets.layout import layout_of
from app.core.errors import InvalidError


def placed(*paths: str) -> dict[str, tuple[str, Split | None]]:
    return {place.path: (place.class_name, place.split) for place in layout_of(paths).places}


def test_class_folders_leave_the_split_open() -> None:
    assert placed("1/a.png", "2/b.png") == {"1/a.png": ("1", None), "2/b.png": ("2", None)}


def test_wrapping_folders_are_looked_through() -> None:
    assert placed("x/dice/1/a.png", "x/dice/2/b.png") == {"x/dice/1/a.png": ("1", None), "x/dice/2/b.png": ("2", None)}


@pytest.mark.parametrize("validation", ["val", "Valid", "VALIDATION", "val_set", "dev", "Validation-Data"])
def test_split_folders_are_read_in_any_spelling(validation: str) -> None:
    paths = [f"d/{split}/{name}/a.png" for split in ("Train", validation, "test") for name in ("1", "2")]
    assert [split for _, split in placed(*paths).values()] == (
        [Split.TRAIN] * 2 + [Split.VALIDATION] * 2 + [Split.TEST] * 2
    )


def test_a_folder_between_split_and_classes_names_no_class() -> None:
    paths = [f"{split}/images/{name}/a.png" for split in ("train", "test") for name in ("1", "2")]
    assert placed(*paths) == {
        path: (path.split("/")[2], Split.TRAIN if path.startswith("train") else Split.TEST) for path in paths
    }


def test_what_is_told_of_a_layout_counts_classes_by_split() -> None:
    paths = ["train/1/a.png", "train/2/b.png", "test/1/c.png", "test/d.png"]
    assert layout_of(paths).representation() == {
        "kind": "split_folders",
        "images": 3,
        "classes": ["1", "2"],
        "splits": {"train": {"1": 1, "2": 1}, "test": {"1": 1, "2": 0}},
        "outside": {"images": 1, "examples": ["test/d.png"]},
    }


def test_a_training_folder_alone_is_a_split_not_a_wrapper() -> None:
    assert {split for _, split in placed("train/1/a.png", "train/2/b.png").values()} == {Split.TRAIN}


def test_a_class_may_be_called_train() -> None:
    assert placed("train/a.png", "bus/b.png") == {"train/a.png": ("train", None), "bus/b.png": ("bus", None)}


def test_folders_within_a_class_belong_to_it() -> None:
    assert placed("1/deep/er/a.png", "2/b.png")["1/deep/er/a.png"] == ("1", None)


def test_images_beside_the_folders_are_left_out_and_named() -> None:
    layout = layout_of(["dice/cover.png", "dice/1/a.png", "dice/2/b.png", "logo.png"])
    assert layout.outside == ("dice/cover.png", "logo.png")
    assert layout.classes == ("1", "2")


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ([], "No image"),
        (["a.png", "b.png"], "flat"),
        (["dice/a.png", "dice/b.png"], "one class"),
        (["dice/1/a.png"], "one class"),
        (["train/a.png", "test/b.png"], "no folders of classes"),
        (["Cat/a.png", "cat/b.png"], "upper and lower case"),
        (["train/Cat/a.png", "train/x/a.png", "test/cat/b.png"], "upper and lower case"),
        (["train/1/a.png", "test/1/a.png", "test/2/b.png"], "No training image for the class '2'"),
        (["train/1/a.png", "train/2/a.png", "test/1/a.png", "extra/1/b.png"], "'extra'"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_its_reason(paths: list[str], reason: str) -> None:
    with pytest.raises(InvalidError, match=reason):
        layout_of(paths)
