"""`diceboard compare`: why two definitions in files differ, told in the terminal. Needs no running Diceboard."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from app.adapters.inspector import InspectorClient
from app.core.architectures.architecture import Architecture
from app.core.architectures.differences import AlignedRow, Cause, Differences
from app.core.architectures.explain import explain
from app.core.architectures.observation import DERIVED
from app.core.architectures.presets import build_preset, presets
from app.core.architectures.readers.any_source import read_any
from app.core.architectures.saying import value_text
from app.core.errors import FieldError, InvalidError
from app.processes.private_inspector import private_inspector

LARGEST_FILE_BYTES = 64 * 2**20
STARTS_WITHIN_SECONDS = 60


def compare(left: str, right: str | None, *, as_json: bool) -> Differences:
    """Read both (`FILE`, `FILE:VARIABLE` or a preset's name), print the causes, answer the differences.

    Without a right side the left one's file must define two networks.
    """
    console = Console()
    with private_inspector() as socket, console.status("Starting the inspector, which builds networks without weights"):
        inspector = InspectorClient(socket, starts_within_seconds=STARTS_WITHIN_SECONDS)
        one, two = _sides(left, right, inspector)
        found = explain(one, two, inspector.layer_tables)
    if as_json:
        console.print_json(found.model_dump_json())
    else:
        _show(console, one, two, found)
    return found


def _sides(left: str, right: str | None, inspector: InspectorClient) -> tuple[Architecture, Architecture]:
    if right is not None:
        return _one(left, inspector), _one(right, inspector)
    found = _read(left, inspector)
    if len(found) != 2:
        raise InvalidError(
            f"{left} defines {len(found)} networks{_named(found)}; one file alone is compared where it defines two. Give "
            "LEFT and RIGHT, each as FILE or FILE:VARIABLE."
        )
    return found[0], found[1]


def _one(source: str, inspector: InspectorClient) -> Architecture:
    if any(preset.name == source for preset in presets()):
        return build_preset(source, {})
    path, _, variable = source.rpartition(":") if not Path(source).exists() else (source, "", "")
    found = _read(path or source, inspector)
    chosen = [entry for entry in found if not variable or entry.name == variable]
    if len(chosen) != 1:
        raise InvalidError(
            f"{path or source} defines {len(found)} networks{_named(found)}; name one of them as FILE:VARIABLE.",
            errors=[FieldError("variable", f"expected one of {', '.join(entry.name for entry in found) or 'none'}")],
        )
    return chosen[0]


def _read(source: str, inspector: InspectorClient) -> list[Architecture]:
    path = Path(source)
    if not path.is_file():
        known = ", ".join(preset.name for preset in presets())
        raise InvalidError(f"There is no file {source!r}, and no preset of that name. Presets: {known}.")
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise InvalidError(f"{source} has {path.stat().st_size:,} bytes; up to {LARGEST_FILE_BYTES:,} are read.")
    reading = read_any(path.read_bytes(), facts=inspector, name=path.name)
    if not reading.definitions:
        why = "; ".join(
            f"line {item.place.line if item.place else '?'}: {item.why}" for item in reading.not_understood[:5]
        )
        raise InvalidError(f"{source} defines no network that could be read. {why}".strip())
    return [definition.architecture for definition in reading.definitions]


def _named(found: Sequence[Architecture]) -> str:
    return f" ({', '.join(entry.name for entry in found)})" if found else ""


def _show(console: Console, left: Architecture, right: Architecture, found: Differences) -> None:
    counts = found.parameters
    console.print(f"[bold]{escape(left.name)}[/] ({left.style.value}): {_count(counts.left)} parameters")
    console.print(f"[bold]{escape(right.name)}[/] ({right.style.value}): {_count(counts.right)} parameters\n")
    console.print(escape(found.summary), style="bold", highlight=False)
    for number, cause in enumerate(found.causes, start=1):
        _show_cause(console, number, cause)
    for consequence in found.consequences:
        console.print(f"\n[bold]What follows[/] ({', '.join(consequence.causes)})")
        console.print(Padding(escape(consequence.explanation), (0, 0, 0, 2)), highlight=False)
    for excluded in found.excluded:
        console.print(f"\n[bold]Not a cause: {escape(excluded.what)}[/]")
        console.print(Padding(escape(excluded.explanation), (0, 0, 0, 2)), highlight=False)
    if found.cut:
        console.print(f"\nThe search was cut: {escape(found.cut)}", style="yellow", highlight=False)
    if not found.identical:
        console.print(_table(found.rows))


def _show_cause(console: Console, number: int, cause: Cause) -> None:
    proof = "[green]verified[/]" if cause.verified else "[yellow]not verified[/]"
    effect = "" if cause.parameter_effect is None else f", {cause.parameter_effect:+,} parameters"
    console.print(f"\n[bold]Cause {number}: {escape(cause.title)}[/] ({proof}{effect})", highlight=False)
    console.print(Padding(escape(cause.explanation), (0, 0, 0, 2)), highlight=False)


def _table(rows: Sequence[AlignedRow]) -> Table:
    table = Table("left", "right", "kind", "status", "own changes", box=None, padding=(0, 2, 0, 0), header_style="dim")
    for row in rows:
        own = [
            f"{change.field} {value_text(change.left)} → {value_text(change.right)}"
            for change in row.changes
            if change.origin == "introduced" and change.field not in DERIVED
        ]
        table.add_row(
            *(escape(text) for text in (row.left or "–", row.right or "–", row.kind, row.status, ", ".join(own)))
        )
    return table


def _count(value: int | None) -> str:
    return "an unknown number of" if value is None else f"{value:,}"
