from collections import Counter

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.group_splits import validated_anew
from app.core.datasets.layout import Place
from app.core.datasets.manifest import manifest_digest
from app.core.datasets.splits import split_of_each
from tests.factories.image_records import record


def places(count: int, *, split: Split | None = None, class_name: str = "1") -> list[Place]:
    name = split.value if split else "any"
    return [Place(f"{name}/{class_name}/{number}", class_name, split) for number in range(count)]


def digests(*groups: list[Place]) -> dict[str, str]:
    return {place.path: f"digest of {place.path}" for group in groups for place in group}


def test_each_class_is_divided_by_the_same_shares() -> None:
    one, two = places(100), places(20, class_name="2")
    chosen = split_of_each(one + two, digests(one, two))
    assert Counter(chosen[place.path] for place in one) == {Split.TRAIN: 70, Split.VALIDATION: 15, Split.TEST: 15}
    assert Counter(chosen[place.path] for place in two) == {Split.TRAIN: 14, Split.VALIDATION: 3, Split.TEST: 3}


def test_small_classes_keep_an_image_to_train_on() -> None:
    for count, expected in ((1, {"train": 1}), (2, {"train": 1, "validation": 1}), (3, dict.fromkeys(Split, 1))):
        members = places(count)
        assert Counter(split_of_each(members, digests(members)).values()) == expected


def test_the_division_depends_on_the_seed_and_not_on_the_order() -> None:
    members = places(50)
    assert split_of_each(members, digests(members)) == split_of_each(members[::-1], digests(members))
    assert split_of_each(members, digests(members)) != split_of_each(members, digests(members), seed=1)


def test_equal_images_stay_together() -> None:
    members = places(40)
    chosen = split_of_each(members, {place.path: f"d{index // 2}" for index, place in enumerate(members)})
    assert all(chosen[left.path] == chosen[right.path] for left, right in zip(members[::2], members[1::2], strict=True))


def test_validation_is_made_out_of_training_where_only_test_is_given() -> None:
    train, test = places(20, split=Split.TRAIN), places(5, split=Split.TEST)
    chosen = split_of_each(train + test, digests(train, test))
    assert Counter(chosen.values()) == {Split.TRAIN: 17, Split.VALIDATION: 3, Split.TEST: 5}
    assert all(chosen[place.path] == Split.TEST for place in test)


def test_given_splits_are_kept() -> None:
    groups = [places(3, split=split) for split in Split]
    members = [place for group in groups for place in group]
    assert split_of_each(members, digests(*groups)) == {place.path: place.split for place in members}


def test_the_manifest_digest_tells_what_is_trained_on_and_not_what_it_is_called() -> None:
    record = ImageRecord(digest="d", path="a", class_name="1", split=Split.TRAIN, height=1, width=1, mode="L", bytes=1)
    other = record.model_copy(update={"digest": "e", "path": "b"})
    same = manifest_digest(["1"], [record, other])
    assert manifest_digest(["1"], [other, record.model_copy(update={"path": "z"})]) == same
    assert manifest_digest(["1"], [record.model_copy(update={"split": Split.TEST}), other]) != same
    assert manifest_digest(["2", "1"], [record, other]) != same


def test_a_validation_split_keeps_copies_together_and_leaves_test_images_alone() -> None:
    images = [record(f"train/{name}/{n}", class_name=name, copy_group=n // 3) for name in "12" for n in range(15)]
    images += [record("val/1/old", split=Split.VALIDATION), record("test/1/t", split=Split.TEST)]
    found = validated_anew(images, 0.4, seed=3)
    assert found == validated_anew(images, 0.4, seed=3)
    assert [image.path for image in found] == [image.path for image in images]
    assert [image.split for image in found if image.path.startswith("test/")] == [Split.TEST]
    groups: dict[int, set[Split]] = {}
    for image in found:
        if image.copy_group is not None:
            groups.setdefault(image.copy_group, set()).add(image.split)
    assert all(len(splits) == 1 for splits in groups.values())
    validating = sum(image.split is Split.VALIDATION for image in found)
    assert 0.25 <= validating / 31 <= 0.55
    assert {image.class_name for image in found if image.split is Split.TRAIN} == {"1", "2"}
