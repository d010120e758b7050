"""Where the kernel says how often it has killed for memory."""

from pathlib import Path

from worker.memory_kills import memory_kills


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_nearest_control_group_tells_first(tmp_path: Path) -> None:
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    assert memory_kills(proc, groups) == 0
    write(proc / "vmstat", "nr_free_pages 9\noom_kill 1\n")
    assert memory_kills(proc, groups) == 1
    write(groups / "memory" / "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert memory_kills(proc, groups) == 2
    write(groups / "memory.events", "low 0\noom 9\noom_kill 3\n")
    assert memory_kills(proc, groups) == 3
    write(proc / "self" / "cgroup", "1:name=systemd:/\n0::/user/one\n")
    write(groups / "user" / "one" / "memory.events", "oom_kill 4\noom_group_kill 7\n")
    assert memory_kills(proc, groups) == 4
