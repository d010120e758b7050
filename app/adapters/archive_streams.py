"""Streams that archives are read from while they are still coming in: forward only, counted, bounded."""

import io
import tarfile
from collections.abc import Callable
from typing import Protocol

from app.core.datasets.members import Source

BLOCK = tarfile.BLOCKSIZE
_SKIP_BYTES = 2**20


class Counted:
    """A source whose first bytes can be looked at, and that counts what has come."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._waiting = b""
        self.count = 0

    def peek(self, size: int) -> bytes:
        """The first bytes, which are read again afterwards."""
        self._waiting = self._source.read(size)
        return self._waiting

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        if size < 0:
            raise io.UnsupportedOperation("what comes in is read in parts")
        head, self._waiting = self._waiting[:size], self._waiting[size:]
        content = head + self._source.read(size - len(head)) if len(head) < size else head
        self.count += len(content)
        return content

    def drain(self) -> None:
        """Read what stands behind the end of the archive, so that the sender is not cut off."""
        while self.read(_SKIP_BYTES):
            pass


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Forward(io.RawIOBase):
    """What tarfile takes for a file: seeks forward by reading, and back by one byte, which is all that it asks for.

    It remembers the last block read, and refuses reads that no honest header asks for. `check` is told, after every
    read, how many bytes have come out, and may raise.
    """

    def __init__(self, source: _Readable, largest_read: int, check: Callable[[int], None]) -> None:
        self._source = source
        self._check = check
        self._largest_read = largest_read + BLOCK
        self._at = 0
        self._last = b""
        self._is_back = False
        self.last_block = b""

    def read(self, size: int = -1, /) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        if size < 0 or size > self._largest_read:
            raise tarfile.ReadError(f"an entry asks for {size} bytes at once")
        head = b""
        if self._is_back and size:
            head, self._is_back = self._last, False
        content = head + self._source.read(size - len(head))
        self._at += len(content)
        self._last = content[-1:] or self._last
        if size == BLOCK:
            self.last_block = content
        self._check(self._at)
        return content

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go on to a place that has not been passed by more than one byte."""
        if whence != 0 or offset < self._at - 1 or (offset == self._at - 1 and not self._last):
            raise io.UnsupportedOperation("what comes in is read once")
        if offset == self._at - 1:
            self._is_back = True
            self._at = offset
        while self._at < offset:
            if not self.read(min(offset - self._at, _SKIP_BYTES, self._largest_read)):
                break
        return self._at

    def tell(self) -> int:
        """How many bytes were read."""
        return self._at
