"""The body of an upload, read by a thread while it comes in: nothing of it waits in memory but a chunk."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import anyio.from_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from app.core.datasets.members import Source
from app.core.errors import DiceboardError, InvalidError, OutOfSpaceError, TooLargeError
from app.services.dataset_uploads import UploadLimits

Answer = TypeVar("Answer")
DISCARDED_BYTES = 64 * 2**20
CHECK_BYTES = 8 * 2**20
"""How often the room on disk is looked at."""


class UploadBody:
    """A members.Source over a request's body. Used from a thread of anyio's pool, as `run_in_threadpool` starts them."""

    def __init__(self, request: Request, limits: UploadLimits) -> None:
        declared = request.headers.get("content-length", "")
        self._declared = int(declared) if declared.isdecimal() else 0
        self._limits = limits
        self._chunks: AsyncIterator[bytes] = request.stream()
        self._waiting = bytearray()
        self._is_over = False
        self._received = 0
        self._checked = 0

    def given_to(self, receive: Callable[[Source], Answer]) -> Answer:
        """What `receive` makes of it. What it leaves unread is read where it is little: else its reason would be lost."""
        try:
            self._check(self._declared)
            return receive(self)
        except DiceboardError:
            self._discard()
            raise

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        while len(self._waiting) < size and not self._is_over:
            self._pull()
        content = bytes(self._waiting[:size])
        del self._waiting[:size]
        return content

    def _discard(self) -> None:
        # A server that answers and closes while the client still sends cuts off the client before it hears the answer.
        last = self._received + DISCARDED_BYTES
        with contextlib.suppress(DiceboardError, ClientDisconnect):
            while not self._is_over and self._received < last:
                self._waiting.clear()
                self._pull_chunk()

    def _pull(self) -> None:
        try:
            self._pull_chunk()
        except ClientDisconnect:
            raise InvalidError(
                "The upload was cut off before its end. What came whole stays; send it again, nothing is taken twice."
            ) from None
        if self._received - self._checked > CHECK_BYTES or self._received > self._limits.largest_upload_bytes:
            self._checked = self._received
            self._check(0)

    def _pull_chunk(self) -> None:
        chunk = anyio.from_thread.run(anext, self._chunks, None)
        self._is_over = chunk is None
        self._waiting += chunk or b""
        self._received += len(chunk or b"")

    def _check(self, declared: int) -> None:
        largest = self._limits.largest_upload_bytes
        size = max(declared, self._received)
        if size > largest:
            raise TooLargeError(
                f"The upload has {size:,} bytes or more; one request may have {largest:,}. Send it in parts."
            )
        free = shutil.disk_usage(_existing(self._limits.waiting_room)).free
        if free - declared < self._limits.reserve_bytes:
            raise OutOfSpaceError(
                f"The upload needs {declared or CHECK_BYTES:,} bytes of {free:,} that are free, and "
                f"{self._limits.reserve_bytes:,} have to stay free (DICEBOARD_RESERVE_BYTES). Free some room, then send "
                "it again."
            )


def _existing(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
