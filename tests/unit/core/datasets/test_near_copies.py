import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.datasets.near_copies import CopyGraph, CopyPair, Resemblance
from tests.factories.image_records import chain, digest

resemblances = st.builds(
    Resemblance, st.floats(0, 360, exclude_max=True), mirrored=st.booleans(), scale=st.floats(0.5, 2)
)


def matrix(how: Resemblance) -> NDArray[np.float64]:
    angle = np.radians(how.degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return how.scale * turn @ np.diag([-1.0 if how.mirrored else 1.0, 1.0])


@given(resemblances, resemblances)
def test_one_after_the_other_is_what_their_matrices_say(first: Resemblance, second: Resemblance) -> None:
    np.testing.assert_allclose(matrix(first.then(second)), matrix(second) @ matrix(first), atol=1e-9)


@given(resemblances)
def test_there_and_back_changes_nothing(how: Resemblance) -> None:
    np.testing.assert_allclose(matrix(how.then(how.reversed)), np.eye(2), atol=1e-9)


def test_a_copy_of_a_copy_is_a_copy_and_is_told_how() -> None:
    graph = CopyGraph(chain("abc", Resemblance(30, mirrored=False, scale=1)) + chain("xy"))
    groups = graph.groups([digest(name) for name in "acxyz"])
    assert groups == [[digest("a"), digest("c")], [digest("x"), digest("y")]]
    assert dict(graph.ways(digest("a")))[digest("c")].text == "turned by 60°"
    assert dict(graph.ways(digest("c")))[digest("a")].text == "turned by 300°"


def test_copies_are_told_nearest_first_and_no_more_are_followed_than_asked_for() -> None:
    graph = CopyGraph(chain([str(number) for number in range(10_000)]))
    near = graph.ways(digest("500"))
    assert {next(near)[0], next(near)[0]} == {digest("499"), digest("501")}
    assert sum(1 for _ in near) == 9_997


def test_an_image_without_a_copy_is_in_no_group() -> None:
    assert CopyGraph([CopyPair("a", "b", Resemblance(0, mirrored=True, scale=1))]).groups(["a", "c"]) == []
