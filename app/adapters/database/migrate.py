"""Brings a database to the newest form."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from app.adapters.database.database import make_engine


def upgrade(url: str) -> None:
    """Run every migration that this database has not seen; safe to call at each start and from several processes.

    A database that a newer version has migrated already is left alone.
    """
    engine = make_engine(url)
    try:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
