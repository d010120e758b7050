"""Training images changed as was drawn for them. The trainer and the preview share this."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.runs.augmentation import Augmentation, Drawn

Images = NDArray[np.float32]

cv2.setNumThreads(1)  # a batch of small images is done sooner by one thread than it is shared out


def augmented(images: NDArray[np.uint8], drawn: Sequence[Drawn], augmentation: Augmentation) -> Images:
    """Images uint8 (images, height, width, channels) as float32 in [0, 1]; what comes in from outside is mirrored."""
    changed = [_augmented(image, one, augmentation) for image, one in zip(images, drawn, strict=True)]
    return np.stack(changed)


def _augmented(image: NDArray[np.uint8], drawn: Drawn, augmentation: Augmentation) -> Images:
    values: Images = image.astype(np.float32) / np.float32(255)
    height, width, channels = image.shape
    if augmentation.moves:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpAffine(values, drawn.matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        values = np.asarray(warped, dtype=np.float32).reshape(height, width, channels)  # OpenCV drops a single channel
    mean = values.mean(dtype=np.float32)
    values = (values - mean) * np.float32(drawn.contrast) + mean + np.float32(drawn.brightness)
    if augmentation.noise:
        noise = np.random.default_rng(drawn.noise_seed).standard_normal(image.shape, dtype=np.float32)
        values += noise * np.float32(augmentation.noise)
    return np.clip(values, 0, 1)
