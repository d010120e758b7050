"""`python -m tests.long kills | soak | fleet`: what takes too long for `make test`. All write `docs/reliability-report.md`."""

import argparse
import sys

from tests.long import fleet, kills, machines, soak


def main() -> int:
    """0 where all held."""
    parser = argparse.ArgumentParser(prog="python -m tests.long")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, runs in (("kills", 20), ("soak", 200), ("fleet", 10_000)):
        command = commands.add_parser(name)
        command.add_argument("--runs", type=int, default=runs)
        command.add_argument("--seed", type=int, default=1)
    commands.choices["soak"].add_argument(
        "--minutes", type=float, default=20, help="of killing, at most; what waits then is finished in peace"
    )
    commands.choices["soak"].add_argument("--every", type=float, default=5, help="seconds from one kill to the next")
    commands.choices["fleet"].add_argument("--workers", type=int, default=200, help="in tens")
    commands.choices["fleet"].add_argument(
        "--seconds", type=float, default=machines.USUAL_SECONDS, help="that a training takes"
    )
    commands.choices["fleet"].add_argument("--kill-share", type=float, default=0, help="of the workers, every minute")
    asked = parser.parse_args()
    if asked.command == "fleet":
        return 0 if fleet.main(machines.Asked(**{name: getattr(asked, name) for name in machines.Asked._fields})) else 1
    if asked.command == "kills":
        return 0 if kills.main(runs=asked.runs, seed=asked.seed) else 1
    return 0 if soak.main(runs=asked.runs, minutes=asked.minutes, every=asked.every, seed=asked.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
