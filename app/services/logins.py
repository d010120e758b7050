"""One-time login secrets: made by `up`, `web` and `link`, spent once by whichever web server the browser finds."""

import hashlib
import secrets
from datetime import timedelta

from app.core.ports import Clock, Database

LIFETIME = timedelta(days=1)


class LoginService:
    """Only the hash of a secret is ever written."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(self, *, lifetime: timedelta = LIFETIME) -> str:
        """Make a secret that logs in once within its lifetime."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        with self._database.transaction() as transaction:
            transaction.login_secrets.forget_expired(now=now)
            transaction.login_secrets.add(_digest(secret), expires_at=now + lifetime)
        return secret

    def claim(self, secret: str) -> bool:
        """Spend a secret; False where it was never issued, has expired or is spent."""
        with self._database.transaction() as transaction:
            return transaction.login_secrets.take(_digest(secret), now=self._clock())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
