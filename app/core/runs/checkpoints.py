"""How the checkpoints of a run are called, and which of them are of use no more.

One has the same name in a data folder (`checkpoints/<run>/<name>/`) and in the storage that machines share, where it is
the middle of its files' keys.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

FILES = ("variables.npz", "best.npz", "state.json")
"""In the order in which they are written: what has the last is whole. They go in the opposite order."""

_NAME = re.compile(r"attempt-([1-9]\d*)-step-(\d+)(?:-epoch-([1-9]\d*))?")


@dataclass(frozen=True, order=True)
class CheckpointName:
    """The greatest is the newest: of the last attempt, and of its last step.

    An attempt that lost its run may still come further than the one that has taken over; what it reaches counts no more.
    `epoch` (from 1) is the one that it ends, 0 within one. Of attempt 0 are those of a version that did not note it.
    """

    attempt: int
    step: int
    epoch: int = 0

    def __str__(self) -> str:
        if self.attempt == 0:
            return str(self.step)
        return f"attempt-{self.attempt}-step-{self.step}" + (f"-epoch-{self.epoch}" if self.epoch else "")


def parsed(text: str) -> CheckpointName | None:
    """The name that is written so; None where it is none (half written, or another file)."""
    if text.isascii() and text.isdigit():
        return CheckpointName(attempt=0, step=int(text))
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    attempt, step, epoch = found.groups()
    return CheckpointName(attempt=int(attempt), step=int(step), epoch=int(epoch or 0))


def whole(keys: Iterable[str]) -> list[CheckpointName]:
    """Of keys or paths `.../<name>/<file>` the checkpoints that have all of their files, the newest first."""
    files: dict[str, set[str]] = {}
    for key in keys:
        folder, _, file = key.rpartition("/")
        files.setdefault(folder.rpartition("/")[2], set()).add(file)
    found = (parsed(name) for name, there in files.items() if there.issuperset(FILES))
    return sorted((name for name in found if name is not None), reverse=True)


def prefix_of(run_id: str) -> str:
    """How the keys of a run's checkpoints begin in the storage."""
    return f"checkpoints/{run_id}/"


def outdated(names: Iterable[CheckpointName], *, by: CheckpointName, kept: int) -> list[CheckpointName]:
    """Those that go once `by` is there: all but the newest, and what earlier attempts did from its step on.

    What is newer than `by` is another attempt's, and never its business.
    """
    there = sorted(names, reverse=True)
    beyond = {name for name in there if name.attempt < by.attempt and name.step >= by.step}
    remaining = [name for name in there if name not in beyond]
    return [name for name in there if name < by and (name in beyond or name in remaining[kept:])]
