"""The trained network of an export, and real images to try its file on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from app.adapters.images import PillowImages
from app.core.architectures.architecture import Architecture, Style
from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.names import image_key
from app.core.errors import InvalidError, NotFoundError
from app.core.runs.exports import COMPARED_IMAGES, WhichEpoch
from app.core.runs.images import images_of
from app.core.runs.run import Run
from app.core.runs.script import ScriptFacts
from app.networks import build, functional_twin
from app.services.bundle import ServiceBundle
from worker.trainer.checkpoints import Checkpoints, all_variables, assign, checkpoint_folder
from worker.trainer.compiling import be_repeatable, compiled
from worker.trainer.shared_checkpoints import SharedCheckpoints

Images = NDArray[np.float32]


@dataclass(frozen=True)
class Trained:
    """A functional network in float32 with the weights of an epoch, images (n, height, width, channels) in [0, 1], and
    what the network that was trained, in its own style and precision, answers for them.
    """

    network: keras.Model
    epoch: int | None
    images: Images
    probabilities: Images


def trained(services: ServiceBundle, facts: ScriptFacts, which: WhichEpoch, *, scratch: Path) -> Trained:
    """Build it, give it the weights, and ask it."""
    run, architecture = facts.run, facts.architecture
    be_repeatable(run.configuration)
    original = compiled(architecture, run.configuration, classes=len(facts.classes), start=run.start_from)
    epoch = _give_weights(services, original, architecture, run=run, which=which, scratch=scratch)
    images = _images(services, facts)
    probabilities = np.asarray(original.predict_on_batch(images), dtype=np.float32)
    twin = functional_twin(original, architecture)
    if run.configuration.precision != "float32":
        weights = twin.get_weights()
        keras.config.set_dtype_policy("float32")
        twin = build(architecture.model_copy(update={"style": Style.FUNCTIONAL}))
        twin.set_weights(weights)
    twin(images[:1])  # Keras exports to ONNX only what has been called
    return Trained(twin, epoch, images, probabilities)


def _give_weights(
    services: ServiceBundle,
    network: keras.Model,
    architecture: Architecture,
    *,
    run: Run,
    which: WhichEpoch,
    scratch: Path,
) -> int | None:
    if isinstance(which, int):
        digest = architecture.digest
        checkpoints = Checkpoints(checkpoint_folder(services.settings.data, run.id))
        if services.settings.shares_storage:
            checkpoints = Checkpoints(scratch / "checkpoints")
            shared = SharedCheckpoints(run.id, services.blobs)
            shared.bring(checkpoints, architecture=digest, wanted=lambda name: name.epoch == which)
        state = checkpoints.of_epoch(which, architecture=digest)
        if state is None:
            raise InvalidError(f"The checkpoint of epoch {which} is not there (any more), or is not what was written.")
        assign(all_variables(network), checkpoints.variables(state))
        return which
    try:
        artifact = services.artifacts.get(run.id, f"{which}.weights.h5")
    except NotFoundError as error:
        raise InvalidError(f"The weights are not there any more. {error.detail}") from error
    path = scratch / artifact.name
    with path.open("wb") as file:
        file.writelines(services.artifacts.stream(artifact))
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
            raise OSError(f"{artifact.name} of run {run.id} is not what was written.")
    functional_twin(network, architecture).load_weights(path)
    return artifact.epoch


def _images(services: ServiceBundle, facts: ScriptFacts) -> Images:
    """Evenly from the test images, else from those of validation or training."""
    with services.database.transaction() as transaction:
        records = images_of(facts.run, transaction.datasets.images(facts.run.version_id))
    chosen: Sequence[ImageRecord] = []
    for split in (Split.TEST, Split.VALIDATION, Split.TRAIN):
        chosen = chosen or [record for record in records if record.split is split]
    places = np.unique(np.linspace(0, len(chosen) - 1, COMPARED_IMAGES).round().astype(int))
    decode = PillowImages(services.settings.largest_image_pixels).decode
    pixels = [decode(services.blobs.get_bytes(image_key(chosen[place].digest)), facts.preparation) for place in places]
    return np.stack(pixels).astype(np.float32) / np.float32(255)
