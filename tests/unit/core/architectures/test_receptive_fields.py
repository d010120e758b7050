"""Receptive fields: by hand for single layers, and as published for whole networks (see tests/unit/networks)."""

from fractions import Fraction
from typing import Any

import pytest

from app.core.architectures.architecture import Shape
from app.core.architectures.receptive_fields import Field, field_of_input, receptive_field
from app.core.architectures.written import keras_object

CONV = ("Conv2D", {"kernel_size": [3, 3]})
POOL = ("MaxPooling2D", {"pool_size": [2, 2]})


def through(*layers: tuple[str, dict[str, Any]], shape: Shape = (None, 64, 64, 3)) -> Field | None:
    field = field_of_input(shape, "float32")
    for kind, config in layers:
        field = receptive_field(kind, config, before=[field], inputs=[shape])
    return field


def places(*layers: tuple[str, dict[str, Any]], shape: Shape = (None, 64, 64, 3)) -> tuple[int, ...] | None:
    field = through(*layers, shape=shape)
    return None if field is None else field.places


def test_two_convolutions_see_five_pixels_and_pooling_doubles_the_step() -> None:
    assert places(CONV, CONV) == (5, 5)
    field = through(CONV, CONV, POOL)
    assert field is not None
    assert (field.places, field.step) == ((6, 6), (Fraction(2),) * 2)
    assert places(CONV, CONV, POOL, CONV) == (10, 10)


def test_a_dilated_kernel_spans_its_gaps() -> None:
    assert places(("Conv2D", {"kernel_size": 3, "dilation_rate": [2, 4]})) == (5, 9)


def test_strides_of_a_pool_are_its_size_where_none_are_written() -> None:
    field = through(("AveragePooling2D", {"pool_size": 3, "strides": None}))
    assert field is not None
    assert field.step == (Fraction(3),) * 2


def test_one_and_three_directions() -> None:
    assert places(("Conv1D", {"kernel_size": [5]}), ("Conv1D", {"kernel_size": [3]}), shape=(None, 50, 2)) == (7,)
    assert places(("Conv3D", {"kernel_size": [1, 3, 5]}), shape=(None, 9, 9, 9, 2)) == (1, 3, 5)


def test_upsampling_brings_fields_closer_together() -> None:
    field = through(POOL, ("UpSampling2D", {"size": [2, 2]}))
    assert field is not None
    assert field.step == (Fraction(1),) * 2
    # Three neighbours of an upsampled map come from at most two values of the map, which see two pixels each.
    assert places(POOL, ("UpSampling2D", {"size": [2, 2]}), CONV) == (4, 4)


def test_a_transposed_convolution_sees_as_many_values_as_kernels_overlap() -> None:
    field = through(("Conv2DTranspose", {"kernel_size": [4, 4], "strides": [2, 2]}))
    assert field is not None
    assert field == Field(size=(Fraction(2),) * 2, step=(Fraction(1, 2),) * 2)


@pytest.mark.parametrize("kind", ["GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"])
def test_what_looks_at_the_whole_map_sees_everything_and_so_does_what_follows(kind: str) -> None:
    assert places((kind, {}), ("Dense", {"units": 3})) == (64, 64)
    assert places(POOL, (kind, {}), shape=(None, 32, 32, 3)) == (2 + 31 * 2,) * 2


def test_recurrent_layers_and_attention_see_all_steps() -> None:
    assert places(("LSTM", {"units": 2}), shape=(None, 30, 4)) == (30,)
    assert places(("MultiHeadAttention", {}), shape=(None, 30, 4)) == (30,)


def test_a_layer_at_every_step_leaves_time_alone() -> None:
    inner = {"layer": keras_object("Conv2D", {"filters": 1, "kernel_size": 3})}
    assert places(("TimeDistributed", inner), shape=(None, 5, 9, 9, 2)) == (1, 3, 3)
    assert places(("ConvLSTM2D", {"kernel_size": [3, 3]}), shape=(None, 5, 9, 9, 2)) == (5, 11, 11)


def test_branches_that_join_see_as_far_as_the_widest() -> None:
    shape: Shape = (None, 64, 64, 3)
    near, far = through(CONV), through(CONV, CONV, POOL)
    assert receptive_field("Concatenate", {}, before=[near, far], inputs=[shape, shape]) == far
    assert receptive_field("Add", {}, before=[near, None], inputs=[shape, shape]) is None


def test_what_moves_places_about_is_not_followed() -> None:
    assert places(("Permute", {"dims": [2, 1, 3]})) is None
    assert places(("MyLayer", {})) is None
    assert places(("Conv2D", {"kernel_size": "three"})) is None


def test_layers_that_disagree_about_the_channels_are_not_followed() -> None:
    first = {"kernel_size": 3, "data_format": "channels_first"}
    last = {"pool_size": 2, "data_format": "channels_last"}
    assert places(("Conv2D", first), ("Conv2D", first)) == (5, 5)
    assert places(("Conv2D", first), ("MaxPooling2D", last)) is None


def test_a_vector_has_no_places_and_a_row_of_words_has() -> None:
    assert field_of_input((None, 9), "float32") is None
    words = field_of_input((None, 9), "int32")
    assert words is not None
    assert words.places == (1,)
