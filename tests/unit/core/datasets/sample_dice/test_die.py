import itertools
import math

import numpy as np
import pytest

from app.core.datasets.sample_dice.colourings import COLOURINGS
from app.core.datasets.sample_dice.die import FACES, PIPS, lying, resting_height, top_value
from app.core.datasets.sample_dice.vectors import Rotation


def determinant(rotation: Rotation) -> float:
    return float(np.linalg.det(np.array(rotation)))


def test_opposite_faces_add_up_to_seven_and_each_shows_its_number() -> None:
    assert [FACES[side] + FACES[side + 1] for side in (0, 2, 4)] == [7, 7, 7]
    assert sorted(FACES) == [1, 2, 3, 4, 5, 6]
    assert tuple(PIPS.sum(axis=(1, 2))) == FACES


def test_one_two_and_three_run_counter_clockwise_about_their_corner() -> None:
    normals = np.concatenate([np.eye(3), -np.eye(3)])[[0, 3, 1, 4, 2, 5]]
    one, two, three = (normals[FACES.index(value)] for value in (1, 2, 3))
    assert np.dot(np.cross(one, two), three) == 1


@pytest.mark.parametrize(("value", "degrees"), list(itertools.product(range(1, 7), (0, 33, 180, 291))))
def test_a_die_lies_as_asked_and_is_never_mirrored(value: int, degrees: int) -> None:
    turn = (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    for tilt in (0.0, 0.09):
        rotation = lying(value, turn=turn, tilt=(0.6, 0.8, tilt))
        assert top_value(rotation) == value
        assert determinant(rotation) == pytest.approx(1)
        assert np.array(rotation) @ np.array(rotation).T == pytest.approx(np.eye(3))


def test_a_flat_die_rests_on_its_side_and_a_tilted_one_on_an_edge() -> None:
    assert resting_height(lying(3, turn=(1, 0), tilt=(1, 0, 0)), 0.2) == 1
    half = math.tan(math.pi / 8)
    assert resting_height(lying(3, turn=(1, 0), tilt=(1, 0, half)), 0.0) == pytest.approx(math.sqrt(2))


def test_there_are_23_colourings_and_each_pip_can_be_told_from_its_body() -> None:
    assert len({colouring.name for colouring in COLOURINGS}) == 23
    for colouring in COLOURINGS:
        for pips in (colouring.pips, colouring.one or colouring.pips):
            assert sum(abs(a - b) for a, b in zip(pips, colouring.body, strict=True)) > 0.5, colouring.name
