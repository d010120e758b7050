"""A run's images, decoded once for its size and colour mode and memory-mapped."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.adapters.images import PillowImages, preprocessing
from app.adapters.prepared import PreparedArrays, PreparedRows
from app.adapters.prepared.arrays import Tell
from app.core.architectures.architecture import Architecture
from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.names import image_key
from app.core.datasets.preparation import ColorMode, Preparation, ResizeMode
from app.core.errors import InvalidError
from app.core.values import JsonObject
from app.services.bundle import ServiceBundle
from worker.trainer.data import Pixels, Rows

_COLOR_MODES = {mode.channels: mode for mode in ColorMode}


@dataclass(frozen=True)
class Prepared:
    """The prepared rows, and for each split its images and their rows, in one order."""

    prepared_rows: PreparedRows
    images: dict[Split, list[ImageRecord]]
    rows: dict[Split, Rows]
    preprocessing: JsonObject

    @property
    def pixels(self) -> Pixels:
        """Memory-mapped uint8 (rows, height, width, channels)."""
        return self.prepared_rows.pixels

    def labels(self, split: Split, classes: Sequence[str]) -> Rows:
        """The classes' numbers of a split's images."""
        number = {name: index for index, name in enumerate(classes)}
        return np.array([number[image.class_name] for image in self.images[split]], dtype=np.int64)


def prepare(
    services: ServiceBundle,
    architecture: Architecture,
    images: Sequence[ImageRecord],
    *,
    resize_mode: ResizeMode,
    tell: Tell,
) -> Prepared:
    """Decode what no earlier run has, telling how far it is; InvalidError where the images cannot fit the network."""
    height, width, channels = _size(architecture)
    by_split = {split: [image for image in images if image.split is split] for split in Split}
    if not by_split[Split.TRAIN]:
        raise InvalidError("The dataset's version has no training images. Put some into a train/ folder.")
    arrays = PreparedArrays(
        services.settings.data / "prepared",
        read_blob=lambda digest: services.blobs.get_bytes(image_key(digest)),
        decode=PillowImages(services.settings.largest_image_pixels).decode,
        most_bytes=services.settings.prepared_bytes,
    )
    preparation = Preparation(height=height, width=width, color_mode=_COLOR_MODES[channels], resize_mode=resize_mode)
    ordered = [image for split in Split for image in by_split[split]]
    prepared_rows = arrays.open(preparation, [image.digest for image in ordered], tell)
    ends = np.cumsum([len(by_split[split]) for split in Split])[:-1]
    return Prepared(
        prepared_rows=prepared_rows,
        images=by_split,
        rows=dict(zip(Split, np.split(prepared_rows.rows, ends), strict=True)),
        preprocessing=preprocessing(preparation) | {"filter": "bilinear", "scale": "1/255"},
    )


def _size(architecture: Architecture) -> tuple[int, int, int]:
    """Height, width and channels of the one input; InvalidError where images cannot fill it."""
    if len(architecture.inputs) != 1 or len(architecture.outputs) != 1:
        raise InvalidError(
            f"{architecture.name!r} has {len(architecture.inputs)} inputs and {len(architecture.outputs)} outputs; "
            "training on images takes one of each."
        )
    shape = architecture.inputs[0].shape[1:]
    sizes = [size for size in shape if isinstance(size, int)]
    if len(shape) != 3 or len(sizes) != 3 or sizes[2] not in _COLOR_MODES:
        raise InvalidError(
            f"{architecture.name!r} takes inputs of shape {shape}; images need (height, width, channels) with a fixed "
            "height and width and 1 (grayscale) or 3 (rgb) channels."
        )
    return sizes[0], sizes[1], sizes[2]
