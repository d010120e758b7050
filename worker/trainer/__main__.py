"""`python -m worker.trainer RUN ATTEMPT`: one attempt of a run, ended by its supervisor or by itself.

`python -m worker.trainer --wait MARK SECONDS` loads Keras after so many seconds and reads `RUN ATTEMPT` from its input
(worker/trainers.py).

Exit status: 0 the run has reached a final state (or nobody came with one), 75 stopped because the worker leaves, 69 the
database or the storage is away and 1 broken off (an error file says why), 3 another attempt has taken over.
"""

import contextlib
import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

from app.composition import compose
from app.core.errors import ConflictError, DiceboardError, StaleAttemptError, UnavailableError
from app.core.runs import causes
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.settings import Settings
from worker.logs import error_path, write_error
from worker.trainer.waiting import NextAttempt, next_attempt
from worker.trainers import WAIT

EXIT_FINISHED, EXIT_TAKEN_OVER, EXIT_AWAY, EXIT_PREEMPTED = 0, 3, 69, 75


def main(arguments: Sequence[str]) -> int:
    """Work on the attempt that the arguments name."""
    faulthandler.enable()
    # Written by the C handler itself, so that a trainer that hangs in native code tells its stack too.
    faulthandler.register(signal.SIGUSR1)
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    settings = Settings()
    if arguments[0] == WAIT:
        told = next_attempt(Path(arguments[1]), after_seconds=float(arguments[2]), folder=settings.data)
        if told is None:
            return EXIT_FINISHED
    else:
        told = NextAttempt(arguments[0], int(arguments[1]), None)
    run_id, attempt, _ = told
    services = compose(settings, patient=True)
    try:
        return _attempt(services, told, asked_to_stop)
    except (StaleAttemptError, ConflictError) as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 -- the log of this attempt
        return EXIT_TAKEN_OVER
    except UnavailableError as error:
        write_error(error_path(services.settings.data, run_id, attempt), error)
        return EXIT_AWAY
    except Exception as error:
        # On a full disk even that fails; the log has the same.
        with contextlib.suppress(OSError):
            write_error(error_path(services.settings.data, run_id, attempt), error)
        raise


def _attempt(services: ServiceBundle, told: NextAttempt, asked_to_stop: threading.Event) -> int:
    run_id, attempt, rehearsed = told
    with services.database.transaction() as transaction:
        run = transaction.runs.get(run_id)
    if run.attempt != attempt or run.is_terminal:
        return EXIT_TAKEN_OVER
    if rehearsed is not None and rehearsed.spoils(run.configuration):
        os.execv(sys.executable, [sys.executable, "-m", "worker.trainer", run_id, str(attempt)])  # noqa: S606 -- itself
    # Keras is loaded only now: an attempt that is stale already costs nothing.
    from worker.trainer.callbacks import StoppedError  # noqa: PLC0415
    from worker.trainer.training import Training  # noqa: PLC0415

    try:
        Training(services, run, asked_to_stop=asked_to_stop.is_set, rehearsed=rehearsed).work()
    except StoppedError:
        return _stopped(services, run)
    except (StaleAttemptError, ConflictError, UnavailableError):
        raise
    except DiceboardError as error:
        # The same would happen again: another attempt is no use, and the text says what to change.
        services.runs.move(run_id, RunState.FAILED, attempt=attempt, error=error.detail)
    except Exception as error:
        reason = _final_reason(services, run, error)
        if reason is None:
            raise
        traceback.print_exc()
        services.runs.move(run_id, RunState.FAILED, attempt=attempt, error=reason)
    return EXIT_FINISHED


def _stopped(services: ServiceBundle, run: Run) -> int:
    """The worker leaves unless a person asked, and then the training has brought the run to its end."""
    with services.database.transaction() as transaction:
        current = transaction.runs.get(run.id)
    if current.attempt != run.attempt:
        return EXIT_TAKEN_OVER
    return EXIT_FINISHED if current.is_terminal else EXIT_PREEMPTED


def _final_reason(services: ServiceBundle, run: Run, error: Exception) -> str | None:
    """What to change, where another attempt would come to the same; None where it may succeed."""
    if causes.is_disk_full(error):
        return causes.DISK_FULL
    if causes.is_out_of_device_memory(error):
        return causes.out_of_device_memory(run.configuration.batch_size, fits=services.plans.batch_that_fits(run))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
