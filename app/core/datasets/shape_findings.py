"""Images of sizes and colour modes that the others do not have."""

import statistics
from collections import Counter
from collections.abc import Sequence

from app.core.datasets.dataset import ImageRecord
from app.core.datasets.findings import Listed, counted, listed, shown, verb

LARGEST_SHARE = 0.1
"""What more than a tenth of the images have is no outlier but another kind of image."""
SIDE_RATIO, SHAPE_RATIO, SMALLEST_SIDE = 2.5, 1.6, 8
_MEANING = {
    "1": "black and white only",
    "P": "a palette of colours",
    "CMYK": "four printing colours",
    "RGBA": "transparency, which is dropped",
    "LA": "transparency, which is dropped",
    "F": "floating-point brightness, brought to 8 bits",
}


def size_outliers(images: Sequence[ImageRecord]) -> list[Listed]:
    """Images much larger, smaller or of another shape than half of all, and such as are hardly images."""
    if not images:
        return []
    side = statistics.median((image.height * image.width) ** 0.5 for image in images)
    shape = statistics.median(image.width / image.height for image in images)
    reasons = {image.path: _odd_size(image, side, shape) for image in images}
    odd = [image for image in images if reasons[image.path]]
    if len(odd) > LARGEST_SHARE * len(images):
        odd = [image for image in odd if min(image.height, image.width) < SMALLEST_SIDE]
    if not odd:
        return []
    return [
        listed(
            "size_outliers",
            "warning",
            f"{counted(len(odd), 'image')} {verb(len(odd), 'has', 'have')} another size or shape than the rest, whose "
            f"sides are around {side:.0f} pixels.",
            effect="Brought to the size that a network takes they are blurred or squashed, unlike the others.",
            images=odd,
            evidence=[shown(image, reason=reasons[image.path]) for image in odd],
        )
    ]


def mode_outliers(images: Sequence[ImageRecord]) -> list[Listed]:
    """Images in a colour mode that few have."""
    counts = Counter(image.mode for image in images)
    rare = {mode for mode, count in counts.items() if count <= LARGEST_SHARE * len(images)}
    odd = [image for image in images if image.mode in rare]
    if not odd:
        return []
    most = counts.most_common(1)[0][0]
    return [
        listed(
            "mode_outliers",
            "note",
            f"{counted(len(odd), 'image')} {verb(len(odd), 'is', 'are')} in another colour mode than most: "
            f"{', '.join(f'{counts[mode]} {mode}' for mode in sorted(rare))}, beside {counts[most]} {most}.",
            effect="All are brought to the colour mode of a run; gray ones among coloured ones (or the other way round) "
            "stay recognisable, and a network may go by that.",
            images=odd,
            evidence=[shown(image, reason=_mode(image.mode)) for image in odd],
        )
    ]


def _odd_size(image: ImageRecord, side: float, shape: float) -> str:
    size = f"{image.height} × {image.width}"
    if min(image.height, image.width) < SMALLEST_SIDE:
        return f"{size}: hardly an image"
    ratio = (image.height * image.width) ** 0.5 / side
    if not 1 / SIDE_RATIO < ratio < SIDE_RATIO:
        return f"{size}: {'larger' if ratio > 1 else 'smaller'} than most"
    if not 1 / SHAPE_RATIO < image.width / image.height / shape < SHAPE_RATIO:
        return f"{size}: {'wider' if image.width / image.height > shape else 'taller'} than most"
    return ""


def _mode(mode: str) -> str:
    meaning = "16 bits, brought to 8" if mode.startswith("I") else _MEANING.get(mode)
    return f"{mode} ({meaning})" if meaning else mode
