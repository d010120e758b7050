"""What this machine computes with."""

import os
import platform
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pynvml

from app.core.values import JsonObject


def device_facts() -> JsonObject:
    """The first NVIDIA device this process may use, else the CPU; utilisation from 0 to 1, memory in bytes."""
    return _gpu() or _cpu()


def device_sample() -> JsonObject:
    """What this process's device does now: its utilisation from 0 to 1, its memory in use, and the process's own memory."""
    facts = _gpu() or _cpu()
    used = facts.get("memory_used_bytes", psutil.virtual_memory().used)
    process = psutil.Process().memory_info().rss
    return {"utilisation": facts["utilisation"], "memory_bytes": used, "process_bytes": process}


def _gpu() -> JsonObject | None:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible in {"", "-1"}:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        first = (visible or "0").split(",")[0]
        by_uuid = first.startswith(("GPU-", "MIG-"))
        handle = pynvml.nvmlDeviceGetHandleByUUID(first) if by_uuid else pynvml.nvmlDeviceGetHandleByIndex(int(first))
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        return {
            "kind": "gpu",
            "name": str(pynvml.nvmlDeviceGetName(handle)),
            "memory_bytes": int(memory.total),
            "memory_used_bytes": int(memory.used),
            "cores": os.cpu_count(),
            "utilisation": pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
        }
    except (pynvml.NVMLError, ValueError):
        return None
    finally:
        pynvml.nvmlShutdown()


def _cpu() -> JsonObject:
    return {
        "kind": "cpu",
        "name": _cpu_name(),
        "memory_bytes": psutil.virtual_memory().total,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "utilisation": psutil.cpu_percent() / 100,
    }


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
