"""What the pointer is told about a layer."""

import json
from html import escape

from app.core.architectures.layer_table import LayerTable, Row
from app.core.architectures.table_texts import shape_text

UNREACHED = "never reached"
HOVER = (
    "<b>%{customdata[0]}</b> · %{customdata[1]}<br>%{customdata[2]}<br>%{customdata[3]}<br>"
    "%{customdata[4]}%{customdata[5]}<extra></extra>"
)


def facts(row: Row, table: LayerTable) -> list[str]:
    """Name, kind, shapes, counts, arguments, receptive field, for `HOVER`; what people named is escaped."""
    written = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in row.config.items())
    field = row.receptive_field
    sees = f"<br>sees {' × '.join(map(str, field))} of the input" if field and row.inputs else ""
    note = f"<br>{escape(_short(row.note, 200), quote=False)}" if row.note else ""
    texts = (_short(row.name, 60), row.kind, *_shapes_and_counts(row, table), _short(written, 200))
    return [*(escape(text, quote=False) for text in texts), sees + note]


def shapes_text(row: Row) -> str:
    """What a row yields, all results of it; a question mark where it is not known."""
    if row.output_shapes is None:
        return "?" if row.reached else UNREACHED
    return ", ".join(shape_text(shape) for shape in row.output_shapes)


def count_text(value: int | None) -> str:
    """A number with its thousands apart."""
    return "unknown" if value is None else f"{value:,}"


def _shapes_and_counts(row: Row, table: LayerTable) -> tuple[str, str]:
    arrives = ", ".join(shape_text(shape) for shape in row.input_shapes)
    if table.failure is not None and row.call == table.failure.call:
        return f"{arrives} arrives, and the network cannot go on", _short(table.failure.message, 300)
    if not row.reached:
        return UNREACHED, ""
    leaves = shapes_text(row)
    shapes = f"{arrives} → {leaves}" if arrives else leaves
    return shapes, f"{count_text(row.parameters)} parameters, {count_text(row.macs)} multiply-adds"


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
