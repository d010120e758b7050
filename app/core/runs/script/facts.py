"""What is known of a run when it is written down as a script."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.architectures.architecture import Architecture
from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.preparation import ColorMode, Preparation
from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.run import Event, Run
from app.core.values import JsonObject


@dataclass(frozen=True)
class SplitFacts:
    """How many images a split has, each class's, and a digest that says which they are and in which order."""

    images: int
    by_class: Mapping[str, int]
    digest: str

    @classmethod
    def of(cls, images: Sequence[ImageRecord]) -> "SplitFacts":
        """The digest is SHA-256 over the images' own, one after another in hexadecimal digits."""
        digest = hashlib.sha256("".join(image.digest for image in images).encode()).hexdigest()
        return cls(len(images), Counter(image.class_name for image in images), digest)


@dataclass(frozen=True)
class ScriptFacts:
    """A run with all that it was made from.

    `epochs` are the records of its epochs in order, `versions` what computed them, both empty where it got nowhere;
    `address` is where its images can be had.
    """

    run: Run
    architecture: Architecture
    dataset: str
    classes: Sequence[str]
    splits: Mapping[Split, SplitFacts]
    address: str
    epochs: Sequence[JsonObject] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def backend(self) -> str:
        """What Keras computed with."""
        return self.versions.get("backend", "tensorflow")

    @property
    def preparation(self) -> Preparation:
        """How its images become arrays."""
        return preparation_of(self.architecture, self.run.configuration)

    @property
    def layers(self) -> list[str]:
        """The layers in the order of their first calls, in which weights are digested."""
        return list(dict.fromkeys(call.layer for call in self.architecture.calls))


def preparation_of(architecture: Architecture, configuration: Configuration) -> Preparation:
    """InvalidError where the network takes no images."""
    shape = architecture.inputs[0].shape[1:]
    modes = {mode.channels: mode for mode in ColorMode}
    sizes = [size for size in shape if isinstance(size, int)]
    if len(shape) != 3 or len(sizes) != 3 or sizes[2] not in modes:
        raise InvalidError(
            f"{architecture.name!r} takes inputs of shape {shape}, and no images: there is nothing to repeat."
        )
    return Preparation(
        height=sizes[0], width=sizes[1], color_mode=modes[sizes[2]], resize_mode=configuration.resize_mode
    )


def figures_of(events: Sequence[Event]) -> list[JsonObject]:
    """The record of each epoch, in order; where several attempts came to one, that of the last."""
    records: dict[Any, JsonObject] = {event.payload["epoch"]: event.payload for event in events}
    return [records[epoch] for epoch in sorted(records)]
