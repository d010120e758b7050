"""Trained networks, loaded from their run's files and kept warm, the least recently used going first."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.adapters.scratch import scratch_folder
from app.core.architectures.architecture import Architecture
from app.core.datasets.preparation import Preparation
from app.core.errors import InvalidError
from app.core.runs.predictions import TrainedNetwork
from app.networks import observed
from app.services.bundle import ServiceBundle

Images = NDArray[np.uint8]
"""uint8 (images, height, width, channels), as training prepares them."""

MOST_KEPT = 8


@dataclass(frozen=True)
class LoadedNetwork:
    """A network with its trained weights, and the architecture whose calls name its parts."""

    network: keras.Model
    architecture: Architecture
    bytes: int
    _observed: dict[tuple[str, ...], keras.Model] = field(default_factory=dict)

    def probabilities(self, images: Images) -> NDArray[np.float32]:
        """(images, classes), computed just as the evaluation of the run computes them."""
        return np.asarray(self.network.predict_on_batch(scaled(images)), dtype=np.float32)

    def observed(self, references: Sequence[str]) -> keras.Model:
        """A network of the same layers that yields what these calls yield; made once, which takes longer than using it."""
        found = self._observed.get(tuple(references))
        if found is None:
            found = self._observed[tuple(references)] = observed(self.network, self.architecture, references)
        return found


def scaled(images: Images) -> NDArray[np.float32]:
    """float32 in [0, 1], as the trainer feeds them (worker/trainer/data.py)."""
    return images.astype(np.float32) / np.float32(255)


class WarmNetworks:
    """Loads networks as they are asked for; those used last stay, as many as fit into `most_bytes` of weights."""

    def __init__(self, services: ServiceBundle, *, most_bytes: int) -> None:
        self._services = services
        self._most_bytes = most_bytes
        self._loaded: OrderedDict[tuple[str, str], LoadedNetwork] = OrderedDict()

    def get(self, wanted: TrainedNetwork, preparation: Preparation) -> LoadedNetwork:
        """InvalidError where its files are gone or Keras cannot open them."""
        # Equal weights of another run may belong to another architecture.
        key = (wanted.run_id, wanted.sha256)
        found = self._loaded.get(key)
        if found is None:
            self._make_room(wanted.bytes)
            found = self._loaded[key] = self._load(wanted)
            # The first prediction has the backend plan the computation, which takes longer than a hundred later ones.
            found.probabilities(np.zeros((1, *preparation.shape), dtype=np.uint8))
        self._loaded.move_to_end(key)
        return found

    def _make_room(self, more: int) -> None:
        while self._loaded and (
            len(self._loaded) >= MOST_KEPT
            or sum(kept.bytes for kept in self._loaded.values()) + more > self._most_bytes
        ):
            self._loaded.popitem(last=False)
            if not self._loaded:
                keras.utils.clear_session()  # nothing of Keras's global state is of use to anybody now

    def _load(self, wanted: TrainedNetwork) -> LoadedNetwork:
        services = self._services
        run = services.runs.get(wanted.run_id)
        architecture = services.architectures.get(run.architecture_id).architecture
        with scratch_folder(services.settings.data / "scratch") as folder:
            path = folder / "network.weights.h5"
            with path.open("wb") as file:
                file.writelines(services.blobs.stream(wanted.weights))
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != wanted.sha256:
                    raise InvalidError(
                        f"The weights of run {run.name!r} are not those that it has written: their file is damaged. "
                        "Train it again, or use another run."
                    )
            network = _opened(services.blobs.get_bytes(wanted.plan).decode(), path)
        return LoadedNetwork(network, architecture, wanted.bytes)


def _opened(plan: str, weights: Path) -> Any:
    """As the trainer opened both to verify them when it wrote them (worker/trainer/exports.py)."""
    try:
        network = keras.models.model_from_json(plan)
        network.load_weights(weights)
    except (ValueError, TypeError, OSError, KeyError) as error:
        raise InvalidError(f"Keras cannot open this run's network any more: {str(error)[:500]}") from error
    return network
