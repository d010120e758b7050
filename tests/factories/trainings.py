"""A training done right, to be changed in one thing."""

from collections.abc import Callable
from typing import Any

from app.core.architectures.reading import Finding, Ref
from app.core.architectures.training_findings import training_findings
from tests.factories.readings import Writer, image_network

GENERATOR = "keras.preprocessing.image.ImageDataGenerator"
CHECKPOINT = "keras.callbacks.ModelCheckpoint"


def found(writer: Writer, rule: str) -> list[Finding]:
    return [entry for entry in training_findings(writer.reading(), writer.tables()) if entry.rule == rule]


def flow(
    writer: Writer, to: str, *, folder: str | None = None, generator: dict[str, Any] | None = None, **more: Any
) -> Ref:
    datagen = writer.call(GENERATOR, to=f"{to}_datagen", **(generator or {"rescale": 1 / 255}))
    arguments: dict[str, Any] = {
        "target_size": [64, 64],
        "class_mode": "categorical",
        "classes": list("123456"),
        "shuffle": False,
    }
    return writer.call(".flow_from_directory", folder or to, of=datagen, to=to, **(arguments | more))


def right_training(
    change: Callable[[Writer, dict[str, Any]], None] | None = None,
    *,
    network: Any = None,
    compiled: dict[str, Any] | None = None,
    train: dict[str, Any] | None = None,
    test: dict[str, Any] | None = None,
    **fit: Any,
) -> Writer:
    """A training done right, but for what is given."""
    writer = Writer()
    writer.call("keras.utils.set_random_seed", 1)
    model = writer.network(network or image_network(), "model")
    writer.call(".compile", of=model, **(compiled or {"loss": "categorical_crossentropy", "optimizer": "adam"}))
    data, validation = flow(writer, "train", **(train or {})), flow(writer, "test", **(test or {}))
    more: dict[str, Any] = {"validation_data": validation, **fit}
    if change is not None:
        change(writer, more)
    writer.call(".fit", data, of=model, **more)
    return writer
