"""On what a training computes: one device, or several of this machine that each take their part of every batch."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import keras

from app.core.errors import InvalidError
from app.core.runs import causes
from worker.trainer.data import Batches


class Devices(Protocol):
    """The devices of one training, which compute the same for a batch as a single one, but for rounding."""

    count: int

    def scope(self) -> AbstractContextManager[Any]:
        """In which a network is built, compiled and fitted."""
        ...

    def share(self, network: keras.Model) -> None:
        """Let each device compute its part of every batch that a compiled network is fitted to."""
        ...

    def feed(self, batches: Batches) -> Any:
        """What `fit` takes in their place."""
        ...

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """Those that have to come before all others."""
        ...


class OneDevice:
    """The device that the backend takes by itself."""

    count = 1

    def scope(self) -> AbstractContextManager[Any]:
        """Nothing is different."""
        return nullcontext()

    def share(self, network: keras.Model) -> None:
        """There is nobody to share with."""

    def feed(self, batches: Batches) -> Batches:
        """The batches themselves."""
        return batches

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """None."""
        return []


ONE_DEVICE = OneDevice()


def devices_of(count: int, *, cpu_devices: int) -> Devices:
    """So many devices of this machine: GPUs, or up to `cpu_devices` parts of the CPU where the backend sees no GPU.

    Call it before anything is computed: how many parts the CPU has cannot be changed afterwards. InvalidError where there
    are not as many, or the backend cannot train on several.
    """
    if count == 1:
        return ONE_DEVICE
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from worker.trainer.mirrored import MirroredDevices  # noqa: PLC0415 -- only where it is the backend

        return MirroredDevices(count, cpu_devices=cpu_devices)
    if backend == "jax":
        from worker.trainer.sharded import ShardedDevices  # noqa: PLC0415 -- only where it is the backend

        return ShardedDevices(count, cpu_devices=cpu_devices)
    raise InvalidError(causes.one_device_only(backend))
