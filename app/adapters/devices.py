"""What this machine computes with: its NVIDIA GPUs, by their UUIDs, or its CPU."""

import logging
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pynvml

from app.adapters.control_group import memory_limit
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


@dataclass(frozen=True)
class _LookedAt(Gpu):
    memory_bytes: int
    memory_used_bytes: int
    utilisation: float | None


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


def own_gpus() -> list[str]:
    """The UUIDs of the GPUs that this process may use, in the order in which it sees them; none for the CPU.

    UUIDs in CUDA_VISIBLE_DEVICES are believed, so that a process knows which GPUs it had when one is lost.
    """
    named = [name.strip() for name in os.environ.get(VISIBLE, "").split(",")]
    if all(name.startswith(("GPU-", "MIG-")) for name in named):
        return named
    try:
        return [gpu.uuid for gpu in gpus()]
    except DriverError as error:
        log.warning("%s The CPU is used.", error.detail)
        return []


def facts(uuids: Sequence[str]) -> JsonObject:
    """What GPUs are and do (as core/workers.Worker has it), or the CPU for none; memory in bytes.

    Raise GpuLostError where one is not there any more, DriverError where that cannot be told.
    """
    if not uuids:
        return _cpu()
    try:
        with _driver():
            found = [_looked_at(uuid) for uuid in uuids]
    except _NoDriverError as error:
        raise DriverError(f"{', '.join(uuids)} cannot be reached: {error}. Load the NVIDIA driver again.") from error
    busy = [gpu.utilisation for gpu in found if gpu.utilisation is not None]
    facts: JsonObject = {
        "kind": "gpu",
        "count": len(found),
        "uuid": found[0].uuid,
        "name": ", ".join(dict.fromkeys(gpu.name for gpu in found)),
        "memory_bytes": min(gpu.memory_bytes for gpu in found),
        "memory_used_bytes": max(gpu.memory_used_bytes for gpu in found),
        "cores": _cores(),
        "utilisation": sum(busy) / len(busy) if busy else None,
    }
    return facts if len(found) == 1 else {**facts, "devices": [asdict(gpu) for gpu in found]}


def sample(uuids: Sequence[str]) -> JsonObject:
    """What devices do now: their mean utilisation from 0 to 1, the memory in use on all of them, this process's own.

    None where not known.
    """
    try:
        found = facts(uuids)
    except DriverError:
        found = {}
    each = found.get("devices") or [found]
    used = [gpu.get("memory_used_bytes") for gpu in each]  # type: ignore[union-attr]
    return {
        "utilisation": found.get("utilisation"),
        "memory_bytes": None if None in used else sum(used),  # type: ignore[arg-type]
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


def _looked_at(uuid: str) -> _LookedAt:
    handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return _LookedAt(
        uuid=uuid,
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_bytes=int(memory.total),
        memory_used_bytes=int(memory.used),
        utilisation=_utilisation(handle),
    )


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
    memory, limit = psutil.virtual_memory(), memory_limit()
    total, used = memory.total, memory.total - memory.available
    if limit is not None and limit.most < total:  # in a container the machine's memory is not ours
        total, used = limit
    return {
        "kind": "cpu",
        "count": 1,
        "uuid": None,
        "name": _cpu_name(),
        "memory_bytes": total,
        "memory_used_bytes": used,
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
