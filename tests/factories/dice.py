"""Dice to train on: the real casino dice where they lie beside the project, else drawn ones in the same folders."""

import functools
import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

REAL = Path(__file__).parents[3] / "shared" / "data" / "casino_dice"
COUNTS = {
    "train": (22, 17, 20, 18, 18, 15),
    "val": (13, 9, 10, 9, 9, 9),
    "test": (22, 17, 20, 18, 18, 15),
}
_PIPS = {
    1: [(0, 0)],
    2: [(-1, -1), (1, 1)],
    3: [(-1, -1), (0, 0), (1, 1)],
    4: [(-1, -1), (-1, 1), (1, -1), (1, 1)],
    5: [(-1, -1), (-1, 1), (0, 0), (1, -1), (1, 1)],
    6: [(-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)],
}


@functools.cache
def casino_dice() -> Path:
    """A folder `casino_dice` with train, val and test, each with the classes 1 to 6: 279 images of about 68 x 68."""
    given = os.environ.get("DICEBOARD_TEST_DICE")
    if given or REAL.is_dir():
        return Path(given or REAL)
    folder = Path(tempfile.mkdtemp(prefix="diceboard-dice-")) / "casino_dice"
    generator = np.random.default_rng(6)
    for split, counts in COUNTS.items():
        for value, count in enumerate(counts, start=1):
            target = folder / split / str(value)
            target.mkdir(parents=True)
            for number in range(count):
                drawn(value, generator).save(target / f"{number:03}.png")
    return folder


def casino_images() -> list[Path]:
    """The images in it; beside the real ones lies a text about their source."""
    return sorted(casino_dice().glob("*/*/*"))


def drawn(value: int, generator: np.random.Generator) -> Image.Image:
    """A die on felt that shows `value`, anyhow turned, a little noisy."""
    side = int(generator.integers(60, 76))
    die = Image.new("RGB", (4 * side, 4 * side), (20, int(generator.integers(70, 110)), 60))
    draw = ImageDraw.Draw(die)
    middle, half, radius = 2 * side, 1.35 * side, 0.24 * side
    colour = (170, 25, 35) if generator.random() < 0.5 else (25, 40, 140)
    draw.rounded_rectangle((middle - half, middle - half, middle + half, middle + half), radius=side / 4, fill=colour)
    for row, column in _PIPS[value]:
        x, y = middle + 0.75 * side * column, middle + 0.75 * side * row
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(240, 240, 235))
    turned = die.rotate(float(generator.uniform(0, 360)), fillcolor=die.getpixel((0, 0)))  # type: ignore[arg-type]
    small = np.asarray(turned.resize((side, side), Image.Resampling.BOX), dtype=float)
    noisy = np.clip(small + generator.normal(0, 6, small.shape), 0, 255)
    return Image.fromarray(noisy.astype(np.uint8))
