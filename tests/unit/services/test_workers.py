from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.names import TaskName
from app.core.runs.device_request import DeviceOffer
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Event, Run
from app.services.workers import WorkerService
from tests.factories.rows import queued_run
from tests.factories.run_world import Interrupted
from tests.factories.slots import CPU, asking, gpu, slot
from tests.fakes.queue import RememberedTasks


class Runs:
    """Moves runs in the database, and tells nobody."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

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
        with self._database.transaction() as transaction:
            return transaction.runs.move(run_id, state, attempt=attempt, reason=reason, error=error, crashed=crashed)


class Sources:
    def __init__(self) -> None:
        self.asked = 0

    def forget_unused(self) -> int:
        self.asked += 1
        return 0


class Checks:
    def __init__(self) -> None:
        self.recovered = 0

    def recover(self) -> None:
        self.recovered += 1


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    upgrade(url)
    opened = SqlDatabase(url, clock=utc_now, new_id=new_id)
    yield opened
    opened.close()


@pytest.fixture
def queue() -> RememberedTasks:
    return RememberedTasks()


def service(
    database: SqlDatabase,
    queue: RememberedTasks,
    *,
    lease_seconds: float = 60,
    checks: Checks | None = None,
    sources: Sources | None = None,
) -> WorkerService:
    return WorkerService(
        database=database,
        queue=queue,
        runs=Runs(database),
        sources=sources or Sources(),
        unfinished=[Checks(), checks or Checks()],
        lease_seconds=lease_seconds,
    )


def now(database: SqlDatabase, run: Run) -> Run:
    with database.transaction() as transaction:
        return transaction.runs.get(run.id)


def claimed(workers: WorkerService) -> Run:
    run = workers.claim_next("train@here")
    assert run is not None
    return run


def test_one_of_two_workers_gets_the_run_and_the_other_none(database: SqlDatabase, queue: RememberedTasks) -> None:
    run = queued_run(database)
    workers = service(database, queue)
    assert claimed(workers).id == run.id
    assert workers.claim_next("train@there") is None


def test_a_draining_worker_claims_nothing(database: SqlDatabase, queue: RememberedTasks) -> None:
    queued_run(database)
    workers = service(database, queue)
    workers.beat(slot("train@here", CPU))
    workers.drain("train@here")
    assert workers.claim_next("train@here") is None
    assert [worker.draining for worker in workers.page()] == [True]


def test_a_run_given_back_waits_again_and_is_not_counted(database: SqlDatabase, queue: RememberedTasks) -> None:
    run = queued_run(database)
    workers = service(database, queue)
    attempt = claimed(workers).attempt
    workers.hand_back(run.id, attempt=attempt, reason="its worker leaves")
    found = now(database, run)
    assert (found.state, found.crashes, queue.sent) == (RunState.QUEUED, 0, [(TaskName.TRAIN_NEXT_RUN, run.id)])
    assert not workers.renew(run.id, attempt=attempt)


def test_the_third_crash_is_the_last_and_says_why(database: SqlDatabase, queue: RememberedTasks) -> None:
    run = queued_run(database)
    workers = service(database, queue)
    states = []
    for _ in range(3):
        workers.crashed(run.id, attempt=claimed(workers).attempt, reason="killed")
        states.append(now(database, run).state)
    assert states == [RunState.QUEUED, RunState.QUEUED, RunState.FAILED]
    error = now(database, run).error
    assert error is not None
    assert "3 attempts" in error
    assert "killed" in error


def test_a_crash_of_a_run_that_was_to_stop_stops_it(database: SqlDatabase, queue: RememberedTasks) -> None:
    run = queued_run(database)
    workers = service(database, queue)
    attempt = claimed(workers).attempt
    with database.transaction() as transaction:
        transaction.runs.request_cancel(run.id)
    workers.crashed(run.id, attempt=attempt, reason="killed")
    assert now(database, run).state is RunState.STOPPED


def test_a_run_whose_lease_ran_out_is_taken_back_and_its_old_holder_refused(
    database: SqlDatabase, queue: RememberedTasks
) -> None:
    run = queued_run(database)
    workers = service(database, queue, lease_seconds=-1)
    attempt = claimed(workers).attempt
    workers.reconcile()
    found = now(database, run)
    assert (found.state, found.crashes) == (RunState.QUEUED, 1)
    assert not workers.renew(run.id, attempt=attempt)


def test_a_run_whose_lease_holds_is_left_alone(database: SqlDatabase, queue: RememberedTasks) -> None:
    run = queued_run(database)
    workers = service(database, queue)
    attempt = claimed(workers).attempt
    workers.reconcile()
    assert now(database, run).state is RunState.STARTING
    assert workers.renew(run.id, attempt=attempt)


def test_of_two_that_take_back_a_run_at_once_one_counts_the_crash(
    database: SqlDatabase, queue: RememberedTasks
) -> None:
    run = queued_run(database)
    workers = service(database, queue, lease_seconds=-1)
    claimed(workers)
    workers.reconcile()
    claimed(workers)
    interrupted = Interrupted(database)
    interrupted.interrupt(workers.reconcile, before=2)
    service(interrupted, queue).reconcile()  # type: ignore[arg-type]
    found = now(database, run)
    assert (found.state, found.attempt, found.crashes) == (RunState.QUEUED, 2, 2)


def test_a_run_that_somebody_stops_while_it_is_given_back_does_not_wait(
    database: SqlDatabase, queue: RememberedTasks
) -> None:
    run = queued_run(database)
    workers = service(database, queue)
    attempt = claimed(workers).attempt
    with database.transaction() as transaction:
        transaction.runs.request_cancel(run.id)
    workers.hand_back(run.id, attempt=attempt, reason="its worker leaves")
    assert now(database, run).state is RunState.STOPPED


def test_a_worker_that_starts_anew_takes_back_only_its_own_runs(database: SqlDatabase, queue: RememberedTasks) -> None:
    mine, other = queued_run(database), queued_run(database)
    workers = service(database, queue)
    assert claimed(workers).id == mine.id
    assert workers.claim_next("train@there") is not None
    workers.take_back("train@here")
    assert now(database, mine).state is RunState.QUEUED
    assert now(database, other).state is RunState.STARTING


def test_lost_messages_are_sent_again_up_to_the_runs_that_wait(database: SqlDatabase, queue: RememberedTasks) -> None:
    runs = [queued_run(database) for _ in range(3)]
    queue.send(TaskName.TRAIN_NEXT_RUN, runs[0].id)
    checks = Checks()
    workers = service(database, queue, checks=checks)
    workers.reconcile()
    workers.reconcile()
    assert len(queue.sent) == 3
    assert checks.recovered == 2


def test_each_pool_gets_the_messages_that_it_lacks(database: SqlDatabase, queue: RememberedTasks) -> None:
    usual, special = queued_run(database), queued_run(database, configuration=asking(pool="train-h200"))
    service(database, queue).reconcile()
    assert {(message.argument, message.to) for message in queue.messages} == {
        (usual.id, "train"),
        (special.id, "train-h200"),
    }
    queue.take(["train-h200"])
    service(database, queue).reconcile()
    assert [message.to for message in queue.messages].count("train-h200") == 1


def test_a_run_given_back_is_told_to_its_pool(database: SqlDatabase, queue: RememberedTasks) -> None:
    run = queued_run(database, configuration=asking(pool="train-h200"))
    workers = service(database, queue)
    offer = DeviceOffer(pools=("train-h200",))
    for end in (workers.hand_back, workers.crashed):
        taken = workers.claim_next("train-h200@here", offer)
        assert taken is not None
        end(run.id, attempt=taken.attempt, reason="lost")
    assert [message.to for message in queue.messages] == ["train-h200", "train-h200"]


def test_a_message_that_a_worker_can_make_nothing_of_goes_to_one_that_is_idle_and_can(
    database: SqlDatabase, queue: RememberedTasks
) -> None:
    run = queued_run(database, configuration=asking(kind="gpu", memory_gb=40))
    workers = service(database, queue)
    workers.beat(slot("train@cpu", CPU))
    workers.beat(slot("train-1@small", gpu(24)))
    workers.beat(slot("train-2@ill", gpu(80), problem="The GPU is lost."))
    workers.beat(slot("train-3@large", gpu(80)))
    workers.beat(slot("train-h200-4@other", gpu(140, pools=("train-h200",))))
    assert workers.claim_next("train@cpu", CPU) is None
    workers.pass_on(run.id, by="train@cpu")
    assert [message.to for message in queue.messages] == ["train-3@large"]


def test_a_message_that_nobody_idle_can_use_goes_no_further(database: SqlDatabase, queue: RememberedTasks) -> None:
    busy, waits = (queued_run(database, configuration=asking(kind="gpu")) for _ in range(2))
    workers = service(database, queue)
    workers.beat(slot("train@cpu", CPU))
    workers.beat(slot("train-1@gpu", gpu(24)))
    taken = workers.claim_next("train-1@gpu", gpu(24))
    assert taken is not None
    assert taken.id == busy.id
    workers.pass_on(waits.id, by="train@cpu")
    assert queue.messages == []
    workers.look_again("train-1@gpu", busy.id)
    assert [message.to for message in queue.messages] == ["train-1@gpu"]


def test_a_broker_that_does_not_answer_stops_no_reconciling(database: SqlDatabase, queue: RememberedTasks) -> None:
    queued_run(database)
    queue.answers = False
    checks = Checks()
    service(database, queue, checks=checks).reconcile()
    assert (queue.sent, checks.recovered) == ([], 0)


def test_work_on_datasets_that_has_its_messages_gets_no_more_of_them(
    database: SqlDatabase, queue: RememberedTasks
) -> None:
    queue.send(TaskName.CHECK_DATASET, "a dataset")
    checks = Checks()
    workers = service(database, queue, checks=checks)
    workers.reconcile()
    assert checks.recovered == 0
    queue.take(["light"])
    workers.reconcile()
    assert checks.recovered == 1


def test_reconciling_forgets_texts_that_nothing_needs(database: SqlDatabase, queue: RememberedTasks) -> None:
    sources = Sources()
    service(database, queue, sources=sources).reconcile()
    assert sources.asked == 1
