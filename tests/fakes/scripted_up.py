"""`python -m tests.fakes.scripted_up`: `diceboard up`, whose trainings follow a script."""

from dataclasses import replace

from app import cli
from app.processes import programs
from app.processes.child import Program
from app.settings import Settings

_everything = programs.everything


def _scripted(settings: Settings) -> list[Program]:
    return [
        replace(one, argv=(*one.argv, "-I", "tests.fakes.scripted_worker")) if one.name.startswith("train") else one
        for one in _everything(settings)
    ]


if __name__ == "__main__":
    programs.everything = _scripted
    cli.up()
