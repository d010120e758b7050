"""One-time login secrets in memory."""

import secrets


class RememberedSecrets:
    """Implements security.OneTimeSecrets."""

    def __init__(self) -> None:
        self._unspent: set[str] = set()

    def issue(self) -> str:
        """Make a secret that logs in once."""
        secret = secrets.token_urlsafe(32)
        self._unspent.add(secret)
        return secret

    def claim(self, secret: str) -> bool:
        """Spend a secret."""
        is_good = secret in self._unspent
        self._unspent.discard(secret)
        return is_good
