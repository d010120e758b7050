"""Workers' slots, what they offer, and configurations that ask for it."""

from typing import Any

from app.adapters.clock import utc_now
from app.core.names import Pool
from app.core.runs.configuration import Configuration
from app.core.runs.device_request import GIB, DeviceOffer, DeviceRequest
from app.core.workers import Worker

CPU = DeviceOffer(kind="cpu", memory_bytes=15 * GIB)


def gpu(gib: int, **changes: Any) -> DeviceOffer:
    """One GPU of the usual pool, unless said."""
    return DeviceOffer.model_validate({"kind": "gpu", "memory_bytes": gib * GIB, **changes})


def asking(**device: Any) -> Configuration:
    """A run of two epochs on such devices."""
    return Configuration(epochs=2, device=DeviceRequest(**device))


def slot(name: str, offer: DeviceOffer, **changes: Any) -> Worker:
    """A worker that gives a sign of life, on the machine that its name says."""
    now = utc_now()
    device: dict[str, Any] = {"kind": offer.kind, "count": offer.count, "memory_bytes": offer.memory_bytes}
    facts = {"name": name, "host": name.partition("@")[2], "pid": 1, "pool": Pool.TRAIN, "pools": offer.pools}
    return Worker.model_validate({**facts, "device": device, "started_at": now, "seen_at": now, **changes})
