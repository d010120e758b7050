"""Rows of a layer table that belong together: nested models, blocks by their names, or stages between poolings."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.core.architectures.layer_table import Row

# As keras.applications names them: block1_conv1, conv2_block1_1_conv, block_1_expand, block1a_se_squeeze.
_NAMED = re.compile(r"^(.*block_?\d+[a-z]?)(?:_|$)")
_POOLING = re.compile(r"(?:Max|Average)Pooling[123]D$")
_HEAD = ("Flatten", "Global")
_GOES_ALONG = ("Dropout", "SpatialDropout", "BatchNormalization", "Activation", "ReLU", "LeakyReLU")


@dataclass(frozen=True)
class Block:
    """Consecutive rows: those from `start` up to (not including) `end`, counted from 0."""

    name: str
    start: int
    end: int


def blocks_of(rows: Sequence[Row]) -> tuple[Block, ...]:
    """Blocks that cover all rows in their order; inputs and rows that belong nowhere are blocks of their own."""
    keys = [_named(row) for row in rows]
    by_name = 2 * sum(key is not None for key in keys) >= len(rows)
    return tuple(_runs(keys, rows) if by_name else _stages(rows))


def kinds_text(rows: Sequence[Row]) -> str:
    """What a block is made of: `2 Conv2D, MaxPooling2D`."""
    counts = Counter(row.kind for row in rows)
    return ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in counts.items())


def _named(row: Row) -> str | None:
    outer, dot, _ = row.name.rpartition(".")
    if dot:
        return outer
    found = _NAMED.match(row.name)
    return found[1] if found else None


def _runs(keys: Sequence[str | None], rows: Sequence[Row]) -> Iterator[Block]:
    start = 0
    for number in range(1, len(rows) + 1):
        if number == len(rows) or keys[number] is None or keys[number] != keys[start]:
            yield Block(keys[start] or rows[start].name, start, number)
            start = number


def _stages(rows: Sequence[Row]) -> Iterator[Block]:
    starts = [0, *_stage_starts(rows), len(rows)]
    stage = 0
    for start, end in pairwise(starts):
        if start == end:
            continue
        if rows[start].kind == "InputLayer":
            name = rows[start].name
        elif rows[start].kind.startswith(_HEAD):
            name = "Head"
        else:
            stage += 1
            name = f"Stage {stage}"
        yield Block(name, start, end)


def _stage_starts(rows: Sequence[Row]) -> Iterator[int]:
    pooled = in_head = False
    for number, row in enumerate(rows):
        if number == 0:
            pooled = False
        elif row.kind == "InputLayer" or rows[number - 1].kind == "InputLayer":
            yield number
            pooled = in_head = False
        elif row.kind.startswith(_HEAD) and not in_head:
            yield number
            in_head, pooled = True, False
        elif pooled and not in_head and not row.kind.startswith(_GOES_ALONG):
            yield number
            pooled = False
        pooled = pooled or bool(_POOLING.match(row.kind))
