"""The control group of this process: what the kernel allows it (a container, a systemd service), where it says so."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path("/sys/fs/cgroup")
PROC = Path("/proc")


class MemoryLimit(NamedTuple):
    """Bytes that may be taken, and that are: without what is only cached of files."""

    most: int
    used: int


def own_group(proc: Path = PROC) -> str:
    """Its path below the root of all groups; empty where there is none, or in a container that sees its own as the root."""
    try:
        found = re.search(r"^0::/(.*)$", (proc / "self" / "cgroup").read_text(), flags=re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""


def memory_limit(proc: Path = PROC, groups: Path = ROOT) -> MemoryLimit | None:
    """The least that this process's group or one above it allows; None where none does."""
    own = groups / own_group(proc)
    folders = [folder for folder in (own, *own.parents) if folder.is_relative_to(groups)]
    limits = [limit for folder in folders if (limit := _limit_of(folder)) is not None]
    return min(limits, default=None)


def _limit_of(folder: Path) -> MemoryLimit | None:
    try:
        most = int((folder / "memory.max").read_text())
        taken = re.search(r"^anon (\d+)$", (folder / "memory.stat").read_text(), flags=re.MULTILINE)
    except (OSError, ValueError):  # not there, or "max"
        return None
    return MemoryLimit(most, int(taken.group(1)) if taken else 0)
