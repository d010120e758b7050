"""A layer table as text that people paste elsewhere."""

import csv
import io
import json

from app.core.architectures.architecture import Shape, Symbol
from app.core.architectures.layer_table import LayerTable, Row
from app.core.architectures.memory import weight_bytes_of

COLUMNS = (
    "layer",
    "kind",
    "connected to",
    "input shape",
    "output shape",
    "parameters",
    "trainable",
    "multiply-adds",
    "activation bytes",
    "receptive field",
    "configuration",
    "note",
)
_NUMBERS = frozenset({"parameters", "trainable", "multiply-adds", "activation bytes"})
_SUMMARY = ("Layer (type)", "Output Shape", "Param #", "Connected to")


def shape_text(shape: Shape | None) -> str:
    """A shape without its batch, written 224 x 224 x 64 with real multiplication signs."""
    if shape is None:
        return "–"
    return " × ".join(size.symbol if isinstance(size, Symbol) else str(size or "?") for size in shape[1:])


def as_csv(table: LayerTable) -> str:
    """Comma-separated, one line per row; text that a spreadsheet would run as a formula is quoted with '."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table.rows:
        writer.writerow([_inert(cell) for cell in _cells(row)])
    return buffer.getvalue()


def as_markdown(table: LayerTable) -> str:
    """A Markdown table, its numbers to the right."""
    rule = tuple("---:" if column in _NUMBERS else "---" for column in COLUMNS)
    lines = [COLUMNS, rule, *[_cells(row) for row in table.rows]]
    return "".join(f"| {' | '.join(_in_markdown(cell) for cell in line)} |\n" for line in lines)


def as_text(table: LayerTable) -> str:
    """The boxes of Keras's `model.summary()`, with the totals beneath."""
    stop = None if table.failure is None else table.failure.call
    lines = [_summary_cells(row, stops=row.call == stop) for row in table.rows]
    widths = [max(len(line[column]) for line in [_SUMMARY, *lines]) for column in range(len(_SUMMARY))]
    box = [
        _rule(("┏", "┳", "┓"), "━", widths),
        _line("┃", _SUMMARY, widths),
        _rule(("┡", "╇", "┩"), "━", widths),
        f"\n{_rule(('├', '┼', '┤'), '─', widths)}\n".join(_line("│", line, widths) for line in lines),
        _rule(("└", "┴", "┘"), "─", widths),
    ]
    return "\n".join([*box, *_totals(table), ""])


def readable_bytes(count: int) -> str:
    """Bytes as Keras's summary writes them, in steps of 1024."""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def _totals(table: LayerTable) -> list[str]:
    parameters, trainable = table.totals.parameters, table.totals.trainable_parameters
    fixed = None if parameters is None or trainable is None else parameters - trainable
    counts = {"Total params": parameters, "Trainable params": trainable, "Non-trainable params": fixed}
    lines = [
        f" {name}: unknown" if count is None else f" {name}: {count:,} ({readable_bytes(weight_bytes_of(count))})"
        for name, count in counts.items()
    ]
    if table.failure is not None:
        lines += ["", f" Stops at {table.failure.call} ({table.failure.kind}): {table.failure.message}"]
    return lines


def _summary_cells(row: Row, *, stops: bool) -> tuple[str, str, str, str]:
    if row.output_shapes is None:
        shapes = "?" if row.reached else "stops here" if stops else "not reached"
    else:
        shapes = ", ".join(_as_keras(shape) for shape in row.output_shapes)
    unknown = "?" if row.reached else "-"
    count = unknown if row.parameters is None else f"{row.parameters:,}"
    name = row.name if row.call == row.name else f"{row.name}: {row.call}"
    return f"{name} ({row.kind})", shapes, count, ", ".join(row.inputs) or "-"


def _as_keras(shape: Shape) -> str:
    sizes = [size.symbol if isinstance(size, Symbol) else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _rule(corners: tuple[str, str, str], stroke: str, widths: list[int]) -> str:
    left, middle, right = corners
    return left + middle.join(stroke * (width + 2) for width in widths) + right


def _line(bar: str, cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        cell.rjust(width) if column == "Param #" else cell.ljust(width)
        for column, cell, width in zip(_SUMMARY, cells, widths, strict=True)
    ]
    return f"{bar} {f' {bar} '.join(padded)} {bar}"


def _cells(row: Row) -> tuple[str, ...]:
    if row.output_shapes is None:
        leaves = "?" if row.reached else "not reached"
    else:
        leaves = ", ".join(shape_text(shape) for shape in row.output_shapes)
    numbers = (row.parameters, row.trainable_parameters, row.macs, row.activation_bytes)
    return (
        row.name,
        row.kind,
        ", ".join(row.inputs),
        ", ".join(shape_text(shape) for shape in row.input_shapes),
        leaves,
        *["" if value is None else str(value) for value in numbers],
        "" if row.receptive_field is None else " × ".join(map(str, row.receptive_field)),
        ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in row.config.items()),
        row.note,
    )


def _in_markdown(cell: str) -> str:
    return cell.replace("&", "&amp;").replace("|", "&#124;").replace("<", "&lt;").replace("\n", " ")


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
