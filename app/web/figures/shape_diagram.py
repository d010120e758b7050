"""The shape diagram: each call a box, its parameters and cost beneath on the same axis."""

from collections import Counter
from dataclasses import dataclass, replace
from html import escape
from math import ceil, log10
from typing import Any, Literal

from app.core.architectures.architecture import Symbol
from app.core.architectures.layer_table import LayerTable, Row
from app.core.architectures.table_texts import shape_text
from app.web.figures.boxes import Box, is_open, scale_of, volumes_of
from app.web.figures.column_axis import column_axis, meta
from app.web.figures.drawing import Look, box_traces, hover_trace, line_traces, text_trace, tie_traces
from app.web.figures.graph_layout import GraphLayout, lay_out
from app.web.figures.layer_facts import HOVER, UNREACHED, count_text, facts, shapes_text
from app.web.figures.palette import Theme, ThemeName, faded, family_of, theme_of
from app.web.figures.repetition import Repetition, folded, sources_of

_FAILED, _UNKNOWN = "stops here", "shape unknown"
_POWERS = {0: "1", 3: "1 k", 6: "1 M", 9: "1 G", 12: "1 T", 15: "1 P"}
_UNIT_PIXELS, _BARS_PIXELS, _TOP_PIXELS, _BOTTOM_PIXELS, _GAP_PIXELS = 150, 100, 56, 128, 22
_TALLEST_PIXELS = 900
_LONGEST_SHAPE = 28


Repeats = Literal["all", "folded"]


@dataclass(frozen=True)
class _Scene:
    table: LayerTable
    boxes: list[Box]
    layout: GraphLayout
    repetitions: tuple[Repetition, ...]

    @property
    def labels(self) -> list[str]:
        """What stands at each column: its call on the lowest level."""
        lowest: dict[int, tuple[float, str]] = {}
        for row, column, level in zip(self.table.rows, self.layout.columns, self.layout.levels, strict=True):
            lowest[column] = min(lowest.get(column, (level, row.name)), (level, row.name))
        return [lowest[column][1] if column in lowest else "" for column in range(self.layout.width)]

    @property
    def failed(self) -> str | None:
        """The call at which building stops."""
        return None if self.table.failure is None else self.table.failure.call


def shape_diagram(table: LayerTable, *, theme: ThemeName = "light", repeats: Repeats = "all") -> dict[str, Any]:
    """A Plotly figure (`data`, `layout`) with transparent backgrounds; what people named is escaped.

    Of a long network `folded` shows each repeated unit once, and how many times it comes.
    """
    colours = theme_of(theme)
    table, repetitions = folded(table) if repeats == "folded" else (table, ())
    scene = _scene(table, repetitions)
    names = [row.name for row in table.rows]
    data = [
        *line_traces(scene.boxes, scene.layout, colours),
        *tie_traces(names, scene.boxes, colours),
        *_boxes(scene, colours),
        *text_trace(_words(scene), colours.muted),
        hover_trace(scene.boxes, [facts(row, table) for row in table.rows], HOVER),
        *_bars(scene, colours),
    ]
    return {"data": data, "layout": _layout(scene, colours)}


def _scene(table: LayerTable, repetitions: tuple[Repetition, ...]) -> _Scene:
    volumes = volumes_of(table.rows)
    scale = scale_of(volumes)
    flat = [scale.box(volume, x=0) for volume in volumes]
    layout = lay_out(sources_of(table.rows), [box.top for box in flat])
    boxes = [
        replace(box, x=column, base=level)
        for box, column, level in zip(flat, layout.columns, layout.levels, strict=True)
    ]
    return _Scene(table, boxes, layout, repetitions)


def _boxes(scene: _Scene, colours: Theme) -> list[dict[str, Any]]:
    grouped: dict[str, list[Box]] = {}
    for row, box in zip(scene.table.rows, scene.boxes, strict=True):
        grouped.setdefault(_group(row, scene.failed), []).append(box)
    looks = {name: Look(colour) for name, colour in colours.families.items()}
    looks[_FAILED] = Look(colours.failure)
    looks[UNREACHED] = Look(colours.muted, "dot", is_filled=False)
    looks[_UNKNOWN] = Look(colours.muted, "dash", is_filled=False)
    return box_traces(grouped, looks, colours)


