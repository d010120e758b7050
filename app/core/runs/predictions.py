"""What a trained network is asked about images, what it answers, and who answers: the predictor."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from app.core.datasets.preparation import Preparation
from app.core.values import JsonObject, Value

Weights = Literal["best", "last"]

MOST_IMAGES_AT_ONCE = 64
"""Of a dataset, in one question: whoever asks about a single image meanwhile waits for no more than these."""


class TrainedNetwork(Value):
    """A run's weights, known by the SHA-256 of their file: other bytes are another network.

    `weights` and `plan` are the keys of the blobs with the weights (HDF5) and with the network without them (Keras's JSON).
    """

    run_id: str
    sha256: str
    bytes: int
    weights: str
    plan: str


class Asked(Value):
    """What somebody wants to know about one image: the `top` likeliest classes, and more where asked for.

    A heat map of `of_class`, or of the predicted class; a few feature maps of every layer, or many of one `call`; the
    image as the network sees it.
    """

    weights: Weights = "best"
    top: int = Field(default=5, ge=1, le=1_000)
    heat_map: bool = False
    of_class: str | None = None
    layers: bool = False
    call: str | None = None
    seen: bool = False


class Look(Value):
    """What to tell about one image beside its probabilities.

    `heat_map` asks for one of the class with that number, or of the predicted one where that is None; `call` asks for the
    feature maps of one call of the architecture, `layers` for a few of each.
    """

    heat_map: bool = False
    of_class: int | None = Field(default=None, ge=0)
    layers: bool = False
    call: str | None = None


class AskAboutImage(Value):
    """One image as training would have prepared it; its pixels, uint8 of that shape, travel beside the question."""

    ask: Literal["image"] = "image"
    network: TrainedNetwork
    preparation: Preparation
    look: Look = Look()


class AskAboutImages(Value):
    """Images of a dataset by their digests, which the predictor reads and prepares itself."""

    ask: Literal["images"] = "images"
    network: TrainedNetwork
    preparation: Preparation
    digests: tuple[str, ...] = Field(min_length=1, max_length=MOST_IMAGES_AT_ONCE)


class AskToBeReady(Value):
    """Load the network: somebody is about to ask."""

    ask: Literal["ready"] = "ready"
    network: TrainedNetwork
    preparation: Preparation


Question = Annotated[AskAboutImage | AskAboutImages | AskToBeReady, Field(discriminator="ask")]


class HeatMap(Value):
    """Grad-CAM: where a layer's maps speak for a class, values from 0 to 1, row by row; or why there is none.

    `call` is the call whose maps were looked at. `values` is the coarse map itself; pages enlarge it to the image.
    """

    of_class: int | None = None
    call: str | None = None
    values: tuple[tuple[float, ...], ...] = ()
    why_none: str | None = None


class FeatureMaps(Value):
    """What one call yields for an image, as a gray picture: a grid of its channels, or a strip of its numbers.

    One scale holds for the whole call: `lowest` is black and `highest` white, None where no number is finite. `silent`
    counts the channels that are the same everywhere, or the numbers that are zero. `picture` is the address of a PNG
    that carries its bytes (`data:`), None where `why_none` says why.
    """

    call: str
    shape: tuple[int, ...]
    channels: int = 0
    shown: int = 0
    columns: int = 0
    silent: int = 0
    lowest: float | None = None
    highest: float | None = None
    picture: str | None = None
    why_none: str | None = None


class Answer(Value):
    """The predictor's answer: for each image its probabilities in the order of the classes, or why it has none."""

    probabilities: tuple[tuple[float | None, ...] | None, ...] = ()
    broken: dict[int, str] = Field(default_factory=dict)
    heat_map: HeatMap | None = None
    layers: tuple[FeatureMaps, ...] = ()


class Predictor(Protocol):
    """Answers with trained networks, in a process of its own, wherever that runs."""

    def ask(self, question: AskAboutImage | AskAboutImages | AskToBeReady, pixels: bytes = b"") -> Answer:
        """UnavailableError where nobody answers, InvalidError where the network cannot."""
        ...


class Pictures(Protocol):
    """Draws what is told about an image; each answer is the address of a PNG that carries its bytes (`data:`)."""

    def seen(self, pixels: NDArray[np.uint8]) -> str:
        """uint8 (height, width, channels) as it is."""
        ...

    def heat_map(self, values: Sequence[Sequence[float]], preparation: Preparation) -> str:
        """Values from 0 to 1, row by row, as colours over the whole of an image of that size."""
        ...


class Outcome(Value):
    """What a network makes of one image of a dataset's version; without `predicted` where its file cannot be used."""

    digest: str
    path: str
    split: str
    class_name: str
    predicted: str | None
    probability: float | None
    problem: str | None = None

    def row(self) -> JsonObject:
        """As the REST contract shows it."""
        told: JsonObject = {"digest": self.digest, "path": self.path, "split": self.split, "class": self.class_name}
        told |= {"predicted": self.predicted, "probability": self.probability}
        return told if self.problem is None else {**told, "problem": self.problem}
