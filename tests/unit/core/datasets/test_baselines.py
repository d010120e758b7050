"""When a blunt instrument does as well as a network."""

import pytest

from app.core.datasets.baselines import rivals
from app.core.datasets.dataset import Baseline, Split


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [
        (0.95, False),  # clearly better
        (0.70, True),
        (0.40, True),  # worse than the blunt instrument, though it has learned something
        (0.20, False),  # as good as always answering the largest class: it says nothing about the split
        (0.05, False),
    ],
)
def test_a_network_is_rivalled_where_it_has_learned_something_and_is_not_clearly_better(
    accuracy: float, expected: bool
) -> None:
    figure = Baseline(
        kind="thumbnail", split=Split.TEST, images=100, correct=60, accuracy=0.6, low=0.5, high=0.7, chance=0.2
    )
    assert rivals(figure, accuracy) is expected


def test_a_blunt_instrument_at_chance_rivals_nothing() -> None:
    figure = Baseline(
        kind="color", split=Split.TEST, images=100, correct=20, accuracy=0.2, low=0.13, high=0.29, chance=0.2
    )
    assert not rivals(figure, 0.25)
