"""Whether two networks can be told apart: by the counts of SciPy, and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, false_discovery_control, permutation_test

from app.core.runs.configuration import Configuration
from app.core.runs.repeats import permutation_p, repeats, spread
from app.core.runs.run import Run
from app.core.runs.significance import (
    MOST_EXACT,
    McNemar,
    bootstrap_interval,
    common_images,
    holm,
    mcnemar,
    representation,
)
from tests.factories.answered import answered, drawn


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 500))
def test_few_disagreements_are_tested_exactly(left: int, right: int, same: int) -> None:
    counts = McNemar(both=same, only_left=left, only_right=right, neither=1)
    assert counts.is_exact
    expected = binomtest(left, left + right).pvalue if left + right else 1.0
    assert counts.p_value == pytest.approx(expected, rel=1e-9)


@given(st.integers(MOST_EXACT // 2, 900), st.integers(MOST_EXACT // 2 + 1, 900))
def test_many_are_tested_by_chi_squared_with_edwards_correction(left: int, right: int) -> None:
    counts = McNemar(both=0, only_left=left, only_right=right, neither=0)
    assert not counts.is_exact
    statistic = max(0, abs(left - right) - 1) ** 2 / (left + right)
    assert counts.p_value == pytest.approx(chi2.sf(statistic, 1), rel=1e-9)
    assert counts.p_value == pytest.approx(binomtest(left, left + right).pvalue, rel=0.05, abs=1e-4)


def test_the_four_counts_are_of_the_common_images_whatever_their_order_and_classes_are_called() -> None:
    left = answered([0, 1, 2, 0, 1], [0, 1, 1, 1, 0], names=list("abcde"))
    # The same images in another order, with the classes numbered otherwise; e is missing, x is new.
    right = answered([2, 0, 1, 1, 0], [2, 0, 0, 1, 0], classes=("3", "1", "2"), names=["b", "c", "a", "d", "x"])
    pairs = common_images(left, right)
    assert [left.paths[place] for place in pairs.left] == [f"test/{name}.png" for name in "abcd"]
    assert [right.paths[place] for place in pairs.right] == [f"test/{name}.png" for name in "abcd"]
    assert mcnemar(left, right, pairs) == McNemar(both=1, only_left=1, only_right=2, neither=0)


def test_an_image_that_is_there_twice_counts_once_and_one_of_another_class_not_at_all() -> None:
    left = answered([0, 0, 1], [0, 0, 1], names=["a", "a", "b"])
    right = answered([0, 2], [0, 2], names=["a", "b"])
    assert mcnemar(left, right, common_images(left, right)).images == 1


def test_swapping_the_two_swaps_the_difference_and_keeps_the_p_value() -> None:
    left, right = drawn(200, skill=1, seed=1), drawn(200, skill=1, seed=1)
    right = answered(left.labels, (left.predicted + (np.arange(200) % 5 == 0)) % 4, classes=left.classes)
    ours, theirs = (
        representation(mcnemar(a, b, common_images(a, b)), p_adjusted=0.01, comparisons=1, split="test")
        for a, b in ((left, right), (right, left))
    )
    assert ours["difference"] == -theirs["difference"] != 0
    assert ours["p_value"] == theirs["p_value"]
    assert ours["difference"] == pytest.approx(right.correct.mean() - left.correct.mean())


def test_the_bootstrap_interval_is_that_of_drawing_images() -> None:
    counts = McNemar(both=60, only_left=8, only_right=22, neither=20)
    differences = np.repeat([0, -1, 1, 0], [60, 8, 22, 20])
    random = np.random.default_rng(9)
    drawn_means = random.choice(differences, (20_000, 110)).mean(axis=1)
    assert bootstrap_interval(counts) == pytest.approx(np.quantile(drawn_means, [0.025, 0.975]), abs=0.012)
    assert bootstrap_interval(counts) == bootstrap_interval(counts)


@pytest.mark.parametrize("images", [110, 400])
def test_the_interval_holds_the_true_difference_about_as_often_as_it_says(images: int) -> None:
    shares, truth = [0.1, 0.2, 0.5, 0.2], 0.1
    random = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        left, right, both, neither = (int(count) for count in random.multinomial(images, shares))
        low, high = bootstrap_interval(McNemar(both=both, only_left=left, only_right=right, neither=neither))
        held += low <= truth <= high
    assert 0.91 <= held / 300 <= 0.985


def test_equal_networks_are_told_apart_once_in_twenty_times_at_most() -> None:
    random = np.random.default_rng(11)
    p_values = []
    for _ in range(2_000):
        left, right, both = (int(count) for count in random.multinomial(110, [0.1, 0.1, 0.8]))
        p_values.append(McNemar(both=both, only_left=left, only_right=right, neither=0).p_value)
    assert np.mean(np.array(p_values) < 0.05) <= 0.05


def test_without_any_disagreement_the_interval_is_not_a_point() -> None:
    low, high = bootstrap_interval(McNemar(both=100, only_left=0, only_right=0, neither=10))
    # Clopper and Pearson's upper bound for nothing in 110.
    assert high == pytest.approx(binomtest(0, 110).proportion_ci(method="exact").high)
    assert low == -high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_and_never_exceeds_bonferroni(p_values: list[float]) -> None:
    raised = holm(p_values)
    assert all(
        given <= found <= min(1, len(p_values) * given) + 1e-12 for given, found in zip(p_values, raised, strict=True)
    )
    # Benjamini and Hochberg control less, so they never raise more.
    assert all(found >= lower - 1e-12 for found, lower in zip(raised, false_discovery_control(p_values), strict=True))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (McNemar(97, 2, 5, 6), "Cannot be told apart on 110 test images: 2.7 percentage points better"),
        (McNemar(60, 5, 30, 15), "Shown on these 110 test images: 22.7 percentage points better"),
        (McNemar(60, 30, 5, 15), "22.7 percentage points worse"),
        (McNemar(100, 0, 0, 10), "each image is right in both or wrong in both"),
        (McNemar(90, 5, 5, 10), "as many are right in both; 5 are right only here, 5 only in the baseline"),
        (McNemar(105, 0, 5, 0), "fewer than 6 images are right in one only, nothing can be shown"),
        (McNemar(0, 0, 1, 0), "on 1 test image:"),
    ],
)
def test_it_is_said_in_plain_words(counts: McNemar, expected: str) -> None:
    found = representation(counts, p_adjusted=counts.p_value, comparisons=1, split="test")
    assert expected in found["words"]
    assert found["is_shown"] == (found["p_value"] < 0.05)


@given(st.integers(0, 40), st.integers(0, 80), st.integers(0, 300), st.integers(1, 5))
def test_interval_and_p_value_never_contradict_each_other_without_a_word(
    left: int, right: int, both: int, comparisons: int
) -> None:
    counts = McNemar(both=both, only_left=left, only_right=right, neither=1)
    p_adjusted = min(1.0, counts.p_value * comparisons)
    found = representation(counts, p_adjusted=p_adjusted, comparisons=comparisons, split="test")
    low, high = found["interval"]
    leaves_out_0 = not low <= 0 <= high
    assert leaves_out_0 or not found["is_shown"]
    assert ("The interval leaves out 0, but" in found["words"]) == (leaves_out_0 and not found["is_shown"])


def test_why_an_interval_leaves_out_0_where_nothing_is_shown() -> None:
    five = representation(McNemar(105, 0, 5, 0), p_adjusted=0.0625, comparisons=1, split="test")
    assert "a bootstrap is narrow where few images are right in one only" in five["words"]
    several = representation(McNemar(90, 2, 12, 6), p_adjusted=5 * 0.0129, comparisons=5, split="test")
    assert "it is of this comparison alone; p counts all of them" in several["words"]


def run_of(number: int, *, seed: int, accuracy: float | None, epochs: int = 2, state: str = "finished") -> Run:
    return Run.model_validate(
        {
            "id": str(number),
            "name": "a run",
            "state": state,
            "architecture_id": "a",
            "dataset_id": "d",
            "version_id": "v",
            "configuration": Configuration(epochs=epochs, seed=seed),
            "progress": {"epochs": epochs},
            "evaluation": {} if accuracy is None else {"test": {"accuracy": accuracy, "loss": 1.0}},
            "created_at": "2026-01-01T00:00:00Z",
        }
    )


def test_runs_that_differ_in_their_seed_alone_are_one_group_with_mean_and_spread() -> None:
    runs = [run_of(n, seed=n, accuracy=0.8 + n / 100) for n in range(4)]
    others = [run_of(9, seed=0, accuracy=0.5, epochs=3), run_of(10, seed=1, accuracy=0.6, epochs=3)]
    again = run_of(11, seed=0, accuracy=0.8)
    first, second = repeats([*runs, *others, again])
    assert first["runs"] == ["0", "1", "2", "3"]  # the same seed again is no new evidence
    measured = first["measures"]["test_accuracy"]
    values = [0.8, 0.81, 0.82, 0.83]
    assert measured["mean"] == pytest.approx(np.mean(values))
    assert measured["sd"] == pytest.approx(np.std(values, ddof=1))
    assert (measured["n"], measured["low"], measured["high"]) == (4, 0.8, pytest.approx(0.83))
    assert second["runs"] == ["9", "10"]
    # Of 15 arrangements none is as far apart; accuracy and loss are told at once, so the smaller p is doubled.
    assert second["against_first"] == {"test_accuracy": pytest.approx(2 / 15), "test_loss": 1.0}
    assert repeats([run_of(1, seed=1, accuracy=0.5)]) == []


def test_runs_that_did_not_finish_are_no_repeats_and_hide_none() -> None:
    good = [run_of(n, seed=n, accuracy=0.8 + n / 100) for n in range(3)]
    others = [
        run_of(10, seed=0, accuracy=None, state="failed"),  # before the one that finished: it must not take its place
        run_of(11, seed=1, accuracy=0.1, state="queued"),  # goes on, and has what was measured before
        run_of(12, seed=7, accuracy=0.2, state="stopped"),
        run_of(13, seed=8, accuracy=0.3, state="diverged"),
        run_of(14, seed=9, accuracy=None),
    ]
    [group] = repeats([*others, *good])
    assert (group["runs"], group["seeds"]) == (["0", "1", "2"], [0, 1, 2])
    assert group["measures"]["test_accuracy"]["values"] == pytest.approx([0.8, 0.81, 0.82])
    assert group["measures"]["test_accuracy"]["n"] == 3
    assert [(run["seed"], run["state"]) for run in group["left_out"]] == [(7, "stopped"), (8, "diverged")]
    assert repeats(others) == []


def test_p_values_of_several_groups_are_raised_together() -> None:
    # Six runs each: of 924 arrangements two are as far apart.
    runs = [
        run_of(100 * group + seed, seed=seed, accuracy=0.5 + group / 10 + seed / 1000, epochs=group + 1)
        for group in range(4)
        for seed in range(6)
    ]
    first, *rest = repeats(runs)
    assert first["against_first"] is None
    # Three groups with two measures each are six p-values; those of the losses, which are all alike, are 1.
    assert [group["against_first"]["test_accuracy"] for group in rest] == pytest.approx([6 * 2 / 924] * 3)
    assert [group["against_first"]["test_loss"] for group in rest] == [1.0] * 3


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.lists(st.integers(0, 30), min_size=2, max_size=6))
def test_groups_are_told_apart_as_scipy_does(left: list[int], right: list[int]) -> None:
    expected = permutation_test(
        (np.array(left), np.array(right)),
        lambda a, b: abs(np.sum(a) * len(b) - np.sum(b) * len(a)),  # in whole numbers: nothing is lost to rounding
        permutation_type="independent",
        alternative="greater",
        n_resamples=np.inf,
    )
    assert permutation_p([n / 30 for n in left], [n / 30 for n in right]) == pytest.approx(expected.pvalue)


def test_large_groups_are_tested_by_drawing() -> None:
    random = np.random.default_rng(2)
    left, right = random.normal(0.8, 0.02, 12), random.normal(0.83, 0.02, 12)
    assert permutation_p(list(left), list(right)) < 0.05
    assert permutation_p(list(left), list(left)) == 1.0
    assert spread([0.5, 0.7])["sd"] == pytest.approx(np.std([0.5, 0.7], ddof=1))
