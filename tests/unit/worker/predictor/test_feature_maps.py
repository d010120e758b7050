"""Feature maps against a sub-network of Keras's own, read back out of the picture."""

import base64
import io
import math

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image

from app.core.architectures.architecture import Layer
from app.core.runs.predictions import FeatureMaps
from app.networks import build
from tests.factories.fitting import network_of
from tests.factories.tried import random_weights
from worker.predictor.feature_maps import FEW_CHANNELS, LARGEST_SIDE, MOST_CHANNELS, feature_maps, shown
from worker.predictor.networks import LoadedNetwork, scaled

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def picture(found: FeatureMaps) -> NDArray[np.uint8]:
    assert found.picture is not None
    head, _, content = found.picture.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def tile(found: FeatureMaps, number: int, height: int, width: int) -> NDArray[np.uint8]:
    """One channel's part of the picture; there is one pixel between two of them."""
    top, left = number // found.columns * (height + 1), number % found.columns * (width + 1)
    return picture(found)[top : top + height, left : left + width]


def gray(values: NDArray[np.float64], found: FeatureMaps) -> NDArray[np.float64]:
    assert found.lowest is not None
    assert found.highest is not None
    return (values - found.lowest) / ((found.highest - found.lowest) or 1) * 255


def test_every_channel_is_what_a_sub_network_of_keras_yields(image: NDArray[np.uint8]) -> None:
    architecture = network_of("functional")
    network = build(architecture)
    network.set_weights(random_weights(network, seed=6))
    calls = [call.id for call in architecture.calls]
    found = feature_maps(LoadedNetwork(network, architecture, 0), image, calls=calls, most_channels=MOST_CHANNELS)
    assert [one.call for one in found] == calls
    for one in found:
        expected = keras.Model(network.inputs, network.get_layer(one.call).output).predict(scaled(image), verbose=0)[0]
        assert one.shape == expected.shape
        assert one.shown == one.channels == expected.shape[-1]
        assert (one.lowest, one.highest) == pytest.approx((expected.min(), expected.max()), abs=1e-5)
        if expected.ndim == 3:
            for channel in range(expected.shape[2]):
                got = tile(one, channel, *expected.shape[:2])
                np.testing.assert_allclose(got, gray(expected[:, :, channel], one), atol=1)
        else:
            np.testing.assert_allclose(picture(one)[0], gray(expected, one), atol=1)


def test_one_call_alone_is_the_same_as_among_all(image: NDArray[np.uint8]) -> None:
    architecture = network_of("sequential")
    network = LoadedNetwork(build(architecture), architecture, 0)
    calls = [call.id for call in architecture.calls]
    whole = feature_maps(network, image, calls=calls, most_channels=FEW_CHANNELS)
    alone = [feature_maps(network, image, calls=[call], most_channels=FEW_CHANNELS)[0] for call in calls]
    assert alone == whole


def test_channels_that_stand_first_are_taken_for_channels() -> None:
    values = np.random.default_rng(0).normal(size=(5, 7, 3))
    last = shown("one", values, first=False, most_channels=64)
    first = shown("one", np.moveaxis(values, -1, 0), first=True, most_channels=64)
    assert (first.channels, first.picture) == (3, last.picture)
    assert (last.shape, first.shape) == ((5, 7, 3), (3, 5, 7))


@given(
    values=arrays.arrays(
        np.float32,
        st.one_of(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 80)), st.tuples(st.integers(1, 200))),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    ),
    most=st.integers(1, MOST_CHANNELS),
)
def test_whatever_a_layer_yields_can_be_drawn(values: NDArray[np.float32], most: int) -> None:
    found = shown("one", values, first=False, most_channels=most)
    drawn = picture(found)
    assert found.model_dump_json()
    finite = values[..., :most][np.isfinite(values[..., :most])] if values.ndim == 3 else values[np.isfinite(values)]
    assert found.lowest == (float(finite.min()) if finite.size else None)
    assert found.highest == (float(finite.max()) if finite.size else None)
    if values.ndim == 3:
        assert found.shown == min(most, values.shape[2])
        rows = math.ceil(found.shown / found.columns)
        assert drawn.shape == (rows * (values.shape[0] + 1) - 1, found.columns * (values.shape[1] + 1) - 1)
    else:
        assert drawn.size >= len(values)


def test_dark_channels_and_zeros_are_counted() -> None:
    maps = np.random.default_rng(0).normal(size=(4, 4, 6))
    maps[:, :, 1], maps[:, :, 4] = 0, 2.5
    assert shown("one", maps, first=False, most_channels=3).silent == 2
    assert shown("one", np.array([0.0, 1, 0, 3, 0]), first=False, most_channels=3).silent == 3


def test_large_maps_are_thinned_out_and_what_has_too_many_axes_says_so() -> None:
    large = shown("one", np.zeros((3 * LARGEST_SIDE, 10, 1)), first=False, most_channels=1)
    assert picture(large).shape[0] == LARGEST_SIDE
    volume = shown("one", np.zeros((2, 2, 2, 2)), first=False, most_channels=1)
    assert volume.picture is None
    assert volume.why_none == "A result of 4 axes is no picture."


def test_a_network_of_vectors_is_seen_too(image: NDArray[np.uint8]) -> None:
    layers = (
        Layer(name="flat", kind="Flatten"),
        Layer(name="wide", kind="Dense", config={"units": 130, "activation": "relu"}),
        Layer(name="dense", kind="Dense", config={"units": 3, "activation": "softmax"}),
    )
    architecture = network_of("sequential", layers)
    network = LoadedNetwork(build(architecture), architecture, 0)
    wide = feature_maps(network, image, calls=["wide"], most_channels=FEW_CHANNELS)[0]
    assert (wide.shape, wide.channels, picture(wide).shape) == ((130,), 130, (3, 64))
