"""Grad-CAM: which places of an image speak for a class (Selvaraju et al. 2017, arXiv:1610.02391).

The maps A of the last convolution are summed, each weighted by the mean gradient of the class's score with respect to
it (equation 1), and what is below zero is cut off (equation 2). The score is the one before the softmax (section 3).
"""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.core.architectures.architecture import Architecture, Call
from app.core.architectures.kinds import KEEP_SHAPE
from app.core.errors import InvalidError
from app.core.runs.predictions import HeatMap
from app.networks import layer_of
from worker.predictor.networks import Images, LoadedNetwork, scaled

_CONVOLUTIONS = frozenset({"Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D"})
_FOLLOWERS = KEEP_SHAPE - {"Softmax"}

NO_CONVOLUTION = (
    "This network has no two-dimensional convolution: Grad-CAM shows where such a layer's maps speak for a class, and "
    "here there are no maps of the image."
)


def heat_map(loaded: LoadedNetwork, image: Images, *, of_class: int) -> HeatMap:
    """The heat map of a class for one image, (1, height, width, channels); `why_none` where there can be none."""
    call = last_maps(loaded.architecture)
    if call is None:
        return HeatMap(why_none=NO_CONVOLUTION)
    backend = keras.backend.backend()
    if backend != "tensorflow":
        return HeatMap(
            why_none=f"Heat maps take gradients, which are asked of TensorFlow here; this worker runs Keras on {backend}. "
            "Start it with KERAS_BACKEND=tensorflow."
        )
    maps, gradients = _maps_and_gradients(loaded, image, call=call, of_class=of_class)
    weights = gradients.mean(axis=(0, 1))
    values = np.maximum((maps * weights).sum(axis=-1), 0)
    largest = float(values.max(initial=0.0))
    if not np.isfinite(values).all():
        return HeatMap(call=call, why_none="The network's numbers for this image are not finite: it has diverged.")
    if largest > 0:
        values = values / largest
    return HeatMap(of_class=of_class, call=call, values=tuple(tuple(map(float, row)) for row in values))


def last_maps(architecture: Architecture) -> str | None:
    """The last convolution's call, or the normalisation and activation of its maps that follow it one by one."""
    kinds = {layer.name: layer.kind for layer in architecture.layers}
    found: Call | None = None
    for call in architecture.calls:
        follows = found is not None and call.inputs == (found.id,) and kinds[call.layer] in _FOLLOWERS
        if kinds[call.layer] in _CONVOLUTIONS or follows:
            found = call
    return None if found is None else found.id


def _maps_and_gradients(
    loaded: LoadedNetwork, image: Images, *, call: str, of_class: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The maps and the gradients of the class's score with respect to them, each (height, width, channels)."""
    import tensorflow as tf  # noqa: PLC0415 -- only where it is the backend

    last = _last_call(loaded.architecture)
    network = loaded.observed([call, *last.inputs])
    given = tf.convert_to_tensor(scaled(image))
    with tf.GradientTape() as tape:
        # Recorded from the image on, whichever of the layers' variables Keras lets TensorFlow watch.
        tape.watch(given)
        maps, *before = network(given, training=False)
        score = _scores(loaded, last, before)[0, of_class]
    gradients = tape.gradient(score, maps, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    axis = _channels_axis(loaded, call)
    found = [np.moveaxis(np.asarray(tensor[0], dtype=np.float64), axis, -1) for tensor in (maps, gradients)]
    return found[0], found[1]


def _scores(loaded: LoadedNetwork, last: Call, before: list[Any]) -> Any:
    """The last call's result before its softmax, or as it is where it has none."""
    layer = layer_of(loaded.network, last.layer)
    if isinstance(layer, keras.layers.Softmax):
        return before[0]
    softmax = getattr(layer, "activation", None) is keras.activations.softmax
    if isinstance(layer, keras.layers.Activation):
        return before[0] if softmax else layer(before[0])
    if len(before) > 1:
        return layer(before)
    if not softmax:
        return layer(before[0])
    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        return layer(before[0])
    finally:
        layer.activation = activation


def _last_call(architecture: Architecture) -> Call:
    found = next((call for call in architecture.calls if call.id == architecture.outputs[0]), None)
    if found is None:
        raise InvalidError("This network's output is one of its inputs: there is nothing to explain.")
    return found


def _channels_axis(loaded: LoadedNetwork, call: str) -> int:
    """Where the channels stand in one image's maps; only convolutions can say, and what follows them keeps it."""
    calls = {entry.id: entry for entry in loaded.architecture.calls}
    entry = calls.get(call)
    while entry is not None:
        data_format = getattr(layer_of(loaded.network, entry.layer), "data_format", None)
        if data_format is not None:
            return 0 if data_format == "channels_first" else -1
        entry = calls.get(entry.inputs[0])
    return -1