def _group(row: Row, failed: str | None) -> str:
    if row.call == failed:
        return _FAILED
    if not row.reached:
        return UNREACHED
    return _UNKNOWN if not row.output_shapes or is_open(row.output_shapes[0]) else family_of(row.kind)


def _words(scene: _Scene) -> list[tuple[float, float, str, str]]:
    """Shapes where data enters and leaves and where a name takes the place of a number; a question mark for none."""
    taken = {source for sources in sources_of(scene.table.rows) for source in sources}
    words: list[tuple[float, float, str, str]] = []
    symbols: set[str] = set()
    for number, (row, box) in enumerate(zip(scene.table.rows, scene.boxes, strict=True)):
        named = {size.symbol for shape in row.output_shapes or () for size in shape if isinstance(size, Symbol)}
        if row.reached and row.output_shapes is None:
            words.append((box.x - box.right / 2, box.middle, "?", "middle center"))
        elif row.reached and (not row.inputs or number not in taken or named - symbols) and row.call != scene.failed:
            # Two words side by side would run into one another: the second stands higher.
            near = any(
                place == "top center" and 0 < box.x - x < 3 and abs(box.top - y) < 0.1 for x, y, _, place in words
            )
            text = shapes_text(row)
            text = text if len(text) <= _LONGEST_SHAPE else f"{text[:_LONGEST_SHAPE]}…"
            words.append((box.x, box.top + 0.12 * near, text, "top center"))
        symbols |= named
    return words


def _bars(scene: _Scene, colours: Theme) -> list[dict[str, Any]]:
    """Two bars for each call; calls of one column share its width."""
    members = Counter(scene.layout.columns)
    seen: Counter[int] = Counter()
    slots = []
    for column in scene.layout.columns:
        slots.append((column - 0.4 + 0.8 * seen[column] / members[column], 0.36 / members[column]))
        seen[column] += 1
    kinds = (("parameters", "parameters", colours.parameters), ("macs", "multiply-adds", colours.cost))
    return [_bar(scene, slots, shift, *kind) for shift, kind in enumerate(kinds)]


def _bar(
    scene: _Scene, slots: list[tuple[float, float]], shift: int, field: str, name: str, colour: str
) -> dict[str, Any]:
    rows = scene.table.rows
    values = [getattr(row, field) for row in rows]
    return {
        "type": "bar",
        "name": name,
        "x": [round(start + (shift + 0.5) * width, 4) for start, width in slots],
        "width": [round(width, 4) for _, width in slots],
        # A bar of nothing has no logarithm: it is left out.
        "y": [value or None for value in values],
        "yaxis": "y2",
        "marker": {"color": colour},
        "customdata": [
            [escape(row.name, quote=False), count_text(value)] for row, value in zip(rows, values, strict=True)
        ],
        "hovertemplate": "<b>%{customdata[0]}</b><br>%{customdata[1]} " + name + "<extra></extra>",
    }


