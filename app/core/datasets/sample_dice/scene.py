"""What is photographed: one die on one ground in one light, through one camera, in several poses."""

from dataclasses import dataclass
from enum import Enum

from app.core.datasets.sample_dice.colourings import Colouring
from app.core.datasets.sample_dice.vectors import Rotation, Vector


class Pattern(Enum):
    """How a ground is made."""

    PLAIN = "plain"
    PAPER = "paper"  # nearly plain, from light to less light
    FELT = "felt"
    CLOTH = "cloth"  # woven
    WOOD = "wood"
    MARBLE = "marble"
    STONE = "stone"  # speckled


@dataclass(frozen=True)
class Surface:
    """A ground between two colours (linear light); a length of 1 is half a die's side."""

    pattern: Pattern
    first: Vector
    second: Vector
    scale: float
    turn: tuple[float, float]
    offset: tuple[float, float]


class Shape(Enum):
    """What part of the table another surface covers."""

    HALF = "half"
    STRIPE = "stripe"
    RING = "ring"


@dataclass(frozen=True)
class Marking:
    """Something printed or lying on the ground: beyond a straight edge, along a stripe, on a ring."""

    shape: Shape
    turn: tuple[float, float]
    distance: float
    width: float
    surface: Surface


@dataclass(frozen=True)
class Lamp:
    """Light from one direction; `softness` is how wide a penumbra is at a height of 1."""

    towards: Vector
    colour: Vector
    softness: float


@dataclass(frozen=True)
class Lighting:
    """Two lamps, the light from all around above, and a window that glossy sides mirror."""

    lamps: tuple[Lamp, Lamp]
    sky: Vector
    window: Vector
    window_light: float


@dataclass(frozen=True)
class Body:
    """A die: colours, the radius of its rounded edges, its pips' radius, distance and depth, its gloss, its print.

    `density` is how much light a clear body takes away on its way through, `frost` how white its ground edges are.
    """

    colouring: Colouring
    rounding: float
    pip_radius: float
    pip_distance: float
    pip_depth: float
    gloss: float
    density: float
    grain: tuple[float, float, float]
    is_printed: bool
    frost: float


@dataclass(frozen=True)
class Optics:
    """A camera: what it does to light. Blur is a radius in pixels of a picture 96 pixels high."""

    blur: float
    sharpening: float
    noise: float
    vignetting: float
    exposure: float
    contrast: float
    balance: Vector


@dataclass(frozen=True)
class Scene:
    """What all pictures of one scene share."""

    number: int
    body: Body
    ground: Surface
    marking: Marking | None
    lighting: Lighting
    optics: Optics


@dataclass(frozen=True)
class Shot:
    """One picture: how the die lies, from where it is seen, how much of the frame it fills, where in the frame it is.

    `towards_camera` is a direction, `distance` is from the die's middle; `fill` is the part of the frame that the die's
    outline takes; `shift` places it, from -1 to 1, in the room that is left; `noise` seeds the sensor's noise.
    """

    value: int
    rotation: Rotation
    place: tuple[float, float]
    towards_camera: Vector
    roll: tuple[float, float]
    distance: float
    fill: float
    shift: tuple[float, float]
    noise: tuple[int, ...]
