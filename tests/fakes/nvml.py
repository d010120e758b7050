"""NVIDIA's library for a machine whose GPUs stand in a JSON file: they come, go and fail while processes look.

The file that DICEBOARD_TEST_GPUS names holds {"driver": null or the name of an NVMLError, "gpus": [{"uuid", "name",
"memory_bytes", "used_bytes", "utilisation" (0 to 100), "lost"}]}. Errors are the real library's own.
"""

import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

VARIABLE = "DICEBOARD_TEST_GPUS"
ROOT = Path(__file__).parents[2]
IN_PLACE = Path(__file__).with_name("nvml_in_place")


def _real() -> Any:
    loaded = sys.modules.get("pynvml")
    if loaded is not None and Path(str(loaded.__file__)).parent != IN_PLACE:
        return loaded
    spec = PathFinder.find_spec("pynvml", [path for path in sys.path if Path(path).resolve() != IN_PLACE])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["pynvml"] = module  # it puts its errors into the module of its name
    spec.loader.exec_module(module)
    return module


real = _real()
NVMLError = real.NVMLError
NVMLError_DriverNotLoaded = real.NVMLError_DriverNotLoaded
NVMLError_GpuIsLost = real.NVMLError_GpuIsLost
NVMLError_InvalidArgument = real.NVMLError_InvalidArgument
NVMLError_LibraryNotFound = real.NVMLError_LibraryNotFound
NVMLError_NotFound = real.NVMLError_NotFound
NVMLError_NotSupported = real.NVMLError_NotSupported
NVMLError_Uninitialized = real.NVMLError_Uninitialized

_open = 0


def gpu(number: int, **facts: Any) -> dict[str, Any]:
    """One GPU of the file."""
    usual = {"name": "NVIDIA Imaginary", "memory_bytes": 24 * 2**30, "used_bytes": 2**30, "utilisation": 40}
    return {"uuid": f"GPU-{number:08x}-0000-0000-0000-000000000000", "lost": False, **usual, **facts}


def write(path: Path, gpus: Sequence[dict[str, Any]], *, driver: str | None = None) -> None:
    """Make these the machine's GPUs from now on."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps({"driver": driver, "gpus": list(gpus)}))
    partial.replace(path)


def environment(path: Path) -> dict[str, str]:
    """What makes a child process see the GPUs of the file."""
    return {VARIABLE: str(path), "PYTHONPATH": os.pathsep.join([str(IN_PLACE), str(ROOT)])}


def nvmlInit() -> None:  # noqa: N802 - NVIDIA's names
    global _open  # noqa: PLW0603 - as the library counts
    driver = _machine()["driver"]
    if driver is not None:
        raise getattr(real, driver)
    _open += 1


def nvmlShutdown() -> None:  # noqa: N802
    global _open  # noqa: PLW0603
    _open -= 1


def nvmlDeviceGetCount() -> int:  # noqa: N802
    return len(_gpus())


def nvmlDeviceGetHandleByIndex(index: int) -> str:  # noqa: N802
    return str(_there(_gpus()[index])["uuid"])


def nvmlDeviceGetHandleByUUID(uuid: str) -> str:  # noqa: N802
    return str(_by_uuid(uuid)["uuid"])


def nvmlDeviceGetUUID(handle: str) -> str:  # noqa: N802
    return handle


def nvmlDeviceGetName(handle: str) -> str:  # noqa: N802
    return str(_by_uuid(handle)["name"])


def nvmlDeviceGetMemoryInfo(handle: str, version: None = None) -> SimpleNamespace:  # noqa: N802
    found = _by_uuid(handle)
    return SimpleNamespace(total=found["memory_bytes"], used=found["used_bytes"])


def nvmlDeviceGetUtilizationRates(handle: str) -> SimpleNamespace:  # noqa: N802
    utilisation = _by_uuid(handle)["utilisation"]
    if utilisation is None:
        raise NVMLError_NotSupported
    return SimpleNamespace(gpu=utilisation)


def _by_uuid(uuid: str) -> dict[str, Any]:
    found = next((entry for entry in _gpus() if entry["uuid"] == uuid), None)
    if found is None:
        raise NVMLError_NotFound
    return _there(found)


def _there(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["lost"]:
        raise NVMLError_GpuIsLost
    return entry


def _gpus() -> list[dict[str, Any]]:
    if not _open:
        raise NVMLError_Uninitialized
    return list(_machine()["gpus"])


def _machine() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(os.environ[VARIABLE]).read_text())
    return found
