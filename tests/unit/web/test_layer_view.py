"""The layer table is sorted, searched and folded as the address asks, and every address says it again."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from app.core.architectures.layer_table import LayerTable, Row
from app.web.pages.layer_view import COLUMNS, Asked, layer_view, memory_of, written_value
from tests.factories.tables import chain


def table(**changes: dict[str, Any]) -> LayerTable:
    """An input and five convolutions, some rows changed."""
    plain = chain(5)
    rows = tuple(row.model_copy(update=changes.get(row.name, {})) for row in plain.rows)
    return plain.model_copy(update={"rows": rows})


def names(shown: LayerTable, **asked: Any) -> list[str]:
    view = layer_view(shown, Asked(**asked), is_chain=True)
    return [row.name for group in view.groups for row in group.rows]


def test_rows_stand_as_they_are_written_unless_a_column_is_asked_for() -> None:
    shown = table(conv2d_2={"parameters": 900}, conv2d_4={"parameters": 500})
    assert names(shown) == ["image", "conv2d_1", "conv2d_2", "conv2d_3", "conv2d_4", "conv2d_5"]
    assert names(shown, sort="-parameters")[:2] == ["conv2d_2", "conv2d_4"]
    assert names(shown, sort="parameters")[-2:] == ["conv2d_4", "conv2d_2"]
    assert names(shown, sort="-output")[:2] == ["image", "conv2d_1"]


@pytest.mark.parametrize("sort", ["parameters", "-parameters", "macs", "-macs"])
def test_what_is_not_known_stands_last(sort: str) -> None:
    shown = table(conv2d_2={"parameters": None, "macs": None})
    assert names(shown, sort=sort)[-1] == "conv2d_2"


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_sorts(column: str) -> None:
    shown = table(conv2d_3={"receptive_field": (3, 3)}, conv2d_5={"output_shapes": None})
    assert sorted(names(shown, sort=column)) == sorted(names(shown, sort=f"-{column}")) == sorted(names(shown))


def test_search_looks_at_names_kinds_and_arguments() -> None:
    shown = table(conv2d_3={"config": {"padding": "same"}})
    assert names(shown, q="SAME") == ["conv2d_3"]
    assert names(shown, q="inputlayer") == ["image"]
    assert names(shown, q="conv2d_4") == ["conv2d_4", "conv2d_5"]  # the fifth takes the fourth
    assert names(shown, q="nothing like it") == []


def test_blocks_fold_and_a_search_opens_them() -> None:
    rows: list[Row] = list(table().rows)
    rows[2] = rows[2].model_copy(update={"kind": "MaxPooling2D"})
    shown = table().model_copy(update={"rows": tuple(rows)})
    groups = layer_view(shown, Asked(by_block=True, open=("Stage 2",)), is_chain=True).groups
    assert [(group.name, group.is_open) for group in groups] == [("", False), ("Stage 1", False), ("Stage 2", True)]
    assert groups[1].parameters == 200
    assert groups[1].kinds == "Conv2D, MaxPooling2D"
    found = layer_view(shown, Asked(by_block=True, q="conv2d_1"), is_chain=True).groups
    assert all(group.is_open for group in found)


def test_a_branching_network_shows_what_is_connected() -> None:
    assert "inputs" not in layer_view(table(), Asked(), is_chain=True).columns
    assert "inputs" in layer_view(table(), Asked(), is_chain=False).columns
    chosen = layer_view(table(), Asked(columns=("activation",)), is_chain=False).columns
    assert chosen == ("kind", "name", "output", "parameters", "activation")


def test_every_link_keeps_the_rest_of_the_address() -> None:
    asked = Asked(q="conv", sort="-macs", columns=("macs",), open=("a", "b"), batch_size=32, style="subclassed")
    assert (
        Asked(
            **{key: value if key in {"open", "columns"} else value[0] for key, value in parse_qs(asked.query()).items()}
        )
        == asked
    )
    assert Asked().query() == ""
    assert parse_qs(asked.toggled("a"))["open"] == ["b"]
    assert parse_qs(asked.toggled("c"))["open"] == ["a", "b", "c"]


def test_a_column_is_sorted_one_way_the_other_and_not_at_all() -> None:
    first = Asked().sorted_by("parameters")
    second = Asked(sort="-parameters").sorted_by("parameters")
    assert (first, second) == ("sort=-parameters", "sort=parameters")
    assert Asked(sort="parameters").sorted_by("parameters") == ""


@pytest.mark.parametrize("wrong", [{"sort": "size"}, {"batch_size": 0}, {"precision": "int3"}, {"optimizer": "Best"}])
def test_what_cannot_be_asked_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Asked(**wrong)


def test_memory_grows_with_the_batch_and_shrinks_with_the_precision() -> None:
    shown = table()
    totals = shown.totals.model_copy(update={"parameters": 10, "trainable_parameters": 10, "activation_bytes": 100})
    shown = shown.model_copy(update={"totals": totals})
    one, many = (memory_of(shown, Asked(batch_size=size)) for size in (1, 32))
    half = memory_of(shown, Asked(precision="float16"))
    assert many.step - one.step == 31 * 2 * 100
    assert half.step < one.step
    assert (one.weights, half.weights) == (40, 20)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([3, 3], "(3, 3)"),
        ([3], "(3,)"),
        ("same", "same"),
        (None, "None"),
        (True, "True"),
        ({"symbol": "n"}, "n"),
        ({"kind": "L2", "config": {"l2": 0.1}}, "L2(l2=0.1)"),
        ({"code": "lambda x: x"}, "lambda x: x"),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_arguments_are_written_as_in_python(value: Any, text: str) -> None:
    assert written_value(value) == text
