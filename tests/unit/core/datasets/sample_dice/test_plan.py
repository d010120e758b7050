from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.datasets.layout import layout_of
from app.core.datasets.sample_dice import casting
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest


@given(st.integers(min_value=3, max_value=200))
def test_every_class_has_as_many_as_asked_in_every_split(count: int) -> None:
    images = list(planned(SampleRequest(images_per_class=count)))
    assert len({(image.folder, image.name) for image in images}) == 6 * count
    counts = Counter(image.folder for image in images)
    for split in ("train", "val", "test"):
        assert len({counts[f"{split}/{value}"] for value in range(1, 7)}) == 1
        assert counts[f"{split}/1"] >= 1
    assert sum(counts.values()) == 6 * count


def test_a_scene_belongs_to_one_split_and_shows_each_value_equally_often() -> None:
    splits, values = defaultdict(set), defaultdict(Counter)
    for image in planned(SampleRequest(images_per_class=151)):
        splits[image.scene].add(image.folder.split("/")[0])
        values[image.scene][image.value] += 1
    assert all(len(found) == 1 for found in splits.values())
    assert all(len(set(found.values())) == 1 and len(found) == 6 for found in values.values())


def test_folders_name_the_classes_as_every_upload_does() -> None:
    layout = layout_of([f"{image.folder}/{image.name}.jpg" for image in planned(SampleRequest(images_per_class=3))])
    assert layout.classes == ("1", "2", "3", "4", "5", "6")
    assert {place.split.value for place in layout.places if place.split} == {"train", "validation", "test"}


def test_23_scenes_in_turn_have_the_23_colourings() -> None:
    for start in (0, 23):
        assert len({casting.scene(4, start + number).body.colouring.name for number in range(23)}) == 23


@pytest.mark.parametrize(
    "options",
    [{"images_per_class": 2}, {"height": 15}, {"width": 5000}, {"seed": -1}, {"seed": 2**53}, {"colour": 1}],
)
def test_what_cannot_be_rendered_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        SampleRequest.model_validate(options)


def test_too_much_to_render_is_refused_with_what_would_fit() -> None:
    with pytest.raises(ValidationError, match="at most 2170 per class"):
        SampleRequest(images_per_class=5000, height=480, width=640)
