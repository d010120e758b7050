"""How sure a share is that was counted."""

import math

_NORMAL_95 = 1.959963984540054


def wilson_interval(correct: int, images: int) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson 1927), which stays within [0, 1] also for few images."""
    if images == 0:
        return 0.0, 1.0
    share, z = correct / images, _NORMAL_95
    denominator = 1 + z**2 / images
    centre = (share + z**2 / (2 * images)) / denominator
    half = z / denominator * math.sqrt(share * (1 - share) / images + z**2 / (4 * images**2))
    return max(0.0, centre - half), min(1.0, centre + half)
