"""Rules about how training is asked for: seeds, steps, metrics, callbacks, names of older versions."""

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from app.core.architectures.reading import Finding, Place, Record, RecordedValue
from app.core.architectures.training_findings.records import (
    argument,
    as_written,
    is_given,
    listed,
    name_of,
    text_of,
    where,
)
from app.core.architectures.training_findings.story import Story, Training

_SEEDS_ALL = frozenset({"set_random_seed", "set_seed"})
_RANDOM_LAYERS = ("Dropout", "Noise", "Random")
_OLD_NAMES = {
    "fit_generator": "fit",
    "evaluate_generator": "evaluate",
    "predict_generator": "predict",
    "predict_classes": "predict and argmax",
    "predict_proba": "predict",
    "Session": "nothing: there are no sessions",
    "ConfigProto": "tf.config",
}
_OLD_ARGUMENTS = {"nb_epoch": "epochs", "samples_per_epoch": "steps_per_epoch", "nb_val_samples": "validation_steps"}
_METRICS = frozenset({"acc", "accuracy", "mae", "mse", "auc", "binary_accuracy", "categorical_accuracy"})
_LONGEST_DIVISION = 200


def no_seed(story: Story) -> Iterator[Finding]:
    """Weights and dropout drawn anew each time."""
    calls = [record.function for record in story.reading.records]
    if not story.trainings or any(name.rpartition(".")[2] in _SEEDS_ALL for name in calls):
        return
    trained = sorted({training.definition for training in story.trainings})
    architectures = [story.definition(number).architecture for number in trained]
    if any("seed" in layer.config for entry in architectures for layer in entry.layers):
        return
    drops = any(part in layer.kind for entry in architectures for layer in entry.layers for part in _RANDOM_LAYERS)
    seeded = [record.assigned_to or name_of(record) for record in story.reading.records if is_given(record, "seed")]
    other = [name for name in calls if name in {"numpy.random.seed", "random.seed"}]
    only = (
        f"; only {listed([*seeded, *other])} {'is' if len(seeded) + len(other) == 1 else 'are'}"
        if seeded or other
        else ""
    )
    first = min(trained)
    yield Finding(
        rule="no-seed",
        severity="warning" if len(trained) > 1 else "note",
        place=story.definition(first).place or story.trainings[0].record.place,
        message=f"The first weights{' and dropout' if drops else ''} of {_names(story, trained)} are not seeded{only}.",
        read=f"no keras.utils.set_random_seed before {story.name(first)} is made",
        why="Two runs of the same network differ by chance; a small difference between two networks may be no more than that.",
        fix="Call keras.utils.set_random_seed(2018) before the first network is made, and again before the second.",
    )


def partial_batch(story: Story) -> Iterator[Finding]:
    """`n // batch_size` steps, which leave the last partial batch out."""
    for training in story.trainings:
        found = [
            (name, as_written(training.record, name, position))
            for name, position in _step_arguments(training)
            if _leaves_a_rest(text_of(training.record, name, position), story.reading.names)
        ]
        if found:
            names = listed([name for name, _ in found])
            yield Finding(
                rule="partial-batch",
                severity="note",
                place=training.record.place,
                message=f"{names} {'is' if len(found) == 1 else 'are'} rounded down: the last partial batch is left out.",
                read=", ".join(read for _, read in found),
                why="An epoch does not see every image, and a validation leaves a few out, shuffled ones others each time.",
                fix="Leave the steps out (Keras knows how many there are), or round up with math.ceil.",
            )


def metrics_as_loss_weights(story: Story) -> Iterator[Finding]:
    """`compile(optimizer, loss, ["accuracy"])`: the third argument has changed its meaning."""
    for compiled in story.compilations:
        third = argument(compiled.record, "2")
        if _are_metrics(third):
            yield Finding(
                rule="metrics-as-loss-weights",
                severity="error",
                place=compiled.record.place,
                message="compile is given the metrics as its third argument, where Keras 3 takes loss_weights.",
                read=text_of(compiled.record, "2"),
                why="In Keras 2 the third argument was metrics; in Keras 3 the loss is multiplied by a text and training fails.",
                fix=f"Write metrics={text_of(compiled.record, '2') or '[...]'}.",
            )


def monitors_training(story: Story) -> Iterator[Finding]:
    """A callback that follows the training's own numbers although there is a validation."""
    for record, training in _callbacks(story, "ModelCheckpoint", "EarlyStopping"):
        monitor = argument(record, "monitor", _MONITOR[name_of(record)])
        validated = is_given(training.record, "validation_data") or is_given(training.record, "validation_split")
        if validated and isinstance(monitor, str) and monitor in {"loss", "acc", "accuracy"}:
            yield Finding(
                rule="monitors-training",
                severity="note",
                place=record.place,
                message=f"{record.assigned_to or name_of(record)} follows the training's {monitor}, not the validation's.",
                read=as_written(record, "monitor", _MONITOR[name_of(record)]),
                why="The training's own loss goes on falling while the network learns its images by heart.",
                fix=f'Monitor "val_{monitor}".',
            )


