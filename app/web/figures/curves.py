"""Curves of one run over epochs: validation solid, training faint, a seam where an attempt went on."""

from collections.abc import Mapping
from typing import Any

from app.core.runs.series import Axis, Series
from app.web.figures.palette import Theme, ThemeName, faded, theme_of

X_TITLES = {"epoch": "epoch", "step": "step", "time": "seconds since it began", "wall": "time of day (UTC)"}
WHOLE_TICKS = 8
"""Up to here each epoch or step has its tick; Plotly would put some between them, which read as doubles."""


def curves_figure(
    series: Mapping[str, Series], *, metric: str, axis: Axis = "epoch", theme: ThemeName = "light"
) -> dict[str, Any]:
    """A Plotly figure of `metric` and `val_metric`."""
    colours = theme_of(theme)
    data = _lines(series, metric=metric, axis=axis, colour=colours.series[0])
    furthest = max((place for found in series.values() for place in found.x), default=0)
    layout = _layout(metric, axis, colours, is_short=furthest <= WHOLE_TICKS)
    return {"data": data, "layout": layout if data else layout | nothing_yet(colours)}


def _lines(series: Mapping[str, Series], *, metric: str, axis: Axis, colour: str) -> list[dict[str, Any]]:
    traces = []
    for key, what in ((metric, "training"), (f"val_{metric}", "validation")):
        found = series.get(key)
        if found is None:
            continue
        is_faint = what == "training" and f"val_{metric}" in series
        line: dict[str, Any] = {"color": faded(colour, 0.45) if is_faint else colour, "width": 1.5 if is_faint else 2.2}
        if is_faint:
            line["dash"] = "dot"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(found.x) < 3 else "lines",
                "name": what,
                "legendgroup": what,
                "x": drawn_places(found, axis),
                "y": list(found.y),
                "line": line,
                "hovertemplate": f"%{{y:.4f}} {what}<extra></extra>",
            }
        )
        traces += _seams(found, axis, colour)
    return traces


def _seams(series: Series, axis: Axis, colour: str) -> list[dict[str, Any]]:
    places = seams(series)
    across = drawn_places(series, axis)
    if not places:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "showlegend": False,
            "x": [across[place] for place in places],
            "y": [series.y[place] for place in places],
            "marker": {"symbol": "line-ns-open", "size": 12, "color": colour},
            "hovertemplate": "attempt %{customdata} went on here<extra></extra>",
            "customdata": [series.attempts[place] for place in places],
        }
    ]


def drawn_places(series: Series, axis: Axis) -> list[float]:
    """Where Plotly is to put the points: times of day in milliseconds since 1970."""
    return [1000 * place for place in series.x] if axis == "wall" else list(series.x)


def seams(series: Series) -> list[int]:
    """Which of its points are the first of another attempt than the one before."""
    attempts = series.attempts
    return [number for number in range(1, len(attempts)) if attempts[number] != attempts[number - 1]]


def nothing_yet(colours: Theme, text: str = "no epoch yet") -> dict[str, Any]:
    """What a layout says instead of axes."""
    shown = {"text": text, "showarrow": False, "font": {"color": colours.muted, "size": 12}}
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
    return {"xaxis": {"visible": False}, "yaxis": {"visible": False}, "annotations": [{**shown, **place}]}


def _layout(metric: str, axis: Axis, colours: Theme, *, is_short: bool) -> dict[str, Any]:
    font = {"color": colours.text, "family": "inherit", "size": 12}
    quiet = {"color": colours.muted, "size": 11}
    common = {"gridcolor": colours.grid, "zeroline": False, "tickfont": quiet, "automargin": True}
    across = {"rangemode": "tozero", "tickformat": "d"} | ({"dtick": 1} if is_short and axis != "time" else {})
    across = {"type": "date"} if axis == "wall" else across
    scale: dict[str, Any] = {"tickformat": ".0%"} if metric == "accuracy" else {"rangemode": "tozero"}
    return {
        "height": 300,
        "meta": {"minimum_width": 260},
        "margin": {"l": 48, "r": 12, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": font,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": font},
        "legend": {"orientation": "h", "x": 0, "y": 1.04, "yanchor": "bottom", "font": quiet},
        "xaxis": {**common, **across, "title": {"text": X_TITLES[axis], "font": quiet}},
        "yaxis": {**common, **scale},
        # Zoom and hidden traces stay as they are while new points come in.
        "uirevision": metric,
    }
