"""What this machine computes with: its NVIDIA GPUs, by their UUIDs, or its CPU."""

import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pynvml

from app.core.errors import DiceboardError, InvalidError
from app.core.values import JsonObject

log = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""CUDA's own variable: the GPUs that a process may use, by index or UUID; empty or -1 for none."""
NONE_VISIBLE = "-1"
_NONE = {"", NONE_VISIBLE, "NoDevFiles"}


class DriverError(DiceboardError):
    """The NVIDIA driver does not answer as it should, for now or until somebody mends it."""

    status = 503
    title = "The NVIDIA driver does not answer"


class GpuLostError(DriverError):
    """The driver answers, and the GPU is not there any more."""

    title = "The GPU is lost"


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU; the UUID stays the same whatever else is put into the machine or falls out of it."""

    uuid: str
    name: str


def gpus() -> list[Gpu]:
    """The GPUs that this process may use, in the order of CUDA_VISIBLE_DEVICES, else of the bus; none without a driver.

    Raise InvalidError where CUDA_VISIBLE_DEVICES names one that is not there, DriverError where the driver is in trouble.
    """
    visible = os.environ.get(VISIBLE)
    if visible is not None and visible.strip() in _NONE:
        return []
    try:
        with _driver():
            found = [gpu for index in range(pynvml.nvmlDeviceGetCount()) if (gpu := _gpu(index)) is not None]
    except _NoDriverError:
        return []
    return found if visible is None else [_named(name.strip(), found) for name in visible.split(",")]


def own_gpu() -> str | None:
    """The UUID of the GPU that this process computes with, the first that it may use; None for the CPU.

    A UUID in CUDA_VISIBLE_DEVICES is believed, so that a process knows which GPU it had when that is lost.
    """
    first = os.environ.get(VISIBLE, "").split(",")[0].strip()
    if first.startswith(("GPU-", "MIG-")):
        return first
    try:
        return next((gpu.uuid for gpu in gpus()), None)
    except DriverError as error:
        log.warning("%s The CPU is used.", error.detail)
        return None


def facts(uuid: str | None) -> JsonObject:
    """What a GPU is and does, or the CPU for None: utilisation from 0 to 1 or None, memory in bytes.

    Raise GpuLostError where it is not there any more, DriverError where that cannot be told.
    """
    if uuid is None:
        return _cpu()
    try:
        with _driver():
            handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            return {
                "kind": "gpu",
                "uuid": uuid,
                "name": str(pynvml.nvmlDeviceGetName(handle)),
                "memory_bytes": int(memory.total),
                "memory_used_bytes": int(memory.used),
                "cores": _cores(),
                "utilisation": _utilisation(handle),
            }
    except _NoDriverError as error:
        raise DriverError(f"{uuid} cannot be reached: {error}. Load the NVIDIA driver again.") from error


def sample(uuid: str | None) -> JsonObject:
    """What a device does now: utilisation from 0 to 1, memory in use, this process's own memory; None where not known."""
    try:
        found = facts(uuid)
    except DriverError:
        found = {}
    return {
        "utilisation": found.get("utilisation"),
        "memory_bytes": found.get("memory_used_bytes"),
        "process_bytes": psutil.Process().memory_info().rss,
    }


class _NoDriverError(Exception):
    """There is no NVIDIA driver, or none that is loaded."""


@contextmanager
def _driver() -> Iterator[None]:
    # Begun anew each time: a library that was opened before a GPU fell out or came back need not know of it.
    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded) as error:
        raise _NoDriverError(str(error)) from error
    except pynvml.NVMLError as error:
        raise DriverError(f"The NVIDIA driver says: {error}. Run `nvidia-smi` and see.") from error
    try:
        yield
    except (pynvml.NVMLError_GpuIsLost, pynvml.NVMLError_NotFound) as error:
        raise GpuLostError(
            f"The NVIDIA driver says: {error}. Look at the machine; a restart may bring it back."
        ) from error
    except pynvml.NVMLError as error:
        raise DriverError(f"The NVIDIA driver says: {error}. Run `nvidia-smi` and see.") from error
    finally:
        pynvml.nvmlShutdown()


def _gpu(index: int) -> Gpu | None:
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        return Gpu(uuid=str(pynvml.nvmlDeviceGetUUID(handle)), name=str(pynvml.nvmlDeviceGetName(handle)))
    except pynvml.NVMLError_GpuIsLost:
        return None  # the others work on


def _named(name: str, found: list[Gpu]) -> Gpu:
    """As CUDA reads it: an index, or the beginning of a UUID that only one GPU has."""
    by_uuid = [gpu for gpu in found if name and gpu.uuid.startswith(name)]
    by_index = [found[int(name)]] if name.isdecimal() and int(name) < len(found) else []
    matching = by_uuid or by_index
    if len(matching) != 1:
        has = ", ".join(f"{index} ({gpu.uuid})" for index, gpu in enumerate(found)) or "none"
        raise InvalidError(
            f"{VISIBLE} names {name!r}, which is not one GPU of this machine; it has {has}. Name those, or unset it for all."
        )
    return matching[0]


def _utilisation(handle: Any) -> float | None:
    try:
        return float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
    except (pynvml.NVMLError_NotSupported, pynvml.NVMLError_InvalidArgument):
        return None  # a part of a GPU (MIG) tells no utilisation of its own


def _cpu() -> JsonObject:
    memory = psutil.virtual_memory()
    return {
        "kind": "cpu",
        "uuid": None,
        "name": _cpu_name(),
        "memory_bytes": memory.total,
        "memory_used_bytes": memory.total - memory.available,
        "cores": _cores(),
        "utilisation": psutil.cpu_percent() / 100,
    }


def _cores() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
