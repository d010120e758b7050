"""Confusion matrices as tables whose cells lead to their images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlencode

Shown: TypeAlias = Literal["counts", "recall", "precision"]
"""Images; shares of the true class (on the diagonal: recall); shares of the answers (on the diagonal: precision)."""
Matrix: TypeAlias = Sequence[Sequence[int]]
MOST_TABLE_CLASSES = 20
"""Larger matrices are drawn as a figure: nobody reads a table of so many cells."""


@dataclass(frozen=True)
class MatrixCell:
    """What is written, how strongly it is coloured (0 to 10), whether it is a mistake, where it leads, and what it means."""

    text: str
    strength: int
    is_mistake: bool
    address: str | None
    words: str


@dataclass(frozen=True)
class MatrixRow:
    """A true class and what its images were taken for."""

    name: str
    images: int
    cells: list[MatrixCell]


def matrix_rows(classes: Sequence[str], matrix: Matrix, *, shown: Shown, address: str | None) -> list[MatrixRow]:
    """A row for each true class; cells lead to `address` with `class` and `predicted` added, those without images nowhere."""
    answers = [sum(column) for column in zip(*matrix, strict=True)]
    return [
        MatrixRow(
            name=true,
            images=sum(row),
            cells=[
                MatrixCell(
                    text=_text(count, whole=_whole(shown, sum(row), answers[column]), shown=shown),
                    strength=math.ceil(10 * count / max(1, _whole(shown, sum(row), answers[column]))),
                    is_mistake=column != place,
                    address=_address(address, true, classes[column]) if count else None,
                    words=f"{count:,} of {sum(row):,} images of {true} taken for {classes[column]}",
                )
                for column, count in enumerate(row)
            ],
        )
        for place, (true, row) in enumerate(zip(classes, matrix, strict=True))
    ]


def difference_rows(classes: Sequence[str], left: Matrix, right: Matrix) -> list[MatrixRow]:
    """How many images more (or fewer) the right one has in each cell; both have the same classes."""
    changes = [
        [after - before for before, after in zip(ours, theirs, strict=True)]
        for ours, theirs in zip(left, right, strict=True)
    ]
    most = max((abs(change) for row in changes for change in row), default=0)
    return [
        MatrixRow(
            name=true,
            images=sum(right[place]),
            cells=[
                MatrixCell(
                    text=f"{change:+,}" if change else "",
                    strength=math.ceil(10 * abs(change) / max(1, most)),
                    # More on the diagonal is better, more beside it is worse.
                    is_mistake=(change > 0) != (column == place),
                    address=None,
                    words=f"{true} taken for {classes[column]}: {left[place][column]:,} images before, "
                    f"{right[place][column]:,} now",
                )
                for column, change in enumerate(row)
            ],
        )
        for place, (true, row) in enumerate(zip(classes, changes, strict=True))
    ]


def _whole(shown: Shown, images: int, answers: int) -> int:
    return answers if shown == "precision" else images


def _text(count: int, *, whole: int, shown: Shown) -> str:
    if not count:
        return ""
    return f"{count:,}" if shown == "counts" else f"{100 * count / whole:.0f} %"


def _address(address: str | None, true: str, predicted: str) -> str | None:
    return None if address is None else f"{address}&{urlencode({'class': true, 'predicted': predicted})}"
