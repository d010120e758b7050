"""How often the kernel has killed for want of memory: what a SIGKILL by itself does not tell."""

import re
from pathlib import Path

from app.adapters.control_group import PROC, ROOT, own_group


def memory_kills(proc: Path = PROC, groups: Path = ROOT) -> int:
    """Kills for memory so far in this process's control group, in the whole machine where groups do not tell; else 0."""
    candidates = [
        groups / own_group(proc) / "memory.events",
        groups / "memory.events",  # a container sees its own group as the root
        groups / "memory" / "memory.oom_control",
        proc / "vmstat",
    ]
    counts = (_count(path) for path in candidates)
    return next((count for count in counts if count is not None), 0)


def _count(path: Path) -> int | None:
    try:
        found = re.search(r"^oom_kill (\d+)$", path.read_text(), flags=re.MULTILINE)
    except OSError:
        return None
    return int(found.group(1)) if found else None
