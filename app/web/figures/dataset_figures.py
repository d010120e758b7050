"""What is in a dataset: images by class and split, by size, by brightness."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.core.datasets.dataset import Split, Version
from app.core.datasets.statistics import BRIGHTNESS_BINS, ClassStatistics, VersionStatistics
from app.web.figures.palette import Theme, ThemeName, faded, theme_of

MOST_CLASSES = 24
"""Beyond, a line for each class is a thicket: classes are shown together."""
_SPLITS = (Split.TRAIN, Split.VALIDATION, Split.TEST)


def classes_figure(version: Version | None, *, theme: ThemeName = "light") -> dict[str, Any]:
    """Stacked bars: a class each, its splits in three colours."""
    colours = theme_of(theme)
    names = [] if version is None else list(version.classes)
    counts: Mapping[Split, Mapping[str, int]] = {} if version is None else version.splits
    data = [
        {
            "type": "bar",
            "name": split.value,
            # Classes may be called like numbers: places are numbers, names are only written at them.
            "x": list(range(len(names))),
            "y": [counts.get(split, {}).get(name, 0) for name in names],
            "customdata": [_label(name) for name in names],
            "marker": {"color": colours.series[number]},
            "hovertemplate": f"%{{y:,}} {split.value} images of <b>%{{customdata}}</b><extra></extra>",
        }
        for number, split in enumerate(_SPLITS)
    ]
    axis = {"tickvals": list(range(len(names))), "ticktext": [_label(name) for name in names], "showgrid": False}
    layout = _layout(colours, x="class", y="images")
    layout["xaxis"] |= axis if len(names) <= MOST_CLASSES else {"showticklabels": False, "showgrid": False}
    return {"data": data, "layout": layout | {"barmode": "stack", "bargap": 0.25}}


def sizes_figure(version: Version | None, *, theme: ThemeName = "light") -> dict[str, Any]:
    """A bubble for each height and width, its area the number of images."""
    colours = theme_of(theme)
    sizes = [] if version is None else [(*map(int, size.split("x")), count) for size, count in version.sizes.items()]
    most = max((count for *_, count in sizes), default=1)
    data = {
        "type": "scattergl" if len(sizes) > 2_000 else "scatter",
        "mode": "markers",
        "x": [width for _, width, _ in sizes],
        "y": [height for height, _, _ in sizes],
        "customdata": [count for *_, count in sizes],
        "marker": {
            "size": [6 + 30 * (count / most) ** 0.5 for *_, count in sizes],
            "color": faded(colours.series[0], 0.5),
            "line": {"color": colours.series[0], "width": 1},
        },
        "hovertemplate": "%{customdata:,} images of %{y} × %{x}<extra></extra>",
    }
    layout = _layout(colours, x="width in pixels", y="height in pixels")
    if sizes:
        layout["xaxis"] |= {"range": _range([width for _, width, _ in sizes])}
        layout["yaxis"] |= {"range": _range([height for height, _, _ in sizes])}
    return {"data": [data], "layout": layout | {"showlegend": False}}


def brightness_figure(statistics: VersionStatistics, *, theme: ThemeName = "light") -> dict[str, Any]:
    """A line for each class: the share of its images at each brightness; all images together where classes are many."""
    colours = theme_of(theme)
    width = 256 / BRIGHTNESS_BINS
    shown = statistics.classes if len(statistics.classes) <= MOST_CLASSES else {"all": _together(statistics)}
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": _label(name),
            "x": [width * (place + 0.5) for place in range(BRIGHTNESS_BINS)],
            "y": [count / max(1, found.images) for count in found.brightness],
            "line": {"color": colours.series[number % len(colours.series)], "width": 1.8},
            "hovertemplate": f"%{{y:.1%}} of <b>{_label(name)}</b> at %{{x:.0f}}<extra></extra>",
        }
        for number, (name, found) in enumerate(shown.items())
    ]
    layout = _layout(colours, x="brightness of an image, 0 to 255", y="share of the class")
    layout["xaxis"] |= {"range": [0, 256]}
    layout["yaxis"] |= {"tickformat": ".0%"}
    return {"data": data, "layout": layout}


def _together(statistics: VersionStatistics) -> ClassStatistics:
    classes = list(statistics.classes.values())
    return ClassStatistics(
        images=sum(found.images for found in classes),
        brightness=tuple(sum(counts) for counts in zip(*(found.brightness for found in classes), strict=True)),
        mean_color=(0, 0, 0),
    )


def _range(values: Sequence[int]) -> list[float]:
    low, high = min(values), max(values)
    margin = max(8.0, 0.12 * (high - low))
    return [max(0.0, low - margin), high + margin]


def _label(name: str) -> str:
    return escape(name if len(name) <= 40 else f"{name[:40]}…", quote=False)


def _layout(colours: Theme, *, x: str, y: str) -> dict[str, Any]:
    quiet = {"color": colours.muted, "size": 11}
    axis = {"gridcolor": colours.grid, "zeroline": False, "tickfont": quiet, "automargin": True}
    font = {"color": colours.text, "family": "inherit", "size": 12}
    return {
        "height": 300,
        "meta": {"minimum_width": 260},
        "margin": {"l": 56, "r": 12, "t": 8, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": font,
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": font},
        "legend": {"orientation": "h", "x": 0, "y": 1.04, "yanchor": "bottom", "font": quiet},
        "xaxis": {**axis, "title": {"text": x, "font": quiet}},
        "yaxis": {**axis, "title": {"text": y, "font": quiet}, "rangemode": "tozero"},
    }
