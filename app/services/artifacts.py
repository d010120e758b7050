"""Use cases of the files that runs produce."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from app.core.errors import NotFoundError
from app.core.ports import BlobStore, Clock, Database, EventLog
from app.core.runs.run import Artifact, Check, EventKind


class ArtifactService:
    """Publishes files under a run, and gives them out."""

    def __init__(self, *, database: Database, blobs: BlobStore, event_log: EventLog, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._event_log = event_log
        self._clock = clock

    def publish(
        self,
        run_id: str,
        *,
        attempt: int,
        name: str,
        path: Path,
        epoch: int | None = None,
        check: Check | None = None,
    ) -> Artifact:
        """Keep the bytes first, then the row under the fence: what is listed can be downloaded whole."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        blob = f"artifacts/{run_id}/{attempt}/{sha256[:16]}-{name}"
        self._blobs.put_file(blob, path)
        artifact = Artifact(
            run_id=run_id,
            name=name,
            bytes=path.stat().st_size,
            sha256=sha256,
            epoch=epoch,
            blob=blob,
            created_at=self._clock(),
            check=check,
        )
        with self._database.transaction() as transaction:
            transaction.runs.add_artifact(artifact, attempt=attempt)
            told = transaction.runs.append(
                run_id,
                attempt=attempt,
                events=[(EventKind.ARTIFACT, {"name": name, "bytes": artifact.bytes, "sha256": sha256})],
            )
        self._event_log.append(told)
        return artifact

    def of(self, run_id: str) -> list[Artifact]:
        """By name."""
        with self._database.transaction() as transaction:
            transaction.runs.get(run_id)
            return transaction.runs.artifacts(run_id)

    def get(self, run_id: str, name: str) -> Artifact:
        """Raise NotFoundError that says what there is."""
        there = self.of(run_id)
        found = next((artifact for artifact in there if artifact.name == name), None)
        if found is None:
            names = ", ".join(artifact.name for artifact in there) or "none yet"
            raise NotFoundError(f"Run {run_id} has no artifact {name!r:.100}. It has: {names}.")
        return found

    def stream(self, artifact: Artifact, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Its bytes from start up to (not including) end."""
        return self._blobs.stream(artifact.blob, start=start, end=end)
