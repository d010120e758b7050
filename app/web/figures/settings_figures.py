"""What was asked of runs against what they reached: as parallel coordinates, and as one setting against one metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Any, TypeAlias

from app.web.figures.compared_curves import metric_title
from app.web.figures.curves import nothing_yet
from app.web.figures.palette import Theme, ThemeName, faded, series_of_runs, theme_of

Compared: TypeAlias = Mapping[str, Any]
"""What core.runs.comparison answers."""

TEST_ACCURACY = "test_accuracy"
MOST_AXES = 9
LONGEST_LABEL = 18
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
    """A line for each run through the settings that differ and what it reached, coloured by the last of these."""
    colours = theme_of(theme)
    reached = [column for column in metrics_of(compared) if column.name in _SHOWN and column.is_numeric]
    settings = [
        column for column in settings_of(compared) if column.name != "architecture" or len(compared["runs"]) < 12
    ]
    if not reached or not settings:
        return {
            "data": [],
            "layout": _layout(colours) | nothing_yet(colours, "nothing differs, or nothing is reached yet"),
        }
    colour = reached[0]
    line = {
        "color": list(colour.values),
        "colorscale": [[0, colours.differences["inherited"]], [1, colours.differences["introduced"]]],
        "showscale": False,
    }
    trace = {
        "type": "parcoords",
        "line": line,
        "dimensions": [_dimension(column) for column in [*settings[: MOST_AXES - len(reached)], *reached]],
        "labelfont": {"color": colours.text, "size": 11},
        "tickfont": {"color": colours.muted, "size": 10},
        "rangefont": {"color": "rgba(0,0,0,0)", "size": 1},
    }
    return {"data": [trace], "layout": _layout(colours) | {"margin": {"l": 60, "r": 50, "t": 60, "b": 16}}}


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
    layout = _layout(colours) | {
        "xaxis": {**axis, **scale, "title": {"text": across.title}},
        "yaxis": {**axis, "title": {"text": up.title}, "tickformat": ".0%" if "accuracy" in metric else ""},
    }
    return {"data": [trace], "layout": layout}


def _dimension(column: Column) -> dict[str, Any]:
    label = column.title if len(column.title) <= LONGEST_LABEL else f"{column.title[:LONGEST_LABEL]}…"
    if column.is_wide:
        # Plotly's parallel coordinates have no logarithmic axis of their own.
        places = sorted(set(column.values))
        ticks = places if len(places) <= 8 else [places[0], places[len(places) // 2], places[-1]]
        return {
            "label": label,
            "values": [log10(value) for value in column.values],
            "tickvals": [log10(value) for value in ticks],
            "ticktext": [f"{value:g}" for value in ticks],
        }
    if column.is_numeric:
        return {"label": label, "values": list(column.values)}
    words = sorted(set(column.words))
    return {
        "label": label,
        "values": [words.index(word) for word in column.words],
        "tickvals": list(range(len(words))),
        "ticktext": [word if len(word) <= LONGEST_LABEL else f"{word[:LONGEST_LABEL]}…" for word in words],
    }


def _layout(colours: Theme) -> dict[str, Any]:
    return {
        "height": 320,
        "meta": {"minimum_width": 300},
        "margin": {"l": 52, "r": 14, "t": 14, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": faded(colours.surface, 0),
        "font": {"color": colours.muted, "size": 11},
        "showlegend": False,
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": {"color": colours.text}},
    }
