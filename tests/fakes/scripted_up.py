"""`python -m tests.fakes.scripted_up up | worker`: `diceboard`, whose trainings follow a script."""

from dataclasses import replace

from app import cli
from app.processes import programs
from app.processes.child import Program
from app.settings import Settings

_workers = programs.workers


def _scripted(settings: Settings) -> list[Program]:
    return [
        replace(one, argv=(*one.argv, "-I", "tests.fakes.scripted_worker")) if one.name.startswith("train") else one
        for one in _workers(settings)
    ]


if __name__ == "__main__":
    programs.workers = _scripted
    cli.main()
