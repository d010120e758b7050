"""Rules about files and callbacks that two trainings share."""

from collections.abc import Iterator
from itertools import pairwise

from app.core.architectures.reading import Finding, Record
from app.core.architectures.training_findings.records import (
    argument,
    as_written,
    listed,
    name_of,
    text_of,
    where,
)
from app.core.architectures.training_findings.story import Story, Training
from app.core.architectures.written import symbols_in

_SAVING = frozenset({"save", "save_weights", "export"})


def shared_checkpoint(story: Story) -> Iterator[Finding]:
    """One checkpoint object in the trainings of several networks."""
    first: dict[int, Training] = {}
    for training in story.trainings:
        for number in training.callbacks or ():
            record = story.reading.records[number]
            if name_of(record) != "ModelCheckpoint":
                continue
            earlier = first.setdefault(number, training)
            if earlier.definition != training.definition:
                yield _shared(story, record, earlier=earlier, later=training)


def checkpoint_of_another(story: Story) -> Iterator[Finding]:
    """Two checkpoints for two networks with one file name."""
    if len({training.definition for training in story.trainings}) < 2:
        return
    first: dict[str, int] = {}
    for number, record in enumerate(story.reading.records):
        path = argument(record, "filepath", 0)
        if name_of(record) != "ModelCheckpoint" or not isinstance(path, str):
            continue
        earlier_number = first.setdefault(path, number)
        earlier = story.reading.records[earlier_number]
        networks = story.networks_of.get(number)
        if earlier_number == number or (networks and networks == story.networks_of.get(earlier_number)):
            continue
        unused = _name_meant(story, record)
        yield Finding(
            rule="two-checkpoints-one-file",
            severity="warning",
            place=record.place,
            message=(
                f"This ModelCheckpoint is given the file name of the one before ({where(earlier.place)})"
                + (f"; {unused} is defined and used nowhere." if unused else ".")
            ),
            read=as_written(record, "filepath", 0),
            why=_what_happens(path),
            fix=f"Give it {unused}." if unused else "Give each network's checkpoint a file name of its own.",
        )


def two_trainings_one_file(story: Story) -> Iterator[Finding]:
    """Two networks saved, or logged, under one fixed name."""
    first: dict[str, Record] = {}
    for record in story.reading.records:
        network = record.receiver.definition if record.receiver else None
        path = argument(record, "filepath", 0)
        if name_of(record) not in _SAVING or network is None or not isinstance(path, str):
            continue
        earlier = first.setdefault(path, record)
        if earlier.receiver is not None and earlier.receiver.definition not in {network, None}:
            yield Finding(
                rule="two-trainings-one-file",
                severity="error",
                place=record.place,
                message=f"{story.name(network)} is saved under the name that {where(earlier.place)} gave another network.",
                read=as_written(record, "filepath", 0),
                why="The later file replaces the earlier one.",
                fix="Give each network a file of its own.",
            )
    yield from _shared_logs(story)


def second_fit(story: Story) -> Iterator[Finding]:
    """A training that goes on from the weights of an earlier one of the same network."""
    for number in sorted({training.definition for training in story.trainings}):
        own = [training for training in story.trainings if training.definition == number]
        for earlier, later in pairwise(own):
            between = story.reading.records[earlier.number + 1 : later.number]
            changed = {
                name_of(record) for record in between if record.receiver and record.receiver.definition == number
            }
            if earlier.record.place == later.record.place or changed & {"compile", "load_weights", "set_weights"}:
                continue
            if argument(later.record, "initial_epoch") is not None:
                continue
            yield Finding(
                rule="second-fit",
                severity="warning",
                place=later.record.place,
                message=f"This fit goes on from the weights of the one before ({where(earlier.record.place)}).",
                read=f"{story.name(number)}.{name_of(later.record)}(...)",
                why="The second result is that of both trainings together, and not to be compared with the first.",
                fix="Build and compile the network anew for a second experiment, or give initial_epoch to go on knowingly.",
            )


def _shared(story: Story, record: Record, *, earlier: Training, later: Training) -> Finding:
    name = record.assigned_to or "one ModelCheckpoint"
    unused = _never_used(story)
    best = argument(record, "save_best_only", 3) is True
    path = argument(record, "filepath", 0)
    return Finding(
        rule="shared-checkpoint",
        severity="error",
        place=later.record.place,
        message=(
            f"{story.name(later.definition)} is trained with {name}, the checkpoint object of "
            f"{story.name(earlier.definition)} ({where(earlier.record.place)})"
            + (f"; {listed(unused)} {'is' if len(unused) == 1 else 'are'} never used." if unused else ".")
        ),
        read=as_written(later.record, "callbacks", 4 if name_of(later.record) == "fit_generator" else 5),
        why=(
            "It keeps its best value so far: the second network is saved only where it beats the first. "
            if best
            else ""
        )
        + (_what_happens(path) if isinstance(path, str) else "Files of both networks go to the same place."),
        fix=f"Give the second training {listed(unused)}." if unused else "Make a ModelCheckpoint for each training.",
    )


def _shared_logs(story: Story) -> Iterator[Finding]:
    first: dict[int, Training] = {}
    for training in story.trainings:
        for number in training.callbacks or ():
            record = story.reading.records[number]
            if name_of(record) != "CSVLogger" or argument(record, "append", 2) is True:
                continue
            earlier = first.setdefault(number, training)
            if earlier is not training:
                yield Finding(
                    rule="two-trainings-one-file",
                    severity="error",
                    place=training.record.place,
                    message=f"This training writes its log over that of the one before ({where(earlier.record.place)}).",
                    read=as_written(record, "filename", 0),
                    why="A CSVLogger without append=True starts its file anew with each training.",
                    fix="Make a CSVLogger with a file of its own for each training.",
                )


def _never_used(story: Story) -> list[str]:
    """Checkpoints that no training is given, or the lists they are in; none where some training's callbacks are unknown."""
    if any(training.callbacks is None for training in story.trainings):
        return []
    left = [
        record.assigned_to
        for number, record in enumerate(story.reading.records)
        if name_of(record) == "ModelCheckpoint" and record.assigned_to and number not in story.networks_of
    ]
    lists = {name: set(symbols_in(value)) for name, value in story.reading.names.items() if isinstance(value, list)}
    return [next((name for name, held in lists.items() if checkpoint in held), checkpoint) for checkpoint in left]


def _name_meant(story: Story, record: Record) -> str | None:
    """A text of the source that nothing uses and whose name starts as the one given: `filepathAPI` for `filepath`."""
    given = text_of(record, "filepath", 0)
    texts = [
        name for name, value in story.reading.names.items() if isinstance(value, str) and name not in story.words_used
    ]
    return next((name for name in texts if given.isidentifier() and name.startswith(given)), None)


def _what_happens(path: str) -> str:
    if "{" in path:
        return "Files of both networks mix under one name pattern, and nothing in a name says whose it is."
    return "What is saved later replaces what was there: only one network's file is left."
