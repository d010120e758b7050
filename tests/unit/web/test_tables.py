import asyncio
import csv
import io

import pytest

from app.web.tables import csv_table


async def pieces(rows: list[list[str]], *, at_once: int) -> list[str]:
    found = csv_table(rows, name="würfel, 6.csv", rows_at_once=at_once)
    assert found.headers["content-disposition"] == (
        "attachment; filename=\"w_rfel, 6.csv\"; filename*=UTF-8''w%C3%BCrfel%2C%206.csv"
    )
    return [str(piece) async for piece in found.body_iterator]


@pytest.mark.parametrize("at_once", [1, 2, 3, 500])
def test_a_table_is_the_same_in_however_many_pieces_it_is_sent(at_once: int) -> None:
    rows = [["path", "class"], ['a,"b"', "würfel 6"], ["一つ\n二つ", ""]]
    sent = asyncio.run(pieces(rows, at_once=at_once))
    assert len(sent) == len(rows) // at_once + 1
    assert list(csv.reader(io.StringIO("".join(sent), newline=""))) == rows


def test_a_table_of_nothing_is_empty() -> None:
    assert "".join(asyncio.run(pieces([], at_once=2))) == ""
