"""Functions and operators on Keras 3's tensors, and calls with more than one tensor, as Keras itself writes them."""

import keras
import pytest
from keras import layers, ops

from app.networks import read_layer_table
from tests.factories.keras_files import architecture, read_file

RESCALED = {
    "plus": (lambda x: x + 2.0, {"scale": 1.0, "offset": 2.0}),
    "plus from the left": (lambda x: 2.0 + x, {"scale": 1.0, "offset": 2.0}),
    "minus": (lambda x: x - 2.0, {"scale": 1.0, "offset": -2.0}),
    "minus from the left": (lambda x: 2.0 - x, {"scale": -1.0, "offset": 2.0}),
    "times": (lambda x: x * 2.0, {"scale": 2.0}),
    "divided": (lambda x: x / 4.0, {"scale": 0.25}),
    "negative": (lambda x: -x, {"scale": -1.0}),
}
LAYERS = {
    "add": (lambda x: x + x, "Add", {}),
    "subtract": (lambda x: ops.subtract(x, x), "Subtract", {}),
    "maximum": (lambda x: ops.maximum(x, x), "Maximum", {}),
    "concatenate": (lambda x: ops.concatenate([x, x], axis=2), "Concatenate", {"axis": 2}),
    "relu": (ops.relu, "Activation", {"activation": "relu"}),
    "softmax": (lambda x: ops.softmax(x, axis=1), "Softmax", {"axis": 1}),
    "reshape": (lambda x: ops.reshape(x, (-1, 6, 24)), "Reshape", {"target_shape": [6, 24]}),
    "transpose": (lambda x: ops.transpose(x, (0, 3, 1, 2)), "Permute", {"dims": [3, 1, 2]}),
    "mean": (lambda x: ops.mean(x, axis=(1, 2)), "GlobalAveragePooling2D", {"data_format": "channels_last"}),
    "max": (
        lambda x: ops.max(x, axis=[-3, -2], keepdims=True),
        "GlobalMaxPooling2D",
        {"data_format": "channels_last", "keepdims": True},
    ),
}


def told(made):
    """What is read of a network that does this to an image, and the shape that Keras gives the result."""
    given = keras.Input((6, 8, 3))
    result = made(given)
    text = keras.Model(given, result).to_json()
    keras.utils.clear_session(free_memory=False)
    return architecture(text), tuple(result.shape)


@pytest.mark.parametrize(("made", "config"), RESCALED.values(), ids=RESCALED)
def test_a_tensor_and_a_number_are_a_rescaling(made, config):
    found, shape = told(made)
    assert [(layer.kind, layer.config) for layer in found.layers] == [("Rescaling", config)]
    assert read_layer_table(found).rows[-1].output_shapes == (shape,)


@pytest.mark.parametrize("name", RESCALED)
def test_the_rescaling_computes_the_same(name):
    made, config = RESCALED[name]
    assert float(layers.Rescaling(**config)(ops.ones((1, 1)) * 3)[0, 0]) == pytest.approx(float(made(ops.ones(()) * 3)))


@pytest.mark.parametrize(("made", "kind", "config"), LAYERS.values(), ids=LAYERS)
def test_a_function_that_a_layer_is_equal_to_is_that_layer(made, kind, config):
    found, shape = told(made)
    assert [(layer.kind, layer.config) for layer in found.layers] == [(kind, config)]
    assert read_layer_table(found).rows[-1].output_shapes == (shape,)


def test_other_functions_are_kinds_of_their_own_names():
    found, shape = told(lambda x: ops.expand_dims(ops.reshape(x[:, 0], (3, -1)), axis=1) / x[:, :1, :3])
    assert [layer.kind for layer in found.layers] == ["GetItem", "reshape", "expand_dims", "GetItem", "divide"]
    assert read_layer_table(found).rows[-1].output_shapes == (shape,)


def test_queries_values_and_keys_stand_in_that_order_however_they_were_given():
    query, value, key = keras.Input((6, 8)), keras.Input((5, 8)), keras.Input((5, 8))
    attention = layers.MultiHeadAttention(2, 4)
    outputs = [attention(query, value, key=key), attention(value=value, query=query)]
    network = keras.Model([query, value, key], outputs)
    found = architecture(network.to_json())
    names = [entry.name for entry in found.inputs]
    assert [call.inputs for call in found.calls] == [tuple(names), tuple(names[:2])]
    assert read_layer_table(found).totals.parameters == network.count_params()


def test_states_and_shared_networks_of_keras_3():
    given = keras.Input((5, 2))
    sequence, *states = layers.LSTM(3, return_sequences=True, return_state=True, name="first")(given)
    second = layers.LSTM(3, name="second")(sequence, initial_state=states)
    inner_given = keras.Input((3,))
    inner = keras.Model(
        inner_given, [layers.Dense(2, name="d")(inner_given), layers.Dense(4, name="e")(inner_given)], name="inner"
    )
    network = keras.Model(given, [*inner(second), inner(states[0])[1]])
    found = architecture(network.to_json())
    assert found.calls[1].inputs == ("first", "first:1", "first:2")
    assert found.outputs == ("inner.d", "inner.e", "inner.e_call_2")
    assert read_layer_table(found).totals.parameters == network.count_params()


def test_a_mask_that_is_a_tensor_is_said_to_be_left_out():
    given, mask = keras.Input((5, 2)), keras.Input((5,), dtype="bool")
    reading = read_file(keras.Model([given, mask], layers.LSTM(3)(given, mask=mask)).to_json())
    assert [note.text.split(":")[1].split("=")[0] for note in reading.not_understood] == [" mask"]
    assert len(reading.definitions[0].architecture.inputs) == 2


def test_whether_a_network_is_called_as_in_training_is_kept_where_it_matters():
    given = keras.Input((4,))
    call = layers.BatchNormalization()(layers.Dense(3)(given), training=False)
    assert [call.arguments for call in architecture(keras.Model(given, call).to_json()).calls] == [
        {},
        {"training": False},
    ]