def monitor_is_missing(story: Story) -> Iterator[Finding]:
    """A callback that waits for a number nobody reports."""
    for record, training in _callbacks(story, *_MONITOR):
        position = _MONITOR[name_of(record)]
        monitor = argument(record, "monitor", position, default="val_loss")
        needed = name_of(record) != "ModelCheckpoint" or argument(record, "save_best_only", 3) is True
        validated = any(is_given(training.record, *entry) for entry in _VALIDATION[name_of(training.record)])
        if needed and isinstance(monitor, str) and monitor.startswith("val_") and not validated:
            yield Finding(
                rule="monitor-is-missing",
                severity="warning",
                place=record.place,
                message=f"{record.assigned_to or name_of(record)} follows {monitor}, but the training has no validation.",
                read=as_written(record, "monitor", position) or 'the default monitor="val_loss"',
                why="Keras warns once and the callback does nothing: no best weights are saved, nothing stops early.",
                fix="Give fit validation_data, or monitor a number of the training.",
            )


def wrong_direction(story: Story) -> Iterator[Finding]:
    """`mode="min"` for an accuracy, or `mode="max"` for a loss."""
    for record, _ in _callbacks(story, *_MONITOR):
        monitor = argument(record, "monitor", _MONITOR[name_of(record)], default="val_loss")
        mode = argument(record, "mode")
        if not isinstance(monitor, str) or not isinstance(mode, str):
            continue
        wanted = "max" if monitor.endswith(("acc", "accuracy")) else "min" if monitor.endswith("loss") else mode
        if mode not in {wanted, "auto"}:
            yield Finding(
                rule="wrong-direction",
                severity="error",
                place=record.place,
                message=f'{record.assigned_to or name_of(record)} follows {monitor} with mode="{mode}".',
                read=as_written(record, "mode"),
                why="The worst epoch is taken for the best.",
                fix=f'Write mode="{wanted}", or leave it out.',
            )


def old_names(story: Story) -> Iterator[Finding]:
    """Names that Keras 3 and TensorFlow 2 no longer have."""
    found: dict[str, tuple[str, Place]] = {}
    for record in story.reading.records:
        name = name_of(record)
        if name in _OLD_NAMES and (record.function.startswith((".", "tensorflow.", "tf."))):
            found.setdefault(name, (_OLD_NAMES[name], record.place))
        for old, new in _OLD_ARGUMENTS.items():
            if is_given(record, old):
                found.setdefault(old, (new, record.place))
    if found:
        first = next(iter(found.values()))[1]
        yield Finding(
            rule="old-names",
            severity="note",
            place=first,
            message=f"Names of Keras 2 and TensorFlow 1: {listed([f'{n} ({where(p)})' for n, (_, p) in found.items()])}.",
            read=", ".join(found),
            why="Keras 3 does not have them: the source runs only with the versions it was written for.",
            fix="; ".join(f"{old}: {new}" for old, (new, _) in found.items()) + ".",
        )


def weights_file_name(story: Story) -> Iterator[Finding]:
    """A name that Keras 3 does not take for a file of weights."""
    for record in story.reading.records:
        path = argument(record, "filepath", 0)
        network = record.receiver.definition if record.receiver else None
        if name_of(record) == "save_weights" and network is not None and isinstance(path, str):
            if path.endswith(".weights.h5"):
                continue
            yield Finding(
                rule="weights-file-name",
                severity="note",
                place=record.place,
                message=f"Keras 3 saves weights only under names that end in .weights.h5, not as {path}.",
                read=as_written(record, "filepath", 0),
                why="It raises when the training is done, and the weights are not kept.",
                fix=f'Save as "{path.removesuffix(".h5").removesuffix(".hdf5")}.weights.h5".',
            )


_MONITOR = {"ModelCheckpoint": 1, "EarlyStopping": 0, "ReduceLROnPlateau": 0}
_VALIDATION: Mapping[str, tuple[tuple[str, int], ...]] = {
    "fit": (("validation_split", 6), ("validation_data", 7)),
    "fit_generator": (("validation_data", 5),),
}


def _step_arguments(training: Training) -> tuple[tuple[str, int | None], ...]:
    first = 1 if name_of(training.record) == "fit_generator" else None
    return (("steps_per_epoch", first), ("validation_steps", None))


def _leaves_a_rest(source: str, names: Mapping[str, JsonValue]) -> bool:
    """Whether a whole division is written, and its numbers, where they are known, do not divide evenly."""
    compact = re.sub(r"\s+", "", source)
    whole = "//" in compact or compact.startswith("int(")
    if not whole or len(compact) > _LONGEST_DIVISION:
        return False
    division = re.fullmatch(r"(?:int)?\(*([^/]+)//?([\w.]+)\)*", compact)
    if division is None:
        return False
    left, right = (_number(side, names) for side in division.groups())
    return left is None or not right or left % right != 0


def _number(source: str, names: Mapping[str, JsonValue]) -> int | None:
    if source.isdigit():
        return int(source)
    value = names.get(source)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _are_metrics(value: RecordedValue) -> bool:
    entries = value if isinstance(value, list) else [value]
    return bool(entries) and all(isinstance(entry, str) and entry.lower() in _METRICS for entry in entries)


def _callbacks(story: Story, *kinds: str) -> Iterator[tuple[Record, Training]]:
    """Each callback of these kinds with the first training that it is given to."""
    seen: set[int] = set()
    for training in story.trainings:
        for number in training.callbacks or ():
            record = story.reading.records[number]
            if number not in seen and name_of(record) in kinds:
                seen.add(number)
                yield record, training


def _names(story: Story, numbers: list[int]) -> str:
    return listed([story.name(number) for number in numbers])
