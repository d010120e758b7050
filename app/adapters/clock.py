"""The time, and ids nobody can guess."""

import secrets
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """An opaque random id of 80 bits, in lower-case letters and digits that cannot be mistaken for each other."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))
