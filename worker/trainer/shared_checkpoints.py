"""The checkpoints of a run in the storage that all machines share, and the thread that carries them there.

Training never waits for it: where the storage is slower than the epochs, checkpoints are left out, and where it does not
answer, the newest is carried once it does.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

from app.core.errors import DiceboardError, NotFoundError
from app.core.ports import BlobStore
from app.core.runs.checkpoints import FILES, CheckpointName, outdated, parsed, prefix_of, whole
from worker.trainer.checkpoints import Checkpoints

log = logging.getLogger(__name__)

REST_SECONDS = 5.0
"""Between two tries, each of which waits for the storage as long as every request does."""
LAST_SECONDS = 60.0
"""How long an attempt that ends by itself waits for its last checkpoint to be carried."""
LOOK_SECONDS = 0.1


class SharedCheckpoints:
    """One run's, under keys of their names; UnavailableError where the storage does not answer."""

    def __init__(self, run_id: str, blobs: BlobStore) -> None:
        self._prefix = prefix_of(run_id)
        self._blobs = blobs

    def bring(
        self,
        checkpoints: Checkpoints,
        *,
        architecture: str,
        wanted: Callable[[CheckpointName], bool],
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the newest that is wanted, whole and of this architecture (its digest), if there is one.

        `beat` is called now and then; what it raises ends the work.
        """
        for name in filter(wanted, whole(self._keys())):
            try:
                checkpoints.adopt(name, partial(self._fetch, name, beat), architecture=architecture)
            except (NotFoundError, ValueError) as error:
                log.warning("Checkpoint %s of the storage cannot be used and is passed over: %s", name, error)
            else:
                return

    def put(self, name: CheckpointName, folder: Path) -> None:
        """Write it from where it lies; NotFoundError where it is gone."""
        for file in FILES:
            self._blobs.put_file(self._key(name, file), folder / str(name) / file)

    def forget_outdated(self, *, by: CheckpointName, kept: int) -> None:
        """Remove what `by` makes of no use, and what was left half written before it."""
        keys = self._keys()
        there = whole(keys)
        gone = set(outdated(there, by=by, kept=kept))
        for key in sorted(keys, key=_place, reverse=True):
            name = _name_in(key)
            if name in gone or (name is not None and name < by and name not in there):
                self._blobs.delete(key)

    def _fetch(self, name: CheckpointName, beat: Callable[[], None], folder: Path) -> None:
        for file in FILES:
            with (folder / file).open("wb") as writing:
                for chunk in self._blobs.stream(self._key(name, file)):
                    writing.write(chunk)
                    beat()

    def _keys(self) -> list[str]:
        return [blob.key for blob in self._blobs.list(self._prefix)]

    def _key(self, name: CheckpointName, file: str) -> str:
        return f"{self._prefix}{name}/{file}"


class Carrier:
    """Implements checkpoints.Carries for one attempt. Use it as a context, at whose end the last checkpoint is waited for."""

    def __init__(
        self,
        shared: SharedCheckpoints,
        folder: Path,
        *,
        kept: int,
        tell: Callable[[str], None],
        asked_to_stop: Callable[[], bool],
        stops_within_seconds: float,
    ) -> None:
        """`tell` says to people that the storage does not answer; a process that is asked to stop is given so long."""
        self._shared = shared
        self._folder = folder
        self._kept = kept
        self._tell = tell
        self._asked_to_stop = asked_to_stop
        self._stops_within_seconds = stops_within_seconds
        self._lock = threading.Lock()
        self._next: CheckpointName | None = None
        self._now: CheckpointName | None = None
        self._is_away = False
        self._due, self._ends = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="carrier", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for the last, and then for what is under way: a process that ends in the middle of a request may crash."""
        began = time.monotonic()
        while not self._ends.is_set() and not self.is_idle() and time.monotonic() - began < self._allowed_seconds():
            time.sleep(LOOK_SECONDS)
        self._ends.set()
        self._due.set()
        self._thread.join()

    def carry(self, name: CheckpointName) -> None:
        """That one next, instead of any that waits; returns at once."""
        with self._lock:
            self._next = name
        self._due.set()

    def under_way(self) -> CheckpointName | None:
        """The one whose files are being read."""
        with self._lock:
            return self._now

    def is_idle(self) -> bool:
        """Whether all that was asked for is carried."""
        with self._lock:
            return self._next is None and self._now is None

    def _allowed_seconds(self) -> float:
        return self._stops_within_seconds if self._asked_to_stop() else LAST_SECONDS

    def _work(self) -> None:
        while not self._ends.is_set():
            with self._lock:
                self._now, self._next = self._next, None
            if self._now is None:
                self._due.wait()
                self._due.clear()
                continue
            carried = self._try(self._now)
            with self._lock:
                # Still the newest, unless training has come further meanwhile.
                self._next = self._next if carried else self._next or self._now
                self._now = None
            if not carried:
                self._ends.wait(REST_SECONDS)

    def _try(self, name: CheckpointName) -> bool:
        try:
            self._shared.put(name, self._folder)
            self._shared.forget_outdated(by=name, kept=self._kept)
        except NotFoundError:
            log.warning("Checkpoint %s is gone, and cannot be carried to the storage.", name)
        except Exception as error:
            # Whatever it is, training goes on, and the next try may succeed.
            log.exception("Checkpoint %s could not be carried to the storage", name)
            self._note_away(error)
            return False
        self._is_away = False
        return True

    def _note_away(self, error: Exception) -> None:
        if not self._is_away:
            self._is_away = True
            said = error.detail if isinstance(error, DiceboardError) else type(error).__name__
            self._tell(f"Checkpoints stay on this machine until the storage takes them: {said}")


def _name_in(key: str) -> CheckpointName | None:
    return parsed(key.rsplit("/", 2)[1])


def _place(key: str) -> int:
    """What is written last goes first: a checkpoint is whole, or is none."""
    file = key.rpartition("/")[2]
    return FILES.index(file) if file in FILES else len(FILES)
