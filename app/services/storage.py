"""Use cases of room on disk: what takes it, and letting go what nothing needs.

Blobs are swept under a lock of the database (storage.BlobUses): whoever begins to refer to bytes that were there before
holds it too, and looks whether they still are. Bytes that were written within a day stay, since their rows may follow.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from app.core.errors import InvalidError, NotFoundError
from app.core.ports import BlobStore, Clock, Database
from app.core.runs.run import Run
from app.core.storage import (
    BLOBS,
    UNTOUCHED,
    Amount,
    BlobUses,
    DataFolder,
    StorageKind,
    StorageLine,
    StorageReport,
    StoredBlob,
)
from app.core.values import Instant

LOOKED_AT_ONCE = 1_000
REMOVED_AT_ONCE = 100
COLLECTS_EVERY = timedelta(hours=1)


class StorageService:
    """Tells and frees room; every removal is of what can be made again or belongs to nothing."""

    def __init__(self, *, database: Database, blobs: BlobStore, folder: DataFolder, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._folder = folder
        self._clock = clock
        self._collected_at: Instant | None = None
        self._swept_at: Instant | None = None

    def report(self) -> StorageReport:
        """What each kind takes, and what of it may go now."""
        total, free = self._folder.disk()
        lines = [*(self._blob_line(kind) for kind in BLOBS), self._checkpoint_line()]
        lines += [self._prepared_line(), self._scratch_line()]
        with self._database.transaction() as transaction:
            size = transaction.blobs.database_bytes()
        lines.append(StorageLine(kind=StorageKind.DATABASE, kept=Amount(count=1, bytes=size)))
        return StorageReport(items=tuple(lines), disk_bytes=total, free_bytes=free)

    def let_go(self, kind: StorageKind) -> Amount:
        """Remove what may go of a kind; answer how much that was."""
        if kind in {StorageKind.DATABASE, StorageKind.SOURCES}:
            raise InvalidError(
                f"Nothing of the {kind.value} may go by hand: it goes by itself with what it belongs to."
            )
        if kind is StorageKind.CHECKPOINTS:
            may_go = self._checkpoint_line().may_go
            self._forget_checkpoints(lambda _: timedelta(0))
            self._forget_shared_checkpoints(lambda _: timedelta(0))
            return may_go
        if kind is StorageKind.PREPARED:
            before = self._prepared_line().kept
            self._folder.forget_prepared()
            after = self._prepared_line().kept
            return Amount(count=max(0, before.count - after.count), bytes=max(0, before.bytes - after.bytes))
        if kind is StorageKind.SCRATCH:
            left = self._scratch_line().may_go
            self.forget_scratch()
            return left
        return self._collect(kind)

    def tidy(self, *, usually_after: timedelta, is_our_turn: Callable[[], bool] = lambda: True) -> None:
        """Collect what nothing refers to, and logs and shared checkpoints of runs that ended so long ago.

        At most once an hour in this process; any may, at any time. The storage is looked through where it `is_our_turn`:
        one of many machines need do it. Each looks after its own folder.
        """
        now = self._clock()
        if self._collected_at is not None and now - self._collected_at < COLLECTS_EVERY:
            return
        self._collected_at = now
        self.sweep(usually_after=usually_after)
        if is_our_turn():
            for kind in BLOBS:
                self._collect(kind)
            self._forget_shared_checkpoints(_as_asked(usually_after))

    def sweep(self, *, usually_after: timedelta) -> None:
        """Remove from this machine's folder logs of runs that ended so long ago, and passing files that are nobody's.

        At most once an hour in this process.
        """
        now = self._clock()
        if self._swept_at is None or now - self._swept_at >= COLLECTS_EVERY:
            self._swept_at = now
            self.forget_scratch()
            self.forget_logs(ended_for=usually_after)

    def forget_scratch(self) -> None:
        """Remove the passing files of processes that were killed."""
        self._folder.forget_scratch()

    def forget_logs(self, *, ended_for: timedelta) -> list[str]:
        """Remove what trainers of runs printed that are gone, or that ended so long ago; answer the runs."""
        gone = sorted(run_id for run_id in self._folder.logs() if self._has_ended(run_id, lambda _: ended_for))
        for run_id in gone:
            self._folder.forget_logs(run_id)
        return gone

    def forget_checkpoints(self, *, usually_after: timedelta) -> list[str]:
        """Remove this machine's of runs that are gone, or ended so long ago, or as long as they say; answer the runs.

        A run that is continued in just this moment begins anew and comes to the same weights: it only takes longer.
        """
        return self._forget_checkpoints(_as_asked(usually_after))

    def _forget_checkpoints(self, kept_for: Callable[[Run], timedelta]) -> list[str]:
        gone = [run_id for run_id in self._folder.checkpoints() if self._has_ended(run_id, kept_for)]
        for run_id in gone:
            self._folder.forget_checkpoints(run_id)
        return gone

    def _forget_shared_checkpoints(self, kept_for: Callable[[Run], timedelta]) -> None:
        """Those in the storage, where machines share one."""
        for run_id, blobs in self._shared_checkpoints().items():
            if self._has_ended(run_id, kept_for):
                for blob in blobs:
                    self._blobs.delete(blob.key)

    def _shared_checkpoints(self) -> dict[str, list[StoredBlob]]:
        """Of each run that has any."""
        found: dict[str, list[StoredBlob]] = {}
        for blob in self._blobs.list(f"{StorageKind.CHECKPOINTS.value}/"):
            found.setdefault(blob.key.split("/")[1], []).append(blob)
        return found

    def _blob_line(self, kind: StorageKind) -> StorageLine:
        kept = may_go = Amount()
        for blobs in _batches(self._blobs.list(f"{kind.value}/"), LOOKED_AT_ONCE):
            with self._database.transaction() as transaction:
                unused = self._removable(transaction.blobs, blobs)
            for blob in blobs:
                kept = kept.with_one(blob.bytes)
                may_go = may_go.with_one(blob.bytes) if blob.key in unused else may_go
        return StorageLine(kind=kind, kept=kept, may_go=may_go)

    def _collect(self, kind: StorageKind) -> Amount:
        freed = Amount()
        for blobs in _batches(self._blobs.list(f"{kind.value}/"), LOOKED_AT_ONCE):
            with self._database.transaction() as transaction:
                unused = self._removable(transaction.blobs, blobs)
            for some in _batches((blob for blob in blobs if blob.key in unused), REMOVED_AT_ONCE):
                with self._database.transaction() as transaction:
                    transaction.blobs.hold_alone()
                    still = self._removable(transaction.blobs, some)
                    for blob in some:
                        if blob.key in still:
                            self._blobs.delete(blob.key)
                            freed = freed.with_one(blob.bytes)
        return freed

    def _removable(self, uses: BlobUses, blobs: Sequence[StoredBlob]) -> set[str]:
        before = self._clock() - UNTOUCHED
        keys = [blob.key for blob in blobs]
        old = [blob.key for blob in blobs if blob.modified < before]
        return uses.unused(old) | uses.ownerless(keys)

    def _checkpoint_line(self) -> StorageLine:
        kept = may_go = Amount()
        sizes = Counter(self._folder.checkpoints())
        for run_id, blobs in self._shared_checkpoints().items():
            sizes[run_id] += sum(blob.bytes for blob in blobs)
        for run_id, size in sizes.items():
            kept = kept.with_one(size)
            may_go = may_go.with_one(size) if self._has_ended(run_id, lambda _: timedelta(0)) else may_go
        return StorageLine(kind=StorageKind.CHECKPOINTS, kept=kept, may_go=may_go)

    def _prepared_line(self) -> StorageLine:
        return _line_of(StorageKind.PREPARED, self._folder.prepared())

    def _scratch_line(self) -> StorageLine:
        return _line_of(StorageKind.SCRATCH, self._folder.scratch())

    def _has_ended(self, run_id: str, kept_for: Callable[[Run], timedelta]) -> bool:
        run = self._run(run_id)
        if run is None:
            return True
        return run.is_terminal and run.finished_at is not None and run.finished_at <= self._clock() - kept_for(run)

    def _run(self, run_id: str) -> Run | None:
        with self._database.transaction() as transaction:
            try:
                return transaction.runs.get(run_id)
            except NotFoundError:
                return None


def _as_asked(usually_after: timedelta) -> Callable[[Run], timedelta]:
    return lambda run: run.configuration.retention.keeps_checkpoints_for(usually=usually_after)


def _line_of(kind: StorageKind, folders: Iterable[tuple[int, bool]]) -> StorageLine:
    """Of (bytes, whether a process uses it)."""
    kept = may_go = Amount()
    for size, in_use in folders:
        kept = kept.with_one(size)
        may_go = may_go if in_use else may_go.with_one(size)
    return StorageLine(kind=kind, kept=kept, may_go=may_go)


def _batches(blobs: Iterable[StoredBlob], size: int) -> Iterator[list[StoredBlob]]:
    following = iter(blobs)
    while batch := list(islice(following, size)):
        yield batch
