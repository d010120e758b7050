"""The checkpoints of one attempt's run: in this machine's data folder, and in the storage where machines share one."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from app.core.runs.run import EventKind, Run
from app.services.bundle import ServiceBundle
from worker.trainer.callbacks import StoppedError
from worker.trainer.checkpoints import Checkpoints, checkpoint_folder
from worker.trainer.reporting import Reporter
from worker.trainer.shared_checkpoints import Carrier, SharedCheckpoints


class RunCheckpoints:
    """`here` are those of this machine, which training writes and goes on from."""

    def __init__(
        self, services: ServiceBundle, run: Run, *, reporter: Reporter, asked_to_stop: Callable[[], bool]
    ) -> None:
        settings = services.settings
        folder, kept = checkpoint_folder(settings.data, run.id), run.configuration.retention.checkpoints
        self._reporter = reporter
        self._asked_to_stop = asked_to_stop
        self._shared: SharedCheckpoints | None = None
        self._carrier: Carrier | None = None
        if settings.shares_storage:
            self._shared = SharedCheckpoints(run.id, services.blobs)
            self._carrier = Carrier(
                self._shared,
                folder,
                kept=kept,
                tell=lambda text: reporter.event(EventKind.LOG, {"text": text}),
                asked_to_stop=asked_to_stop,
                stops_within_seconds=settings.kill_after_seconds / 2,
            )
        self.here = Checkpoints(folder, every_seconds=settings.checkpoint_seconds, kept=kept, carrier=self._carrier)

    def carried(self) -> AbstractContextManager[object]:
        """While it is open, what is written is carried to the storage, until all of it is."""
        return self._carrier or nullcontext()

    def close(self) -> None:
        """Have the last of it carried, if the storage takes it; nothing is carried any more after that."""
        if self._carrier is not None:
            self._carrier.close()

    def bring(self, *, architecture: str) -> None:
        """Take what another machine has reached beyond this one; UnavailableError where nobody can say what that is."""
        if self._shared is None:
            return
        found = self.here.newest(architecture=architecture)
        self._shared.bring(
            self.here,
            architecture=architecture,
            wanted=lambda name: found is None or name > found.name,
            beat=self._beat,
        )

    def _beat(self) -> None:
        self._reporter.beat()
        if self._asked_to_stop() or self._reporter.taken_over.is_set():
            raise StoppedError
