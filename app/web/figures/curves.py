"""Curves of one or several runs over epochs: validation solid, training faint, a seam where an attempt went on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from app.core.runs.series import Series
from app.web.figures.palette import Theme, ThemeName, faded, theme_of

X_TITLES = {"epoch": "epoch", "step": "step", "time": "seconds", "wall": "seconds since 1970"}
LONGEST_LABEL = 48
WHOLE_TICKS = 8
"""Up to here each epoch or step has its tick; Plotly would put some between them, which read as doubles."""


@dataclass(frozen=True)
class Curves:
    """One run's series by metric, and what it is called."""

    label: str
    series: Mapping[str, Series]


def curves_figure(
    runs: Sequence[Curves], *, metric: str, axis: str = "epoch", theme: ThemeName = "light"
) -> dict[str, Any]:
    """A Plotly figure of `metric` and `val_metric`; each run keeps one colour."""
    colours = theme_of(theme)
    data = []
    for number, run in enumerate(runs):
        colour = colours.series[number % len(colours.series)]
        name = escape(run.label if len(run.label) <= LONGEST_LABEL else f"{run.label[:LONGEST_LABEL]}…", quote=False)
        # Where runs coincide, the earlier ones shine through under the later.
        width = 2.2 + min(4.0, 2.0 * (len(runs) - 1 - number))
        data += _lines(run, metric=metric, name=name, colour=colour, width=width, is_alone=len(runs) == 1)
    furthest = max((place for run in runs for found in run.series.values() for place in found.x), default=0)
    layout = _layout(metric, axis, colours, is_alone=len(runs) == 1, is_short=furthest <= WHOLE_TICKS)
    return {"data": data, "layout": layout if data else layout | _nothing_yet(colours)}


def _lines(run: Curves, *, metric: str, name: str, colour: str, width: float, is_alone: bool) -> list[dict[str, Any]]:
    traces = []
    for key, what in ((metric, "training"), (f"val_{metric}", "validation")):
        found = run.series.get(key)
        if found is None:
            continue
        is_faint = what == "training" and f"val_{metric}" in run.series
        line: dict[str, Any] = {
            "color": faded(colour, 0.45) if is_faint else colour,
            "width": 0.7 * width if is_faint else width,
        }
        if is_faint:
            line["dash"] = "dot"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(found.x) < 3 else "lines",
                "name": what if is_alone else name,
                "legendgroup": what if is_alone else name,
                "showlegend": is_alone or not is_faint,
                "x": list(found.x),
                "y": list(found.y),
                "line": line,
                "hovertemplate": f"%{{y:.4f}} {what}" + ("" if is_alone else f" · {name}") + "<extra></extra>",
            }
        )
        traces += _seams(found, colour)
    return traces


def _seams(series: Series, colour: str) -> list[dict[str, Any]]:
    places = [number for number in range(1, len(series.x)) if series.attempts[number] != series.attempts[number - 1]]
    if not places:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "showlegend": False,
            "x": [series.x[place] for place in places],
            "y": [series.y[place] for place in places],
            "marker": {"symbol": "line-ns-open", "size": 12, "color": colour},
            "hovertemplate": "attempt %{customdata} went on here<extra></extra>",
            "customdata": [series.attempts[place] for place in places],
        }
    ]


def _nothing_yet(colours: Theme) -> dict[str, Any]:
    text = {"text": "no epoch yet", "showarrow": False, "font": {"color": colours.muted, "size": 12}}
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
    return {"xaxis": {"visible": False}, "yaxis": {"visible": False}, "annotations": [{**text, **place}]}


def _layout(metric: str, axis: str, colours: Theme, *, is_alone: bool, is_short: bool) -> dict[str, Any]:
    font = {"color": colours.text, "family": "inherit", "size": 12}
    quiet = {"color": colours.muted, "size": 11}
    common = {"gridcolor": colours.grid, "zeroline": False, "tickfont": quiet, "automargin": True}
    across = {"rangemode": "tozero", "tickformat": "d"} | ({"dtick": 1} if is_short and axis != "time" else {})
    scale: dict[str, Any] = {"tickformat": ".0%"} if metric == "accuracy" else {"rangemode": "tozero"}
    return {
        "height": 300,
        "meta": {"minimum_width": 260},
        "margin": {"l": 48, "r": 12, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": font,
        "hovermode": "x unified" if is_alone else "x",
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": font},
        "legend": {"orientation": "h", "x": 0, "y": 1.04, "yanchor": "bottom", "font": quiet},
        "xaxis": {**common, **across, "title": {"text": X_TITLES[axis], "font": quiet}},
        "yaxis": {**common, **scale},
        # Zoom and hidden traces stay as they are while new points come in.
        "uirevision": metric,
    }
