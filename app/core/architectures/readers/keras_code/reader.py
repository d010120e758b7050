"""From a source to what it says."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from app.core.architectures.architecture import Symbol
from app.core.architectures.filling import refuse_misfits
from app.core.architectures.readers.keras_code.cleaning import untabbed
from app.core.architectures.readers.keras_code.definitions import defined
from app.core.architectures.readers.keras_code.interpreter import Interpreter
from app.core.architectures.readers.keras_code.limits import LONGEST_SOURCE, MOST_LINES, MOST_MARKS, LimitReachedError
from app.core.architectures.readers.keras_code.logical_lines import MARKS
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.parsing import Parser
from app.core.architectures.readers.keras_code.recording import finished, is_large
from app.core.architectures.readers.keras_code.signals import (
    BreakSignal,
    ContinueSignal,
    RaisedSignal,
    ReturnSignal,
)
from app.core.architectures.readers.keras_code.uncalled import follow_uncalled, imply_network
from app.core.architectures.readers.keras_code.values import Unit, is_plain
from app.core.architectures.readers.keras_code.written_values import as_written
from app.core.architectures.readers.plain_text import refuse_wide_text
from app.core.architectures.reading import Definition, KerasFacts, Place, Reading
from app.core.architectures.written import OPEN_SHAPE, symbols_in
from app.core.errors import InvalidError

_MOST_NAMES = 500


@dataclass(frozen=True)
class Cell:
    """A piece of a notebook; `number` counts code cells from 1, None for a source without cells."""

    number: int | None
    source: str


def read_code(
    text: str,
    *,
    facts: KerasFacts,
    symbols: Mapping[str, JsonValue] | None = None,
    name: str = "model",
    clock: Callable[[], float] = time.thread_time,
) -> Reading:
    """Read Keras code. `symbols` fills in names that nobody defined; `name` is for a network without one.

    Nothing is executed: the syntax tree is followed, bounded in steps, size and time (`clock` tells seconds
    of work, so that a busy machine reads as much as an idle one). Raise
    InvalidError for a source that is too long to be looked at.
    """
    return read_cells([Cell(None, text)], facts=facts, symbols=symbols, name=name, source="code", clock=clock)


def read_cells(
    cells: Sequence[Cell],
    *,
    facts: KerasFacts,
    symbols: Mapping[str, JsonValue] | None = None,
    name: str = "model",
    source: str = "notebook",
    clock: Callable[[], float] = time.thread_time,
) -> Reading:
    """Read pieces of code one after another, as one program."""
    for cell in cells:
        refuse_wide_text(cell.source)
    _refuse_too_long([cell.source for cell in cells])
    machine = Interpreter(facts=facts, symbols=symbols or {}, clock=clock)
    parser = Parser()
    try:
        for cell in cells:
            _follow(machine, parser, cell)
        _look_further(machine)
    except LimitReachedError as limit:
        machine.note(machine.here, "…", f"the source is followed until here: {limit}")
    reading = _reading(machine, name=name, source=source)
    for definition in reading.definitions:
        refuse_misfits(definition.architecture, symbols or {})
    return reading


def _refuse_too_long(sources: Sequence[str]) -> None:
    for what, count, most in (
        ("bytes", sum(len(source.encode("utf-8", "replace")) for source in sources), LONGEST_SOURCE),
        ("lines", sum(source.count("\n") for source in sources), MOST_LINES),
        ("brackets and quotes", sum(source.count(mark) for source in sources for mark in MARKS), MOST_MARKS),
    ):
        if count > most:
            raise InvalidError(
                f"The source has {count:,} {what}; at most {most:,} are read. "
                "Leave out what is not about the network (data, outputs, long texts)."
            )


def _follow(machine: Machine, parser: Parser, cell: Cell) -> None:
    parser.problems.clear()
    text = untabbed(cell.source)
    unit = Unit(cell.number, tuple(text.split("\n")))
    machine.unit = unit
    try:
        for statement in parser.statements(text):
            machine.unit = unit
            machine.here = machine.place(statement)
            machine.budget.check_time()
            try:
                machine.run([statement], machine.globals)
            except RaisedSignal as signal:
                machine.note(machine.here, signal.text, "the source raises this exception here")
            except (ReturnSignal, BreakSignal, ContinueSignal):
                machine.note(machine.here, machine.source(statement), "this leaves something that is not here")
            except RecursionError:
                machine.note(machine.place(statement), machine.source(statement), "this goes too deep to be followed")
                machine.depth, machine.path = 0, ()
    finally:
        for problem in parser.problems:
            machine.note(Place(cell=cell.number, line=problem.line), problem.text, problem.why)


def _look_further(machine: Machine) -> None:
    """Where nothing was defined: functions nobody called, and layers nobody made a Model of."""
    if not any(network.items or network.kind != "sequential" for network in machine.networks):
        follow_uncalled(machine)
    if not machine.networks:
        imply_network(machine)


def _reading(machine: Machine, *, name: str, source: str) -> Reading:
    machine.budget.extend()
    found = defined(machine, name=name, source=source)
    definitions = tuple(definition for _, definition in found)
    numbers = {network: number for number, (network, _) in enumerate(found)}
    return Reading(
        definitions=definitions,
        not_understood=tuple(machine.not_understood),
        findings=tuple(machine.findings),
        records=finished(machine.records, numbers),
        errors_seen=tuple(machine.errors_seen),
        names=_names(machine),
        symbols=_symbols(definitions),
    )


def _names(machine: Machine) -> dict[str, JsonValue]:
    plain = [(name, value) for name, value in machine.globals.names.items() if is_plain(value) and not is_large(value)]
    return {name: as_written(value) for name, value in plain[:_MOST_NAMES]}


def _symbols(definitions: Sequence[Definition]) -> tuple[str, ...]:
    found: set[str] = set()
    for definition in definitions:
        network = definition.architecture
        found |= {size.symbol for entry in network.inputs for size in entry.shape if isinstance(size, Symbol)}
        for holder in [*[layer.config for layer in network.layers], *[call.arguments for call in network.calls]]:
            found.update(symbols_in(holder))
    return tuple(sorted({text.removeprefix(OPEN_SHAPE) or text for text in found}))
