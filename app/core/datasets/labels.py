"""Tables of labels: a CSV that says the class, and perhaps the split, of each image."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.datasets.dataset import Split
from app.core.datasets.names import accepted_path, split_called
from app.core.errors import InvalidError

LARGEST_TABLE_BYTES = 64 * 2**20
FILE_COLUMNS = ("filename", "file", "path", "filepath", "image", "imagepath", "imagefile", "imagename", "imageid", "id")
CLASS_COLUMNS = ("label", "class", "classname", "labelname", "category", "target")
SPLIT_COLUMNS = ("split", "set", "subset", "partition")
_HOW = "A table of labels has a column `filename` and a column `label`, and may have a column `split`."


@dataclass(frozen=True)
class Label:
    """What a table says of an image; `split` is None where it leaves it open."""

    class_name: str
    split: Split | None = None


@dataclass(frozen=True)
class Labels:
    """Labels by path, the tables that they come from, and why other tables were not used."""

    by_path: Mapping[str, Label]
    tables: tuple[str, ...]
    unused: tuple[str, ...]


def is_table(path: str) -> bool:
    """Whether a file is taken for a table of labels, by its name."""
    return path.lower().endswith(".csv")


def labels_of(tables: Mapping[str, bytes], paths: Sequence[str]) -> Labels:
    """What the tables (bytes by path) say of the images; a table that names none of them is not used.

    A table called like a split (`train.csv`) is about that split. Raise InvalidError where two rows contradict.
    """
    known = _Known(paths)
    found: dict[str, Label] = {}
    used: list[str] = []
    unused: list[str] = []
    for name, content in sorted(tables.items()):
        try:
            named = _read(name, content, known)
        except InvalidError as error:
            unused.append(f"{name}: {error.detail}")
            continue
        for path, label in named.items():
            if found.setdefault(path, label) != label:
                raise InvalidError(
                    f"The tables contradict each other: {name!r} says {label.class_name!r} of {path!r}, an earlier one "
                    f"{found[path].class_name!r} (or another split). Leave one of the rows out."
                )
        used.append(name)
    return Labels(found, tuple(used), tuple(unused))


class _Known:
    """The images by everything that a table may call them: path, end of the path, name, name without ending."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._by_name: dict[str, str | None] = {}
        for path in paths:
            for name in _names(path):
                self._by_name[name] = path if self._by_name.get(name, path) == path else None

    def path(self, called: str) -> str | None:
        """The one image that is called so; None where there is none or more than one."""
        try:
            return self._by_name.get(accepted_path(called.strip().replace("\\", "/")))
        except InvalidError:
            return None


def _names(path: str) -> Iterable[str]:
    segments = path.split("/")
    for start in range(len(segments)):
        end = "/".join(segments[start:])
        yield end
        yield end.rpartition(".")[0] or end


def _read(name: str, content: bytes, known: _Known) -> dict[str, Label]:
    rows = _rows(content)
    columns, body = _columns(rows, known)
    split_of_table = split_called(name.rpartition("/")[2].rpartition(".")[0])
    found: dict[str, Label] = {}
    for number, row in body:
        path = known.path(_cell(row, columns.file) or "")
        class_name = (_cell(row, columns.label) or "").strip()
        if path is None or not class_name:
            continue
        label = Label(_class_name(class_name, number), _split(_cell(row, columns.split), number) or split_of_table)
        if found.setdefault(path, label) != label:
            raise InvalidError(
                f"row {number} says of {path!r} something else than an earlier row. Leave one of them out."
            )
    if not found:
        raise InvalidError(f"none of its rows names an image that is here. {_HOW}")
    return found


@dataclass(frozen=True)
class _Columns:
    file: int
    label: int
    split: int | None = None


def _rows(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError("it is not UTF-8 text. Save it as CSV in UTF-8.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidError(f"it is no CSV that can be read ({error}).") from None


def _columns(rows: Sequence[Sequence[str]], known: _Known) -> tuple[_Columns, list[tuple[int, Sequence[str]]]]:
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if not numbered:
        raise InvalidError(f"it is empty. {_HOW}")
    head = ["".join(filter(str.isalnum, cell.casefold())) for cell in numbered[0][1]]
    file, label, split = (_first(head, names) for names in (FILE_COLUMNS, CLASS_COLUMNS, SPLIT_COLUMNS))
    if file is not None and label is not None:
        return _Columns(file, label, split), numbered[1:]
    if len(head) == 2 and known.path(numbered[0][1][0]) is not None:  # no head: image, class
        return _Columns(0, 1), numbered
    raise InvalidError(f"its columns are {', '.join(map(repr, numbered[0][1][:8]))}. {_HOW}")


def _first(head: Sequence[str], names: Sequence[str]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _cell(row: Sequence[str], column: int | None) -> str | None:
    return row[column] if column is not None and column < len(row) else None


def _class_name(text: str, number: int) -> str:
    try:
        name = accepted_path(text)
    except InvalidError as error:
        raise InvalidError(f"row {number} has the label {text[:80]!r}, which is no name. {error.detail}") from None
    if "/" in name:
        raise InvalidError(f"row {number} has the label {text[:80]!r}; a label is one name without '/'.")
    return name


def _split(text: str | None, number: int) -> Split | None:
    if text is None or not text.strip():
        return None
    split = split_called(text)
    if split is None:
        raise InvalidError(f"row {number} has the split {text[:80]!r}; expected train, validation or test.")
    return split
