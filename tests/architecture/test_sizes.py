"""Nothing outgrows what one can read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FUNCTION = 40
CAPS = [
    ("app", "*.py", 300),
    ("worker", "*.py", 300),
    ("tests", "*.py", 300),
    ("templates", "*.html", 120),
    ("static/js", "*.js", 200),
    ("static/css", "*.css", 200),
]


@pytest.mark.parametrize(("folder", "pattern", "cap"), CAPS)
def test_no_file_is_longer_than_its_kind_allows(folder: str, pattern: str, cap: int) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob(pattern)}
    assert lengths, f"no {pattern} in {folder}: is the test looking in the wrong place?"
    assert {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > cap} == {}


@pytest.mark.parametrize("folder", ["app", "worker"])
def test_no_function_is_longer_than_a_screen(folder: str) -> None:
    too_long = {
        f"{path.relative_to(ROOT)}:{function.name}": lines
        for path in (ROOT / folder).rglob("*.py")
        for function in _functions(path)
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > LONGEST_FUNCTION
    }
    # A migration is one list of tables that is written once and never read for its logic.
    assert {name: lines for name, lines in too_long.items() if "/migrations/versions/" not in name} == {}


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
