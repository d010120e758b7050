"""SQLAlchemy: SQLite in WAL mode, or PostgreSQL."""

from app.adapters.database.database import SqlDatabase

__all__ = ["SqlDatabase"]
