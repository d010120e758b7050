"""From light to a picture: lens, exposure, tone curve, the sensor's noise."""

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.sample_dice.draws import Draws
from app.core.datasets.sample_dice.scene import Optics
from app.core.datasets.sample_dice.vectors import Floats

_WHITE = 2.0
"""The light, beside middle gray at 0.18, that only just becomes white."""
_MIDDLE = 0.18
_BRIGHT = 0.95
"""The part of a picture that exposing for its mean may not make white: a die's pips have to be seen."""
_PIVOT = 0.44
"""What contrast leaves as it is: about what middle gray becomes."""


def developed(light: Floats, optics: Optics, draws: Draws) -> NDArray[np.uint8]:
    """Light (3, height, width) as the camera stores it: uint8 (height, width, 3)."""
    height, width = light.shape[1:]
    light = light * _vignette(height, width, optics.vignetting)
    light = _blurred(light, optics.blur * min(height, width) / 96)
    light = light * np.float32(min(optics.exposure * _MIDDLE / _mean(light), 0.9 * _WHITE / _brightest(light)))
    light *= np.array(optics.balance, dtype=np.float32)[:, None, None]
    # A shoulder like film's: light comes slowly up to white.
    picture = _curve(light / (1 + light * np.float32(1 - 1 / _WHITE)))
    if optics.sharpening:
        soft = _blurred(picture, max(1.0, min(height, width) / 96))
        picture += np.float32(optics.sharpening) * (picture - soft)
    picture = np.float32(_PIVOT) + (picture - np.float32(_PIVOT)) * np.float32(optics.contrast)
    # Half of the noise is of the light itself, the same in each colour, once the camera has worked on it.
    picture += np.float32(optics.noise) * (
        draws.bell(1, height, width) + draws.bell(3, height, width) * np.float32(0.5)
    )
    levels = np.clip(picture * 255 + np.float32(0.5), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(1, 2, 0))


def _vignette(height: int, width: int, strength: float) -> Floats:
    rows = (np.arange(height, dtype=np.float32) * 2 + (1 - height)) / np.float32(max(height, width))
    columns = (np.arange(width, dtype=np.float32) * 2 + (1 - width)) / np.float32(max(height, width))
    return 1 - np.float32(strength) * ((rows * rows)[:, None] + columns * columns)


def _blurred(channels: Floats, radius: float) -> Floats:
    """Blurred by a bell of this radius, along the rows and then the columns; edges are repeated."""
    reach = int(radius) + 1
    weights = [_bell(step / (radius + 0.5)) for step in range(reach + 1)]
    total = weights[0]
    for weight in weights[1:]:
        total += 2 * weight
    for axis in (1, 2):
        size = channels.shape[axis]
        # Copies of the edges on both sides, so that each step is one addition of two shifted views.
        first, last = channels.take([0] * reach, axis=axis), channels.take([size - 1] * reach, axis=axis)
        padded = np.concatenate([first, channels, last], axis=axis)
        channels = channels * np.float32(weights[0] / total)
        for step in range(1, reach + 1):
            if weights[step]:
                both = _window(padded, axis, reach - step, size) + _window(padded, axis, reach + step, size)
                both *= np.float32(weights[step] / total)
                channels += both
    return channels


def _bell(x: float) -> float:
    rest = max(0.0, 1 - x * x)
    return rest * rest


def _window(padded: Floats, axis: int, start: int, size: int) -> Floats:
    return padded[:, start : start + size] if axis == 1 else padded[:, :, start : start + size]


def _mean(light: Floats) -> float:
    # A sum of whole numbers is the same in any order.
    counted = int((np.minimum(light, 16) * 4096).astype(np.int64).sum())
    return max(1e-3, counted / (4096 * light.size))


def _brightest(light: Floats) -> float:
    seen = np.maximum(np.maximum(light[0], light[1]), light[2])[::2, ::2].reshape(-1)
    place = min(len(seen) - 1, int(len(seen) * _BRIGHT))
    return max(1e-3, float(np.partition(seen, place)[place]))


def _curve(light: Floats) -> Floats:
    """The curve of sRGB, as a sum of roots (within 0.002)."""
    root = np.sqrt(np.maximum(light, 0))
    fourth = np.sqrt(root)
    eighth = np.sqrt(fourth)
    curved = np.float32(0.662002687) * root + np.float32(0.68412206) * fourth
    return curved - np.float32(0.323583601) * eighth - np.float32(0.022541147) * light
