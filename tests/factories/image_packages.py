"""What an image of the Dockerfile holds, tried without one: every module that it does not install cannot be imported."""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FINDER = '''
import json, os, sys

class NotInstalled:
    """Refuses the modules that the image has not."""

    missing = frozenset(json.loads(open(os.environ["TESTS_NOT_INSTALLED"]).read()))

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in cls.missing:
            raise ModuleNotFoundError(f"No module named {name!r} in this image", name=name)

sys.meta_path.insert(0, NotInstalled)
'''


def environment_of(extra: str, folder: Path) -> dict[str, str]:
    """Variables with which a Python, and every Python that it starts, has only what `diceboard[extra]` brings."""
    installed = _closure(extra)
    modules = packages_distributions()
    missing = [name for name, owners in modules.items() if not installed & {_plain(owner) for owner in owners}]
    (folder / "missing.json").write_text(json.dumps(missing))
    (folder / "sitecustomize.py").write_text(FINDER)
    return {"PYTHONPATH": str(folder), "TESTS_NOT_INSTALLED": str(folder / "missing.json")}


def _closure(extra: str) -> set[str]:
    """Every distribution that is installed with an extra of Diceboard, pip's own tools besides."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"][extra]]
    found: set[str] = {"pip", "diceboard"}
    wanted = list(_following(asked, frozenset()))
    seen = set(wanted)
    while wanted:
        name, extras = wanted.pop()
        found.add(_plain(name))
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue  # for another machine than this
        new = set(_following(lines, extras)) - seen
        seen |= new
        wanted += new
    return found


def _following(lines: Sequence[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """What these requirements come to on this machine."""
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": each}) for each in extras | {""}):
            yield requirement.name, frozenset(requirement.extras)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
