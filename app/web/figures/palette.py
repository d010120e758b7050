"""The colours of figures, light and dark. Red is kept for what went wrong and never stands for a kind of layer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

ThemeName: TypeAlias = Literal["light", "dark"]

FAMILIES = (
    ("input", ("InputLayer",)),
    ("convolution", ("Conv", "SeparableConv", "DepthwiseConv")),
    ("pooling", ("MaxPooling", "AveragePooling", "GlobalMax", "GlobalAverage")),
    ("normalisation", ("BatchNorm", "LayerNorm", "GroupNorm", "RMSNorm", "UnitNorm", "SpectralNorm", "Rescaling")),
    ("activation", ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")),
    ("dropout and noise", ("Dropout", "SpatialDropout", "AlphaDropout", "Gaussian", "ActivityReg")),
    ("reshaping", ("Flatten", "Reshape", "Permute", "RepeatVector", "ZeroPadding", "Cropping", "UpSampling")),
    ("dense", ("Dense", "EinsumDense", "Embedding")),
)
OTHER = "other"


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb."""

    text: str
    muted: str
    grid: str
    surface: str
    failure: str
    families: dict[str, str]
    differences: dict[str, str]
    parameters: str
    cost: str
    series: tuple[str, ...]


_LIGHT = Theme(
    text="#14161d",
    muted="#5b6270",
    grid="#e1e4ea",
    surface="#ffffff",
    failure="#c22f24",
    families={
        "input": "#5b6270",
        "convolution": "#4353d8",
        "pooling": "#0d8080",
        "normalisation": "#8a3fc0",
        "activation": "#937000",
        "dropout and noise": "#8b92a0",
        "reshaping": "#3f7d34",
        "dense": "#b4540a",
        OTHER: "#39404d",
    },
    differences={"same": "#8b92a0", "introduced": "#b4540a", "inherited": "#2c5f8d"},
    parameters="#39404d",
    cost="#c2a15a",
    series=(
        *("#4353d8", "#b4540a", "#0d8080", "#8a3fc0", "#3f7d34", "#c2437f", "#937000", "#39404d"),
        *("#1577b8", "#8a4b2a", "#12926a", "#6d5bd0", "#6f8400", "#a8559b", "#c07a2c", "#6b7a90"),
    ),
)
_DARK = Theme(
    text="#eceef3",
    muted="#a3abb9",
    grid="#30353f",
    surface="#1b1e26",
    failure="#ff7b70",
    families={
        "input": "#a3abb9",
        "convolution": "#8b98ff",
        "pooling": "#4fc4c0",
        "normalisation": "#c793f2",
        "activation": "#dcb94a",
        "dropout and noise": "#8b92a0",
        "reshaping": "#8ccb7f",
        "dense": "#f0a05c",
        OTHER: "#d5d9e2",
    },
    differences={"same": "#8b92a0", "introduced": "#f0a05c", "inherited": "#8fc2ee"},
    parameters="#d5d9e2",
    cost="#b59a5e",
    series=(
        *("#8b98ff", "#f0a05c", "#4fc4c0", "#c793f2", "#8ccb7f", "#f28bb9", "#dcb94a", "#d5d9e2"),
        *("#5db4ee", "#c99a7c", "#4fd1a5", "#a99bff", "#b5c94a", "#dc96d0", "#e8b57c", "#94a3b8"),
    ),
)


def theme_of(name: ThemeName) -> Theme:
    """The colours of a theme."""
    return _DARK if name == "dark" else _LIGHT


def family_of(kind: str) -> str:
    """The family that a Keras layer kind is coloured as."""
    return next((family for family, starts in FAMILIES if kind.startswith(starts)), OTHER)


def series_of_runs(run_ids: Sequence[str]) -> dict[str, int]:
    """Which of the series' colours each run has, from 0: its own by its id, wherever it is shown.

    Of two whose own is the same the later takes the next that is free; with more runs than colours some share one.
    """
    count = len(_LIGHT.series)
    found: dict[str, int] = {}
    for run_id in run_ids:
        own = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:4]) % count
        free = [(own + further) % count for further in range(count) if (own + further) % count not in found.values()]
        found[run_id] = free[0] if free else own
    return found


def faded(colour: str, opacity: float) -> str:
    """A #rrggbb colour with an opacity from 0 to 1."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def mixed(colour: str, ground: str, strength: float) -> str:
    """A #rrggbb colour painted on another with a strength from 0 to 1, without transparency."""
    pairs = ((int(colour[start : start + 2], 16), int(ground[start : start + 2], 16)) for start in (1, 3, 5))
    return "#" + "".join(f"{round(strength * over + (1 - strength) * under):02x}" for over, under in pairs)
