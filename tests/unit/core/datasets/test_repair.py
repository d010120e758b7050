from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.datasets.check_data import packed, unpacked
from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.group_splits import split_by_groups
from app.core.datasets.near_copies import Resemblance
from app.core.datasets.repair import Repair, SplitAgain, repaired
from app.core.errors import InvalidError
from tests.factories.image_records import chain, many, record

groups_of_classes = st.lists(st.tuples(st.sampled_from("123"), st.integers(1, 9)), min_size=1, max_size=60)


def grouped(groups: list[tuple[str, int]]) -> list[ImageRecord]:
    return [
        record(f"{number}/{n}.png", class_name=name, copy_group=number if size > 1 else None)
        for number, (name, size) in enumerate(groups)
        for n in range(size)
    ]


@given(groups_of_classes, st.integers(0, 5))
def test_copies_are_never_parted_and_each_class_has_its_splits(groups: list[tuple[str, int]], seed: int) -> None:
    images = grouped(groups)
    splits = split_by_groups(images, seed=seed, validation=0.15, test=0.15)
    assert set(splits) == {image.path for image in images}
    together = defaultdict(set)
    reached: dict[str, set[Split]] = defaultdict(set)
    for image in images:
        reached[image.class_name].add(splits[image.path])
        if image.copy_group is not None:
            together[image.copy_group].add(splits[image.path])
    assert all(len(found) == 1 for found in together.values())
    for name, there in reached.items():
        count = sum(1 for group in groups if group[0] == name)
        assert there == set(list(Split)[: min(3, count)])


def test_shares_are_met_where_groups_are_small() -> None:
    images = grouped([(name, 4) for name in "12" for _ in range(50)])
    splits = split_by_groups(images, seed=1, validation=0.2, test=0.1)
    counts = Counter((image.class_name, splits[image.path]) for image in images)
    for name in "12":
        assert counts[name, Split.VALIDATION] == pytest.approx(40, abs=4)
        assert counts[name, Split.TEST] == pytest.approx(20, abs=4)
    assert splits == split_by_groups(images, seed=1, validation=0.2, test=0.1)
    assert splits != split_by_groups(images, seed=2, validation=0.2, test=0.1)


def whole() -> list[ImageRecord]:
    return [image for name in "12" for split in Split for image in many(4, class_name=name, split=split)]


def test_everything_is_done_in_its_order_and_recorded() -> None:
    images = [*whole(), record("train/1/same.png", content="test/1/0.png")]
    repair = Repair(
        leave_out=("near",),
        merge_duplicates=True,
        rename_classes={"2": "two"},
        split_again=SplitAgain(seed=7, validation=0.2, test=0.2),
    )
    kept, changes = repaired(images, repair, {"near": ["train/1/0.png"]})
    assert [change["change"] for change in changes] == [
        "left_out",
        "merged_duplicates",
        "renamed_classes",
        "split_again",
    ]
    assert [change.get("images") for change in changes[:2]] == [1, 1]
    assert {image.class_name for image in kept} == {"1", "two"}
    assert {image.path for image in images} - {image.path for image in kept} == {"train/1/0.png", "train/1/same.png"}


@pytest.mark.parametrize(
    ("repair", "said"),
    [
        (Repair(leave_out=("nothing",)), "nothing"),
        (Repair(leave_out=("all_of_2",)), "at least two"),
        (Repair(leave_out=("training_of_2",)), "No training image"),
        (Repair(leave_out=("validation",)), "validate"),
        (Repair(rename_classes={"9": "x"}), "no class '9'"),
        (Repair(rename_classes={"1": "2"}), "two classes called '2'"),
        (Repair(rename_classes={"1": "cat", "2": "Cat"}), "upper and lower case"),
    ],
)
def test_what_cannot_be_done_says_why(repair: Repair, said: str) -> None:
    images = whole()
    listed = {
        "all_of_2": [image.path for image in images if image.class_name == "2"],
        "training_of_2": [image.path for image in images if image.class_name == "2" and image.split is Split.TRAIN],
        "validation": [image.path for image in images if image.split is Split.VALIDATION],
    }
    with pytest.raises(InvalidError, match=said):
        repaired(images, repair, listed)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"rename_classes": {"1": "a/b"}},
        {"rename_classes": {"1": " "}},
        {"rename_classes": {"1": ".."}},
        {"split_again": {"validation": 0}},
        {"split_again": {"validation": 1}},
        {"split_again": {"validation": float("nan")}},
        {"split_again": {"validation": 0.6, "test": 0.6}},
        {"split_again": {"seed": 2**32}},
        {"split_again": {"seed": -1}},
        {"other": 1},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Repair.model_validate(wrong)


def test_what_the_checks_saw_comes_back_as_it_was() -> None:
    thumbnails = {"a": bytes(range(256)), "b": bytes(256)}
    pairs = chain(["a", "b"], Resemblance(12.5, mirrored=True, scale=0.8))
    content = packed(thumbnails, pairs)
    seen = unpacked(content)
    assert (seen.thumbnails, list(seen.pairs)) == (thumbnails, pairs)
    assert content == packed(thumbnails, pairs)
    with pytest.raises(InvalidError):
        unpacked(content[:-30])
