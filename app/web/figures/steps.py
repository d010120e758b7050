"""What goes on within a run: one value of every step, and what its device does."""

from collections.abc import Sequence
from typing import Any

from app.core.runs.run import Event
from app.core.runs.series import Series
from app.web.figures.palette import Theme, ThemeName, theme_of

TITLES = {
    "gradient_norm": "norm of the gradients",
    "images_per_second": "images a second",
    "learning_rate": "learning rate",
    "loss": "loss",
    "accuracy": "accuracy",
}


def steps_figure(series: Series | None, *, name: str, theme: ThemeName = "light") -> dict[str, Any]:
    """One metric over the steps of a run."""
    colours = theme_of(theme)
    data = [] if series is None else [_line(series.x, series.y, colours.series[0], "step %{x:,}: %{y:.4g}")]
    layout = _layout(colours, x="step", y=TITLES.get(name, name))
    if name != "accuracy":
        layout["yaxis"] |= {"exponentformat": "e"}
    return {"data": data, "layout": layout}


def device_figure(events: Sequence[Event], *, theme: ThemeName = "light") -> dict[str, Any]:
    """Utilisation in per cent, and memory in GiB on an axis of its own, over the seconds of the newest attempt."""
    colours = theme_of(theme)
    newest = max((event.attempt for event in events), default=0)
    found: list[Any] = [event.payload for event in events if event.attempt == newest]
    times = [entry["time"] for entry in found]
    lines = [
        ("busy, %", [100 * entry["utilisation"] for entry in found], "y", "%{y:.0f} % busy"),
        ("memory in use, GiB", [entry["memory_bytes"] / 2**30 for entry in found], "y2", "%{y:.2f} GiB in use"),
        ("trainer, GiB", [entry["process_bytes"] / 2**30 for entry in found], "y2", "%{y:.2f} GiB of the trainer"),
    ]  # fmt: skip
    data = [
        _line(times, values, colours.series[number], text) | {"name": name, "yaxis": axis, "showlegend": True}
        for number, (name, values, axis, text) in enumerate(lines)
        if found
    ]
    layout = _layout(colours, x="seconds", y="busy, %")
    layout["yaxis"] |= {"range": [0, 105]}
    layout["yaxis2"] = layout["yaxis"] | {"title": {"text": "GiB"}, "overlaying": "y", "side": "right"}
    layout["yaxis2"] |= {"range": None, "rangemode": "tozero", "showgrid": False}
    layout["margin"] |= {"r": 52, "t": 48}
    return {"data": data, "layout": layout}


def _line(x: Sequence[Any], y: Sequence[Any], colour: str, text: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(x) > 2 else "lines+markers",
        "x": list(x),
        "y": list(y),
        "line": {"color": colour, "width": 1.6},
        "hovertemplate": f"{text}<extra></extra>",
        "showlegend": False,
    }


def _layout(colours: Theme, *, x: str, y: str) -> dict[str, Any]:
    axis = {"gridcolor": colours.grid, "zerolinecolor": colours.grid, "linecolor": colours.grid, "automargin": True}
    return {
        "height": 230,
        "margin": {"l": 62, "r": 14, "t": 26, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.text, "size": 12},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.04, "x": 0},
        "xaxis": axis | {"title": {"text": x}},
        "yaxis": axis | {"title": {"text": y}, "rangemode": "tozero"},
    }
