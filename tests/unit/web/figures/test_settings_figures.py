"""Settings against results, for numbers, words and what is not there."""

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
    (trace,) = figure["data"]
    found = {dimension["label"]: dimension for dimension in trace["dimensions"]}
    assert list(found) == ["learning rate", "batch size", "optimizer", "momentum", "nesterov", "best validation ac…"]
    assert found["learning rate"]["values"] == pytest.approx([-3, -2, -1])
    assert found["learning rate"]["ticktext"] == ["0.001", "0.01", "0.1"]
    assert found["batch size"]["values"] == [16, 32, 64]
    assert [found["optimizer"]["ticktext"][place] for place in found["optimizer"]["values"]] == ["sgd", "adam", "adam"]
    assert [found["momentum"]["ticktext"][place] for place in found["momentum"]["values"]] == ["0.9", "–", "–"]
    assert [found["nesterov"]["ticktext"][place] for place in found["nesterov"]["values"]] == ["yes", "no", "–"]


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
