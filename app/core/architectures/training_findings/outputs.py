"""Rules about what leaves a network: its shape, its last activation, the loss and the labels."""

from collections.abc import Iterator

from app.core.architectures.architecture import Shape
from app.core.architectures.reading import Finding
from app.core.architectures.training_findings.records import as_written, where
from app.core.architectures.training_findings.story import Compilation, LastLayer, Story, Training

_ONE_HOT = "categorical_crossentropy"
_NUMBERED = "sparse_categorical_crossentropy"
_YES_OR_NO = "binary_crossentropy"
_LABELS = {_ONE_HOT: "categorical", _NUMBERED: "sparse", _YES_OR_NO: "binary"}
_CODED = {"categorical": "one-hot rows", "sparse": "class numbers", "binary": "zeros and ones"}
_UNBOUNDED = frozenset({"linear", "relu", "elu", "selu", "gelu", "leaky_relu", "tanh"})


def output_does_not_fit(story: Story) -> Iterator[Finding]:
    """An output that is no row of classes, or not of as many as the images have."""
    seen: set[int] = set()
    for training in story.trainings:
        last = story.last_layer(training.definition)
        images = training.data
        if training.definition in seen or last is None or last.shape is None or images is None or images.labels is None:
            continue
        wanted = images.classes if images.labels == "categorical" else None
        message = _misfit(last.shape, wanted=wanted, name=story.name(training.definition), labels=images.labels)
        compiled = _compilation_before(story, training)
        if message is None:
            continue
        seen.add(training.definition)
        table = story.table(training.definition)
        half = " half-built" if table is not None and table.failure is not None else ""
        loss = f", and the loss is {compiled.loss}" if compiled and compiled.loss else ""
        yield Finding(
            rule="output-does-not-fit",
            severity="error",
            place=(compiled or training).record.place,
            message=f"{message.replace('output', f'output of the{half} network', 1)}{loss}.",
            read=as_written((compiled or training).record, "loss", 1) if compiled else "",
            why="Labels and outputs of different shapes cannot be compared: training stops at its first step, or the loss "
            "compares what does not belong together.",
            fix="End the network in Flatten (or GlobalAveragePooling2D) and a Dense layer with one unit for each class"
            + (f"; images come from {images.name} ({where(images.record.place)})." if compiled else "."),
        )


def loss_and_activation(story: Story) -> Iterator[Finding]:
    """A loss that does not go with the last activation."""
    for compiled in story.compilations:
        last = story.last_layer(compiled.definition)
        table = story.table(compiled.definition)
        if last is None or compiled.loss is None or last.activation is None or (table is not None and table.failure):
            continue
        found = _mismatch(compiled, last)
        if found is not None:
            severity, why, fix = found
            yield Finding(
                rule="loss-and-activation",
                severity="error" if severity == "error" else "warning",
                place=compiled.record.place,
                message=(
                    f"{story.name(compiled.definition)} ends in {last.activation} with {_units(last.shape)}, which does "
                    f"not go with {compiled.loss}{' (from_logits=True)' if compiled.from_logits else ''}."
                ),
                read=as_written(compiled.record, "loss", 1),
                why=why,
                fix=fix,
            )


def loss_and_labels(story: Story) -> Iterator[Finding]:
    """Labels coded otherwise than the loss expects them."""
    seen: set[tuple[int, int]] = set()
    for training in story.trainings:
        compiled, images = _compilation_before(story, training), training.data
        if compiled is None or compiled.loss is None or images is None or images.labels is None:
            continue
        fits = images.labels == _LABELS[compiled.loss] or compiled.loss == _YES_OR_NO
        fits = fits or {images.labels, _LABELS[compiled.loss]} == {"binary", "sparse"}
        if fits or (training.definition, images.number) in seen:
            continue
        seen.add((training.definition, images.number))
        right = {"categorical": _ONE_HOT, "sparse": _NUMBERED, "binary": _YES_OR_NO}[images.labels]
        yield Finding(
            rule="loss-and-labels",
            severity="error",
            place=compiled.record.place,
            message=(
                f"{images.name} yields its labels as {_CODED[images.labels]}, but {compiled.loss} expects "
                f"{_CODED[_LABELS[compiled.loss]]}."
            ),
            read=as_written(compiled.record, "loss", 1),
            why="The shapes of labels and output do not fit each other: training stops at its first step.",
            fix=f"Use {right}, or let {images.name} ({where(images.record.place)}) code its labels accordingly.",
        )


