"""What a run asks of the devices that train it, and what a worker's slot has to offer."""

import math
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field

from app.core.values import JsonObject, Value

TRAIN_POOL = "train"
"""The pool of a run that names none."""

TrainPool: TypeAlias = Annotated[str, Field(pattern=r"^train(-[a-z0-9]+)*$", max_length=40)]
"""The name of a pool of workers that train: `train`, or a part of it such as `train-h200`."""

GIB = 2**30


class DeviceRequest(Value):
    """On what a run is to train. Nothing here changes what is computed, but for `count` (and rounding between kinds)."""

    kind: Literal["any", "cpu", "gpu"] = Field(default="any", title="Kind")
    count: int = Field(
        default=1,
        ge=1,
        le=64,
        title="Devices",
        description="Of one machine, which train the run together: each takes its part of every batch.",
    )
    memory_gb: float | None = Field(
        default=None,
        gt=0,
        le=1e6,
        allow_inf_nan=False,
        title="Least memory of each (GiB)",
        description="1 GiB is 2^30 bytes, so that a card sold with 80 GB may have 79.6. Empty for any.",
    )
    pool: TrainPool = Field(
        default=TRAIN_POOL,
        title="Pool",
        description="Its workers alone may take the run: train, or one of a name such as train-h200.",
    )

    def __str__(self) -> str:
        """The devices in words, without the pool: `2 GPUs with 80 GiB each`."""
        noun = {"any": "device", "cpu": "CPU device", "gpu": "GPU"}[self.kind]
        devices = f"{self.count} {noun}s" if self.count > 1 else f"a {noun}"
        if self.memory_gb is None:
            return devices
        return f"{devices} with {self.memory_gb:g} GiB{' each' if self.count > 1 else ''}"


class DeviceOffer(Value):
    """What the slot of a worker trains on: `count` devices of a kind, for runs of some pools.

    `memory_bytes` is what each GPU has (the least of several), or what all CPU devices, parts of one machine, share.
    """

    kind: Literal["cpu", "gpu"] = "cpu"
    count: int = Field(default=1, ge=1)
    memory_bytes: int = Field(default=0, ge=0)
    pools: tuple[TrainPool, ...] = (TRAIN_POOL,)

    @classmethod
    def of(cls, device: JsonObject, *, pools: tuple[str, ...]) -> Self:
        """Of a worker's facts about its device; what they do not tell (another version wrote them) is the least."""
        count, memory = device.get("count"), device.get("memory_bytes")
        return cls(
            kind="gpu" if device.get("kind") == "gpu" else "cpu",
            count=count if isinstance(count, int) else 1,
            memory_bytes=memory if isinstance(memory, int) else 0,
            pools=pools,
        )

    @property
    def memory_gb(self) -> float:
        """GiB, exactly: 2^30 is a power of two."""
        return self.memory_bytes / GIB

    def __str__(self) -> str:
        """The devices in words, their memory rounded down: `2 GPUs (79.6 GiB each)`."""
        noun = "GPU" if self.kind == "gpu" else "CPU" if self.count == 1 else "CPU device"
        devices = f"{self.count} {noun}s" if self.count > 1 else noun
        of_all = "" if self.count == 1 else " each" if self.kind == "gpu" else " together"
        return f"{devices} ({math.floor(10 * self.memory_gb) / 10:g} GiB{of_all})" if self.memory_bytes else devices

    def meets(self, request: DeviceRequest) -> bool:
        """Whether a run that asks for this can train here. `adapters/database/run_queue` says the same in SQL."""
        shared_by = request.count if self.kind == "cpu" else 1
        return (
            request.pool in self.pools
            and request.kind in ("any", self.kind)
            and request.count <= self.count
            and (request.memory_gb or 0.0) * shared_by <= self.memory_gb
        )

    def bytes_of_each(self, request: DeviceRequest) -> int:
        """The memory of each of the devices that a run of this request would have."""
        return self.memory_bytes // (request.count if self.kind == "cpu" else 1)


ANY_CPU = DeviceOffer()
"""The least that a slot of the usual pool can have: for runs that ask for nothing."""
