"""Pieces of a script, each with what is said before it; the same pieces are a notebook's cells."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 100


@dataclass(frozen=True)
class Section:
    """A heading, a text in plain sentences, and Python; `notebook` is the Python where a notebook needs another."""

    title: str
    text: str
    code: str
    notebook: str | None = None


def as_python(sections: Sequence[Section]) -> str:
    """One module; editors that know `# %%` show the pieces as cells."""
    return "\n\n".join(_piece(section) for section in sections) + "\n"


def as_notebook(sections: Sequence[Section]) -> dict[str, Any]:
    """A notebook of format 4.5 (nbformat's schema), nothing run yet."""
    cells: list[dict[str, Any]] = []
    for number, section in enumerate(sections):
        heading = f"{'#' if number == 0 else '##'} {section.title}\n\n{section.text}".strip()
        cells.append(_cell(f"text-{number}", "markdown", heading))
        code = section.code if section.notebook is None else section.notebook
        if code:
            cells.append(_cell(f"code-{number}", "code", code) | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _piece(section: Section) -> str:
    said = [f"# %% {section.title}"]
    for paragraph in section.text.splitlines():
        said += [f"# {line}" for line in textwrap.wrap(paragraph, WIDTH)] or ["#"]
    return "\n".join([*said, section.code.strip("\n")]).rstrip()


def _cell(name: str, kind: str, text: str) -> dict[str, Any]:
    return {"id": name, "cell_type": kind, "metadata": {}, "source": text.strip("\n").splitlines(keepends=True)}
