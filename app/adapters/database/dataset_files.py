"""The files that have arrived for datasets, in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.adapters.database.pages import decode_cursor, encode_cursor
from app.adapters.database.tables import dataset_file as files
from app.core.datasets.dataset import StagedFile
from app.core.datasets.labels import Label

ROWS_AT_ONCE = 1_000
_FILES = select(*(files.c[name] for name in StagedFile.model_fields))


class SqlDatasetFiles:
    """Implements file_store.DatasetFiles."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stage(self, dataset_id: str, arrived: Sequence[StagedFile]) -> int:
        """Add files by path, replacing what had the same path; answer how many were there already, unchanged."""
        if not arrived:
            return 0
        by_path = {file.path: file for file in arrived}
        mine = files.c.dataset_id == dataset_id
        query = select(files.c.path, files.c.digest, files.c.modified).where(mine, files.c.path.in_(list(by_path)))
        there = {row.path: (row.digest, row.modified) for row in self._connection.execute(query)}
        same = {path for path, (digest, _) in there.items() if by_path[path].digest == digest}
        changed = {path for path in there if there[path] != (by_path[path].digest, by_path[path].modified)}
        if changed:
            self._connection.execute(delete(files).where(mine, files.c.path.in_(list(changed))))
        new = [file for path, file in by_path.items() if path in changed or path not in there]
        rows = [{"dataset_id": dataset_id, **file.model_dump()} for file in new]
        if rows:
            self._connection.execute(insert(files), rows)
        return len(same)

    def staged(self, dataset_id: str) -> list[StagedFile]:
        """The images that have arrived, by path."""
        return self._files(_FILES.where(files.c.dataset_id == dataset_id, files.c.is_table.is_(False)))

    def arrived(
        self, dataset_id: str, *, limit: int = 10_000, cursor: str | None = None
    ) -> tuple[list[StagedFile], str | None]:
        """Everything that has arrived, tables of labels too, by path in pages."""
        query = _FILES.where(files.c.dataset_id == dataset_id)
        if cursor is not None:
            query = query.where(files.c.path > decode_cursor(cursor, parts=1)[0])
        found = self._files(query.limit(limit + 1))
        return found[:limit], encode_cursor(found[limit - 1].path) if len(found) > limit else None

    def tables(self, dataset_id: str) -> list[StagedFile]:
        """The tables of labels that have arrived."""
        return self._files(_FILES.where(files.c.dataset_id == dataset_id, files.c.is_table.is_(True)))

    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Those of the digests whose bytes have arrived for some dataset."""
        query = select(files.c.digest).distinct()
        batches = [digests[start : start + ROWS_AT_ONCE] for start in range(0, len(digests), ROWS_AT_ONCE)]
        return {
            digest
            for batch in batches
            for digest in self._connection.execute(query.where(files.c.digest.in_(batch))).scalars()
        }

    def set_labels(self, dataset_id: str, labels: Mapping[str, Label]) -> None:
        """Note what tables say of the images by path; what they do not name has no label."""
        mine = update(files).where(files.c.dataset_id == dataset_id)
        self._connection.execute(mine.values(class_name=None, split=None))
        if labels:
            row = mine.where(files.c.path == bindparam("of"))
            values = row.values(class_name=bindparam("label"), split=bindparam("part"))
            self._connection.execute(
                values,
                [
                    {"of": path, "label": label.class_name, "part": label.split and label.split.value}
                    for path, label in labels.items()
                ],
            )

    def _files(self, query: Any) -> list[StagedFile]:
        rows = self._connection.execute(query.order_by(files.c.path)).mappings()
        return [StagedFile.model_validate(dict(row)) for row in rows]
