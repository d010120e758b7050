"""A confusion matrix as a figure: what its cells say, and how large it is of many classes."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from app.web.figures.confusion import MOST_NUMBERS, confusion_figure


class Counted(list[int]):
    """A row that knows how often it was gone through."""

    walks = 0

    def __iter__(self) -> Iterator[int]:
        """Through it once more."""
        self.walks += 1
        return super().__iter__()


def heat_of(figure: dict[str, Any]) -> dict[str, Any]:
    [heat] = figure["data"]
    return dict(heat)


def test_a_cell_has_its_images_and_is_coloured_by_its_share_of_the_true_class() -> None:
    figure = confusion_figure(["a", "b & c", "empty"], [[3, 1, 0], [0, 5, 0], [0, 0, 0]], leads_to="/cells?")
    heat = heat_of(figure)
    assert heat["z"] == [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 0]]
    assert heat["text"] == [[3, 1, 0], [0, 5, 0], [0, 0, 0]]
    assert heat["texttemplate"] == "%{text}"
    for axis in ("xaxis", "yaxis"):
        assert figure["layout"][axis]["labelalias"] == {"0": "a", "1": "b &amp; c", "2": "empty"}
    assert figure["layout"]["meta"]["cells"] == {"address": "/cells?", "classes": ["a", "b & c", "empty"]}


def test_of_many_classes_each_row_is_summed_once_and_each_name_told_once_an_axis() -> None:
    count = 300
    random = np.random.default_rng(0)
    rows = [Counted(row) for row in random.integers(0, 9, (count, count)).tolist()]
    names = [f"a class with a rather long name {number:03d}" for number in range(count)]
    figure = confusion_figure(names, rows)
    assert max(row.walks for row in rows) <= 3  # its sum, its shares, its numbers
    text = json.dumps(figure)
    assert text.count(names[1]) == 2
    assert len(text) < 12 * count * count
    assert "texttemplate" not in heat_of(figure)
    assert len(figure["layout"]["xaxis"]["ticktext"]) <= MOST_NUMBERS
    assert np.allclose(np.sum(heat_of(figure)["z"], axis=1), 1, atol=count * 1e-4)
