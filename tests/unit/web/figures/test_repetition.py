"""What repeats in a long network is shown once, and nothing that differs is taken for a repetition."""

from hypothesis import given
from hypothesis import strategies as st

from app.core.architectures.layer_table import Failure, LayerTable, Row
from app.web.figures.repetition import FEWEST_ROWS, Repetition, folded, sources_of
from app.web.figures.shape_diagram import shape_diagram
from tests.factories.tables import TOTALS, row

SHAPE = (None, 8, 8, 4)
SHORT_CUT = "Add"


def network(kinds: list[str], *, failure: str | None = None) -> LayerTable:
    """An input and one row after another; an `Add` takes the fourth row before it too."""
    rows = [row("image", "InputLayer", arrives=None, leaves=SHAPE)]
    for number, kind in enumerate(kinds):
        after = (rows[-1].name, rows[-4].name) if kind == SHORT_CUT else (rows[-1].name,)
        rows.append(row(f"row_{number}", kind, after=after, arrives=SHAPE, leaves=SHAPE))
    found = failure and Failure(call=failure, kind="Conv2D", input_shapes=(SHAPE,), message="nothing is left")
    return LayerTable(complete=not failure, failure=found or None, totals=TOTALS, rows=tuple(rows))


def kinds_of(rows: tuple[Row, ...]) -> list[str]:
    return [each.kind for each in rows]


def test_a_short_network_stays_as_it_is() -> None:
    table = network(["Conv2D"] * (FEWEST_ROWS - 1))
    assert folded(table) == (table, ())


def test_a_unit_begins_at_its_convolution_and_what_follows_takes_its_end() -> None:
    table, found = folded(network(["Dense", *["BatchNormalization", "Conv2D"] * 40, "BatchNormalization", "Dense"]))
    assert kinds_of(table.rows) == [
        "InputLayer", "Dense", "BatchNormalization", "Conv2D", "BatchNormalization", "Dense",
    ]  # fmt: skip
    assert found == (Repetition(start=3, end=5, times=40),)
    assert table.rows[-1].inputs == (table.rows[-2].call,)


def test_blocks_with_a_short_cut_repeat_too() -> None:
    table, found = folded(network(["Dense", "Flatten", *["Conv2D", "ReLU", "Conv2D", "Add"] * 20, "Softmax"]))
    assert [each.times for each in found] == [20]
    assert kinds_of(table.rows[found[0].start : found[0].end]) == ["Conv2D", "ReLU", "Conv2D", "Add"]


def test_other_arguments_shapes_or_weights_are_no_repetition() -> None:
    rows = list(network(["Conv2D"] * 80).rows)
    changed = {"config": {"dilation_rate": 2}, "output_shapes": ((None, 8, 8, 5),), "parameters": 7, "macs": 7}
    for place, (field, value) in enumerate(changed.items(), start=2):
        rows[10 * place] = rows[10 * place].model_copy(update={field: value})
    table, found = folded(network([]).model_copy(update={"rows": tuple(rows)}))
    assert {rows[number].call for number in (20, 30, 40, 50)} <= {each.call for each in table.rows}
    assert [each.times for each in found] == [19, 9, 9, 9, 30]


def test_where_building_stops_is_always_shown() -> None:
    table, _ = folded(network(["Conv2D"] * 80, failure="row_40"))
    assert "row_40" in {each.call for each in table.rows}


def test_a_connection_out_of_the_middle_keeps_the_unit_unfolded() -> None:
    rows = list(network(["Conv2D"] * 80 + ["Add"]).rows)
    rows[-1] = rows[-1].model_copy(update={"inputs": ("row_79", "row_30")})
    table, found = folded(network([]).model_copy(update={"rows": tuple(rows)}))
    assert (len(table.rows), found) == (82, ())


def test_a_layer_that_is_called_again_and_again_is_no_repetition() -> None:
    rows = network(["Conv2D"] * 80).rows
    shared = tuple(each if each.kind == "InputLayer" else each.model_copy(update={"name": "conv"}) for each in rows)
    assert folded(network([]).model_copy(update={"rows": shared}))[1] == ()


@given(
    pieces=st.lists(
        st.tuples(
            st.lists(st.sampled_from(["Conv2D", "ReLU", "BatchNormalization", "Dense", "Add"]), min_size=1, max_size=6),
            st.integers(1, 30),
        ),
        min_size=3,
        max_size=8,
    )
)
def test_unfolded_again_it_is_the_same_network(pieces: list[tuple[list[str], int]]) -> None:
    table = network(["Conv2D"] * 3 + [kind for unit, times in pieces for _ in range(times) for kind in unit])
    short, found = folded(table)
    kinds = kinds_of(short.rows)
    for each in reversed(found):
        kinds[each.start : each.end] = kinds[each.start : each.end] * each.times
    assert kinds == kinds_of(table.rows)
    assert all(source < number for number, sources in enumerate(sources_of(short.rows)) for source in sources)


def test_the_diagram_says_how_many_times_and_only_where_asked() -> None:
    table = network(["Conv2D", "ReLU"] * 150)
    shown = shape_diagram(table, repeats="folded")
    assert [note["text"] for note in shown["layout"]["annotations"]] == ["<b>×\u202f150</b>"]
    assert shown["layout"]["meta"]["is_folded"]
    assert len(shown["layout"]["shapes"]) == 1
    whole = shape_diagram(table)
    assert whole["layout"]["annotations"] == whole["layout"]["shapes"] == []
    assert not whole["layout"]["meta"]["is_folded"]
