"""`docs/reliability-report.md`: a section for each of the long tests, written by the test itself."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

PATH = Path(__file__).parents[2] / "docs" / "reliability-report.md"
HEAD = """# What was killed, and what came of it

Written by `make test-long`, `make soak` and `make fleet`; each replaces its own section. The quick faults are in
`tests/integration/test_faults.py` and run with every `make test`.
"""


def write_section(title: str, lines: Sequence[str]) -> None:
    """Replace a section, or add it, with the date and the machine that it is of."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load at the end {load}"
    section = "\n".join([f"## {title}", "", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {machine}.", "", *lines, ""])
    text = PATH.read_text(encoding="utf-8") if PATH.exists() else HEAD
    others = re.sub(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    PATH.write_text(f"{others.rstrip()}\n\n{section}", encoding="utf-8")
