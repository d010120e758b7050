"""Which blobs the rows of the database refer to, and the lock between those who refer and the collector."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, Connection, String, cast, select, text

from app.adapters.database.tables import artifact, dataset_file, dataset_image, dataset_version, report, run

_LOCK = 0x64696365
_CHECK_DATA = dataset_version.c.facts["check_data"].as_string()


class SqlBlobUses:
    """Implements storage.BlobUses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self) -> None:
        """Nothing is collected until this transaction has ended. In SQLite every transaction is alone already."""
        if not self._is_sqlite:
            self._connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _LOCK})

    def hold_alone(self) -> None:
        """Nobody begins to refer to a blob until this transaction has ended."""
        if not self._is_sqlite:
            self._connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def unused(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that no row refers to; keys of other kinds are somebody else's business."""
        by_kind: dict[str, set[str]] = defaultdict(set)
        for key in keys:
            by_kind[key.partition("/")[0]].add(key)
        pictures = by_kind["images"] | by_kind["thumbs"]
        digests = {key.rpartition("/")[2] for key in pictures}
        used = self._known(dataset_file.c.digest, digests) | self._known(dataset_image.c.digest, digests)
        found = {key for key in pictures if key.rpartition("/")[2] not in used}
        versions = self._known(dataset_version.c.id, {_owner(key) for key in by_kind["statistics"]})
        found |= {key for key in by_kind["statistics"] if _owner(key) not in versions}
        found |= by_kind["artifacts"] - self._known(artifact.c.blob, by_kind["artifacts"])
        found |= by_kind["reports"] - self._known(report.c.blob, by_kind["reports"])
        ended = self._known(run.c.id + "/" + cast(run.c.last_seq, String), {_version(key) for key in by_kind["curves"]})
        found |= {key for key in by_kind["curves"] if _version(key) not in ended}
        return found | (by_kind["checks"] - self._known(_CHECK_DATA, by_kind["checks"]))

    def ownerless(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys of artifacts and curves whose run is gone."""
        of_runs = {key for key in keys if key.startswith(("artifacts/", "curves/"))}
        runs = self._known(run.c.id, {_owner(key) for key in of_runs})
        return {key for key in of_runs if _owner(key) not in runs}

    def database_bytes(self) -> int:
        """What the database itself takes, its log of writes not counted."""
        if not self._is_sqlite:
            return int(self._connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
        pages = self._connection.execute(text("PRAGMA page_count")).scalar_one()
        return int(pages) * int(self._connection.execute(text("PRAGMA page_size")).scalar_one())

    @property
    def _is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def _known(self, column: Column[Any] | Any, values: Collection[str]) -> set[str]:
        if not values:
            return set()
        return set(self._connection.execute(select(column).distinct().where(column.in_(values))).scalars())


def _owner(key: str) -> str:
    return key.split("/")[1]


def _version(key: str) -> str:
    """The run and the last of its events that a file of curves holds."""
    return "/".join(key.split("/")[1:3])
