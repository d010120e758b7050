"""What was asked of runs against what they reached: as parallel coordinates, and as one setting against one metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Any, TypeAlias

from app.web.figures.compared_curves import metric_title
from app.web.figures.curves import nothing_yet
from app.web.figures.palette import Theme, ThemeName, series_of_runs, theme_of

Compared: TypeAlias = Mapping[str, Any]
"""What core.runs.comparison answers."""

TEST_ACCURACY = "test_accuracy"
MOST_AXES = 9
LONGEST_LABEL, LONGEST_TICK = 20, 14
_ROOM = 0.06
_SHOWN = ("val_accuracy", "val_loss", TEST_ACCURACY)


@dataclass(frozen=True)
class Column:
    """One setting or metric of every run, in their order; None where a run has none."""

    name: str
    title: str
    values: Sequence[Any]

    @property
    def is_numeric(self) -> bool:
        """Whether every run has a number; yes and no are words."""
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)

    @property
    def is_wide(self) -> bool:
        """Whether the numbers span so much that only a logarithm shows them."""
        return self.is_numeric and min(self.values) > 0 and max(self.values) / min(self.values) >= 20

    @property
    def words(self) -> list[str]:
        """The values as people read them."""
        names = {None: "–", True: "yes", False: "no"}
        return [names[value] if value is None or isinstance(value, bool) else str(value) for value in self.values]


def settings_of(compared: Compared) -> list[Column]:
    """The settings that differ."""
    return [
        Column(entry["name"], entry["name"].replace("_", " "), entry["values"])
        for entry in compared["configuration"]
        if entry["differs"]
    ]


def metrics_of(compared: Compared) -> list[Column]:
    """The best of each metric that any run has, and the accuracy on test images."""
    runs = compared["runs"]
    names = dict.fromkeys(name for run in runs for name in run["summary"] if name != "learning_rate")
    found = [
        Column(name, f"best {metric_title(name)}", [run["summary"].get(name, {}).get("best") for run in runs])
        for name in sorted(names, key=lambda name: (name not in _SHOWN, name))
    ]
    tested = [run["evaluation"].get("test", {}).get("accuracy") for run in runs]
    if any(value is not None for value in tested):
        found.append(Column(TEST_ACCURACY, "test accuracy", tested))
    return [column for column in found if any(value is not None for value in column.values)]


def parallel_figure(compared: Compared, *, theme: ThemeName = "light") -> dict[str, Any]:
    """A line for each run, in its own colour, through the settings that differ and what it reached.

    Drawn as lines between axes of our own: Plotly's parallel coordinates need WebGL, which not every machine has.
    """
    colours, compared = theme_of(theme), _with_results(compared)
    reached = [column for column in metrics_of(compared) if column.name in _SHOWN and column.is_numeric]
    settings = [
        column for column in settings_of(compared) if column.name != "architecture" or len(compared["runs"]) < 12
    ]
    if not reached or not settings:
        text = "nothing differs, or nothing is reached yet"
        return {"data": [], "layout": _layout(colours) | nothing_yet(colours, text)}
    axes = [_axis(column) for column in [*settings[: MOST_AXES - len(reached)], *reached]]
    own = series_of_runs([run["id"] for run in compared["runs"]])
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": list(range(len(axes))),
            "y": [axis.places[number] for axis in axes],
            "text": [f"{axis.label}: {axis.texts[number]}" for axis in axes],
            "name": escape(run["name"], quote=False),
            "line": {"color": colours.series[own[run["id"]]], "width": 1.8, "shape": "spline", "smoothing": 0.4},
            "marker": {"size": 5},
            "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
        }
        for number, run in enumerate(compared["runs"])
    ]
    hidden = {"visible": False, "fixedrange": True}
    layout = _layout(colours) | {
        "hovermode": "closest",
        "meta": {"minimum_width": 110 * len(axes)},
        "margin": {"l": 14, "r": 14, "t": 34, "b": 14},
        "xaxis": {**hidden, "range": [-0.35, len(axes) - 0.35]},
        "yaxis": {**hidden, "range": [-0.06, 1.06]},
        "shapes": [_stroke(number, colours) for number in range(len(axes))],
        "annotations": [text for number, axis in enumerate(axes) for text in _texts(number, axis, colours)],
    }
    return {"data": data, "layout": layout}


def _with_results(compared: Compared) -> Compared:
    """Without the runs that have reached nothing yet: a line cannot end at no number."""
    first = next((column for column in metrics_of(compared) if column.name in _SHOWN), None)
    if first is None:
        return compared
    there = [number for number, value in enumerate(first.values) if value is not None]
    settings = [
        {
            **entry,
            "values": (values := [entry["values"][number] for number in there]),
            "differs": len(set(map(repr, values))) > 1,
        }
        for entry in compared["configuration"]
    ]
    return {**compared, "runs": [compared["runs"][number] for number in there], "configuration": settings}


def scatter_figure(compared: Compared, *, setting: str, metric: str, theme: ThemeName = "light") -> dict[str, Any]:
    """A point for each run, in its own colour."""
    colours = theme_of(theme)
    across = next((column for column in settings_of(compared) if column.name == setting), None)
    up = next((column for column in metrics_of(compared) if column.name == metric), None)
    if across is None or up is None:
        text = f"no setting {setting!r} that differs, or no metric {metric!r}"
        return {"data": [], "layout": _layout(colours) | nothing_yet(colours, escape(text, quote=False))}
    runs = compared["runs"]
    own = series_of_runs([run["id"] for run in runs])
    names = [escape(run["name"], quote=False) for run in runs]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": list(across.values) if across.is_numeric else across.words,
        "y": list(up.values),
        "text": names,
        "marker": {"size": 10, "opacity": 0.85, "color": [colours.series[own[run["id"]]] for run in runs]},
        "hovertemplate": "%{text}<br>%{x}: %{y:.4f}<extra></extra>",
    }
    axis = {"gridcolor": colours.grid, "zeroline": False, "automargin": True}
    scale = {"type": "log" if across.is_wide else "linear"} if across.is_numeric else {"type": "category"}
    reached = {value for value in up.values if value is not None}
    if len(reached) == 1:
        # Plotly would show one accuracy between 0 and twice as much.
        (value,) = reached
        axis_up = {**axis, "range": [value - _ROOM, value + _ROOM]}
    else:
        axis_up = axis
    layout = _layout(colours) | {
        "xaxis": {**axis, **scale, "title": {"text": across.title}},
        "yaxis": {**axis_up, "title": {"text": up.title}, "tickformat": ".4~p" if "accuracy" in metric else ""},
    }
    return {"data": [trace], "layout": layout}


@dataclass(frozen=True)
class _Axis:
    """An upright axis: where each run crosses it, from 0 to 1, and what it says there; `ticks` are the places with a text."""

    label: str
    places: Sequence[float]
    texts: Sequence[str]
    ticks: Mapping[float, str]


def _axis(column: Column) -> _Axis:
    if not column.is_numeric:
        words = sorted(set(column.words))
        places = [(words.index(word) + 0.5) / len(words) for word in column.words]
        texts = column.words
    else:
        scaled = [log10(value) if column.is_wide else float(value) for value in column.values]
        low, high = min(scaled), max(scaled)
        places = [0.5 if high == low else (value - low) / (high - low) for value in scaled]
        texts = [f"{value:.4g}" for value in column.values]
    ticks: dict[float, str] = {}
    for place, text in sorted(zip(places, texts, strict=True)):
        # A text needs room; the highest always has it.
        if all(abs(place - other) >= _ROOM for other in ticks) and (
            place == max(places) or max(places) - place >= _ROOM
        ):
            ticks[place] = text
    return _Axis(escape(_short(column.title.removeprefix("best "), LONGEST_LABEL), quote=False), places, texts, ticks)


def _stroke(number: int, colours: Theme) -> dict[str, Any]:
    line = {"color": colours.grid, "width": 2}
    return {"type": "line", "x0": number, "x1": number, "y0": 0, "y1": 1, "line": line, "layer": "below"}


def _texts(number: int, axis: _Axis, colours: Theme) -> list[dict[str, Any]]:
    common = {"x": number, "showarrow": False, "font": {"color": colours.muted, "size": 10}}
    title = {"text": axis.label, "y": 1.06, "yanchor": "bottom", "font": {"color": colours.text, "size": 10}}
    beside = {"xanchor": "left", "xshift": 5, "bgcolor": colours.surface, "borderpad": 1}
    return [
        {**common, **title},
        *(
            {**common, **beside, "y": place, "text": escape(_short(text, LONGEST_TICK), quote=False)}
            for place, text in axis.ticks.items()
        ),
    ]


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _layout(colours: Theme) -> dict[str, Any]:
    return {
        "height": 320,
        "meta": {"minimum_width": 300},
        "margin": {"l": 52, "r": 14, "t": 14, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.muted, "size": 11},
        "showlegend": False,
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": {"color": colours.text}},
    }
