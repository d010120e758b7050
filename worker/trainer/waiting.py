"""A trainer that was started in advance: loads what training takes, then waits to be told for which attempt."""

import gc
import importlib
import select
import sys
from pathlib import Path


def next_attempt(mark: Path, *, after_seconds: float) -> tuple[str, int] | None:
    """The run and the attempt of the line that comes in; None where the supervisor is gone.

    The mark is there from when all is loaded until an attempt has come. No device is touched before: TensorFlow looks
    for GPUs with its first tensor, not when it is imported.
    """
    select.select([sys.stdin], [], [], after_seconds)
    importlib.import_module("worker.trainer.training")
    # What is loaded stays: looking through it for garbage again and again would slow the first steps.
    gc.collect()
    gc.freeze()
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch(mode=0o600)
    run_id, _, attempt = sys.stdin.readline().partition(" ")
    mark.unlink(missing_ok=True)
    return (run_id, int(attempt)) if attempt else None