def _layout(scene: _Scene, colours: Theme) -> dict[str, Any]:
    font = {"color": colours.text, "family": "inherit", "size": 12}
    quiet = {"color": colours.muted, "size": 10}
    bottom, top = _lowest(scene) - 0.04, scene.layout.top + 0.22
    drawn = min(_TALLEST_PIXELS, _UNIT_PIXELS * (top - bottom))
    inside = drawn + _GAP_PIXELS + _BARS_PIXELS
    labels = scene.labels
    return {
        "height": round(_TOP_PIXELS + inside + _BOTTOM_PIXELS),
        "meta": {**meta(labels, _marks(scene)), "is_folded": bool(scene.repetitions)},
        "margin": {"l": 56, "r": 24, "t": _TOP_PIXELS, "b": _BOTTOM_PIXELS},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": font,
        # In a chain a column is one call; where there are more, only what the pointer is on is told.
        "hovermode": "closest" if scene.layout.wires else "x",
        "hoverdistance": 40,
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": font, "align": "left"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False, "font": quiet},
        "barmode": "overlay",
        "xaxis": {**column_axis(labels, colours), "anchor": "y2"},
        "yaxis": {
            "domain": [round(1 - drawn / inside, 4), 1],
            "range": [round(bottom, 4), round(top, 4)],
            "visible": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "yaxis2": {"domain": [0, round(_BARS_PIXELS / inside, 4)], **_log_axis(scene.table, colours)},
        "shapes": [_band(start, end, colours) for start, end, _ in _repeated_columns(scene)],
        "annotations": [*_annotations(scene, colours), *_times(scene, colours)],
    }


def _lowest(scene: _Scene) -> float:
    """Ties of shared layers hang below the ground."""
    names = Counter(row.name for row in scene.table.rows)
    return -0.16 if any(count > 1 for count in names.values()) else 0.0


def _marks(scene: _Scene) -> list[int]:
    """Columns worth a label in the overview: where it stops, the ends, the widest weights."""
    rows, columns = scene.table.rows, scene.layout.columns
    stop = [column for row, column in zip(rows, columns, strict=True) if row.call == scene.failed]
    by_weight = sorted(range(len(rows)), key=lambda number: -(rows[number].parameters or 0))
    return [*stop, 0, scene.layout.width - 1, *(columns[number] for number in by_weight)]


def _log_axis(table: LayerTable, colours: Theme) -> dict[str, Any]:
    largest = max((value or 1 for row in table.rows for value in (row.parameters, row.macs)), default=1)
    top = max(3, ceil(log10(largest)))
    marks = {power: text for power, text in _POWERS.items() if power <= top}
    return {
        "type": "log",
        "range": [0, top + 0.2],
        "tickvals": [10**power for power in marks],
        "ticktext": list(marks.values()),
        "tickfont": {"color": colours.muted, "size": 10},
        "gridcolor": colours.grid,
        "title": {"text": "log scale", "font": {"color": colours.muted, "size": 10}},
        "zeroline": False,
        "fixedrange": True,
    }


def _annotations(scene: _Scene, colours: Theme) -> list[dict[str, Any]]:
    failure = scene.table.failure
    if failure is None:
        return []
    number = next(place for place, row in enumerate(scene.table.rows) if row.call == failure.call)
    row, box = scene.table.rows[number], scene.boxes[number]
    shapes = ", ".join(shape_text(shape) for shape in failure.input_shapes)
    text = f"{row.name[:40]} cannot go on: {shapes} arrives" if shapes else f"{row.name[:40]} cannot go on"
    late = box.x > 0.7 * scene.layout.width
    return [
        {
            "x": box.x,
            "y": box.top,
            "text": escape(text, quote=False),
            "font": {"color": colours.failure, "size": 11},
            "arrowcolor": colours.failure,
            "arrowwidth": 1.2,
            "arrowhead": 2,
            "ax": 0,
            "ay": -34,
            "xanchor": "right" if late else "left" if box.x < 0.3 * scene.layout.width else "center",
        }
    ]


def _repeated_columns(scene: _Scene) -> list[tuple[int, int, int]]:
    """First and last column of each repeated unit, and how many times it comes."""
    spans = [(scene.layout.columns[each.start : each.end], each.times) for each in scene.repetitions]
    return [(min(columns), max(columns), times) for columns, times in spans]


def _band(first: int, last: int, colours: Theme) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x0": first - 0.46, "x1": last + 0.46, "y0": 0, "y1": 1}
    return {"type": "rect", **place, "layer": "below", "line": {"width": 0}, "fillcolor": faded(colours.muted, 0.13)}


def _times(scene: _Scene, colours: Theme) -> list[dict[str, Any]]:
    return [
        {
            "x": (first + last) / 2,
            "y": 1,
            "yref": "paper",
            "yanchor": "top",
            "text": f"<b>×\u202f{times}</b>",
            "font": {"color": colours.text, "size": 12},
            "showarrow": False,
            # A click on it shows the layers one by one.
            "captureevents": True,
        }
        for first, last, times in _repeated_columns(scene)
    ]
