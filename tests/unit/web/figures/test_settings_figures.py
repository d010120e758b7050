"""Settings against results, for numbers, words and what is not there."""

import itertools
from typing import Any

import pytest

from app.web.figures.settings_figures import metrics_of, parallel_figure, scatter_figure, settings_of


def compared(**settings: list[Any]) -> dict[str, Any]:
    count = len(next(iter(settings.values())))
    runs = [
        {
            "id": f"id{number}",
            "name": f"run <{number}>",
            "summary": {"val_accuracy": {"best": 0.5 + number / 10}, "val_loss": {"best": None}},
            "evaluation": {"test": {"accuracy": 0.4}} if number == 0 else {},
        }
        for number in range(count)
    ]
    configuration = [
        {"name": name, "values": values, "differs": len(set(map(repr, values))) > 1}
        for name, values in settings.items()
    ]
    return {"runs": runs, "configuration": configuration}


def test_numbers_stay_numbers_wide_ones_become_logarithms_and_all_else_words() -> None:
    figure = parallel_figure(
        compared(
            learning_rate=[0.001, 0.01, 0.1],
            batch_size=[16, 32, 64],
            optimizer=["sgd", "adam", "adam"],
            momentum=[0.9, None, None],
            nesterov=[True, False, None],
            epochs=[5, 5, 5],
        )
    )
    assert len(figure["data"]) == 3
    said = [trace["text"] for trace in figure["data"]]
    assert said[0] == [
        "learning rate: 0.001", "batch size: 16", "optimizer: sgd", "momentum: 0.9", "nesterov: yes", "validation accuracy: 0.5"
    ]  # fmt: skip
    assert said[2][3:5] == ["momentum: –", "nesterov: –"]
    rates, sizes, *_ = zip(*(trace["y"] for trace in figure["data"]), strict=True)
    assert rates == pytest.approx((0, 0.5, 1))
    assert sizes == pytest.approx((0, 1 / 3, 1))
    assert {line["x0"] for line in figure["layout"]["shapes"]} == set(range(6))
    assert len({trace["line"]["color"] for trace in figure["data"]}) == 3


def test_a_run_that_has_reached_nothing_yet_hides_nobody_else() -> None:
    found = compared(batch_size=[16, 32, 64], seed=[1, 1, 2])
    found["runs"][2] |= {"summary": {}, "evaluation": {}}
    figure = parallel_figure(found)
    assert [trace["name"] for trace in figure["data"]] == ["run &lt;0&gt;", "run &lt;1&gt;"]
    assert [text.partition(":")[0] for text in figure["data"][0]["text"]] == ["batch size", "validation accuracy"]


def test_texts_of_an_axis_do_not_lie_on_one_another() -> None:
    figure = parallel_figure(compared(seed=list(range(40)), style=["<i>"] * 39 + ["b"]))
    places = [text["y"] for text in figure["layout"]["annotations"] if text["x"] == 0 and "xanchor" in text]
    assert places[-1] == 1
    assert all(later - earlier > 0.059 for earlier, later in itertools.pairwise(places))
    assert "<i>" not in str(figure["layout"]["annotations"])


def test_only_what_somebody_reached_is_a_metric() -> None:
    assert [column.name for column in metrics_of(compared(seed=[1, 2]))] == ["val_accuracy", "test_accuracy"]
    assert [column.name for column in settings_of(compared(seed=[1, 2], epochs=[3, 3]))] == ["seed"]


def test_a_point_is_a_run_and_its_name_is_text() -> None:
    figure = scatter_figure(compared(seed=[3, 1], style=["a", "b"]), setting="seed", metric="val_accuracy")
    (trace,) = figure["data"]
    assert (trace["x"], trace["y"]) == ([3, 1], [0.5, 0.6])
    assert trace["text"] == ["run &lt;0&gt;", "run &lt;1&gt;"]
    assert figure["layout"]["xaxis"]["type"] == "linear"
    words = scatter_figure(compared(style=["a", "b"]), setting="style", metric="val_accuracy")
    assert words["layout"]["xaxis"]["type"] == "category"


@pytest.mark.parametrize(("setting", "metric"), [("<b>", "val_accuracy"), ("seed", "nothing")])
def test_what_is_not_there_is_said(setting: str, metric: str) -> None:
    figure = scatter_figure(compared(seed=[1, 2]), setting=setting, metric=metric)
    assert figure["data"] == []
    assert "<b>" not in figure["layout"]["annotations"][0]["text"]
    assert parallel_figure(compared(seed=[1, 1]))["data"] == []


def test_one_result_of_all_runs_stands_in_the_middle() -> None:
    found = compared(seed=[1, 2])
    for run in found["runs"]:
        run["summary"]["val_accuracy"]["best"] = 0.78
    low, high = scatter_figure(found, setting="seed", metric="val_accuracy")["layout"]["yaxis"]["range"]
    assert (low + high) / 2 == pytest.approx(0.78)
    assert (
        "range" not in scatter_figure(compared(seed=[1, 2]), setting="seed", metric="val_accuracy")["layout"]["yaxis"]
    )
