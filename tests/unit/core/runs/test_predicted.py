"""What was answered for each image: kept, read again, asked for by cell."""

import dataclasses
import hashlib
import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.datasets.dataset import Split
from app.core.errors import InvalidError, NotFoundError
from app.core.runs.predicted import read, written
from tests.factories.answered import answered, drawn


@given(st.integers(1, 40), st.integers(2, 7), st.integers(0, 5))
def test_what_is_written_is_read_again_bit_by_bit(images: int, classes: int, seed: int) -> None:
    given_splits = [drawn(images, classes=classes, seed=seed, split=split) for split in (Split.VALIDATION, Split.TEST)]
    found = read(written(given_splits))
    assert list(found) == [Split.VALIDATION, Split.TEST]
    for one in given_splits:
        again = found[one.split]
        assert (again.classes, again.paths, again.digests) == (one.classes, one.paths, one.digests)
        assert np.array_equal(again.labels, one.labels)
        assert again.probabilities.dtype == np.float32
        assert np.array_equal(again.probabilities, one.probabilities)


def test_the_file_is_plain_numpy_and_needs_no_pickle() -> None:
    with np.load(io.BytesIO(written([answered([0, 1], [0, 0])])), allow_pickle=False) as arrays:
        assert set(arrays) == {
            "classes",
            "test_paths",
            "test_path_ends",
            "test_digests",
            "test_labels",
            "test_probabilities",
        }
        assert arrays["test_paths"].tobytes() == b"test/0.pngtest/1.png"
        assert arrays["test_path_ends"].tolist() == [10, 20]
        assert arrays["test_digests"].shape == (2, 32)
        assert arrays["test_digests"][0].tobytes() == hashlib.sha256(b"0").digest()


def test_names_with_commas_quotes_and_other_scripts_survive() -> None:
    names = ['a,"b"', "würfel 6", "一つ\n二つ"]
    found = read(written([answered([0, 1, 2], [0, 1, 1], classes=names, names=['x,"y"', "ü", "z"])]))[Split.TEST]
    rows = list(found.rows())
    assert rows[0] == ["path", "sha256", "class", "predicted", "correct", *(f"output {name}" for name in names)]
    assert [row[2:5] for row in rows[1:]] == [
        [names[0], names[0], "yes"],
        [names[1], names[1], "yes"],
        [names[2], names[1], "no"],
    ]
    assert rows[1][0] == 'test/x,"y".png'
    assert np.float32(rows[3][6]) == found.probabilities[2, 1]


def test_one_long_path_does_not_take_its_room_for_every_image() -> None:
    images = 4_000
    names = ["ü" * 1_900, *(str(number) for number in range(1, images))]
    given_split = answered([0] * images, [0] * images, names=names)
    tracemalloc.start()
    try:
        found = read(written([given_split]))[Split.TEST]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.paths == given_split.paths
    assert peak < 8 * 2**20  # as an array of strings, the paths alone are 30 MB


def test_a_cell_has_exactly_its_images_and_the_surest_first() -> None:
    found = answered([0, 0, 0, 1, 1, 0], [1, 1, 0, 1, 0, 1], sureness=[0.5, 0.9, 0.9, 0.6, 0.7, 0.8])
    assert found.cell("1", "2").tolist() == [1, 5, 0]
    assert found.cell("1", None).tolist() == [1, 2, 5, 0]
    assert found.cell(None, "1").tolist() == [2, 4]
    assert found.cell("3", None).tolist() == []
    assert found.mistakes.tolist() == [1, 5, 4, 0]


@given(st.integers(1, 60), st.integers(0, 9))
def test_cells_part_the_images_as_the_matrix_counts_them(images: int, seed: int) -> None:
    found = drawn(images, seed=seed)
    cells = {
        (row, column): found.cell(true, taken)
        for row, true in enumerate(found.classes)
        for column, taken in enumerate(found.classes)
    }
    assert sorted(place for places in cells.values() for place in places) == list(range(images))
    assert {cell: len(places) for cell, places in cells.items()} == dict(np.ndenumerate(found.matrix))


def test_an_unknown_class_is_told_with_those_that_there_are() -> None:
    with pytest.raises(InvalidError, match=r"no class 'seven'.*1, 2, 3"):
        answered([0], [0]).cell("seven", None)


def test_an_output_that_is_no_number_is_never_the_answer() -> None:
    found = answered([0, 1], [1, 1])
    outputs = found.probabilities.copy()
    outputs[0, 1] = np.nan
    outputs[1] = np.nan
    found = dataclasses.replace(found, probabilities=outputs)
    assert found.predicted[0] != 1
    assert found.predicted[1] == 0
    assert read(written([found]))[Split.TEST].predicted.tolist() == found.predicted.tolist()


def test_a_damaged_file_is_said_to_be_damaged_or_read_as_it_was() -> None:
    given_split = answered([0, 1, 2], [0, 1, 1])
    content = written([given_split])
    # The archive's directory is read before anything else, and each of its bits raises something else.
    flipped = [
        (place, bit) for place in range(len(content)) for bit in ((0, 7) if place > len(content) - 500 else (3,))
    ]
    damaged = [content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :] for place, bit in flipped]
    cut_off = [content[:length] for length in range(0, len(content), 7)]
    said = 0
    for spoilt in damaged + cut_off:
        try:
            found = read(spoilt)
        except NotFoundError:
            said += 1
        else:
            assert all(np.array_equal(one.probabilities, given_split.probabilities) for one in found.values())
    assert said > len(cut_off)
