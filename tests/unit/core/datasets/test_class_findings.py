import numpy as np
import pytest

from app.core.datasets import balance, confounding, file_findings, shape_findings
from app.core.datasets.baselines import baselines, rivals
from app.core.datasets.dataset import Split
from tests.factories.image_records import many, record


def test_a_large_class_beside_a_small_one_is_lopsided() -> None:
    images = [*many(200), *many(20, class_name="2")]
    found = {entry.finding.rule for entry in balance.of_classes(images, ["1", "2"])}
    assert "lopsided_classes" in found
    assert "tiny_classes" not in found


def test_a_class_of_nine_is_tiny_and_one_of_ten_is_not() -> None:
    found = balance.of_classes([*many(9), *many(10, class_name="2")], ["1", "2"])
    [tiny] = [entry for entry in found if entry.finding.rule == "tiny_classes"]
    assert len(tiny.paths) == 9
    assert "'1' (9)" in tiny.finding.message


def test_a_class_without_test_images_is_named() -> None:
    images = [*many(20), *many(20, class_name="2"), *many(5, split=Split.TEST)]
    found = {entry.finding.rule: entry.finding for entry in balance.of_classes(images, ["1", "2"])}
    assert "'2'" in found["class_missing_in_test"].message
    assert "class_missing_in_validation" not in found


@pytest.mark.parametrize(("bright", "told"), [(200.0, True), (100.0, False)])
def test_a_class_that_is_brighter_than_the_others_is_confounded(bright: float, told: bool) -> None:
    images = [*many(15, brightness=bright), *many(15, class_name="2"), *many(15, class_name="3")]
    found = {entry.finding.rule: entry.finding for entry in confounding.told_by_appearance(images, ["1", "2", "3"])}
    assert ("class_told_by_brightness" in found) is told
    if told:
        assert [entry["class"] for entry in found["class_told_by_brightness"].evidence] == ["1"]


def test_a_red_class_is_confounded_by_colour_and_not_by_brightness() -> None:
    images = [*many(15, mean_color=(200.0, 50.0, 50.0)), *many(15, class_name="2")]
    assert [entry.finding.rule for entry in confounding.told_by_appearance(images, ["1", "2"])] == [
        "class_told_by_color"
    ]


def test_chance_is_no_confounding() -> None:
    values = np.random.default_rng(0).normal(100, 20, 90)
    images = [
        record(f"{n}.png", class_name=str(n % 3), brightness=float(value), mean_color=(float(value), 100.0, 100.0))
        for n, value in enumerate(values)
    ]
    assert confounding.told_by_appearance(images, ["0", "1", "2"]) == []


def test_a_memory_of_thumbnails_is_measured_and_warned_of_where_it_suffices() -> None:
    images = [
        record(f"{split.value}/{name}/{n}.png", class_name=name, split=split)
        for name in "12"
        for split in (Split.TRAIN, Split.TEST)
        for n in range(20)
    ]
    thumbnails = {image.digest: bytes([50 if image.class_name == "1" else 200]) * 256 for image in images}
    figures, found = baselines(images, thumbnails)
    assert [(figure.kind, figure.split, figure.images, figure.correct) for figure in figures] == [
        ("thumbnail", Split.TEST, 40, 40),
        ("color", Split.TEST, 40, 20),
    ]
    assert [entry.finding.rule for entry in found] == ["thumbnail_baseline"]
    assert "or the task is easy" in found[0].finding.effect
    assert rivals(figures[0], 0.95)
    assert not rivals(figures[1], 0.95)


def test_other_sizes_modes_names_and_frames_are_told() -> None:
    images = [
        *many(40),
        record("train/1/tiny.png", size=(1, 1)),
        record("train/1/long.png", size=(1, 20_000)),
        record("train/1/gray.png", mode="L"),
        record("train/1/wrong.png", file_format="JPEG"),
        record("train/1/moving.gif", file_format="GIF", frames=500),
    ]
    assert shape_findings.size_outliers(images)[0].paths == ("train/1/tiny.png", "train/1/long.png")
    assert shape_findings.mode_outliers(images)[0].paths == ("train/1/gray.png",)
    assert file_findings.wrongly_named(images)[0].paths == ("train/1/wrong.png",)
    assert file_findings.animated(images)[0].paths == ("train/1/moving.gif",)


def test_two_kinds_of_sizes_are_no_outliers() -> None:
    assert shape_findings.size_outliers([*many(20), *many(20, class_name="2", size=(480, 640))]) == []
