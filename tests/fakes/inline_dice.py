"""The real dice, rendered without processes of their own: quick enough for unit tests."""

from collections.abc import Callable, Generator, Iterable

from app.adapters.image_encoding import jpeg
from app.core.datasets.sample_dice.plan import PlannedImage
from app.core.datasets.sample_dice.request import SampleRequest


class InlineDice:
    """Implements ports.RenderDice; `before_each` happens before a picture, and `rendered` counts them."""

    def __init__(self) -> None:
        self.rendered = 0
        self.before_each: Callable[[], None] = lambda: None

    def __call__(self, samples: SampleRequest, images: Iterable[PlannedImage]) -> Generator[bytes, None, None]:
        for image in images:
            self.before_each()
            self.rendered += 1
            yield jpeg(image.render(samples))
