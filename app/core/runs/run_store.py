"""How runs are kept: the part of a transaction that is about them."""

from collections.abc import Collection, Sequence
from typing import Protocol

from app.core.runs.configuration import Configuration
from app.core.runs.device_request import ANY_CPU, DeviceOffer, DeviceRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.request import RunChanges
from app.core.runs.run import Artifact, Event, EventKind, Progress, Run
from app.core.values import JsonObject, Sort


class Runs(Protocol):
    """Runs, their events and artifacts. What carries an `attempt` is refused with StaleAttemptError if it is not the newest."""

    def add(self, run: Run, *, idempotency_key: str | None = None) -> None: ...
    def by_idempotency_key(self, key: str) -> list[Run]: ...
    def get(self, run_id: str) -> Run: ...
    def several(self, run_ids: Sequence[str]) -> list[Run]: ...
    def change(self, run_id: str, changes: RunChanges) -> None: ...
    def delete(self, run_id: str) -> None:
        """Forget an ended run; ConflictError where it has not ended, decided with the deletion itself."""
        ...

    def page(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        states: Sequence[RunState] = (),
        q: str | None = None,
        group: str | None = None,
        tag: str | None = None,
        sort: Sort = "-created",
    ) -> tuple[list[Run], str | None]: ...
    def groups(self, *, limit: int) -> list[str]: ...
    def uses_architecture(self, architecture_id: str) -> bool: ...
    def uses_dataset(self, dataset_id: str) -> bool: ...
    def lends_weights(self, run_id: str) -> bool:
        """Whether a run that has not ended starts from its weights."""
        ...

    def claim_next(self, *, worker: str, lease_seconds: float, offer: DeviceOffer = ANY_CPU) -> Run | None:
        """Take the first queued run by (priority, position) that can train on what is offered.

        It gets attempt + 1, state `starting`, and a lease in database time.
        """
        ...

    def renew(self, run_id: str, *, attempt: int, lease_seconds: float) -> bool:
        """Renew the lease; False where a newer attempt or a final state has taken over."""
        ...

    def let_go(self, run_id: str, *, reason: str) -> Event:
        """Let a held run wait in its place in the queue again; ConflictError where it is not held."""
        ...

    def move(
        self,
        run_id: str,
        state: RunState,
        *,
        attempt: int,
        reason: str | None = None,
        error: str | None = None,
        crashed: bool = False,
    ) -> Event:
        """Change the state as the lifecycle allows (ConflictError else) and note the event, in one transaction.

        A run that somebody wants to stop does not wait again, nor does it fail by a crash: it stops.
        """
        ...

    def request_cancel(self, run_id: str) -> None: ...
    def queue_again(self, run_id: str, *, attempt: int, configuration: Configuration, reason: str) -> Event:
        """Put an ended run at the end of the queue, with no crash counted and nothing asked of it."""
        ...

    def place(self, run_ids: Sequence[str], *, before_all: bool = False) -> None:
        """Let queued runs follow one another in this order, in the places that they have (or before all others)."""
        ...

    def set_progress(
        self, run_id: str, *, attempt: int, progress: Progress, summary: dict[str, JsonObject] | None = None
    ) -> None: ...
    def set_computed_by(self, run_id: str, *, attempt: int, computed_by: dict[str, str]) -> None: ...
    def forget_evaluation(self, run_id: str, *, attempt: int) -> None:
        """What was measured of earlier weights goes, with its file, before others take their place."""
        ...

    def set_evaluation(self, run_id: str, *, attempt: int, evaluation: dict[str, JsonObject]) -> None: ...
    def append(
        self, run_id: str, *, attempt: int, events: Sequence[tuple[EventKind, JsonObject]], holding: bool = True
    ) -> list[Event]:
        """Number and keep events under the fence: of an attempt that holds the run, or (not `holding`) is the newest."""
        ...

    def events(
        self, run_id: str, *, after: int = 0, kinds: Sequence[EventKind] = (), limit: int | None = None
    ) -> list[Event]: ...
    def expired(self) -> list[Run]:
        """Active runs whose lease has run out, or that never had one, by database time."""
        ...

    def held_by(self, worker: str) -> list[Run]:
        """Active runs that a worker of this name has, or had."""
        ...

    def queue(self, *, limit: int | None = None) -> list[Run]:
        """The queued runs in their order, or the first of them."""
        ...

    def count(self, states: Collection[RunState]) -> int: ...
    def waiting(self) -> dict[DeviceRequest, int]:
        """How many runs are queued, by what they ask of devices."""
        ...

    def waiting_in(self, pool: str, *, limit: int) -> list[str]:
        """The ids of so many runs that are queued for a pool, the next one first."""
        ...

    def add_artifact(self, artifact: Artifact, *, attempt: int) -> None:
        """Keep or replace the artifact of that name."""
        ...

    def artifacts(self, run_id: str) -> list[Artifact]: ...
