"""What is written about the project is true of it."""

import re
from pathlib import Path

from app.settings import Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_in_the_table_with_its_description() -> None:
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `DICEBOARD_(\w+)` \| .*? \| (.*) \|$", table, flags=re.MULTILINE))
    assert rows == {name.upper(): field.description for name, field in Settings.model_fields.items()}


def test_the_readme_names_only_targets_and_files_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)", readme)) <= targets
    links = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_fault_of_the_table_has_a_test_that_exists_or_says_that_it_has_none() -> None:
    table = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| .*? \| .*? \| (.*) \|$", table, flags=re.MULTILINE)
    assert [int(entry) for entry, _ in rows] == list(range(88, 120))
    for entry, shown in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
        assert tests or "Not shown" in shown, entry
        for path, name in tests:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), (entry, path, name)


def test_the_constraints_name_no_place_to_download_from() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in constraints
    assert "--" not in constraints
    assert "keras==" in constraints
