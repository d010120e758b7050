"""The shape diagram is a valid figure that says where a network stops and trusts no name."""

import itertools
import json
from typing import Any

import plotly.graph_objects as go
import pytest

from app.core.architectures.architecture import Symbol
from app.core.architectures.layer_table import Failure, LayerTable, Row
from app.web.figures.boxes import Volume, scale_of, volumes_of
from app.web.figures.palette import FAMILIES, OTHER, family_of, theme_of
from app.web.figures.shape_diagram import shape_diagram
from tests.factories.tables import TOTALS, chain, row


def table_of(*rows: Row) -> LayerTable:
    return LayerTable(complete=True, failure=None, totals=TOTALS, rows=rows)


def words(figure: dict[str, Any]) -> list[str]:
    return [word for trace in figure["data"] if trace.get("mode") == "text" for word in trace["text"]]


def hover(figure: dict[str, Any]) -> list[list[str]]:
    facts: list[list[str]] = next(trace["customdata"] for trace in figure["data"] if trace.get("mode") == "markers")
    return facts


def names(figure: dict[str, Any]) -> set[str]:
    return {trace["name"] for trace in figure["data"] if "name" in trace}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("count", [1, 5, 60])
def test_plotly_accepts_the_figure_and_json_carries_it(count: int, theme: Any) -> None:
    figure = shape_diagram(chain(count), theme=theme)
    go.Figure(figure)
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure


def test_every_row_has_its_place_on_the_axis() -> None:
    figure = shape_diagram(chain(7))
    assert figure["layout"]["xaxis"]["ticktext"] == ["image", *[f"conv2d_{number}" for number in range(1, 8)]]
    assert [len(trace["x"]) for trace in figure["data"] if trace["type"] == "bar"] == [8, 8]


def test_a_failing_layer_is_red_and_named_and_what_follows_is_dotted() -> None:
    figure = shape_diagram(chain(6, stops_at=3))
    red = next(trace for trace in figure["data"] if trace["name"] == "stops here")
    assert red["line"]["color"] == theme_of("light").failure
    assert next(trace for trace in figure["data"] if trace["name"] == "never reached")["line"]["dash"] == "dot"
    (note,) = figure["layout"]["annotations"]
    assert note["x"] == 3
    assert "conv2d_3 cannot go on" in note["text"]


def test_a_complete_network_shows_no_failure() -> None:
    figure = shape_diagram(chain(6))
    assert names(figure) == {"input", "convolution", "parameters", "multiply-adds"}
    assert figure["layout"]["annotations"] == []


def test_names_cannot_bring_markup() -> None:
    figure = shape_diagram(chain(2, first_name='<a href="https://example.org">&</a>'))
    assert "<a" not in json.dumps(figure)
    assert all("example" not in trace.get("hovertemplate", "") for trace in figure["data"])


def test_sizes_and_failing_layers_cannot_bring_markup_either() -> None:
    named = (None, Symbol(symbol="<i>x</i>"))
    vector = row("vector", "InputLayer", arrives=None, leaves=named)
    failing = row("<u>dense</u>", "Dense", after=("vector",), arrives=named, leaves=None)
    failure = Failure(call="<u>dense</u>", kind="Dense", input_shapes=(named,), message="<s>no</s>")
    figure = shape_diagram(LayerTable(complete=False, failure=failure, totals=TOTALS, rows=(vector, failing)))
    assert not any(tag in json.dumps(figure) for tag in ("<i>", "<u>", "<s>"))
    assert words(figure) == ["&lt;i&gt;x&lt;/i&gt;"]


def test_a_branch_is_drawn_as_a_connection_over_what_it_skips() -> None:
    shape = (None, 8, 8, 4)
    rows = (
        row("image", "InputLayer", arrives=None, leaves=shape),
        row("conv2d", "Conv2D", after=("image",), arrives=shape, leaves=shape),
        row("add", "Add", after=("conv2d", "image"), arrives=shape, leaves=shape),
    )
    figure = shape_diagram(table_of(*rows))
    go.Figure(figure)
    (line,) = [trace for trace in figure["data"] if trace.get("name") == "connection"]
    highest = max(y for y in line["y"] if y is not None)
    assert highest > max(y for trace in figure["data"] if trace.get("fill") for y in trace["y"] if y is not None)
    assert 0 < min(x for x, y in zip(line["x"], line["y"], strict=True) if y == highest) < 1


def test_a_branch_stands_in_the_columns_of_its_depth_with_bars_that_share_them() -> None:
    shape = (None, 8, 8, 4)
    rows = (
        row("image", "InputLayer", arrives=None, leaves=shape),
        row("left", "Conv2D", after=("image",), arrives=shape, leaves=shape),
        row("right", "Conv2D", after=("image",), arrives=shape, leaves=shape),
        row("add", "Add", after=("left", "right"), arrives=shape, leaves=shape),
    )
    figure = shape_diagram(table_of(*rows))
    assert figure["layout"]["xaxis"]["ticktext"] == ["image", "left", "add"]
    for bars in (trace for trace in figure["data"] if trace["type"] == "bar"):
        assert [round(x) for x in bars["x"]] == [0, 1, 1, 2]
        assert bars["x"][1] + bars["width"][1] <= bars["x"][2]


