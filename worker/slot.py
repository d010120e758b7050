"""The place where one worker's trainings run: its name, its device, and whether that can still compute."""

from app.adapters import devices
from app.adapters.data_folder import machine_name
from app.core.names import Pool
from app.core.values import JsonObject
from app.core.workers import worker_name
from app.settings import Settings


class Slot:
    """The device of this process, which is the same from its start to its end."""

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self._gpu = devices.own_gpu()
        self.name = worker_name(pool, gpu=self._gpu, machine=machine_name(settings))
        self._facts: JsonObject = {"kind": "gpu" if self._gpu else "cpu", "uuid": self._gpu}

    @property
    def environment(self) -> dict[str, str]:
        """What a trainer must be told before CUDA is loaded: the one GPU that it may use."""
        own = {} if self._gpu is None else {devices.VISIBLE: self._gpu}
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **own}

    def look(self) -> tuple[JsonObject, str | None]:
        """What the device is and does, as last known, and why it cannot compute if so."""
        try:
            self._facts = devices.facts(self._gpu)
        except devices.DriverError as error:
            # How busy it was is no longer so.
            self._facts = {**self._facts, "utilisation": None, "memory_used_bytes": None}
            return self._facts, f"{error.title}. {error.detail}"
        return self._facts, None

    def problem(self) -> str | None:
        """Why no training can begin here; None where one can."""
        return self.look()[1]

    def is_lost(self) -> bool:
        """Whether the GPU is gone for certain. A driver that is only replaced leaves what runs alone."""
        try:
            devices.facts(self._gpu)
        except devices.GpuLostError:
            return True
        except devices.DriverError:
            return False
        return False
