"""Which paths may come in with an archive. They are only ever labels: nothing is written to disk under them."""

import unicodedata
from collections.abc import Iterable

from app.core.datasets.dataset import Split
from app.core.errors import InvalidError, NotFoundError

LONGEST_SEGMENT_BYTES = 255
LONGEST_PATH_BYTES = 2_000
"""PostgreSQL's indexes take no more than about 2,700 bytes in a row."""
MOST_LEVELS = 32
_SKIPPED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_SPLITS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validate": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "dev": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}
_BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_skipped(path: str) -> bool:
    """Whether this is what operating systems leave in folders: dot-files, Thumbs.db, __MACOSX."""
    segments = [segment for segment in path.split("/") if segment not in {"", ".", ".."}]
    return any(_is_leftover(segment) for segment in segments)


def _is_leftover(segment: str) -> bool:
    # Names with more dots hide nothing: they want to lead elsewhere, and are refused for that.
    return (segment.startswith(".") and not segment.startswith("..")) or segment.lower() in _SKIPPED


def accepted_path(raw: str) -> str:
    """The path in NFC without a leading `./`; raise InvalidError that says what is wrong with it."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise InvalidError("The name is not valid UTF-8; rename the file.") from None
    path = unicodedata.normalize("NFC", raw)
    while path.startswith("./"):
        path = path[2:]
    _check_characters(path)
    if len(path.encode()) > LONGEST_PATH_BYTES:
        raise InvalidError(f"The path is longer than {LONGEST_PATH_BYTES:,} bytes; shorten its folders' names.")
    segments = path.split("/")
    if len(segments) > MOST_LEVELS:
        raise InvalidError(f"The path has {len(segments)} levels; at most {MOST_LEVELS} are taken.")
    for segment in segments:
        _check_segment(segment)
    return path


def split_called(name: str) -> Split | None:
    """The split that a folder or a cell names in one of the usual spellings (`Train`, `val`, `test_set`)."""
    letters = "".join(filter(str.isalnum, name.casefold()))
    return _SPLITS.get(letters.removesuffix("set").removesuffix("data"))


def colliding(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of names that differ by upper and lower case or by spaces only: nobody could tell them apart."""
    groups: dict[str, set[str]] = {}
    for name in names:
        key = " ".join(unicodedata.normalize("NFC", name).casefold().split())
        groups.setdefault(key, set()).add(name)
    return [tuple(sorted(group)) for _, group in sorted(groups.items()) if len(group) > 1]


def _check_characters(path: str) -> None:
    if not path:
        raise InvalidError("The path is empty.")
    if path.startswith("/"):
        raise InvalidError("The path is absolute; pack the folder with relative paths.")
    if "\\" in path:
        raise InvalidError("The path has a backslash; separate folders with '/'.")
    if len(path) > 1 and path[1] == ":" and path[0].isascii() and path[0].isalpha():
        raise InvalidError("The path begins with a drive letter; pack the folder with relative paths.")
    if any(unicodedata.category(character) == "Cc" for character in path):
        raise InvalidError("The path has a control character; rename the file.")
    if any(character in _BIDI_OVERRIDES for character in path):
        raise InvalidError("The path changes its reading direction by hidden characters; rename the file.")


def _check_segment(segment: str) -> None:
    if segment == "..":
        raise InvalidError("The path leads out of its folder ('..'); pack the folder itself.")
    if segment == "." or not segment.strip():
        raise InvalidError("The path has an empty part; rename the folder or file.")
    if len(segment.encode()) > LONGEST_SEGMENT_BYTES:
        raise InvalidError(f"A part of the path is longer than {LONGEST_SEGMENT_BYTES} bytes; shorten it.")


def image_key(digest: str) -> str:
    """Where the blob store keeps the bytes of an image; NotFoundError where that is no SHA-256."""
    # Keys are made by us: what is no digest must never become one.
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise NotFoundError(f"There is no image {digest[:64]!r}; images go by the SHA-256 of their bytes.")
    return f"images/{digest}"
