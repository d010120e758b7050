"""The epochs of which a run's checkpoints lie in this machine's data folder."""

import json
from pathlib import Path


class KeptEpochs:
    """Reads what worker/trainer/checkpoints.py writes: `checkpoints/<run>/<step>/state.json`."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def of(self, run_id: str) -> list[int]:
        """Counted from 1, in order; one within an epoch is of none."""
        found = set()
        for path in (self._data / "checkpoints" / run_id).glob("[0-9]*/state.json"):
            try:
                state = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # it went meanwhile, or a killed trainer left half of it
            if state["batch"] == 0:
                found.add(int(state["epoch"]))
        return sorted(found)
