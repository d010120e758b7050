"""Calls stand in the column of their depth, never on one another, and lines pass over what they skip."""

from hypothesis import given
from hypothesis import strategies as st

from app.web.figures.graph_layout import GraphLayout, in_one_row, lay_out


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(1, 25))
    return [
        draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3)) if number else [] for number in range(count)
    ]


def drawn(layout: GraphLayout, inputs: list[list[int]]) -> set[tuple[int, int]]:
    return {*layout.steps, *((wire.source, target) for wire in layout.wires for target in wire.targets)}


@given(graphs(), st.data())
def test_every_connection_is_drawn_once_and_leads_onward(inputs: list[list[int]], data: st.DataObject) -> None:
    heights = data.draw(st.lists(st.floats(0.05, 1.2), min_size=len(inputs), max_size=len(inputs)))
    layout = lay_out(inputs, heights)
    edges = {(source, target) for target, sources in enumerate(inputs) for source in sources}
    assert drawn(layout, inputs) == edges
    assert len(layout.steps) + sum(len(wire.targets) for wire in layout.wires) == len(edges)
    assert all(layout.columns[source] < layout.columns[target] for source, target in edges)


@given(graphs(), st.data())
def test_no_two_boxes_overlap(inputs: list[list[int]], data: st.DataObject) -> None:
    heights = data.draw(st.lists(st.floats(0.05, 1.2), min_size=len(inputs), max_size=len(inputs)))
    layout = lay_out(inputs, heights)
    for one in range(len(inputs)):
        for two in range(one):
            if layout.columns[one] == layout.columns[two]:
                low, high = sorted((one, two), key=lambda number: layout.levels[number])
                assert layout.levels[low] + heights[low] < layout.levels[high]


@given(graphs())
def test_a_column_is_the_longest_way_to_it_but_for_further_inputs(inputs: list[list[int]]) -> None:
    depths: list[int] = []
    for sources in inputs:
        depths.append(max((depths[source] + 1 for source in sources), default=0))
    layout = lay_out(inputs, [0.5] * len(inputs))
    for number, sources in enumerate(inputs):
        if sources:
            assert layout.columns[number] == depths[number]
    assert layout.width == max(depths) + 1


def test_a_chain_is_one_row_of_boxes_without_lines() -> None:
    layout = lay_out([[], [0], [1], [2]], [1.0, 0.8, 0.3, 0.3])
    assert layout.columns == (0, 1, 2, 3)
    assert layout.levels == (0, 0, 0, 0)
    assert layout.wires == ()


def test_the_longest_path_lies_on_the_ground_and_its_shortcut_above() -> None:
    # 0 -> 1 -> 2 -> 4 and 0 -> 3 -> 4
    layout = lay_out([[], [0], [1], [0], [3, 2]], [0.5] * 5)
    assert [layout.levels[call] for call in (0, 1, 2, 4)] == [0, 0, 0, 0]
    assert layout.levels[3] > 0.5
    assert {(wire.source, wire.targets) for wire in layout.wires} == {(0, (3,)), (3, (4,))}


def test_nested_skips_do_not_cross_and_repeated_blocks_do_not_climb() -> None:
    nested = lay_out([[], [0], [1], [2, 1], [3, 0]], [0.2] * 5)
    inner, outer = (next(wire for wire in nested.wires if wire.source == source) for source in (1, 0))
    assert inner.level < outer.level
    blocks: list[list[int]] = [[]]
    for number in range(0, 60, 3):
        blocks += [[number], [number + 1], [number + 2, number]]
    levels = {wire.level for wire in lay_out(blocks, [0.2] * len(blocks)).wires}
    assert len(levels) == 1


def test_branches_one_after_another_stand_on_one_level() -> None:
    # Each block: 0 -> 1 -> 2 -> 4 with 0 -> 3 -> 4; the next begins where it ends.
    blocks: list[list[int]] = [[]]
    for number in range(0, 40, 4):
        blocks += [[number], [number + 1], [number], [number + 2, number + 3]]
    layout = lay_out(blocks, [0.2] * len(blocks))
    assert len({layout.levels[call] for call in range(3, 41, 4)}) == 1


def test_a_further_input_stands_beside_what_takes_it() -> None:
    layout = lay_out([[], [], [0], [2], [3, 1]], [0.5] * 5)
    assert layout.columns == (0, 2, 1, 2, 3)
    assert layout.levels[0] == 0


def test_given_columns_are_kept_and_only_neighbours_go_without_a_line() -> None:
    layout = in_one_row([[], [0], [1, 0]], [0, 2, 5], [0.3] * 3)
    assert layout.columns == (0, 2, 5)
    assert layout.steps == ((0, 1), (1, 2))
    assert [(wire.source, wire.targets) for wire in layout.wires] == [(0, (2,))]
