"""Calls that make no part of a network, kept with what they were given."""

import ast
from collections.abc import Mapping

from app.core.architectures.readers.keras_code.limits import MOST_RECORDS
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.source_text import described, shortened
from app.core.architectures.readers.keras_code.values import Arguments, Instance, Network, RawRecord, Unknown
from app.core.architectures.readers.keras_code.written_values import as_written, is_layer_like
from app.core.architectures.reading import Record, RecordedValue, Ref

_MOST_ENTRIES = 500
_DEEPEST = 6


def record(
    machine: Machine,
    function: str,
    arguments: Arguments,
    *,
    receiver: object = None,
    receiver_text: str = "",
) -> object:
    """Keep the call; answers a symbol that knows it."""
    made = RawRecord(function=function, place=machine.here, receiver=receiver, receiver_text=receiver_text)
    made.node, made.number = arguments.node, machine.next_number()
    made.arguments = {str(number): _kept(value) for number, value in enumerate(arguments.positional)}
    made.arguments |= {key: _kept(value) for key, value in arguments.keywords.items()}
    if arguments.node is not None:
        made.sources = _sources(machine, arguments.node)
    machine.record_count += 1
    if len(machine.records) < MOST_RECORDS:
        machine.records.append(made)
    return machine.unknown(arguments.text or f"{function}(…)", record=made)


def finished(records: list[RawRecord], definitions: Mapping[Network, int]) -> tuple[Record, ...]:
    """The records with references to one another and to the definitions; what became a layer is none."""
    kept = [entry for entry in records if entry.layer is None]
    numbers = {id(entry): number for number, entry in enumerate(kept)}
    return tuple(
        Record(
            function=entry.function,
            place=entry.place,
            receiver=_receiver(entry, numbers, definitions),
            arguments={key: _finished(value, numbers, definitions) for key, value in entry.arguments.items()},
            sources=entry.sources,
            assigned_to=entry.assigned_to,
        )
        for entry in kept
    )


def _kept(value: object) -> object:
    """Lists as they are now, since they may grow later."""
    if not isinstance(value, list | tuple | dict) or is_large(value):
        return value
    if isinstance(value, dict):
        return {key: _kept(entry) for key, entry in value.items()}
    return [_kept(entry) for entry in value]


def _sources(machine: Machine, node: ast.Call) -> dict[str, str]:
    found: dict[str, str] = {}
    for position, entry in enumerate(node.args):
        if isinstance(entry, ast.Starred):
            break
        found[str(position)] = machine.source(entry)
    return found | {entry.arg: machine.source(entry.value) for entry in node.keywords if entry.arg is not None}


def _receiver(entry: RawRecord, numbers: Mapping[int, int], definitions: Mapping[Network, int]) -> Ref | None:
    if entry.receiver is None:
        return None
    text = entry.receiver_text or described(entry.receiver)[0]
    return _reference(entry.receiver, text, numbers, definitions) or Ref(text)


def _finished(value: object, numbers: Mapping[int, int], definitions: Mapping[Network, int]) -> RecordedValue:
    reference = _reference(value, _text(value), numbers, definitions)
    if reference is not None:
        return reference
    if is_large(value):
        return Ref(_text(value))
    if isinstance(value, list):
        return [_finished(entry, numbers, definitions) for entry in value]
    if isinstance(value, dict):
        return {str(key): _finished(entry, numbers, definitions) for key, entry in value.items()}
    return as_written(value)


def _reference(value: object, text: str, numbers: Mapping[int, int], definitions: Mapping[Network, int]) -> Ref | None:
    if isinstance(value, Unknown) and value.record is not None:
        return Ref(text, record=numbers.get(id(value.record)))
    if isinstance(value, Instance) and value.network is not None:
        value = value.network
    if isinstance(value, Network):
        return Ref(text, definition=definitions.get(value))
    return Ref(text) if is_layer_like(value) else None


def _text(value: object) -> str:
    if isinstance(value, Instance):
        return value.network.base if value.network is not None else value.of.name
    if isinstance(value, Network):
        return value.global_variable or (value.variables[-1] if value.variables else value.name or value.base)
    return shortened(described(value)[0])


def is_large(value: object) -> bool:
    """Whether a value has too many entries, or too many levels, to be kept with a call."""
    if isinstance(value, range | set):
        return len(value) > _MOST_ENTRIES
    level = [value]
    count = 0
    for _ in range(_DEEPEST):
        level = [entry for holder in level if isinstance(holder, list | tuple | dict) for entry in _held(holder)]
        count += len(level)
        if not level or count > _MOST_ENTRIES:
            break
    return bool(level)


def _held(holder: list[object] | tuple[object, ...] | dict[object, object]) -> list[object]:
    entries = list(holder.values()) if isinstance(holder, dict) else list(holder[: _MOST_ENTRIES + 1])
    return entries[: _MOST_ENTRIES + 1]
