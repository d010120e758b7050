"""What a set of rendered dice is asked to be."""

from pydantic import Field, model_validator

from app.core.values import Value

VALUES = (1, 2, 3, 4, 5, 6)
MOST_PIXELS = 4_000_000_000
"""In all pictures of a set: some 2,000 of each value at 640 by 480."""


class SampleRequest(Value):
    """How many pictures of each value, of which size in pixels, from which seed."""

    images_per_class: int = Field(default=300, ge=3, le=20_000, title="Images of each value")
    height: int = Field(default=96, ge=16, le=2048, title="Height in pixels")
    width: int = Field(default=96, ge=16, le=2048, title="Width in pixels")
    seed: int = Field(default=0, ge=0, lt=2**53, title="Seed")

    @model_validator(mode="after")
    def _bounded(self) -> "SampleRequest":
        if self.images * self.height * self.width > MOST_PIXELS:
            fitting = MOST_PIXELS // (len(VALUES) * self.height * self.width)
            raise ValueError(
                f"that is too much to render: at {self.height} by {self.width} pixels take at most {fitting} per class"
            )
        return self

    @property
    def images(self) -> int:
        """How many pictures the set has."""
        return len(VALUES) * self.images_per_class
