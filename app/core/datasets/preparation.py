"""What a network is fed: the size and colours of the arrays that images become, and what happens to their shape."""

from enum import StrEnum

from pydantic import Field

from app.core.values import Value

LARGEST_SIDE = 4096


class ResizeMode(StrEnum):
    """How an image of one shape fills an array of another. The last two are called as in keras.layers.Resizing."""

    SQUASH = "squash"  # all of the image, its proportions changed
    PAD = "pad_to_aspect_ratio"  # all of the image in its proportions, black beside it
    CROP = "crop_to_aspect_ratio"  # the middle of the image in its proportions, the array filled


class ColorMode(StrEnum):
    """How many channels an array has, called as in keras.utils.load_img."""

    GRAYSCALE = "grayscale"
    RGB = "rgb"

    @property
    def channels(self) -> int:
        """1 or 3."""
        return 1 if self is ColorMode.GRAYSCALE else 3


class Preparation(Value):
    """How images become arrays of uint8 (height, width, channels); height and width in pixels."""

    height: int = Field(ge=1, le=LARGEST_SIDE)
    width: int = Field(ge=1, le=LARGEST_SIDE)
    color_mode: ColorMode = ColorMode.RGB
    resize_mode: ResizeMode = ResizeMode.SQUASH

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of one image's array."""
        return self.height, self.width, self.color_mode.channels