def test_calls_of_a_shared_layer_are_tied() -> None:
    shape = (None, 32)
    rows = (
        row("vector", "InputLayer", arrives=None, leaves=shape),
        row("dense", "Dense", after=("vector",), arrives=shape, leaves=shape),
        row("relu", "ReLU", after=("dense",), arrives=shape, leaves=shape),
        row("again", "Dense", after=("relu",), arrives=shape, leaves=shape).model_copy(update={"name": "dense"}),
    )
    figure = shape_diagram(table_of(*rows))
    (tie,) = [trace for trace in figure["data"] if trace.get("name") == "shared layer"]
    assert tie["line"]["dash"] == "dash"
    assert (tie["x"][0], tie["x"][-2]) == (1, 3)
    assert min(y for y in tie["y"] if y is not None) < 0


def test_what_is_not_known_is_an_outline_with_a_question_mark_and_says_why() -> None:
    shape = (None, 8, 8, 4)
    unknown = row("mine", "Mine", after=("image",), arrives=shape, leaves=shape).model_copy(
        update={"output_shapes": None, "parameters": None, "note": "Mine is no layer of Keras."}
    )
    figure = shape_diagram(table_of(row("image", "InputLayer", arrives=None, leaves=shape), unknown))
    go.Figure(figure)
    outline = next(trace for trace in figure["data"] if trace.get("name") == "shape unknown")
    assert outline["line"]["dash"] == "dash"
    assert "?" in words(figure)
    assert "Mine is no layer of Keras." in json.dumps(hover(figure)[1])


def test_a_size_that_only_has_a_name_is_shown_by_it() -> None:
    named = (None, Symbol(symbol="labels_values"))
    rows = (
        row("vector", "InputLayer", arrives=None, leaves=(None, 8)),
        row("dense", "Dense", after=("vector",), arrives=(None, 8), leaves=named),
        row("relu", "ReLU", after=("dense",), arrives=named, leaves=named),
        row("end", "Dense", after=("relu",), arrives=named, leaves=(None, 2)),
    )
    figure = shape_diagram(table_of(*rows))
    go.Figure(figure)
    assert words(figure) == ["8", "labels_values", "2"]


def test_the_second_result_of_a_call_is_a_connection_to_that_call() -> None:
    shape = (None, 8)
    rows = (
        row("words", "InputLayer", arrives=None, leaves=(None, 5, 8)),
        row("lstm", "LSTM", after=("words",), arrives=(None, 5, 8), leaves=shape),
        row("dense", "Dense", after=("lstm:1",), arrives=shape, leaves=shape),
    )
    assert shape_diagram(table_of(*rows))["layout"]["xaxis"]["ticktext"] == ["words", "lstm", "dense"]


def test_a_long_network_can_be_seen_as_a_whole() -> None:
    figure = shape_diagram(chain(300))
    meta = figure["layout"]["meta"]
    assert meta["minimum_width"] == 301 * 22
    assert meta["overview"]["minimum_width"] < 700
    shown = meta["overview"]["xaxis"]["tickvals"]
    assert 20 < len(shown) < 50
    assert min(b - a for a, b in itertools.pairwise(shown)) >= 8
    assert len(json.dumps(figure)) < 500_000
    assert "overview" not in shape_diagram(chain(30))["layout"]["meta"]


def test_small_boxes_stay_readable_beside_large_ones_and_columns_stay_apart() -> None:
    large, small = (None, 224, 224, 64), (None, 6)
    volumes = volumes_of(
        (
            row("image", "InputLayer", arrives=None, leaves=large),
            row("dense", "Dense", after=("image",), arrives=large, leaves=small),
        )
    )
    boxes = [scale_of(volumes).box(volume, x=number) for number, volume in enumerate(volumes)]
    assert boxes[0].height == 1
    assert boxes[1].height > 0.04
    assert all(2 * box.half_width < 1 for box in boxes)


def test_axes_are_read_as_the_layers_around_say() -> None:
    first = (None, 3, 32, 16)
    rows = (
        row("image", "InputLayer", arrives=None, leaves=first),
        row("conv", "Conv2D", after=("image",), arrives=first, leaves=first).model_copy(
            update={"settings": {"data_format": "channels_first"}}
        ),
        row("relu", "ReLU", after=("conv",), arrives=first, leaves=first),
    )
    assert set(volumes_of(rows)) == {Volume(height=32, width=16, channels=3)}


def test_every_family_of_layers_has_a_colour_in_both_themes() -> None:
    for theme in ("light", "dark"):
        assert set(theme_of(theme).families) == {*[family for family, _ in FAMILIES], OTHER}
    assert family_of("Conv2DTranspose") == "convolution"
    assert family_of("LSTM") == OTHER
