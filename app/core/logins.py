"""One-time login secrets: what the database keeps of them."""

from datetime import datetime
from typing import Protocol


class LoginSecrets(Protocol):
    """The digests of secrets that nobody has spent; never the secrets."""

    def add(self, digest: str, *, expires_at: datetime) -> None:
        """Keep a new one."""
        ...

    def take(self, digest: str, *, now: datetime) -> bool:
        """Remove it; False where it is not there or has expired. Of two that take it at the same moment, one gets it."""
        ...

    def forget_expired(self, *, now: datetime) -> None:
        """Remove what nobody can spend any more."""
        ...
