"""Files tell of themselves, and stay what they were for whoever does not ask."""

import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from app.core.values import JsonObject
from worker.metadata import tell, told

FACTS: JsonObject = {"classes": ["1", "zwölf"], "weights_digest": {str(epoch): "0" * 64 for epoch in range(2_000)}}


def hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = np.arange(6)


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", "{}")


def flat(path: Path) -> None:
    path.write_bytes(b"TFL3" + bytes(1_000))


@pytest.mark.parametrize(("name", "write"), [("best.weights.h5", hdf5), ("best.keras", archive), ("best.tflite", flat)])
def test_what_was_told_is_read_again(tmp_path: Path, name: str, write) -> None:
    path = tmp_path / name
    write(path)
    before = path.read_bytes()
    tell(path, FACTS)
    assert told(path) == FACTS
    if name.endswith(".h5"):
        with h5py.File(path) as file:
            assert file["layers/dense/vars/0"][()].tolist() == list(range(6))
    elif name.endswith(".keras"):
        with zipfile.ZipFile(path) as file:
            assert file.read("config.json") == b"{}"
    else:
        assert path.read_bytes().startswith(before)
