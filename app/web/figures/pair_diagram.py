"""Two networks in one diagram: the left one above the axis, the right one below, a column for each aligned row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from app.core.architectures.differences import AlignedRow, Differences
from app.core.architectures.layer_table import LayerTable, Row
from app.core.architectures.observation import DERIVED
from app.core.architectures.table_texts import shape_text
from app.web.figures.boxes import Box, Scale, Volume, scale_of, volumes_of
from app.web.figures.column_axis import column_axis, meta
from app.web.figures.drawing import Look, box_traces, hover_trace, line_traces, text_trace
from app.web.figures.graph_layout import GraphLayout, in_one_row
from app.web.figures.layer_facts import HOVER, facts
from app.web.figures.palette import Theme, ThemeName, mixed, theme_of
from app.web.figures.repetition import sources_of

SAME, INTRODUCED, INHERITED, FAILED = "same", "introduced", "inherited", "stops here"
MISSING, ABSENT = "never reached", "not there"
LOOKS = (SAME, INTRODUCED, INHERITED, FAILED, MISSING, ABSENT)

_OFF_AXIS = 0.05
_UNIT_PIXELS, _TOP_PIXELS, _BOTTOM_PIXELS = 130, 36, 64
_TALLEST_PIXELS = 760
_LARGE_SHARE = 0.3
_LEGEND = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "itemclick": False}
_SHORT_KINDS = (
    ("Conv", "conv"),
    ("Pooling", "pool"),
    ("Dropout", "dropout"),
    ("BatchNorm", "norm"),
    ("Input", "input"),
)


@dataclass(frozen=True)
class _Side:
    """One network: its rows by aligned row, and its boxes."""

    name: str
    table: LayerTable
    columns: list[int]
    boxes: list[Box]
    layout: GraphLayout

    def find(self, call: str) -> int:
        return next(number for number, row in enumerate(self.table.rows) if row.call == call)


def pair_diagram(
    left: LayerTable, right: LayerTable, differences: Differences, *, theme: ThemeName = "light"
) -> dict[str, Any]:
    """A Plotly figure (`data`, `layout`) with transparent backgrounds; what people named is escaped."""
    colours = theme_of(theme)
    volumes = volumes_of(left.rows), volumes_of(right.rows)
    scale = scale_of([*volumes[0], *volumes[1]])
    rows = differences.rows
    sides = (
        _side("left", left, [row.left for row in rows], volumes[0], scale),
        _side("right", right, [row.right for row in rows], volumes[1], scale),
    )
    data = [
        *(trace for side in sides for trace in line_traces(side.boxes, side.layout, colours, ground=_OFF_AXIS)),
        *_boxes(sides, rows, scale, colours),
        *text_trace([word for side in sides for word in _first_shape(side)], colours.muted),
        *(_hover(side, rows) for side in sides),
    ]
    return {"data": data, "layout": _layout(sides, rows, colours)}


def group_of(aligned: AlignedRow, row: Row, *, fails: bool) -> str:
    """How a call is coloured, by what differs in its row."""
    if fails or not row.reached:
        return FAILED if fails else MISSING
    if (
        aligned.left is None
        or aligned.right is None
        or any(change.origin == "introduced" for change in aligned.changes)
    ):
        return INTRODUCED
    return SAME if aligned.status == "same" else INHERITED


def _side(
    name: str, table: LayerTable, calls: Sequence[str | None], volumes: Sequence[Volume | None], scale: Scale
) -> _Side:
    place = {call: number for number, call in enumerate(calls) if call is not None}
    columns = [place[row.call] for row in table.rows]
    hangs = name == "right"
    boxes = [
        replace(scale.box(volume, x=column), base=-_OFF_AXIS if hangs else _OFF_AXIS, hangs=hangs)
        for volume, column in zip(volumes, columns, strict=True)
    ]
    # The rows of a table may be aligned in another order than they are listed in.
    order = sorted(range(len(columns)), key=columns.__getitem__)
    rank = {number: new for new, number in enumerate(order)}
    sources = sources_of(table.rows)
    layout = in_one_row(
        [[rank[source] for source in sources[number]] for number in order],
        [columns[number] for number in order],
        [boxes[number].height + boxes[number].up for number in order],
    )
    ordered = table.model_copy(update={"rows": tuple(table.rows[number] for number in order)})
    return _Side(name, ordered, [columns[number] for number in order], [boxes[number] for number in order], layout)


def _boxes(sides: Sequence[_Side], rows: Sequence[AlignedRow], scale: Scale, colours: Theme) -> list[dict[str, Any]]:
    groups: dict[str, list[Box]] = {name: [] for name in LOOKS}
    for side in sides:
        failed = side.table.failure.call if side.table.failure else None
        there = set(side.columns)
        for row, column, box in zip(side.table.rows, side.columns, side.boxes, strict=True):
            groups[group_of(rows[column], row, fails=row.call == failed)].append(box)
        gap = replace(scale.box(None, x=0), base=side.boxes[0].base, hangs=side.boxes[0].hangs)
        groups[ABSENT] += [replace(gap, x=column) for column in range(len(rows)) if column not in there]
    looks = {
        SAME: Look(colours.differences["same"]),
        INTRODUCED: Look(colours.differences["introduced"]),
        INHERITED: Look(colours.differences["inherited"]),
        FAILED: Look(colours.failure),
        MISSING: Look(colours.failure, "dot", is_filled=False),
        ABSENT: Look(colours.muted, "dot", is_filled=False),
    }
    return box_traces({name: members for name, members in groups.items() if members}, looks, colours)


def _first_shape(side: _Side) -> list[tuple[float, float, str, str]]:
    """The shape of the first layer that has one, beside the name of the side."""
    for row, box in zip(side.table.rows, side.boxes, strict=True):
        if row.kind != "InputLayer" and row.output_shapes:
            text = f"{side.name} · {shape_text(row.output_shapes[0])}"
            where = "bottom right" if box.hangs else "top right"
            return [(box.x - box.half_width, _beyond(side, box, 0.02), text[:60], where)]
    return []


def _beyond(side: _Side, box: Box, distance: float) -> float:
    """A height at which words can stand at a box and hide none of those beside it."""
    near = [abs(other.top) for other in side.boxes if abs(other.x - box.x) <= 4]
    return (-1 if box.hangs else 1) * (max(near) + distance)


def _hover(side: _Side, rows: Sequence[AlignedRow]) -> dict[str, Any]:
    told = []
    for row, column in zip(side.table.rows, side.columns, strict=True):
        name, kind, *rest = facts(row, side.table)
        own = [change for change in rows[column].changes if change.field not in {*DERIVED, "present"}]
        words = ", ".join(change.field.replace("_", " ") for change in own[:6])
        rest[-1] += f"<br>differs by its own {escape(words, quote=False)}" if words else ""
        told.append([f"{side.name}: {name}", kind, *rest])
    return hover_trace(side.boxes, told, HOVER)


def _layout(sides: Sequence[_Side], rows: Sequence[AlignedRow], colours: Theme) -> dict[str, Any]:
    labels = [_short_kind(row.kind) for row in rows]
    font = {"color": colours.text, "family": "inherit", "size": 12}
    notes = [note for side in sides for note in (*_failure_note(side, colours), *_largest_note(side, colours))]
    above, below = (max(side.layout.top, *(abs(box.top) for box in side.boxes)) + _OFF_AXIS for side in sides)
    # Words and arrows stand beyond the boxes.
    ends = [0.0, *(note["ay"] for note in notes)]
    above, below = max(above + 0.16, max(ends) + 0.12), max(below + 0.16, 0.12 - min(ends))
    drawn = min(_TALLEST_PIXELS, _UNIT_PIXELS * (above + below))
    return {
        "height": round(_TOP_PIXELS + drawn + _BOTTOM_PIXELS),
        "meta": {
            **meta(labels, _marks(rows)),
            "anchor": "row-",
            "mark": mixed(colours.differences["introduced"], colours.surface, 0.14),
        },
        "margin": {"l": 20, "r": 20, "t": _TOP_PIXELS, "b": _BOTTOM_PIXELS},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": font,
        "hovermode": "closest",
        "hoverdistance": 40,
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": font, "align": "left"},
        "legend": {**_LEGEND, "font": {"color": colours.muted, "size": 11}},
        "xaxis": column_axis(labels, colours),
        "yaxis": {
            "range": [round(-below, 4), round(above, 4)],
            "visible": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "annotations": notes,
    }


def _short_kind(kind: str) -> str:
    return next((short for part, short in _SHORT_KINDS if part in kind), kind.lower())


def _marks(rows: Sequence[AlignedRow]) -> list[int]:
    """Rows worth a label in the overview: where it stops, what differs, then pools and the ends."""
    weight = {"stopped": 0, "added": 1, "removed": 1, "differs": 2}
    order = sorted(
        range(len(rows)), key=lambda number: (weight.get(rows[number].status, 3), "Pool" not in rows[number].kind)
    )
    return [0, len(rows) - 1, *order]


def _failure_note(side: _Side, colours: Theme) -> list[dict[str, Any]]:
    failure = side.table.failure
    if failure is None:
        return []
    number = side.find(failure.call)
    row = side.table.rows[number]
    text = _window_words(row) or f"{row.name[:40]} cannot go on"
    return [_note(side, number, text, colours.failure)]


def _window_words(row: Row) -> str | None:
    """`1 × 1 map, 3 × 3 kernel`, where a window does not fit into what reaches it."""
    written = {**row.config, **row.settings}
    window = written.get("kernel_size") or written.get("pool_size")
    shape = row.input_shapes[0] if row.input_shapes else None
    if not isinstance(window, list) or len(window) != 2 or shape is None or len(shape) != 4:
        return None
    spatial = shape[2:] if written.get("data_format") == "channels_first" else shape[1:3]
    word = "kernel" if "kernel_size" in written else "pool"
    return f"{shape_text((None, *spatial))} map, {window[0]} × {window[1]} {word}"


def _largest_note(side: _Side, colours: Theme) -> list[dict[str, Any]]:
    """What holds most of the parameters, where one layer holds a good part of them."""
    total = side.table.totals.parameters
    number = max(range(len(side.table.rows)), key=lambda place: side.table.rows[place].parameters or 0)
    row = side.table.rows[number]
    if not total or not row.parameters or row.parameters < _LARGE_SHARE * total or row.kind == "InputLayer":
        return []
    amount = _amount(row.parameters)
    shapes = [*row.input_shapes[:1], *(row.output_shapes or ())[:1]]
    sizes = [shape[-1] for shape in shapes if shape is not None]
    if row.kind == "Dense" and len(sizes) == 2 and all(isinstance(size, int) for size in sizes):
        text = f"{sizes[0]:,} × {sizes[1]:,} = {amount} parameters"
    else:
        text = f"{row.name[:40]}: {amount} parameters"
    return [_note(side, number, text, colours.muted)]


def _amount(count: int) -> str:
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return str(count)


def _note(side: _Side, number: int, text: str, colour: str) -> dict[str, Any]:
    box = side.boxes[number]
    share = box.x / max(1, side.layout.width)
    return {
        "x": box.x,
        "y": box.top,
        "text": escape(text, quote=False),
        "font": {"color": colour, "size": 11},
        "arrowcolor": colour,
        "arrowwidth": 1.2,
        "arrowhead": 0,
        "ax": box.x,
        "axref": "x",
        "ay": _beyond(side, box, 0.16),
        "ayref": "y",
        "xanchor": "right" if share > 0.8 else "left" if share < 0.2 else "center",
    }
