"""A trainer that was started in advance: loads what training takes, then waits to be told for which attempt."""

import gc
import importlib
import select
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from worker.trainer.rehearsal import Rehearsed


NOTE = "rehearsal.json"
"""Where a trainer says what the next one is to rehearse."""


class NextAttempt(NamedTuple):
    """What is to be worked on, and what was rehearsed for it."""

    run_id: str
    attempt: int
    rehearsed: "Rehearsed | None"


def next_attempt(mark: Path, *, after_seconds: float, folder: Path) -> NextAttempt | None:
    """The run and the attempt of the line that comes in; None where the supervisor is gone.

    The mark is there from when all is loaded until an attempt has come. No GPU is touched before: TensorFlow looks for
    them with its first tensor, not when it is imported. Where it trains on the CPU, what `folder` says was trained last
    is rehearsed, unless an attempt waits already.
    """
    select.select([sys.stdin], [], [], after_seconds)
    importlib.import_module("worker.trainer.training")
    rehearsed = None if select.select([sys.stdin], [], [], 0)[0] else _rehearsed(folder)
    # What is loaded stays: looking through it for garbage again and again would slow the first steps.
    gc.collect()
    gc.freeze()
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch(mode=0o600)
    run_id, _, attempt = sys.stdin.readline().partition(" ")
    mark.unlink(missing_ok=True)
    return NextAttempt(run_id, int(attempt), rehearsed) if attempt else None


def _rehearsed(folder: Path) -> "Rehearsed | None":
    if not (folder / NOTE).exists():
        return None
    from worker.trainer.rehearsal import Rehearsable, Rehearsed  # noqa: PLC0415 -- it loads Keras

    part = Rehearsable.noted(folder)
    try:
        return None if part is None else Rehearsed(part)
    except Exception:  # noqa: BLE001 -- a run that comes is trained all the same
        traceback.print_exc()
        return None
