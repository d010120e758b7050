"""Which layers find weights, and what is refused before a run waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidError
from app.core.runs.start_from import StartFrom, fitting, refuse_nothing_to_do
from tests.factories.rows import architecture
from tests.fakes.inspector import LocalInspector

SHAPES = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=2)
LAYERS = st.dictionaries(st.sampled_from("abcdef"), SHAPES, max_size=6)


@given(LAYERS, LAYERS)
def test_every_layer_with_weights_is_taken_or_told_why_not(
    wanted: dict[str, list[tuple[int, ...]]], there: dict[str, list[tuple[int, ...]]]
) -> None:
    taken = fitting(wanted, there)
    assert sorted([*taken.layers, *taken.left]) == sorted(name for name, shapes in wanted.items() if shapes)
    assert all(wanted[name] == there[name] for name in taken.layers)
    assert all(wanted[name] != there.get(name) for name in taken.left)


def test_nothing_that_fits_and_nothing_that_learns_are_refused_by_the_tables() -> None:
    inspector = LocalInspector()
    two, three = (inspector.layer_table(architecture(units=units)) for units in (2, 3))
    refuse_nothing_to_do(StartFrom(run="r", match="fitting"), two, two)
    with pytest.raises(InvalidError, match=r"No layer fits.*Here: dense\. There: dense"):
        refuse_nothing_to_do(StartFrom(run="r", match="fitting"), two, three)
    with pytest.raises(InvalidError, match="Leave at least one of them free"):
        refuse_nothing_to_do(StartFrom(run="r", freeze=("dense",)), two, two)
