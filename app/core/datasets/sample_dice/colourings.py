"""The 23 colourings that sets of dice are sold in, as data."""

from dataclasses import dataclass
from enum import Enum

from app.core.datasets.sample_dice.vectors import Vector


class Finish(Enum):
    """What a body is made of."""

    PLASTIC = "plastic"  # opaque and glossy
    CLEAR = "clear"  # light passes: one sees the pips of the far faces
    MARBLED = "marbled"  # swirls of a lighter tone
    WOOD = "wood"  # grain, hardly any gloss
    METAL = "metal"  # mirrors its surroundings


@dataclass(frozen=True)
class Colouring:
    """Body, pips and finish; colours are sRGB from 0 to 1. `one` is the colour of the single pip where it differs."""

    name: str
    body: Vector
    pips: Vector
    finish: Finish = Finish.PLASTIC
    one: Vector | None = None


_WHITE = (0.93, 0.93, 0.91)
_IVORY = (0.92, 0.87, 0.74)
_BLACK = (0.05, 0.05, 0.06)
_GOLD = (0.83, 0.66, 0.27)
_RED = (0.76, 0.09, 0.11)

COLOURINGS = (
    Colouring("white, black pips", _WHITE, _BLACK),
    Colouring("white, black pips and a red one", _WHITE, _BLACK, one=_RED),
    Colouring("ivory, black pips", _IVORY, _BLACK),
    Colouring("ivory, brown pips", _IVORY, (0.30, 0.16, 0.08)),
    Colouring("black, white pips", _BLACK, _WHITE),
    Colouring("black, red pips", _BLACK, (0.85, 0.12, 0.10)),
    Colouring("red, white pips", _RED, _WHITE),
    Colouring("blue, white pips", (0.08, 0.22, 0.62), _WHITE),
    Colouring("green, white pips", (0.05, 0.42, 0.20), _WHITE),
    Colouring("yellow, black pips", (0.95, 0.78, 0.12), _BLACK),
    Colouring("orange, black pips", (0.93, 0.45, 0.08), _BLACK),
    Colouring("purple, white pips", (0.38, 0.13, 0.52), _WHITE),
    Colouring("pink, white pips", (0.91, 0.42, 0.60), _WHITE),
    Colouring("turquoise, black pips", (0.16, 0.66, 0.66), _BLACK),
    Colouring("clear red, white pips", (0.78, 0.05, 0.09), _WHITE, Finish.CLEAR),
    Colouring("clear blue, white pips", (0.05, 0.17, 0.66), _WHITE, Finish.CLEAR),
    Colouring("clear green, white pips", (0.04, 0.50, 0.24), _WHITE, Finish.CLEAR),
    Colouring("clear amber, black pips", (0.93, 0.55, 0.07), _BLACK, Finish.CLEAR),
    Colouring("clear smoke, white pips", (0.30, 0.30, 0.33), _WHITE, Finish.CLEAR),
    Colouring("marbled burgundy, gold pips", (0.42, 0.04, 0.10), _GOLD, Finish.MARBLED),
    Colouring("marbled navy, white pips", (0.07, 0.11, 0.36), _WHITE, Finish.MARBLED),
    Colouring("wood, dark pips", (0.70, 0.48, 0.28), (0.16, 0.09, 0.05), Finish.WOOD),
    Colouring("steel, black pips", (0.66, 0.67, 0.69), _BLACK, Finish.METAL),
)


def linear(colour: Vector) -> Vector:
    """Light that a colour of a screen reflects: sRGB's curve, within 0.01 of it."""
    red, green, blue = (value * (value * (value * 0.305306011 + 0.682171111) + 0.012522878) for value in colour)
    return (red, green, blue)
