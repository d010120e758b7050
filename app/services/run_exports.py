"""Use cases of files that are made of a run's weights on request, by a worker of the light pool."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from app.core.errors import ConflictError, NotFoundError
from app.core.names import TaskName
from app.core.ports import BlobStore, Clock, Database, NewId, TaskQueue
from app.core.runs.exports import ATTEMPTS_ALLOWED, LEASE_SECONDS, Export, ExportRequest
from app.core.runs.run import Artifact, Check


class ExportService:
    """Asked by people, done by workers; what is done is an artifact like any other."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        queue: TaskQueue,
        clock: Clock,
        new_id: NewId,
        kept_epochs: Callable[[str], list[int]],
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._queue = queue
        self._clock = clock
        self._new_id = new_id
        self._kept_epochs = kept_epochs

    def ask(self, run_id: str, request: ExportRequest) -> Export | Artifact:
        """The file where it is there, else the export that makes it; ConflictError where there are no weights to make it of."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
            there = {artifact.name: artifact for artifact in transaction.runs.artifacts(run_id)}
            if request.name in there:
                return there[request.name]
            if not run.is_terminal:
                raise ConflictError(f"Run {run_id} is {run.state}. Files are made of its weights once it has ended.")
            self._refuse_without_weights(run_id, request, names=set(there))
            export = Export(
                id=self._new_id(),
                run_id=run_id,
                name=request.name,
                request=request,
                attempt=run.attempt,
                asked_at=self._clock(),
            )
            kept = transaction.exports.ask(export)
        self._queue.send(TaskName.EXPORT_RUN, kept.id)
        return kept

    def of(self, run_id: str) -> list[Export]:
        """What is being made or could not be made."""
        with self._database.transaction() as transaction:
            transaction.runs.get(run_id)
            return transaction.exports.of(run_id)

    def get(self, run_id: str, name: str) -> Export | Artifact:
        """The export of that name, or what it has become."""
        with self._database.transaction() as transaction:
            transaction.runs.get(run_id)
            found = [export for export in transaction.exports.of(run_id) if export.name == name]
            found_files = [kept for kept in transaction.runs.artifacts(run_id) if kept.name == name]
        if not found and not found_files:
            raise NotFoundError(
                f"Nobody has asked for {name!r:.100} of run {run_id}. POST to its exports to have it made."
            )
        return found[0] if found else found_files[0]

    def remove(self, run_id: str, name: str) -> None:
        """Remove a file that was made on request; ConflictError for what the training left. Its bytes go within a day or so."""
        with self._database.transaction() as transaction:
            transaction.runs.get(run_id)
            found = next((kept for kept in transaction.runs.artifacts(run_id) if kept.name == name), None)
            if found is None:
                raise NotFoundError(f"Run {run_id} has no file {name!r:.100}.")
            if not found.is_made_on_request:
                raise ConflictError(
                    f"{name} was left by the training, and could not be made again: it goes with its run. Only files that "
                    "were made on request can be removed."
                )
            transaction.exports.remove(run_id, name)

    def kept_epochs(self, run_id: str) -> list[int]:
        """The epochs of which there are checkpoints where a worker finds them."""
        return self._kept_epochs(run_id)

    def claim(self, export_id: str) -> Export | None:
        """Take it (for workers); None where there is nothing to do, or it was tried often enough."""
        with self._database.transaction() as transaction:
            if not transaction.exports.claim(export_id, lease_seconds=LEASE_SECONDS):
                return None
            export = transaction.exports.get(export_id)
            if export.tries > ATTEMPTS_ALLOWED:
                tried = f"Its process was ended from outside {ATTEMPTS_ALLOWED} times, perhaps for want of memory."
                transaction.exports.fail(export_id, f"{tried} Ask again when less is going on.")
                return None
        return export

    def renew(self, export_id: str) -> bool:
        """Keep it; False where nobody wants it any more."""
        with self._database.transaction() as transaction:
            return transaction.exports.renew(export_id, lease_seconds=LEASE_SECONDS)

    def hand_back(self, export_id: str) -> None:
        """Let it wait again, where its process was killed."""
        with self._database.transaction() as transaction:
            transaction.exports.hand_back(export_id)

    def forget(self, export_id: str) -> None:
        """Drop it where it is worked on: its run has gone on, so that the file would be of other weights."""
        with self._database.transaction() as transaction:
            transaction.exports.forget(export_id)

    def fail(self, export_id: str, error: str) -> None:
        """Say why it could not be made."""
        with self._database.transaction() as transaction:
            transaction.exports.fail(export_id, error)

    def publish(self, export: Export, path: Path, *, epoch: int | None, check: Check) -> None:
        """Keep the bytes first, then put the artifact where the export was: what is listed can be downloaded whole."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        blob = f"artifacts/{export.run_id}/{export.attempt}/{sha256[:16]}-{export.name}"
        self._blobs.put_file(blob, path)
        artifact = Artifact(
            run_id=export.run_id,
            name=export.name,
            bytes=path.stat().st_size,
            sha256=sha256,
            epoch=epoch,
            blob=blob,
            created_at=self._clock(),
            check=check,
        )
        with self._database.transaction() as transaction:
            transaction.exports.finish(export.id, artifact)

    def recover(self) -> int:
        """Send a message for each export that nobody works on; answer how many."""
        with self._database.transaction() as transaction:
            waiting = transaction.exports.waiting()
        for export_id in waiting:
            self._queue.send(TaskName.EXPORT_RUN, export_id)
        return len(waiting)

    def _refuse_without_weights(self, run_id: str, request: ExportRequest, *, names: set[str]) -> None:
        if isinstance(request.epoch, str):
            wanted = f"{request.epoch}.weights.h5"
            if wanted not in names:
                raise ConflictError(
                    f"Run {run_id} has no {wanted}: nothing can be made of it. Have a run keep its weights."
                )
            return
        kept = self._kept_epochs(run_id)
        if request.epoch not in kept:
            there = ", ".join(str(epoch) for epoch in kept) or "none"
            raise ConflictError(
                f"No checkpoint of epoch {request.epoch} is kept. There are those of: {there}. Besides, there is the best."
            )
