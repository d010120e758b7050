"""Real Keras runs, each killed once at a random moment: all have to end with the weights of the run that was not."""

import random
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.factories import over_rest
from tests.fixtures.running import RunningApp, start, stop
from tests.long import report, victims

EPOCHS = 10
LEASE = {"DICEBOARD_LEASE_SECONDS": "9", "DICEBOARD_HEARTBEAT_SECONDS": "1", "DICEBOARD_RECONCILE_SECONDS": "1"}
TITLE = "Real Keras runs, killed at random moments"
KINDS = (victims.TRAINER, victims.SUPERVISOR, victims.WORKER)


def main(*, runs: int, seed: int) -> bool:
    """Write the report; whether every run finished with the digest of the uninterrupted one."""
    chance = random.Random(seed)
    data = Path(tempfile.mkdtemp(prefix="diceboard-"))
    app = start(data, DICEBOARD_RESERVE_BYTES="0", **LEASE)
    began = time.monotonic()
    try:
        dataset, made = over_rest.dataset(app), over_rest.preset(app, "compact-functional")
        over_rest.finished(app, _queued(app, made, dataset), seconds=900)  # decodes the images for all that follow
        whole = _outcome(app, _queued(app, made, dataset), killed=None)
        _say(f"uninterrupted: {whole['digest']} in {whole['seconds']:.1f} s")
        broken: list[dict[str, Any]] = []
        for _ in range(runs):
            broken.append(_killed_once(app, made, dataset, chance, longest=whole["seconds"]))
            # After each, so that what was seen is told even where somebody ends this before its time.
            report.write_section(TITLE, _lines(whole, broken, asked=runs, seed=seed, seconds=time.monotonic() - began))
    finally:
        stop(app)
        shutil.rmtree(data, ignore_errors=True)
    return _good(whole, broken) == runs


def _good(whole: dict[str, Any], broken: list[dict[str, Any]]) -> int:
    return sum(outcome["state"] == "finished" and outcome["digest"] == whole["digest"] for outcome in broken)


def _queued(app: RunningApp, made: dict[str, Any], dataset: dict[str, Any]) -> str:
    return over_rest.run(app, made["id"], dataset["id"], epochs=EPOCHS, seed=3)


def _killed_once(
    app: RunningApp, made: dict[str, Any], dataset: dict[str, Any], chance: random.Random, *, longest: float
) -> dict[str, Any]:
    run_id = _queued(app, made, dataset)
    kind, after = chance.choice(KINDS), chance.random() * longest
    app.wait_for(f"/runs/{run_id}", lambda found: found["state"] != "queued")
    time.sleep(after)
    killed = datetime.now(UTC)
    there = victims.kill(app.process.pid, kind)
    outcome = _outcome(app, run_id, killed=killed) | {"victim": kind if there else f"{kind} (was gone)", "after": after}
    _say(
        f"{outcome['victim']} after {after:.1f} s: {outcome['state']}, {outcome['attempts']} attempts, {outcome['digest']}"
    )
    return outcome


def _outcome(app: RunningApp, run_id: str, *, killed: datetime | None) -> dict[str, Any]:
    done = over_rest.finished(app, run_id, seconds=900)
    with app.client() as client:
        events = client.get(f"/runs/{run_id}/events", params={"limit": 100_000}).json()["items"]
    epochs = [event["payload"] for event in events if event["kind"] == "epoch"]
    sequence = [event["seq"] for event in events]
    assert sequence == list(range(1, len(sequence) + 1)), sequence
    taken = [datetime.fromisoformat(event["created_at"]) for event in events if event["kind"] == "state"
             and str(event["payload"].get("reason")).startswith("taken by")]  # fmt: skip
    again = [moment for moment in taken if killed is not None and moment > killed]
    return {
        "state": done["state"],
        "attempts": done["attempts"],
        "digest": epochs[-1]["weights_digest"][:16] if epochs else "",
        "seconds": (datetime.fromisoformat(done["finished_at"]) - taken[0]).total_seconds(),
        "again": (again[0] - killed).total_seconds() if again and killed else None,
    }


def _lines(whole: dict[str, Any], broken: list[dict[str, Any]], *, asked: int, seed: int, seconds: float) -> list[str]:
    ended = f" Ended early: {asked} runs were asked for." if len(broken) < asked else ""
    waits = [outcome["again"] for outcome in broken if outcome["again"] is not None]
    return [
        (f"{_good(whole, broken)} of {len(broken)} runs finished with the digest of the uninterrupted run, `{whole['digest']}…` "
        f"(compact-functional, casino dice, {EPOCHS} epochs, seed of the moments {seed}; {seconds:.0f} s in all, lease "
        f"{LEASE['DICEBOARD_LEASE_SECONDS']} s). The uninterrupted run took {whole['seconds']:.1f} s. From the kill to "
        f"the next attempt: {max(waits, default=0):.1f} s at most.{ended}"),
        "",
        "| killed | seconds after its start | state | attempts | digest of the weights | seconds | to the next attempt |",
        "| --- | ---: | --- | ---: | --- | ---: | ---: |",
        *(
            f"| {one['victim']} | {one['after']:.1f} | {one['state']} | {one['attempts']} | `{one['digest']}` "
            f"| {one['seconds']:.1f} | {'–' if one['again'] is None else format(one['again'], '.1f')} |"
            for one in broken
        ),
    ]  # fmt: skip


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its output is what it is for
