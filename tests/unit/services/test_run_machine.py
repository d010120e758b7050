"""Whatever web, workers and reconciler do in whichever order, and whatever befalls them: no run is lost or doubled."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, event

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.adapters.database.tables import run as run_table
from app.core.errors import ConflictError, InvalidError
from app.core.runs.lifecycle import ACTIVE, CONTINUED, NEXT, WAITING, RunState
from app.core.runs.run import Event, EventKind, Run
from tests.factories.run_world import ASKED, LEASE_SECONDS, STEPS_PER_EPOCH, WORKERS, Attempt, World
from tests.factories.slots import slot
from tests.fakes.scripted_trainer import next_digest

KEYS = "abcd"
WRITES = (1, 1, 2, 3, 5, 12)
ACTIONS_AT_ONCE = 25

FOLLOWS = {
    **NEXT,
    RunState.QUEUED: NEXT[RunState.QUEUED] | {RunState.STARTING},
    RunState.HELD: NEXT[RunState.HELD] | {RunState.QUEUED},
    **{state: frozenset({RunState.QUEUED}) for state in CONTINUED},
}

# A seed a step: the choices within it need no part of the entropy that Hypothesis allots to an example.
CHANCE = st.randoms(use_true_random=True)


class Runs(RuleBasedStateMachine):
    """The rules are what may happen; the invariant is what a user relies on."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        with self.world.truth.engine.begin() as connection:
            connection.execute(delete(run_table))
        self.world.queue.messages.clear()
        self.world.queue.answers = True
        self.world.checkpoints.clear()
        self.world.database.interrupt(None, before=0)
        self.by_key: dict[str, list[str]] = {}
        self.ids: list[str] = []
        self.held: set[str] = set()
        self.told: dict[str, list[Event]] = {}
        self.at_work: dict[str, Attempt] = {}
        self.paused: dict[str, Attempt] = {}
        self.orphans: list[Attempt] = []

    @initialize(chance=CHANCE)
    def a_run_waits(self, chance: Random) -> None:
        self.submit(chance)

    @rule(chance=CHANCE, name=st.sampled_from(ACTIONS := (
        "submit", "cancel", "hold_or_let_go", "move_to_the_front", "empty_the_queue", "go_on",
        "deliver_a_message", "train", "look_after_a_trainer", "reconcile", "a_worker_starts_again",
        "a_trainer_dies", "a_supervisor_dies", "a_worker_stands_still", "a_worker_goes_on", "an_orphan_goes_on",
        "time_passes", "a_message_is_lost_or_doubled", "the_broker_goes_or_comes_back", "somebody_comes_between",
    )))  # fmt: skip
    def something_happens(self, name: str, chance: Random) -> None:
        getattr(self, name)(chance)

    @rule(chance=CHANCE)
    def much_happens(self, chance: Random) -> None:
        often = ("deliver_a_message", "train", "a_trainer_dies", "a_worker_stands_still", "a_worker_goes_on")
        for _ in range(ACTIONS_AT_ONCE):
            self.something_happens(chance.choice((*self.ACTIONS, *often)), chance)
            self.nothing_is_lost_or_doubled()

    # What people do.

    def submit(self, chance: Random) -> None:
        key = chance.choice(KEYS)
        requests = [self.world.request(epochs=chance.randint(1, 2), device=chance.choice(ASKED))]
        made = [run.id for run in self.world.runs.create(requests, idempotency_key=key)]
        assert self.by_key.setdefault(key, made) == made
        self.ids = [run_id for ids in self.by_key.values() for run_id in ids]

    def cancel(self, chance: Random) -> None:
        run_id = chance.choice(self.ids)
        try:
            self.world.runs.cancel(run_id)
        except ConflictError:
            assert self.world.now(run_id).is_terminal
        self.held.discard(run_id)

    def hold_or_let_go(self, chance: Random) -> None:
        run_id, held = chance.choice(self.ids), chance.random() < 0.5
        try:
            self.world.run_queue.hold(run_id, held=held)
        except ConflictError:
            assert self.world.now(run_id).state not in WAITING
            return
        (self.held.add if held else self.held.discard)(run_id)

    def move_to_the_front(self, chance: Random) -> None:
        run_id = chance.choice(self.ids)
        try:
            self.world.run_queue.order([run_id], to_front=True)
        except ConflictError:
            assert self.world.now(run_id).state is not RunState.QUEUED

    def empty_the_queue(self, chance: Random) -> None:
        if chance.random() < 0.2:
            self.world.run_queue.cancel_all()
            self.held.clear()

    def go_on(self, chance: Random) -> None:
        run_id = chance.choice(self.ids)
        before = self.world.now(run_id)
        try:
            self.world.run_queue.go_on(run_id, more_epochs=chance.choice([None, 1]))
        except (ConflictError, InvalidError):
            assert before.state not in CONTINUED or before.state is RunState.FINISHED

    # What workers do.

    def deliver_a_message(self, chance: Random) -> None:
        idle = [worker for worker in WORKERS if worker not in self.at_work and worker not in self.paused]
        for worker in idle and [chance.choice(idle)]:
            if (run := self.world.answer(worker)) is not None:
                assert run.id not in self.held
                self.at_work[worker] = Attempt(self.world, run)

    def train(self, chance: Random) -> None:
        for worker in self._one_of(self.at_work, chance):
            attempt = self.at_work.pop(worker)
            with self._refused_where_overtaken(attempt):
                if attempt.work(chance.choice(WRITES)):
                    self.at_work[worker] = attempt
                else:
                    self.world.workers.look_again(worker, attempt.run.id)

    def look_after_a_trainer(self, chance: Random) -> None:
        for worker in self._one_of(self.at_work, chance):
            attempt = self.at_work.pop(worker)
            if attempt.look():
                self.at_work[worker] = attempt

    def reconcile(self, chance: Random) -> None:
        for worker, offer in WORKERS.items():
            self.world.workers.beat(slot(worker, offer))
        self.world.workers.reconcile()

    # What befalls them.

    def a_worker_starts_again(self, chance: Random) -> None:
        worker = chance.choice(sorted(WORKERS))
        self.at_work.pop(worker, None)
        self.world.workers.take_back(worker)

    def a_trainer_dies(self, chance: Random) -> None:
        for worker in self._one_of(self.at_work, chance):
            attempt = self.at_work.pop(worker)
            with self._refused_where_overtaken(attempt):
                attempt.settle(-9)

    def a_supervisor_dies(self, chance: Random) -> None:
        for worker in self._one_of(self.at_work, chance):
            attempt = self.at_work.pop(worker)
            if chance.random() < 0.5:
                self.orphans.append(attempt)

    def a_worker_stands_still(self, chance: Random) -> None:
        for worker in self._one_of(self.at_work, chance):
            self.paused[worker] = self.at_work.pop(worker)
            if chance.random() < 0.5:
                self.world.pass_time(1.1 * LEASE_SECONDS)
                self.reconcile(chance)

    def a_worker_goes_on(self, chance: Random) -> None:
        for worker in self._one_of(self.paused, chance):
            self.at_work[worker] = self.paused.pop(worker)

    def an_orphan_goes_on(self, chance: Random) -> None:
        if self.orphans:
            attempt = self.orphans.pop()
            with self._refused_where_overtaken(attempt):
                if attempt.train(chance.choice(WRITES)) is None:
                    self.orphans.append(attempt)

    def time_passes(self, chance: Random) -> None:
        self.world.pass_time(chance.choice([0.4, 1.1]) * LEASE_SECONDS)

    def a_message_is_lost_or_doubled(self, chance: Random) -> None:
        messages = self.world.queue.messages
        messages[:1] = messages[:1] * chance.choice([0, 2])

    def the_broker_goes_or_comes_back(self, chance: Random) -> None:
        self.world.queue.answers = chance.random() < 0.7

    def somebody_comes_between(self, chance: Random) -> None:
        def late() -> None:
            self.world.pass_time(1.1 * LEASE_SECONDS)
            self.reconcile(chance)

        names = ("reconcile", "cancel", "deliver_a_message", "a_worker_starts_again", "hold_or_let_go", "train")
        actions: list[Callable[[], None]] = [late, *(lambda name=name: getattr(self, name)(chance) for name in names)]  # type: ignore[misc]
        self.world.database.interrupt(chance.choice(actions), before=chance.randint(1, 4))

    # What holds.

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        with self.world.truth.transaction() as transaction:
            runs = {run.id: run for run in transaction.runs.several(self.ids)}
            assert set(runs) == set(self.ids)
            for run_id, run in runs.items():
                told = self.told.setdefault(run_id, [])
                told += transaction.runs.events(run_id, after=len(told)) if run.last_seq != len(told) else []
        for run_id, run in runs.items():
            self._check(run, self.told[run_id])
            assert (run.state is RunState.HELD) == (run_id in self.held)
            if run.state is RunState.FINISHED:
                assert self.world.published(run_id) == [_uninterrupted(run.configuration.epochs)]

    def teardown(self) -> None:
        """Faults stop: everything comes to its end."""
        self.world.database.interrupt(None, before=0)
        self.world.queue.answers = True
        self.orphans.clear()
        self.at_work |= self.paused
        self.paused.clear()
        for run_id in self.held:
            self.world.run_queue.hold(run_id, held=False)
        self.held.clear()
        chance = Random(0)
        for _ in range(20 * len(self.ids)):
            for action in (self.deliver_a_message, self.look_after_a_trainer, self.train):
                action(chance)
            self.world.pass_time(0.2 * LEASE_SECONDS)
            self.reconcile(chance)
            if all(self.world.now(run_id).is_terminal for run_id in self.ids):
                break
        self.nothing_is_lost_or_doubled()
        ended = [self.world.now(run_id) for run_id in self.ids]
        assert all(run.is_terminal for run in ended), [run.state for run in ended]
        assert all(run.crashes == 3 for run in ended if run.state is RunState.FAILED)

    @contextmanager
    def _refused_where_overtaken(self, attempt: Attempt) -> Iterator[None]:
        """What an attempt writes that does not hold its run any more changes nothing."""
        before = self.world.now(attempt.run.id)
        held = before.attempt == attempt.run.attempt and before.state in ACTIVE
        alone = not self.world.database.is_to_be_interrupted
        yield
        if not held and alone:
            assert self.world.now(attempt.run.id) == before, "an attempt wrote that had lost its run"

    def _check(self, run: Run, told: list[Event]) -> None:
        assert [one.seq for one in told] == list(range(1, run.last_seq + 1))
        assert all(earlier.attempt <= later.attempt for earlier, later in pairwise(told))
        assert told[-1].attempt <= run.attempt
        assert run.crashes <= run.attempt, "an attempt was counted as two crashes"
        assert not (run.cancel_requested and run.state in WAITING), "it waits although it was to stop"
        states = [RunState(one.payload["state"]) for one in told if one.kind is EventKind.STATE]
        assert states[-1] is run.state
        for earlier, later in pairwise(states):
            assert later in FOLLOWS[earlier], states

    def _one_of(self, attempts: dict[str, Any], chance: Random) -> list[str]:
        return [chance.choice(sorted(attempts))] if attempts else []


def _uninterrupted(epochs: int) -> str:
    digest = ""
    for step in range(1, epochs * STEPS_PER_EPOCH + 1):
        digest = next_digest(digest, step)
    return digest


def test_no_order_of_events_loses_or_doubles_a_run(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    upgrade(url)
    database = SqlDatabase(url, clock=utc_now, new_id=new_id)
    # Nothing here is about a loss of power, and without waiting for the disk there is time for more orders of events.
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    machine = type("Machine", (Runs,), {"world": World(database, tmp_path)})
    # A step is a seed: shrinking, which takes minutes, would not make what was found any plainer.
    examples = int(os.environ.get("DICEBOARD_TEST_EXAMPLES", "15"))
    asked = settings(max_examples=examples, stateful_step_count=6, phases=[Phase.generate])
    asked = settings(asked, suppress_health_check=list(HealthCheck))
    try:
        run_state_machine_as_test(machine, settings=asked)
    finally:
        database.close()
