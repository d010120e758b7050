"""A comparison in words: badges, folded runs, shares, code before and after."""

import pytest

from app.core.architectures.differences import AlignedRow, Change
from app.services.differences import Comparison
from app.web.pages.cause_cards import cause_cards
from app.web.pages.difference_view import (
    TableRow,
    first_sentence,
    grouped,
    outputs,
    pieces,
    said,
    standing,
    table_rows,
)
from tests.factories.differences import comparison, left_table, right_table


def with_rows(*rows: AlignedRow) -> Comparison:
    found = comparison()
    differences = found.differences.model_copy(update={"rows": rows, "causes": ()})
    return Comparison(found.left, found.right, found.left_table, found.right_table, differences)


def test_a_row_says_how_it_stands_and_which_causes_it_has() -> None:
    rows = table_rows(comparison())
    assert [row.badge for row in rows] == [
        "",
        "introduced",
        "introduced",
        "stops here",
        "never reached",
        "never reached",
    ]
    assert [row.causes for row in rows] == [(), ("p",), ("p", "r"), ("p",), ("p",), ("p",)]
    assert [row.differs for row in rows] == [False, True, True, True, True, True]
    assert rows[3].left.state == "fails"
    assert rows[3].note == "2 × 2 × 8 arrives on the left"
    assert (rows[1].left.shape, rows[1].right.shape) == ("2 × 2 × 8", "4 × 4 × 8")
    assert [(word.field, word.left, word.right) for word in rows[2].words] == [("rate", "0.25", "0.2")]


def test_rows_on_one_side_and_rows_that_inherit_have_their_own_badges() -> None:
    cost = Change(field="macs", left=1, right=2, origin="inherited")
    rows = table_rows(
        with_rows(
            AlignedRow(left="conv2d", right=None, kind="Conv2D", status="removed"),
            AlignedRow(left=None, right="conv2d", kind="Conv2D", status="added"),
            AlignedRow(left="image", right="image", kind="InputLayer", status="differs", changes=(cost,)),
        )
    )
    assert [row.badge for row in rows] == ["only left", "only right", "inherited"]
    assert rows[0].right.state == rows[1].left.state == "absent"
    assert rows[2].note == "multiply-adds"


def test_other_connections_are_told_by_name() -> None:
    change = Change(field="inputs", left=[[0, 0]], right=[[0, 0], [1, 0]], origin="introduced")
    first = AlignedRow(left="image", right="image", kind="InputLayer", status="same")
    row = AlignedRow(left="conv2d", right="conv2d", kind="Conv2D", status="differs", changes=(change,))
    (words,) = table_rows(with_rows(first, row))[1].words
    assert (words.field, words.left, words.right) == ("takes", "image", "image, conv2d")


def test_long_runs_of_equal_rows_are_folded_and_short_ones_are_not() -> None:
    same, other = (row for row in table_rows(comparison())[:2])
    rows: list[TableRow] = [*[same] * 4, other, *[same] * 5]
    assert [(len(group.rows), group.folded) for group in grouped(rows, only_differences=False)] == [
        (4, False),
        (1, False),
        (5, True),
    ]
    assert [len(group.rows) for group in grouped(rows, only_differences=True)] == [1]


def test_a_side_says_where_it_stops_and_what_leaves_it() -> None:
    assert standing(left_table()) == "half-built: stops at conv2d_1, its 2nd Conv2D"
    assert standing(right_table()) == "complete"
    assert outputs(left_table()) == "2 × 2 × 8"
    assert outputs(right_table()) == "6"


def test_a_card_has_its_share_its_interaction_and_its_code() -> None:
    padding, rate = cause_cards(comparison())
    assert (padding.share, rate.share) == (1, 0)
    assert padding.in_smallest_set
    assert not rate.in_smallest_set
    assert padding.explains == "explains all 5 rows that differ"
    assert rate.explains == "no shape, 1 row"
    assert padding.together == "By itself +1,000 parameters; +1,358 once the causes before it are applied."
    assert rate.together == ""
    assert rate.code == (("Dropout(rate=0.25)", "Dropout(rate=0.2)"),)
    assert padding.where == "2 Conv2D layers: conv2d, conv2d_1"


def test_a_card_about_layers_of_two_kinds_names_no_kind() -> None:
    found = comparison()
    cause = found.differences.causes[0].model_copy(
        update={"kind": "topology", "field": "activation", "layer_kind": "ReLU"}
    )
    differences = found.differences.model_copy(update={"causes": (cause,)})
    (card,) = cause_cards(Comparison(found.left, found.right, found.left_table, found.right_table, differences))
    assert card.where == "2 layers: conv2d, conv2d_1"


def test_without_any_effect_on_parameters_no_share_is_shown() -> None:
    found = comparison()
    causes = tuple(cause.model_copy(update={"parameter_effect": None}) for cause in found.differences.causes)
    differences = found.differences.model_copy(update={"causes": causes})
    cards = cause_cards(Comparison(found.left, found.right, found.left_table, found.right_table, differences))
    assert [card.share for card in cards] == [0, 0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("valid", "valid"),
        (None, "None"),
        ([3, 3], "(3, 3)"),
        ({"symbol": "labels_values"}, "labels_values"),
        ([None, 224, {"symbol": "width"}, 3], "224 × width × 3"),
        ("x" * 100, "x" * 79 + "…"),
    ],
)
def test_values_are_said_in_few_words(value: object, words: str) -> None:
    assert said(value) == words  # type: ignore[arg-type]


def test_code_in_a_sentence_is_told_apart() -> None:
    text = "It has padding='valid' and `x = 1`, at kernel_size=(3, 3)."
    assert pieces(text) == [
        ("It has ", False),
        ("padding='valid'", True),
        (" and ", False),
        ("x = 1", True),
        (", at ", False),
        ("kernel_size=(3, 3)", True),
        (".", False),
    ]


def test_the_first_sentence_stands_alone() -> None:
    assert first_sentence("One cause: padding. The rest follows. So it is.") == (
        "One cause: padding.",
        "The rest follows. So it is.",
    )
    assert first_sentence("The rate is 0.25 e.g. here.") == ("The rate is 0.25 e.g. here.", "")
