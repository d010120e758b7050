"""What a file tells of itself: its classes in order, how images are prepared, which run and epoch it is of.

Every format has a place for it, and whoever opens the file without asking for it does not see it.
"""

import json
import zipfile
from pathlib import Path

import h5py

from app.core.values import JsonObject

MEMBER = "run.json"
KEY = "diceboard"


def tell(path: Path, facts: JsonObject) -> None:
    """Write the facts into a `.keras` or `.tflite` file (a member `run.json`) or a `.h5` (the data set `diceboard`).

    A `.tflite` file carries further files as a zip behind its end, as TensorFlow Lite's own metadata do.
    """
    text = json.dumps(facts, indent=1, allow_nan=False)
    if path.suffix == ".h5":
        with h5py.File(path, "a") as file:
            file[KEY] = text  # no attribute: those have room for 64 KB only, and a run of many epochs says more
            return
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(MEMBER, (1980, 1, 1, 0, 0, 0)), text)


def told(path: Path) -> JsonObject:
    """What the file tells."""
    if path.suffix == ".h5":
        with h5py.File(path, "r") as file:
            return dict(json.loads(file[KEY].asstr()[()]))
    with zipfile.ZipFile(path) as archive:
        return dict(json.loads(archive.read(MEMBER)))
