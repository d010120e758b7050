"""Requests whose bodies are read into memory, and may therefore be of some size only."""

from fastapi import Request
from starlette.types import Message

from app.core.errors import TooLargeError

DISCARDED_BYTES = 64 * 2**20
"""How much more than its limit is read and dropped: a server that closes while a client still sends is not heard."""


def bounded(request: Request, *, most_bytes: int, what: str) -> Request:
    """The same request, whose body is TooLargeError as soon as more than `most_bytes` of it have come.

    `what` is what the body is expected to be, for people: "An image".
    """
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received <= most_bytes:
            return message
        while message.get("more_body", False) and received <= most_bytes + DISCARDED_BYTES:
            message = await request.receive()
            received += len(message.get("body", b""))
        raise TooLargeError(
            f"{what} may have {most_bytes:,} bytes; {received:,} have come, or more. Send a smaller one."
        )

    return Request(request.scope, receive)
