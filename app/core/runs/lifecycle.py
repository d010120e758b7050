"""The state machine of a run."""

from enum import StrEnum


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"  # waits for a worker
    HELD = "held"  # waits until somebody lets it go
    PREPARING = "preparing"  # a worker has it and decodes images
    STARTING = "starting"  # a trainer process is starting
    RUNNING = "running"  # epochs go by
    EVALUATING = "evaluating"  # trained; measured and exported
    FINISHED = "finished"
    FAILED = "failed"  # `error` says why
    STOPPED = "stopped"  # by a person; keeps what is there
    DIVERGED = "diverged"  # loss became NaN or infinite


WAITING = frozenset({RunState.QUEUED, RunState.HELD})
ACTIVE = frozenset({RunState.PREPARING, RunState.STARTING, RunState.RUNNING, RunState.EVALUATING})
TERMINAL = frozenset({RunState.FINISHED, RunState.FAILED, RunState.STOPPED, RunState.DIVERGED})

CRASHES_ALLOWED = 3

_BACK = {RunState.QUEUED, RunState.FAILED, RunState.STOPPED}
NEXT: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.HELD, RunState.STOPPED}),
    RunState.HELD: frozenset({RunState.STOPPED}),
    RunState.STARTING: frozenset({RunState.PREPARING, RunState.RUNNING, RunState.EVALUATING, *_BACK}),
    RunState.PREPARING: frozenset({RunState.STARTING, RunState.RUNNING, RunState.EVALUATING, *_BACK}),
    RunState.RUNNING: frozenset({RunState.EVALUATING, RunState.DIVERGED, *_BACK}),
    RunState.EVALUATING: frozenset({RunState.FINISHED, *_BACK}),
    **{state: frozenset() for state in TERMINAL},
}
"""Which state may follow which while a run goes on; a terminal state is final unless somebody asks for more of it.

A run that waits is started by a claim alone, which gives it its lease, and one that is held is let go by a person alone:
an attempt that it was taken back from can do neither.
"""

CONTINUED = frozenset({RunState.FINISHED, RunState.STOPPED, RunState.FAILED})
"""From these a run may be queued again, to go on from its last checkpoint. A diverged one would diverge again."""
