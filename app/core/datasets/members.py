"""What comes out of an archive, one file at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias


@dataclass(frozen=True)
class Member:
    """A file of an archive under its accepted path, and when it was changed last.

    Where it was not taken, `content` is None and `reason` says why; what operating systems leave in folders is
    `skipped` without one.
    """

    path: str
    content: bytes | None
    reason: str | None = None
    modified: datetime | None = None
    skipped: bool = False


class Source(Protocol):
    """Bytes that come in once, from the first to the last."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the end; raise InvalidError where they were cut off."""
        ...


ReadArchive: TypeAlias = Callable[[Source], Iterator[Member]]
"""Goes through an archive as it comes in; raises InvalidError or TooLargeError where it cannot go on."""
