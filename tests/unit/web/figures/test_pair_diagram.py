"""Both networks in one figure: the left above the axis, the right below, coloured by what differs."""

import json
from typing import Any

import plotly.graph_objects as go
import pytest

from app.core.architectures.differences import AlignedRow, Counts, Differences
from app.core.architectures.layer_table import LayerTable
from app.web.figures.pair_diagram import ABSENT, FAILED, INHERITED, INTRODUCED, MISSING, SAME, pair_diagram
from tests.factories.differences import differences, left_table, right_table
from tests.factories.tables import TOTALS, chain, row


def traces(figure: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for trace in figure["data"]:
        if trace.get("fill"):
            found.setdefault(trace["name"], []).append(trace)
    return found


def columns(figure: dict[str, Any], name: str, *, above: bool) -> set[int]:
    """The columns in which a front of that look stands, above or below the axis."""
    front = traces(figure)[name][0]
    return {round(x) for x, y in zip(front["x"], front["y"], strict=True) if x is not None and (y > 0) == above}


def alike(left: LayerTable, right: LayerTable) -> Differences:
    rows = tuple(
        AlignedRow(left=one.call, right=two.call, kind=one.kind, status="same")
        for one, two in zip(left.rows, right.rows, strict=True)
    )
    return Differences(
        identical=True,
        parameters=Counts(left=0, right=0),
        rows=rows,
        causes=(),
        consequences=(),
        excluded=(),
        summary="Nothing differs.",
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plotly_accepts_the_figure_and_json_carries_it(theme: Any) -> None:
    figure = pair_diagram(left_table(), right_table(), differences(), theme=theme)
    go.Figure(figure)
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure


def test_each_row_is_coloured_by_what_differs_in_it() -> None:
    figure = pair_diagram(left_table(), right_table(), differences())
    assert columns(figure, SAME, above=True) == columns(figure, SAME, above=False) == {0}
    assert columns(figure, INTRODUCED, above=True) == {1, 2}
    assert columns(figure, INTRODUCED, above=False) == {1, 2, 3}
    assert columns(figure, INHERITED, above=False) == {4, 5}
    assert columns(figure, FAILED, above=True) == {3}
    assert columns(figure, MISSING, above=True) == {4, 5}
    assert traces(figure)[MISSING][0]["line"]["dash"] == "dot"
    assert ABSENT not in traces(figure)


def test_where_it_stops_and_what_weighs_most_are_said() -> None:
    figure = pair_diagram(left_table(), right_table(), differences())
    stops, _, weighs = figure["layout"]["annotations"]
    assert (stops["text"], stops["x"]) == ("2 × 2 map, 3 × 3 kernel", 3)
    assert stops["ay"] > stops["y"] > 0
    assert (weighs["text"], weighs["x"]) == ("128 × 6 = 774 parameters", 5)
    assert weighs["ay"] < weighs["y"] < 0


def test_the_pointer_is_told_what_a_layer_itself_changes_and_not_what_follows() -> None:
    figure = pair_diagram(left_table(), right_table(), differences())
    left = next(trace for trace in figure["data"] if trace.get("mode") == "markers")["customdata"]
    assert left[0][0] == "left: image"
    assert left[1][-1].endswith("differs by its own padding")
    assert "differs" not in left[4][-1]


def test_a_row_without_a_partner_leaves_an_outline_on_the_other_side() -> None:
    left, right = chain(3), chain(2)
    rows = (*alike(right, right).rows, AlignedRow(left="conv2d_3", right=None, kind="Conv2D", status="removed"))
    figure = pair_diagram(left, right, alike(right, right).model_copy(update={"rows": rows}))
    assert columns(figure, ABSENT, above=False) == {3}
    assert columns(figure, INTRODUCED, above=True) == {3}


def test_a_skip_is_drawn_on_the_side_that_has_it() -> None:
    shape = (None, 8, 8, 4)
    rows = (
        row("image", "InputLayer", arrives=None, leaves=shape),
        row("conv2d", "Conv2D", after=("image",), arrives=shape, leaves=shape),
        row("add", "Add", after=("conv2d", "image"), arrives=shape, leaves=shape),
    )
    table = LayerTable(complete=True, failure=None, totals=TOTALS, rows=rows)
    figure = pair_diagram(table, table, alike(table, table))
    above, below = (
        [y for y in trace["y"] if y is not None] for trace in figure["data"] if trace.get("name") == "connection"
    )
    assert min(above) > 0 > max(below)
    assert [-y for y in below] == above


def test_rows_aligned_in_another_order_than_listed_are_drawn_where_they_are_aligned() -> None:
    shape = (None, 8)
    rows = (
        row("a", "InputLayer", arrives=None, leaves=shape),
        row("b", "InputLayer", arrives=None, leaves=shape),
        row("add", "Add", after=("a", "b"), arrives=shape, leaves=shape),
    )
    table = LayerTable(complete=True, failure=None, totals=TOTALS, rows=rows)
    turned = LayerTable(complete=True, failure=None, totals=TOTALS, rows=(rows[1], rows[0], rows[2]))
    figure = pair_diagram(table, turned, alike(table, table))
    go.Figure(figure)
    hover = [trace for trace in figure["data"] if trace.get("mode") == "markers"]
    assert [facts[0] for facts in hover[1]["customdata"]] == ["right: a", "right: b", "right: add"]


def test_three_hundred_rows_stay_light_and_names_cannot_bring_markup() -> None:
    left, right = chain(300), chain(300, first_name='<b onclick="x">')
    figure = pair_diagram(left, right, alike(left, right))
    assert len(json.dumps(figure)) < 600_000
    assert "<b onclick" not in json.dumps(figure)
    assert "overview" in figure["layout"]["meta"]
