"""The images of versions in SQL, in the order in which they are looked at."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from app.adapters.database.tables import dataset_finding_image as listed
from app.adapters.database.tables import dataset_image as images
from app.core.datasets.browsing import ImagePage, Which
from app.core.datasets.dataset import ImageRecord, Version

_ORDER = (images.c.split, images.c.class_name, images.c.path)


class SqlImages:
    """Implements browsing.ImageStore."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, version: Version, which: Which, *, offset: int, limit: int) -> ImagePage:
        """Images from a position on. The index has the order, so that a position far back costs milliseconds."""
        wanted = self._wanted(version, which)
        query = select(images).where(*wanted).order_by(*_ORDER).offset(offset).limit(limit)
        items = [_record(row) for row in self._connection.execute(query).mappings()]
        return ImagePage(items=items, offset=offset, total=self._total(version, which, wanted))

    def places(self, version_id: str, digest: str) -> list[ImageRecord]:
        """Every place of an image in a version, by path; empty where it is not in it."""
        query = select(images).where(images.c.version_id == version_id, images.c.digest == digest)
        return [_record(row) for row in self._connection.execute(query.order_by(images.c.path)).mappings()]

    def findings_of(self, version: Version, paths: list[str]) -> list[str]:
        """The rules of the findings that list any of the paths."""
        query = select(listed.c.rule).where(listed.c.version_id == version.id, listed.c.path.in_(paths)).distinct()
        rules = set(self._connection.execute(query).scalars())
        return [
            finding.rule
            for finding in version.findings
            if finding.rule in rules or not set(paths).isdisjoint(finding.examples)
        ]

    def _total(self, version: Version, which: Which, wanted: list[ColumnElement[bool]]) -> int:
        if which.finding is not None:
            return self._connection.execute(select(func.count()).select_from(images).where(*wanted)).scalar_one()
        # The version itself knows; counting its rows would cost more than reading the page.
        splits = version.splits.values() if which.split is None else [version.splits.get(which.split, {})]
        if which.class_name is not None:
            return sum(counts.get(which.class_name, 0) for counts in splits)
        return sum(sum(counts.values()) for counts in splits)

    def _wanted(self, version: Version, which: Which) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = [images.c.version_id == version.id]
        if which.split is not None:
            wanted.append(images.c.split == which.split.value)
        if which.class_name is not None:
            wanted.append(images.c.class_name == which.class_name)
        if which.finding is not None:
            paths = select(listed.c.path).where(listed.c.version_id == version.id, listed.c.rule == which.finding)
            # Of what a finding lists, older versions know the examples only.
            examples = [
                path for finding in version.findings if finding.rule == which.finding for path in finding.examples
            ]
            wanted.append(or_(images.c.path.in_(paths), images.c.path.in_(examples)))
        return wanted


def _record(row: Any) -> ImageRecord:
    return ImageRecord.model_validate({name: value for name, value in row.items() if name in ImageRecord.model_fields})
