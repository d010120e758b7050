"""Comparisons over REST and as a page: what is shown of runs, and what is refused."""

import csv
import io
import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.architectures.architecture import Style
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.web.figures.palette import series_of_runs
from tests.factories.histories import run_with, told


def pair(services: ServiceBundle) -> tuple[Run, Run]:
    """Sequential and functional, with equal histories."""
    database: Any = services.database
    first = run_with(database, list(told(epochs=3, steps_per_epoch=40)), name="sequential one")
    second = run_with(
        database, list(told(epochs=3, steps_per_epoch=40)), name="functional one", style=Style.FUNCTIONAL, beside=first
    )
    return first, second


def ids(*runs: Run) -> str:
    return ",".join(run.id for run in runs)


def asked(client: TestClient, path: str, **values: object) -> Any:
    answer = client.get(f"/api/v1/comparisons{path}", params={name: str(value) for name, value in values.items()})
    assert answer.status_code == 200, answer.text
    return answer


def test_runs_that_differ_only_in_style_are_identical_and_one_changed_padding_is_not(
    client: TestClient, services: ServiceBundle
) -> None:
    first, second = pair(services)
    parts = run_with(
        services.database,  # type: ignore[arg-type]
        [
            *list(told(epochs=3, steps_per_epoch=40))[:2],
            *told(epochs=3, steps_per_epoch=40, first=2, digest="p", seed=9),
        ],
        name="other padding",
        beside=first,
    )
    found = asked(client, "", runs=ids(first, second, parts)).json()
    assert found["twins"] == [
        {"run": second.id, "identical_epochs": 3, "first_epoch": None, "identical_steps": 120, "first_step": None},
        {"run": parts.id, "identical_epochs": 1, "first_epoch": 2, "identical_steps": 40, "first_step": 41},
    ]
    assert (found["identical_through"], found["first_divergence"]) == (1, 2)
    page = client.get(f"/comparison?runs={ids(first, second, parts)}").text
    assert "bit-identical through epoch 3, and all 120 losses of steps" in page
    assert "bit-identical through epoch 1; weights differ from epoch 2 on, the losses part at step 41" in page
    assert f"/differences?left={first.architecture_id}&right={parts.architecture_id}" in page


def test_deltas_are_to_the_baseline_that_is_named(client: TestClient, services: ServiceBundle) -> None:
    first, second = pair(services)
    worse = run_with(services.database, list(told(epochs=1, steps_per_epoch=40)), name="short", beside=first)  # type: ignore[arg-type]
    by_first = asked(client, "", runs=ids(first, worse)).json()
    assert by_first["baseline"] == first.id
    by_second = asked(client, "", runs=ids(first, worse), baseline=worse.id).json()
    assert by_second["baseline"] == worse.id
    delta = by_first["deltas"][worse.id]["val_loss"]["best"]
    assert delta > 0
    assert by_second["deltas"][first.id]["val_loss"]["best"] == -delta
    assert second.id not in by_second["deltas"]


def test_a_figure_has_a_line_for_each_run_in_its_own_colour_and_its_seams(
    client: TestClient, services: ServiceBundle
) -> None:
    first, second = pair(services)
    resumed = run_with(
        services.database,  # type: ignore[arg-type]
        list(told(epochs=2, steps_per_epoch=40)),
        list(told(epochs=3, steps_per_epoch=40, first=3)),
        name="resumed",
        beside=first,
    )
    figure = asked(client, "/figure", runs=ids(first, second, resumed), metric="batch_loss", x="step").json()
    lines = {trace["meta"]["run"]: trace for trace in figure["data"]}
    assert set(lines) == {first.id, second.id, resumed.id}
    assert [lines[run.id]["meta"]["seams"] for run in (first, second, resumed)] == [[], [], [80]]
    assert len({trace["line"]["color"] for trace in lines.values()}) == 3
    narrow = asked(
        client, "/figure", runs=ids(first), metric="batch_loss", x="step", x_from=50, x_to=60, max_points=500
    ).json()
    assert narrow["data"][0]["x"] == list(range(49, 62))
    assert asked(client, "/figure", runs=ids(first), metric="unheard_of").json()["data"] == []


