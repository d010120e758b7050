import pytest

from app.core.runs.retention import Retention

BEST, LAST, WHOLE = "best.weights.h5", "last.weights.h5", "best.keras"


@pytest.mark.parametrize(("weights", "left_out"), [("all", set()), ("best", {LAST}), ("none", {BEST, LAST, WHOLE})])
def test_the_weights_that_are_kept(weights: str, left_out: set[str]) -> None:
    assert Retention.model_validate({"weights": weights}).left_out == left_out
