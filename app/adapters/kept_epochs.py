"""The epochs of which a run's checkpoints are kept, where whoever makes a file of one will look for it."""

import json
from collections.abc import Iterator
from pathlib import Path

from app.core.ports import BlobStore
from app.core.runs.checkpoints import parsed, prefix_of, whole


class KeptEpochs:
    """Looks for what worker/trainer/checkpoints.py writes: in the storage that machines share, else in the data folder."""

    def __init__(self, data: Path, shared: BlobStore | None) -> None:
        self._data = data
        self._shared = shared

    def of(self, run_id: str) -> list[int]:
        """Counted from 1, in order; one within an epoch is of none."""
        if self._shared is not None:
            names = whole(blob.key for blob in self._shared.list(prefix_of(run_id)))
            return sorted({name.epoch for name in names if name.epoch})
        return sorted(set(self._here(run_id)))

    def _here(self, run_id: str) -> Iterator[int]:
        # The names of older versions do not tell; what they hold does.
        for path in (self._data / "checkpoints" / run_id).glob("*/state.json"):
            if parsed(path.parent.name) is None:
                continue
            try:
                state = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # it went meanwhile, or a killed trainer left half of it
            if state["batch"] == 0:
                yield int(state["epoch"])