def test_runs_are_grouped_by_any_setting(client: TestClient, services: ServiceBundle) -> None:
    first, second = pair(services)
    other = run_with(services.database, list(told(epochs=3, steps_per_epoch=40, seed=2)), beside=first, seed=9)  # type: ignore[arg-type]
    by_style = asked(client, "/figure", runs=ids(first, second, other), metric="val_loss", group="style").json()["data"]
    assert [trace["name"] for trace in by_style] == ["style: sequential (2)", "style: functional (1)"]
    band = by_style[0]["meta"]["band"]
    assert all(low <= mean <= high for low, mean, high in zip(band["low"], by_style[0]["y"], band["high"], strict=True))
    by_nothing = asked(client, "/figure", runs=ids(first, other), metric="val_loss", group="unheard_of").json()["data"]
    assert [trace["name"] for trace in by_nothing] == ["unheard of: – (2)"]


def test_a_page_that_is_open_before_its_runs_begin_has_charts_for_what_will_come(
    client: TestClient, services: ServiceBundle
) -> None:
    run = run_with(services.database, [], name="has not begun", state=RunState.RUNNING)  # type: ignore[arg-type]
    page = client.get(f"/comparison?runs={run.id}").text
    for metric in ("val_accuracy", "loss", "learning_rate", "batch_loss"):
        assert f'data-test="chart-{metric}"' in page
    assert 'data-module="live"' in page
    ended = run_with(services.database, [], name="never began", state=RunState.STOPPED)  # type: ignore[arg-type]
    assert "No curve yet" in client.get(f"/comparison?runs={ended.id}").text


def test_a_run_keeps_its_colour_whatever_it_is_beside() -> None:
    runs = [f"run-{number}" for number in range(40)]
    alone = {run: series_of_runs([run])[run] for run in runs}
    together = series_of_runs(runs[:16])
    assert sorted(together.values()) == list(range(16))
    assert together[runs[0]] == alone[runs[0]]
    assert series_of_runs(runs[:2]) == {run: together[run] for run in runs[:2]}
    assert series_of_runs(runs)[runs[39]] == alone[runs[39]]


def test_the_numbers_of_a_chart_go_along_as_csv_and_json(client: TestClient, services: ServiceBundle) -> None:
    first, second = pair(services)
    told_json = asked(client, "/series", runs=ids(first, second), metric="batch_loss", x="step").json()
    assert [run["name"] for run in told_json["runs"]] == ["sequential one", "functional one"]
    answer = asked(client, "/series", runs=ids(first, second), metric="batch_loss", x="step", format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"] == 'attachment; filename="batch_loss.csv"'
    assert len(rows) == 240
    for run in told_json["runs"]:
        mine = [row for row in rows if row["run"] == run["run"]]
        assert [float(row["batch_loss"]) for row in mine] == run["y"]
        assert [float(row["step"]) for row in mine] == run["x"]


@pytest.mark.parametrize(
    "query",
    ["runs=", "runs=,", "metric=loss", "runs={id}&x=moon", "runs={id}&x_from=nan", "runs={id}&max_points=1", "runs={id},gone", "runs={id}&theme=blue"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/comparisons/figure", "/api/v1/comparisons/series"])
def test_what_cannot_be_compared_is_refused_in_words(
    client: TestClient, services: ServiceBundle, path: str, query: str
) -> None:
    if "theme" in query and path.endswith("series"):
        return
    first, _ = pair(services)
    answer = client.get(f"{path}?{query.format(id=first.id)}", headers={"Accept": "application/json"})
    assert answer.status_code in {404, 422}
    assert answer.json()["detail"]


@pytest.mark.parametrize("query", ["smooth=2", "x=moon", "settings=none", "smooth=nan"])
def test_an_address_that_makes_no_sense_is_refused(client: TestClient, services: ServiceBundle, query: str) -> None:
    first, _ = pair(services)
    assert client.get(f"/comparison?runs={first.id}&{query}").status_code == 422


def test_the_page_describes_runs_as_they_are_filtered(client: TestClient, services: ServiceBundle) -> None:
    first = run_with(
        services.database,  # type: ignore[arg-type]
        list(told(epochs=1, steps_per_epoch=10)),
        name="<b>\"quoted\" & 'more'</b>",
        seed=7,
    )
    page = client.get(f"/comparison?runs={first.id}").text
    assert "<b>" not in page
    described = re.search(r'data-described="([^"]*)"', page)
    assert described is not None
    text = described[1].replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&")
    (run,) = json.loads(text)
    assert run["name"] == first.name
    assert run["values"]["seed"] == 7
    assert run["values"]["state"] == RunState.FINISHED.value
