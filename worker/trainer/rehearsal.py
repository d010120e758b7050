"""The first step in advance: a trainer that waits builds and traces the network that was trained on this machine last.

Tracing a step takes TensorFlow more than a second, and runs that follow one another often differ in what no trace knows:
seed, learning rate, epochs, augmentation. Whatever else differs, the network is built and traced anew, as ever. A run
whose step was rehearsed ends with the same bits as one whose step was not.

On a CPU only: a GPU's memory belongs to the run that trains on it.
"""

import random
from pathlib import Path

import keras
import numpy as np
from pydantic import ValidationError

from app.adapters.data_folder import write_private
from app.adapters.devices import own_gpus
from app.core.architectures.architecture import Architecture
from app.core.runs.configuration import Configuration
from app.core.runs.start_from import StartFrom
from app.core.values import JsonObject, Value
from worker.trainer.checkpoints import all_variables, assign, values_of
from worker.trainer.compiling import be_repeatable, compiled
from worker.trainer.data import Batches
from worker.trainer.parallel import ONE_DEVICE, Devices
from worker.trainer.waiting import NOTE

MOST_PARAMETERS = 5_000_000
"""Of a network that waits, with its optimizer and a second one beside it: about 100 MB."""
_UNTRACED = frozenset(
    {
        "epochs",
        "seed",
        "schedule",
        "augmentation",
        "device",
        "early_stopping",
        "monitor",
        "validation_split",
        "time_limit_minutes",
        "retention",
        "resize_mode",
    }
)
"""Settings that only Python acts upon, between the steps and before them."""


class Rehearsable(Value):
    """What a step is traced from; kept in the data folder until the next trainer that waits has read it."""

    architecture: Architecture
    configuration: Configuration
    classes: int

    @classmethod
    def noted(cls, folder: Path) -> "Rehearsable | None":
        """What was noted, once: if rehearsing it ends a process, it does so only one time."""
        path = folder / NOTE
        try:
            found = cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None
        finally:
            path.unlink(missing_ok=True)
        return found

    def note(self, folder: Path, *, parameters: int) -> None:
        """Have the next trainer rehearse this, unless that is no use or takes too much memory."""
        asked = self.configuration
        plain = asked.precision == "float32" and asked.steps_per_execution == asked.device.count == 1
        sizes = self.architecture.inputs[0].shape[1:]
        # A Lambda may hold a random operation whose seed is part of the trace.
        lambdas = any(layer.kind == "Lambda" for layer in self.architecture.layers)
        on_cpu = keras.backend.backend() == "tensorflow" and not own_gpus()
        known = len(sizes) == 3 and all(isinstance(size, int) for size in sizes)
        if plain and on_cpu and known and not lambdas and parameters <= MOST_PARAMETERS:
            write_private(folder / NOTE, self.model_dump_json())

    def traced(self) -> JsonObject:
        """What two runs must have in common to share a trace, beside their architecture."""
        asked = self.configuration.json_object()
        kept = {name: value for name, value in asked.items() if name not in _UNTRACED}
        optimizer = {name: value for name, value in asked["optimizer"].items() if name != "learning_rate"}
        weighted = self.configuration.class_weights != "none"
        count = self.configuration.device.count
        others = {"optimizer": optimizer, "class_weights": weighted, "classes": self.classes, "device": count}
        return {**kept, **others}


class Rehearsed:
    """A network whose step is traced."""

    def __init__(self, part: Rehearsable) -> None:
        """Build it, and let it do one step on images of nothing."""
        self._part = part
        be_repeatable(part.configuration)
        self.network = compiled(part.architecture, part.configuration, classes=part.classes)
        batches = _nothing(part)
        self.network.fit(batches, validation_data=batches, epochs=1, shuffle=False, verbose=0)

    def spoils(self, configuration: Configuration) -> bool:
        """Whether a run cannot be trained in this process as it was asked for.

        There is no way back to undetermined operations, nor to more devices than TensorFlow has begun with.
        """
        determined = self._part.configuration.deterministic and not configuration.deterministic
        return determined or configuration.device.count > 1

    def for_run(self, wanted: Rehearsable) -> keras.Model | None:
        """The network as `compiled` has just made it for this run, with its step traced; None where it is another one."""
        if wanted.architecture != self._part.architecture or wanted.traced() != self._part.traced():
            return None
        # As Keras does it, but for TensorFlow's own seed: no layer of Keras draws from that, and setting it has
        # TensorFlow forget the kernels that are ready.
        random.seed(wanted.configuration.seed)
        np.random.seed(wanted.configuration.seed)
        fresh = compiled(wanted.architecture, wanted.configuration, classes=wanted.classes)
        assign(all_variables(self.network), values_of(all_variables(fresh)))
        self.network.reset_metrics()
        return self.network


def network_of(
    part: Rehearsable, *, start: StartFrom | None, rehearsed: Rehearsed | None, devices: Devices = ONE_DEVICE
) -> keras.Model:
    """A run's network, seeded and compiled, with its step traced where it was rehearsed."""
    network = None if rehearsed is None or start is not None else rehearsed.for_run(part)
    if network is None:
        # What was rehearsed must not show in the names of what is built now.
        keras.utils.clear_session()
        be_repeatable(part.configuration)
        with devices.scope():
            network = compiled(
                part.architecture, part.configuration, classes=part.classes, start=start, devices=devices
            )
    return network


def _nothing(part: Rehearsable) -> Batches:
    sizes = [size for size in part.architecture.inputs[0].shape[1:] if isinstance(size, int)]
    count = part.configuration.batch_size
    return Batches(
        np.zeros((count, *sizes), np.uint8),
        rows=np.arange(count),
        labels=np.arange(count) % part.classes,
        classes=part.classes,
        batch_size=count,
        weights=None if part.configuration.class_weights == "none" else [1.0] * part.classes,
    )
