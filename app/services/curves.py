"""Use cases of curves: what is read of a run's metrics does not grow with its length.

The metrics of a run that has ended lie in the blob store as columns, at several resolutions: its worker puts them there,
and whoever reads them first does where no worker did. Their keys name the last event that they hold, so that those of a
run that went on are never taken for what it is now; the events stay the truth, and everything here can be made again.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from app.core.errors import NotFoundError, OutOfSpaceError, UnavailableError
from app.core.ports import BlobStore, Database
from app.core.runs.columns import OF_STEPS, Columns, ColumnsBuilder, Points
from app.core.runs.levels import LEVELS, Level, files_of, levels_of, names_in, series_from, unpacked, whole_of
from app.core.runs.run import EventKind, Run
from app.core.runs.series import Series, Wanted
from app.core.storage import StorageKind
from app.services.named_runs import named_runs

FOLLOWED_AT_ONCE = 64
_KINDS = (EventKind.EPOCH, EventKind.METRICS)


class CurveService:
    """Reads metrics as curves."""

    def __init__(self, *, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs
        self._followed: OrderedDict[str, _Followed] = OrderedDict()
        self._lock = threading.Lock()

    def series(self, run_id: str, wanted: Wanted) -> dict[str, Series]:
        """Curves by metric name."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
        return self.of(run, wanted)

    def of(self, run: Run, wanted: Wanted) -> dict[str, Series]:
        """Curves of a run that was just read."""
        return series_from(self._levels(run), wanted)

    def of_several(self, run_ids: Sequence[str], wanted: Wanted) -> tuple[list[Run], dict[str, dict[str, Series]]]:
        """Runs in this order, and their curves by run and metric; NotFoundError where one is not there."""
        runs = self.runs(run_ids)
        return runs, {run.id: self.of(run, wanted) for run in runs}

    def whole(self, run_ids: Sequence[str], name: str) -> dict[str, Points]:
        """Every point of one metric, by run; none where a run does not have it."""
        found = {}
        for run in self.runs(run_ids):
            found[run.id] = whole_of(self._levels(run), name)
        return found

    def names(self, run_ids: Sequence[str]) -> list[str]:
        """The metrics that any of the runs has, those of whole epochs first."""
        found: set[str] = set()
        for run in self.runs(run_ids):
            found.update(self._names_kept(run) if run.is_terminal else self._so_far(run).points)
        return sorted(found, key=lambda name: (name.startswith(OF_STEPS), name))

    def compact(self, run_id: str) -> None:
        """Put the columns of a run that has ended where they are read fast; nothing happens while it goes on."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
        if run.is_terminal and not self._blobs.exists(_key(run, LEVELS[0])):
            self._keep(run, self._all(run))

    def runs(self, run_ids: Sequence[str]) -> list[Run]:
        """In this order; NotFoundError where one is not there."""
        with self._database.transaction() as transaction:
            return named_runs(transaction, run_ids)

    def _levels(self, run: Run) -> Callable[[Level, Collection[str]], Columns]:
        return self._kept_levels(run) if run.is_terminal else levels_of(self._so_far(run))

    def _kept_levels(self, run: Run) -> Callable[[Level, Collection[str]], Columns]:
        def level_of(level: Level, names: Collection[str]) -> Columns:
            try:
                return self._read(run, level, names)
            except NotFoundError:
                columns = self._all(run)
                # Curves are shown where there is no room to keep them, too.
                with suppress(OutOfSpaceError, UnavailableError):
                    self._keep(run, columns)
                return levels_of(columns)(level, names)

        return level_of

    def _read(self, run: Run, level: Level, names: Collection[str]) -> Columns:
        overview = unpacked(self._blobs.get_bytes(_key(run, LEVELS[0])), names)
        if level == LEVELS[0]:
            return overview
        points = dict(overview.points)
        for name, total in overview.totals.items():
            if len(points[name]) < total:
                points[name] = unpacked(self._blobs.get_bytes(_key(run, level, name))).points[name]
        return Columns(overview.started, points, overview.totals)

    def _names_kept(self, run: Run) -> list[str]:
        try:
            return names_in(self._blobs.get_bytes(_key(run, LEVELS[0])))
        except NotFoundError:
            return list(self._kept_levels(run)(LEVELS[0], ()).points)

    def _keep(self, run: Run, columns: Columns) -> None:
        # The overview comes last: where it is, everything is.
        for level, name, content in files_of(columns):
            self._blobs.put_bytes(_key(run, level, name), content)

    def _all(self, run: Run) -> Columns:
        builder = ColumnsBuilder()
        with self._database.transaction() as transaction:
            builder.add(transaction.runs.events(run.id, kinds=_KINDS))
        return builder.columns()

    def _so_far(self, run: Run) -> Columns:
        """Of a run that goes on only what is new is read from the database."""
        with self._lock:
            followed = self._followed.pop(run.id, None) or _Followed()
            self._followed[run.id] = followed
            while len(self._followed) > FOLLOWED_AT_ONCE:
                self._followed.popitem(last=False)
        with followed.lock:
            if followed.columns is None or followed.seq < run.last_seq:
                with self._database.transaction() as transaction:
                    new = transaction.runs.events(run.id, after=followed.seq, kinds=_KINDS)
                followed.builder.add(new)
                followed.seq = max(run.last_seq, new[-1].seq if new else 0)
                followed.columns = followed.builder.columns()
            return followed.columns


class _Followed:
    """What is known of a run that goes on: all up to an event."""

    def __init__(self) -> None:
        self.builder = ColumnsBuilder()
        self.seq = 0
        self.columns: Columns | None = None
        self.lock = threading.Lock()


def _key(run: Run, level: Level, name: str | None = None) -> str:
    """Metrics may have any name; files may not."""
    of = "" if name is None else f"-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return f"{StorageKind.CURVES.value}/{run.id}/{run.last_seq}/{'all' if level is None else level}{of}.npz"
