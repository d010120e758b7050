"""One number for all weights of a network, the same for every style."""

import hashlib

import keras
import numpy as np

from app.core.architectures.architecture import Architecture
from app.networks.build import layer_of


def weights_digest(network: keras.Model, architecture: Architecture) -> str:
    """SHA-256 over the weights as canonical arrays: in the order of the calls, position, dtype, shape, bytes."""
    digest = hashlib.sha256()
    seen: set[str] = set()
    for call in architecture.calls:
        if call.layer in seen:
            continue
        seen.add(call.layer)
        for position, array in enumerate(layer_of(network, call.layer).get_weights()):
            ordered = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            digest.update(f"{len(seen)}:{position}:{ordered.dtype.str}:{ordered.shape}".encode())
            digest.update(ordered.tobytes())
    return digest.hexdigest()