def dropout_at_the_end(story: Story) -> Iterator[Finding]:
    """Dropout on the predictions themselves."""
    for number in sorted({training.definition for training in story.trainings}):
        last = story.last_layer(number)
        table = story.table(number)
        if last is None or last.layer.kind != "Dropout" or (table is not None and table.failure):
            continue
        definition = story.definition(number)
        yield Finding(
            rule="dropout-at-the-end",
            severity="warning",
            place=definition.places.get(last.call.id, definition.place),
            message=f"{story.name(number)} ends in Dropout: predictions themselves are dropped while it trains.",
            read=last.layer.kind,
            why="Whole class probabilities become zero at random, and the rest no longer sum to one.",
            fix="Put the Dropout before the last Dense layer.",
        )


def _misfit(shape: Shape, *, wanted: int | None, name: str, labels: str) -> str | None:
    per_image = shape[1:]
    written = f"({', '.join('?' if not isinstance(size, int) else str(size) for size in per_image)})"
    if len(per_image) > 1:
        classes = "a row of class scores" if wanted is None else f"{wanted} classes"
        return f"The output {written} for each image ({name}) does not fit {classes}"
    if wanted is not None and per_image and isinstance(per_image[0], int) and per_image[0] != wanted:
        return f"The output has {per_image[0]} units ({name}), which does not fit {wanted} classes"
    if labels == "binary" and per_image and isinstance(per_image[0], int) and per_image[0] > 1:
        return f"The output has {per_image[0]} units ({name}), which does not fit labels of zero and one"
    return None


def _mismatch(compiled: Compilation, last: LastLayer) -> tuple[str, str, str] | None:
    """Severity, why and fix; None where loss and activation go together."""
    units = last.shape[-1] if last.shape and isinstance(last.shape[-1], int) else None
    if compiled.from_logits:
        if last.activation in {"softmax", "sigmoid"}:
            return (
                "error",
                "The loss applies the activation a second time: gradients become small and the probabilities too even.",
                "Leave the last activation out, or from_logits.",
            )
        return None
    if last.activation in _UNBOUNDED:
        right = "sigmoid" if compiled.loss == _YES_OR_NO else "softmax"
        return (
            "error",
            "The loss takes its input for probabilities; outside of 0 to 1 it is cut off and stops teaching.",
            f'End in activation="{right}", or use the loss with from_logits=True.',
        )
    if compiled.loss != _YES_OR_NO and units == 1:
        return (
            "error",
            "With one unit there is one class: the loss cannot tell anything apart.",
            "Give the last layer one unit for each class, or use sigmoid with binary_crossentropy.",
        )
    return _mixed_up(compiled.loss, last.activation, units=units)


def _mixed_up(loss: str | None, activation: str | None, *, units: int | None) -> tuple[str, str, str] | None:
    if loss == _YES_OR_NO and activation == "softmax":
        if units == 1:
            return ("error", "Softmax over one unit is always 1: nothing is learnt.", 'End in activation="sigmoid".')
        return (
            "warning",
            "Each class becomes a question of its own, and older Keras reports an accuracy that looks far too good.",
            "Use categorical_crossentropy with softmax.",
        )
    if loss in {_ONE_HOT, _NUMBERED} and activation == "sigmoid":
        return (
            "warning",
            "The outputs are no distribution over the classes: they need not sum to one.",
            'End in activation="softmax", or use binary_crossentropy where an image may be of several classes.',
        )
    return None


def _units(shape: Shape | None) -> str:
    units = shape[-1] if shape else None
    if not isinstance(units, int):
        return "its units"
    return "1 unit" if units == 1 else f"{units} units"


def _compilation_before(story: Story, training: Training) -> Compilation | None:
    """The last compile of the network before a training, as the source lists them."""
    before = [
        compiled
        for compiled in story.compilations
        if compiled.definition == training.definition and compiled.number < training.number
    ]
    return before[-1] if before else None
