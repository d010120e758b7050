"""Bodies that are read into memory end where they are too large, whether or not they ever end."""

import asyncio
from collections.abc import Sequence

import pytest
from fastapi import Request
from starlette.types import Message

from app.core.errors import TooLargeError
from app.web.bounded_body import DISCARDED_BYTES, bounded

MiB = 2**20


class Sender:
    """Sends the parts, the last of them over and over where it is endless."""

    def __init__(self, parts: Sequence[bytes], *, is_endless: bool = False) -> None:
        self._parts = list(parts)
        self._is_endless = is_endless
        self.sent = 0

    async def receive(self) -> Message:
        part = self._parts[0] if self._is_endless else self._parts.pop(0)
        self.sent += len(part)
        return {"type": "http.request", "body": part, "more_body": self._is_endless or bool(self._parts)}

    def read(self, most_bytes: int) -> bytes:
        request = Request({"type": "http", "method": "POST", "headers": []}, self.receive)
        return asyncio.run(bounded(request, most_bytes=most_bytes, what="An image").body())


@pytest.mark.parametrize("parts", [[b"abcdef"], [b"abc", b"", b"def"], [b"a"] * 6])
def test_a_body_up_to_the_limit_is_read_whole(parts: list[bytes]) -> None:
    assert Sender(parts).read(6) == b"".join(parts)
    with pytest.raises(TooLargeError, match="An image may have 5 bytes; 6 have come"):
        Sender(parts).read(5)


def test_one_that_never_ends_is_answered_after_a_while() -> None:
    sender = Sender([bytes(MiB)], is_endless=True)
    with pytest.raises(TooLargeError):
        sender.read(3 * MiB)
    assert DISCARDED_BYTES < sender.sent <= DISCARDED_BYTES + 5 * MiB


def test_a_little_too_much_is_read_to_its_end_so_that_the_client_hears_why() -> None:
    sender = Sender([bytes(MiB)] * 10)
    with pytest.raises(TooLargeError):
        sender.read(MiB)
    assert sender.sent == 10 * MiB
