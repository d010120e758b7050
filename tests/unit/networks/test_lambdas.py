"""Lambdas: followed where the reader can, believed where their author states a shape, unknown otherwise."""

import keras
import pytest
from keras import ops

from app.core.architectures.layer_table import Row
from app.core.architectures.readers.keras_code import read_code
from app.networks import InstalledKeras
from app.networks.lambdas import STATED
from app.networks.read import read_layer_table

HEAD = """
import tensorflow as tf
from keras import backend as K
from keras.models import Model, Sequential
from keras.layers import Conv2D, Dense, Input, Lambda, Reshape
"""


def rows(source: str) -> tuple[Row, ...]:
    reading = read_code(HEAD + source, facts=InstalledKeras())
    assert reading.not_understood == ()
    table = read_layer_table(reading.definitions[-1].architecture)
    assert table.complete
    return table.rows


def behind(layer: str, *, shape: str = "(4, 3)") -> tuple[Row, Row]:
    _, first, second = rows(f"model = Sequential([Input({shape}), {layer}, Dense(5)])\n")
    return first, second


@pytest.mark.parametrize(
    ("written", "function"),
    [
        ("lambda x: K.mean(x, axis=1)", lambda x: ops.mean(x, axis=1)),
        ("lambda x: x[:, :2] * 2", lambda x: x[:, :2] * 2),
        ("lambda x: tf.concat([x, tf.nn.relu(x)], -1)", lambda x: ops.concatenate([x, ops.relu(x)], -1)),
        ("lambda t: K.expand_dims(t, 1)", lambda x: ops.expand_dims(x, 1)),
    ],
)
def test_a_function_that_can_be_followed_tells_its_shape_as_keras_does(written, function):
    given = keras.Input((4, 3))
    network = keras.Model(given, keras.layers.Dense(5)(keras.layers.Lambda(function)(given)))
    first, second = behind(f"Lambda({written})")
    assert first.output_shapes == (tuple(network.layers[1].output.shape),)
    assert (first.parameters, second.parameters) == (0, network.count_params())
    keras.utils.clear_session(free_memory=False)


@pytest.mark.parametrize("written", ["(10,)", "10", "lambda shape: (shape[0], 10)"])
def test_a_shape_that_is_stated_is_used_and_said_to_be_so(written):
    first, second = behind(f"Lambda(lambda x: somewhere.else_(x, K), output_shape={written})")
    assert (first.output_shapes, first.parameters, first.note) == (((None, 10),), None, STATED)
    assert second.parameters == 55


def test_a_shape_that_contradicts_the_function_is_believed_as_keras_believes_it():
    given = keras.Input((4, 3))
    made = keras.layers.Lambda(lambda x: x * 2, output_shape=(10,))(given)
    first, _ = behind("Lambda(lambda x: x * 2, output_shape=(10,))")
    assert first.output_shapes == (tuple(made.shape),)
    assert first.note == STATED


def test_a_function_with_two_inputs_and_arguments_is_followed():
    source = """
a, b = Input((4, 3)), Input((4, 2))
def joined(tensors, axis):
    return K.concatenate(tensors, axis=axis)
model = Model([a, b], Lambda(joined, arguments={"axis": 2})([a, b]))
"""
    assert rows(source)[-1].output_shapes == ((None, 4, 5),)


@pytest.mark.parametrize("written", ["f", "lambda x: mystery(x)", "lambda x: x[:, :n]", "lambda x: print(x)"])
def test_a_function_that_cannot_be_followed_stays_unknown(written):
    first, second = behind(f"Lambda({written})")
    assert first.output_shapes is None
    assert second.output_shapes is None


def test_a_reshape_to_a_name_is_unknown_and_reading_goes_on():
    _, reshape, conv, dense = rows("model = Sequential([Input((4, 3)), Reshape(target), Conv2D(6, 1), Dense(5)])\n")
    assert (reshape.output_shapes, reshape.note) == (None, "what it yields depends on `target`")
    assert conv.output_shapes == ((None, None, None, 6),)
    assert dense.parameters == 35


def test_keras_1_merges_sequentials_that_stand_before_a_sequential():
    source = """
left = Sequential()
left.add(Dense(50, input_shape=(784,)))
left.add(Dense(10))
right = Sequential([Dense(10, input_dim=20)])
model = Sequential()
model.add(Merge([left, right], mode='sum'))
model.add(Dense(10, activation='softmax'))
"""
    reading = read_code(HEAD + source, facts=InstalledKeras())
    architecture = next(entry.architecture for entry in reading.definitions if entry.architecture.name == "model")
    table = read_layer_table(architecture)
    assert [(row.kind, row.output_shapes, row.parameters) for row in table.rows] == [
        ("InputLayer", ((None, 784),), 0),
        ("InputLayer", ((None, 20),), 0),
        ("Dense", ((None, 50),), 39_250),
        ("Dense", ((None, 10),), 510),
        ("Dense", ((None, 10),), 210),
        ("Add", ((None, 10),), 0),
        ("Dense", ((None, 10),), 110),
    ]


@pytest.mark.parametrize("epsilon", ["K.epsilon()", "keras.config.epsilon()"])
def test_the_distance_of_two_inputs_is_followed_as_keras_own_example_writes_it(epsilon):
    source = f"""
from keras import ops
a, b = Input((32,)), Input((32,))
def distance(vectors):
    x, y = vectors
    return ops.sqrt(ops.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), {epsilon}))
def distance_shape(shapes):
    first, second = shapes
    return (first[0], 1)
model = Model([a, b], Lambda(distance, output_shape=distance_shape)([a, b]))
"""
    last = rows(source)[-1]
    assert (last.output_shapes, last.parameters, last.note) == (((None, 1),), 0, "")


def test_a_small_number_that_was_set_is_not_known():
    reading = read_code(
        f"{HEAD}K.set_epsilon(1e-3)\nmodel = Sequential([Input((3,)), Dense(K.epsilon())])", facts=InstalledKeras()
    )
    assert reading.symbols == ("K.epsilon()",)
