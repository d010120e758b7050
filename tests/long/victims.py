"""Who may be killed: the processes of a machine, by what they are."""

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil

TRAINER, SUPERVISOR, WORKER, BROKER = "trainer", "supervisor", "worker", "broker"


def processes(root: int) -> dict[str, list[int]]:
    """The processes below one, by what they are."""
    found: dict[str, list[int]] = {TRAINER: [], SUPERVISOR: [], WORKER: [], BROKER: []}
    for process, kind in _kinds(root):
        found[kind].append(process.pid)
    return found


def kill(root: int, kind: str) -> bool:
    """Kill one of a kind with SIGKILL; False where there is none at the moment."""
    for pid in processes(root)[kind][:1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
    return False


def _kinds(root: int) -> Iterator[tuple[psutil.Process, str]]:
    for process in psutil.Process(root).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            line = " ".join(process.cmdline())
            if "valkey-server" in line:
                yield process, BROKER
            elif "-n train@" in line:
                yield process, WORKER
            elif "leash" not in line and ("worker.trainer" in line or "scripted_trainer" in line):
                yield process, TRAINER
            elif "billiard.spawn" in line and _is_trains(process.parent()):
                yield process, SUPERVISOR


def _is_trains(process: psutil.Process | None) -> bool:
    return process is not None and "-n train@" in " ".join(process.cmdline())
