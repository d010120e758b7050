"""The signs of life of a worker's main process, and its share of the reconciling."""

import logging
import os
import threading
import time
from datetime import UTC, datetime, timedelta

from app.adapters.signs_of_life import SignOfLife
from app.composition import compose
from app.core.errors import DiceboardError, UnavailableError
from app.core.names import Pool
from app.core.workers import Worker
from app.services.bundle import ServiceBundle
from app.services.storage import COLLECTS_EVERY
from app.settings import Settings
from worker.slot import Slot

log = logging.getLogger(__name__)


class Heartbeat:
    """A daemon thread that tells the database that this worker lives, and looks for what was lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slot = Slot(settings)
        self._pool = Pool.TRAIN if self._slot.pools else Pool.LIGHT
        self._name = self._slot.name
        self._sign = SignOfLife(settings.data, self._name, every_seconds=settings.heartbeat_seconds)
        self._started_at = datetime.now(UTC)
        self._stop = threading.Event()
        self._asked_to_drain = threading.Event()
        self._wake = threading.Event()
        self._back_at = float("-inf")
        """When the database answered again after so long that leases could run out."""
        self._beaten_at = time.monotonic()
        self._services: ServiceBundle | None = None
        self._collecting: threading.Thread | None = None
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Beat from now on."""
        self._sign.start()
        self._thread.start()

    def drain(self) -> None:
        """Give back what is held, from the thread: this is called in a signal handler, which must not wait."""
        self._asked_to_drain.set()
        self._wake.set()

    def leave(self) -> None:
        """Say that this worker has gone."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=5)
        self._sign.end()
        if self._services is None:
            return
        try:
            self._services.workers.remove(self._name)
        except DiceboardError:
            log.warning("The database did not hear that %s left.", self._name)

    def _work(self) -> None:
        since_reconciled = self._settings.reconcile_seconds
        while not self._stop.is_set():
            reconcile = since_reconciled >= self._settings.reconcile_seconds
            since_reconciled = 0 if reconcile else since_reconciled + self._settings.heartbeat_seconds
            self._beat(reconcile=reconcile)
            self._wake.wait(self._settings.heartbeat_seconds)
            self._wake.clear()

    def _beat(self, *, reconcile: bool) -> None:
        try:
            self._once(reconcile=reconcile)
        except UnavailableError as error:
            log.warning("A heartbeat failed: %s", error.detail)
        except Exception:
            # Whatever it was, the next beat may succeed; without a thread the worker would look dead.
            log.exception("A heartbeat failed")

    def _once(self, *, reconcile: bool) -> None:
        if self._services is None:
            self._services = compose(self._settings)
            # What a former process of this name held has nobody now; its lease need not run out first.
            self._services.workers.take_back(self._name)
        workers = self._services.workers
        workers.beat(self._worker())
        now, lease = time.monotonic(), self._settings.lease_seconds
        if now - self._beaten_at > lease / 2:
            self._back_at = now
        self._beaten_at = now
        if self._asked_to_drain.is_set():
            workers.drain(self._name)
        elif reconcile:
            # Of many workers each asks as often as a single one has to; a bit earlier than due, or it would skip every other.
            if workers.is_turn_to_reconcile(every_seconds=self._settings.reconcile_seconds / 2):
                # While the database was away nobody could renew a lease: who lives takes up or gives back what is his.
                workers.reconcile(take_back=now - self._back_at >= lease)
            self._tidy(self._services)

    def _tidy(self, services: ServiceBundle) -> None:
        keep = timedelta(days=self._settings.checkpoint_days)
        if self._pool is Pool.TRAIN:
            services.storage.forget_checkpoints(usually_after=keep)
        if self._collecting is None or not self._collecting.is_alive():
            # Beside the beats, which a long list of blobs or logs must not hold up; at most once an hour there is something
            # to do.
            work = _sweep if self._pool is Pool.TRAIN else _collect
            self._collecting = threading.Thread(target=work, args=(services, keep), name="collector", daemon=True)
            self._collecting.start()

    def _worker(self) -> Worker:
        device, problem = self._slot.look()
        return Worker(
            name=self._name,
            host=self._settings.worker_name,
            pid=os.getpid(),
            pool=self._pool,
            pools=self._slot.pools,
            device=device,
            problem=problem,
            started_at=self._started_at,
            seen_at=datetime.now(UTC),
        )


def _sweep(services: ServiceBundle, keep: timedelta) -> None:
    try:
        services.storage.sweep(usually_after=keep)
    except DiceboardError as error:
        log.warning("What killed processes left could not be cleared away: %s", error.detail)


def _collect(services: ServiceBundle, keep: timedelta) -> None:
    half = COLLECTS_EVERY.total_seconds() / 2
    try:
        services.storage.tidy(
            usually_after=keep, is_our_turn=lambda: services.workers.is_turn_to_collect(every_seconds=half)
        )
    except DiceboardError as error:
        log.warning("What nothing refers to could not be collected: %s", error.detail)
