"""What a container allows is less than what its machine has."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.adapters import devices
from app.adapters.control_group import MemoryLimit, memory_limit


def machine(folder: Path, group: str, **limits: str) -> tuple[Path, Path]:
    """(/proc, /sys/fs/cgroup) of a process in a group; `limits` are of the groups on the way, "root" of the first."""
    proc, groups = folder / "proc", folder / "groups"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(f"0::/{group}\n")
    (groups / group).mkdir(parents=True)
    for name, most in limits.items():
        at = groups if name == "root" else next(path for path in groups.rglob(name))
        (at / "memory.max").write_text(f"{most}\n")
        (at / "memory.stat").write_text(f"anon {len(name)}\nfile 99\n")
    return proc, groups


def test_the_least_that_a_group_on_the_way_allows_counts(tmp_path: Path) -> None:
    assert memory_limit(*machine(tmp_path, "slice/task", root="9000", slice="4000", task="max")) == MemoryLimit(4000, 5)


def test_no_limit_is_told_where_there_is_none(tmp_path: Path) -> None:
    assert memory_limit(*machine(tmp_path, "slice/task", task="max")) is None
    assert memory_limit(tmp_path / "nowhere", tmp_path / "nothing") is None


@pytest.mark.parametrize(("limit", "most"), [(None, 100), (MemoryLimit(30, 3), 30), (MemoryLimit(300, 3), 100)])
def test_a_cpu_offers_no_more_than_its_container_may_take(
    monkeypatch: pytest.MonkeyPatch, limit: MemoryLimit | None, most: int
) -> None:
    monkeypatch.setattr(devices, "memory_limit", lambda: limit)
    monkeypatch.setattr(devices.psutil, "virtual_memory", lambda: SimpleNamespace(total=100, available=60))
    found = devices._cpu()
    assert found["memory_bytes"] == most
    assert found["memory_used_bytes"] == (3 if most == 30 else 40)
