"""The place where one worker's trainings run: its name, its devices, and whether those can still compute."""

from app.adapters import devices
from app.adapters.data_folder import machine_name
from app.core.names import Pool
from app.core.runs.device_request import DeviceOffer
from app.core.values import JsonObject
from app.core.workers import worker_name
from app.settings import Settings


class Slot:
    """The devices of this process, which are the same from its start to its end."""

    def __init__(self, settings: Settings) -> None:
        self._gpus = devices.own_gpus()[: settings.gpus_per_worker]
        self._count = len(self._gpus) or settings.cpu_devices
        self.pools = settings.train_pools
        first = next(iter(self._gpus), None)
        self.name = worker_name(next(iter(self.pools), Pool.LIGHT), gpu=first, machine=machine_name(settings))
        self._facts: JsonObject = {"kind": "gpu" if self._gpus else "cpu", "count": self._count, "uuid": first}

    @property
    def environment(self) -> dict[str, str]:
        """What a trainer must be told before CUDA is loaded: the GPUs that it may use."""
        own = {devices.VISIBLE: ",".join(self._gpus)} if self._gpus else {}
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **own}

    @property
    def offer(self) -> DeviceOffer:
        """What runs can train on here, as last looked at."""
        return DeviceOffer.of(self._facts, pools=self.pools)

    def look(self) -> tuple[JsonObject, str | None]:
        """What the devices are and do, as last known, and why they cannot compute if so."""
        try:
            self._facts = {**devices.facts(self._gpus), "count": self._count}
        except devices.DriverError as error:
            # How busy it was is no longer so.
            self._facts = {**self._facts, "utilisation": None, "memory_used_bytes": None}
            return self._facts, f"{error.title}. {error.detail}"
        return self._facts, None

    def problem(self) -> str | None:
        """Why no training can begin here; None where one can."""
        return self.look()[1]

    def is_lost(self) -> bool:
        """Whether a GPU is gone for certain. A driver that is only replaced leaves what runs alone."""
        try:
            devices.facts(self._gpus)
        except devices.GpuLostError:
            return True
        except devices.DriverError:
            return False
        return False
