"""Tables to take along: CSV that is sent while its rows are still being found."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from starlette.responses import StreamingResponse

from app.web.downloads import attached

ROWS_AT_ONCE = 500
"""Of what is quickly found: each piece that is sent goes through a thread of its own."""


def csv_table(rows: Iterable[Sequence[Any]], *, name: str, rows_at_once: int = ROWS_AT_ONCE) -> StreamingResponse:
    """The rows, the first of which has the columns' names, as a file of that name."""
    return StreamingResponse(_pieces(rows, rows_at_once), media_type="text/csv; charset=utf-8", headers=attached(name))


def _pieces(rows: Iterable[Sequence[Any]], rows_at_once: int) -> Iterator[str]:
    piece = io.StringIO()
    writer = csv.writer(piece)
    for number, row in enumerate(rows, start=1):
        writer.writerow(row)
        if number % rows_at_once == 0:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()
