"""Python that prepares an image as it is prepared here, for programs elsewhere."""

from app.core.datasets.preparation import ColorMode, Preparation, ResizeMode

PILLOW_MODES = {ColorMode.GRAYSCALE: "L", ColorMode.RGB: "RGB"}
"""Pillow's name of each colour mode."""

_RESIZING = {
    ResizeMode.SQUASH: "image = image.resize({size}, Image.Resampling.BILINEAR)",
    ResizeMode.PAD: "image = ImageOps.pad(image, {size}, method=Image.Resampling.BILINEAR, color=0)",
    ResizeMode.CROP: "image = ImageOps.fit(image, {size}, method=Image.Resampling.BILINEAR)",
}


def steps(preparation: Preparation) -> list[str]:
    """Lines that make the same array of a `file` with Pillow and NumPy, for images of 8 bits a channel."""
    size = (preparation.width, preparation.height)
    return [
        "image = ImageOps.exif_transpose(Image.open(file))",
        f'image = image.convert("{PILLOW_MODES[preparation.color_mode]}")',
        _RESIZING[preparation.resize_mode].format(size=size),
        f"array = numpy.asarray(image, dtype=numpy.uint8).reshape{preparation.shape}",
    ]
