"""How much an image of each class counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidError
from app.core.runs.class_weights import class_weights


@given(counts=st.lists(st.integers(1, 500), min_size=2, max_size=8))
def test_balanced_weights_give_every_class_the_same_say(counts: list[int]) -> None:
    classes = [str(number) for number in range(len(counts))]
    found = class_weights("balanced", classes, dict(zip(classes, counts, strict=True)))
    assert found is not None
    says = [weight * count for weight, count in zip(found, counts, strict=True)]
    np.testing.assert_allclose(says, sum(counts) / len(counts))


def test_a_class_without_images_weighs_nothing_and_what_is_not_named_counts_one() -> None:
    assert class_weights("balanced", ["a", "b", "c"], {"a": 1, "b": 3}) == [2.0, 2 / 3, 0.0]
    assert class_weights({"b": 5}, ["a", "b"], {"a": 1, "b": 1}) == [1.0, 5.0]
    assert class_weights("none", ["a"], {"a": 1}) is None


def test_a_weight_for_a_class_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(InvalidError, match="given for seven"):
        class_weights({"seven": 2}, ["1", "2"], {"1": 1, "2": 1})
