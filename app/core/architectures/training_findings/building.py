"""Rules about networks that are not what their source believes."""

from collections.abc import Iterator

from app.core.architectures.architecture import Style
from app.core.architectures.layer_table import Failure
from app.core.architectures.reading import ErrorSeen, Finding, Place, Record
from app.core.architectures.training_findings.records import EVALUATING, FITTING, PREDICTING, listed, name_of, where
from app.core.architectures.training_findings.story import Story

_VERBS = {
    "compile": "compiled",
    "summary": "summarised",
    **dict.fromkeys(FITTING, "trained"),
    **dict.fromkeys(EVALUATING, "evaluated"),
    **dict.fromkeys(PREDICTING, "used for predictions"),
    **dict.fromkeys(["save", "save_weights", "to_json", "to_yaml", "export"], "saved"),
}


def exception_passed_over(story: Story) -> Iterator[Finding]:
    """A network whose building raises, and that is used all the same."""
    for number, definition in enumerate(story.reading.definitions):
        table = story.table(number)
        uses = _uses(story.uses_of(number))
        if table is None or table.failure is None or not uses:
            continue
        place = definition.places.get(table.failure.call, definition.place)
        error = _error_in(story, place)
        name = story.name(number)
        yield Finding(
            rule="exception-passed-over",
            severity="error",
            place=place or (error.place if error else None),
            message=(
                f"Building {name} raises at its layer {_layer_of(story, number, table.failure)}, the exception is passed "
                f"over, and what is there by then is {uses}."
            ),
            read=error.text if error else table.failure.message,
            why=_what_lives_on(story, number, reached=table.reached_layers),
            fix="Mend the layer that raises (its shapes say what does not fit) and build the network anew before training.",
        )


def error_beside_a_definition(story: Story) -> Iterator[Finding]:
    """A recorded exception in the cell of a network that can be built today, and is used."""
    failing = {
        place.cell
        for number, definition in enumerate(story.reading.definitions)
        if (table := story.table(number)) is not None and table.failure is not None
        for place in [*definition.places.values(), *([definition.place] if definition.place else [])]
    }
    for error in story.reading.errors_seen:
        cell = error.place.cell
        if cell is None or cell in failing:
            continue
        used = [
            story.name(number)
            for number, definition in enumerate(story.reading.definitions)
            if (definition.place and definition.place.cell == cell) and _uses(story.uses_of(number))
        ]
        if used:
            yield Finding(
                rule="error-beside-a-definition",
                severity="warning",
                place=error.place,
                message=f"An exception is recorded in the cell that defines {listed(used)}, which is used afterwards.",
                read=error.text,
                why="What the cell was to do behind that point was not done; the network may be an older or a partial one.",
                fix="Mend what raises and run the notebook from its beginning.",
            )


def _uses(records: list[Record]) -> str:
    """`compiled (cell 39, line 1), summarised (cell 41, line 2) and trained (cell 45, line 1)`."""
    first: dict[str, Place] = {}
    for record in records:
        verb = _VERBS.get(name_of(record))
        if verb is not None:
            first.setdefault(verb, record.place)
    return listed([f"{verb} ({where(place)})" for verb, place in first.items()]) if first else ""


def _layer_of(story: Story, number: int, failure: Failure) -> str:
    calls = {call.id: call.layer for call in story.definition(number).architecture.calls}
    return f"{calls.get(failure.call, failure.call)} ({failure.kind})"


def _what_lives_on(story: Story, number: int, *, reached: int) -> str:
    architecture = story.definition(number).architecture
    written = len(architecture.calls)
    if architecture.style is not Style.SEQUENTIAL:
        return "The network was never made: whatever has its name afterwards is an older one, or nothing."
    return (
        f"In Keras 2 a Sequential whose add() raised silently lived on with the {reached} of {written} layers that fitted; "
        "whatever is measured afterwards is about that half-built network. Keras 3 raises again at each further add()."
    )


def _error_in(story: Story, place: Place | None) -> ErrorSeen | None:
    if place is None:
        return None
    near = [error for error in story.reading.errors_seen if error.place.cell == place.cell]
    return near[0] if near and place.cell is not None else None
