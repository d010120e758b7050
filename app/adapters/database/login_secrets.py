"""Unspent login secrets in SQL: any web server of a workspace may be the one that a link leads to."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert

from app.adapters.database.tables import login_secret as table


class SqlLoginSecrets:
    """Implements logins.LoginSecrets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, digest: str, *, expires_at: datetime) -> None:
        """Keep a new one."""
        self._connection.execute(insert(table).values(digest=digest, expires_at=expires_at))

    def take(self, digest: str, *, now: datetime) -> bool:
        """Whether it was there and had not expired; it is there no more."""
        taken = delete(table).where(table.c.digest == digest).returning(table.c.expires_at)
        expires_at = self._connection.execute(taken).scalar_one_or_none()
        return expires_at is not None and now < expires_at

    def forget_expired(self, *, now: datetime) -> None:
        """Remove what nobody can spend any more."""
        self._connection.execute(delete(table).where(table.c.expires_at <= now))
