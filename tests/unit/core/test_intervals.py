import pytest

from app.core.intervals import wilson_interval


@pytest.mark.parametrize(
    ("correct", "images", "expected"),
    [(5, 10, (0.2366, 0.7634)), (10, 10, (0.7225, 1.0)), (8, 10, (0.4902, 0.9433)), (0, 10, (0.0, 0.2775))],
)
def test_the_interval_is_that_of_the_books(correct: int, images: int, expected: tuple[float, float]) -> None:
    assert wilson_interval(correct, images) == pytest.approx(expected, abs=1e-4)


def test_of_nothing_nothing_is_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
