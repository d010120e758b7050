"""Layers as Keras 1 and 2 wrote them that need more than another name."""

from app.networks import read_layer_table
from tests.factories.keras_files import architecture, dense, entry, model, place, read_file


def test_an_old_gru_has_one_bias_only():
    gru = entry("GRU", "gru", "a", units=3, recurrent_activation="sigmoid")
    found = architecture(model([place("a", 5, 2), gru], ["a"], ["gru"], version="2.0.8"))
    assert read_layer_table(found).totals.parameters == 3 * (2 * 3 + 3 * 3 + 3)


def test_operators_of_tf_keras_are_layers():
    def op(name, function, node):
        written = {"class_name": "TFOpLambda", "name": name, "inbound_nodes": [node]}
        return {**written, "config": {"name": name, "function": function, "dtype": "float32"}}

    layers = [
        place("a", 8, 8, 3),
        op("tf.math.truediv", "math.truediv", ["a", 0, 0, {"y": 255.0, "name": None}]),
        op("tf.__operators__.add", "__operators__.add", ["tf.math.truediv", 0, 0, {"y": ["a", 0, 0], "name": None}]),
        op("tf.math.subtract", "math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["tf.__operators__.add", 0, 0]}]),
        op("tf.nn.relu", "nn.relu", ["tf.math.subtract", 0, 0, {"name": None}]),
        op("tf.concat", "concat", [["tf.nn.relu", 0, 0, {"axis": -1}], ["a", 0, 0, {"axis": -1}]]),
        op("tf.foo", "foo.bar", ["tf.concat", 0, 0, {"depth": 3}]),
    ]
    found = architecture(model(layers, ["a"], ["tf.foo"], version="2.6.0", class_name="Functional"))
    assert [(layer.kind, layer.config) for layer in found.layers] == [
        ("Rescaling", {"scale": 1 / 255.0}),
        ("Add", {}),
        ("Rescaling", {"scale": -1.0, "offset": 1.0}),
        ("Activation", {"activation": "relu"}),
        ("Concatenate", {"axis": -1}),
        ("bar", {"depth": 3}),
    ]
    assert found.calls[1].inputs == ("tf.math.truediv", "a")


def test_graph_ops_of_tensorflow_are_layers():
    def op(name, kind, *inbound, **constants):
        config = {
            "name": name,
            "node_def": {"name": name, "op": kind},
            "constants": {k[1:]: v for k, v in constants.items()},
        }
        return {**entry("TensorFlowOpLayer", name, *inbound), "config": config}

    layers = [
        place("a", 4, 4, 3),
        op("tf_op_layer_mul", "Mul", "a", _1=2.0),
        op("tf_op_layer_sub", "Sub", "tf_op_layer_mul", _0=1.0),
        op("tf_op_layer_add", "AddV2", "tf_op_layer_sub", "a"),
        op("tf_op_layer_concat", "ConcatV2", "tf_op_layer_add", "a", _2=3),
    ]
    found = architecture(model(layers, ["a"], ["tf_op_layer_concat"], version="2.2.4-tf"))
    assert [(layer.kind, layer.config) for layer in found.layers] == [
        ("Rescaling", {"scale": 2.0}),
        ("Rescaling", {"scale": -1.0, "offset": 1.0}),
        ("Add", {}),
        ("Concatenate", {"axis": 3}),
    ]


def test_a_lambda_is_named_by_its_code_and_never_decoded():
    written = ["4wEAAAAAAAAA!!not marshal at all", None, None]
    layer = entry("Lambda", "lambda_1", "a", function=written, function_type="lambda", output_shape=[4], arguments={})
    first = architecture(model([place("a", 4), layer], ["a"], ["lambda_1"], version="2.2.4"))
    assert first.layers[0].kind == "Lambda"
    assert first.layers[0].config["function"]["symbol"].startswith("compiled_lambda_")
    assert first.layers[0].config["output_shape"] == [4]
    named = entry("Lambda", "lambda_1", "a", function="squash", function_type="function")
    second = architecture(model([place("a", 4), named], ["a"], ["lambda_1"], version="2.2.4"))
    assert second.layers[0].config == {"function": {"symbol": "squash"}}


def test_somebodys_own_layers_are_named_and_the_rest_is_read():
    layers = [
        place("a", 4),
        entry("Capsule", "capsule", "a", num_capsule=10, routings=3),
        {**entry("Custom>Attention", "attention", "capsule", k=4)},
        entry("Attention", "other", "attention", step_dim=9),
        dense("out", 2, "other"),
    ]
    found = architecture(model(layers, ["a"], ["out"], version="2.3.0"))
    assert [layer.kind for layer in found.layers] == ["Capsule", "Custom_Attention", "Custom_Attention", "Dense"]
    assert found.layers[0].config == {"num_capsule": 10, "routings": 3}


def test_an_argument_nobody_knows_is_said_and_the_layer_is_read():
    data = model([place("a", 4), entry("Dense", "d", "a", units=3, colour="red")], ["a"], ["d"], version="2.3.0")
    reading = read_file(data)
    assert [(note.text, note.why) for note in reading.not_understood] == [
        ("d: colour='red'", "Keras's Dense has no argument of this name")
    ]
    assert reading.definitions[0].architecture.layers[0].config == {"units": 3}


def test_somebodys_own_activation_is_told_from_keras():
    layer = entry("Dense", "d", "a", units=3, activation="mish_of_mine", kernel_initializer="glorot_uniform")
    found = architecture(model([place("a", 4), layer], ["a"], ["d"], version="2.3.0"))
    assert found.layers[0].config["activation"] == {"kind": "mish_of_mine", "config": {}}
    assert read_layer_table(found).rows[1].output_shapes == ((None, 3),)


def test_a_network_over_time_is_its_layers_over_time():
    conv = entry("Conv2D", "conv", filters=2, kernel_size=[3, 3], batch_input_shape=[None, 6, 6, 1])
    inner = {"class_name": "Sequential", "config": {"name": "cnn", "layers": [conv, entry("Flatten", "flat")]}}
    outer = entry("TimeDistributed", "td", layer=inner, batch_input_shape=[None, 5, 6, 6, 1])
    last = entry("LSTM", "lstm", units=2, recurrent_activation="sigmoid")
    found = architecture({"class_name": "Sequential", "keras_version": "2.2.4", "config": [outer, last]})
    assert [(layer.name, layer.kind) for layer in found.layers] == [
        ("td.conv", "TimeDistributed"), ("td.flat", "TimeDistributed"), ("lstm", "LSTM"),
    ]  # fmt: skip
    assert found.inputs[0].shape == (None, 5, 6, 6, 1)
    assert read_layer_table(found).totals.parameters == (9 * 2 + 2) + 4 * (32 * 2 + 2 * 2 + 2)


def test_numbers_that_went_through_float32_come_back_as_they_were_meant():
    regularizer = {"class_name": "L2", "config": {"l2": 9.999999747378752e-05}}
    layer = entry("Dense", "d", "a", units=3, kernel_regularizer=regularizer)
    found = architecture(model([place("a", 4), layer], ["a"], ["d"], version="2.3.0"))
    assert found.layers[0].config["kernel_regularizer"] == {"kind": "L2", "config": {"l2": 0.0001}}


def test_layers_of_keras_1_under_names_of_their_own_are_not_taken_for_somebodys():
    layers = [place("a", 5, 4), entry("TimeDistributedDense", "d", "a", output_dim=3, input_length=5)]
    found = architecture(model(layers, ["a"], ["d"], version="1.0.0"))
    assert (found.layers[0].kind, found.layers[0].config["layer"]["kind"]) == ("TimeDistributed", "Dense")


def test_types_of_inputs_are_keras_names():
    assert architecture(model([{**place("a", 4), "config": {"batch_input_shape": [None, 4], "input_dtype": "float"}},
                               dense("d", 3, "a")], ["a"], ["d"])).inputs[0].dtype == "float32"  # fmt: skip


def test_branches_over_time_join_where_they_joined():
    both = entry("Concatenate", "both", axis=1)
    both["inbound_nodes"] = [[["x", 0, 0], ["x", 0, 0]]]
    inner = model([place("x", 3, 4), both], ["x"], ["both"])
    outer = entry("TimeDistributed", "td", "a", layer={key: inner[key] for key in ("class_name", "config")})
    found = architecture(model([place("a", 5, 3, 4), outer], ["a"], ["td"], version="2.2.4"))
    assert [(layer.kind, layer.config) for layer in found.layers] == [("Concatenate", {"axis": 2})]
    assert read_layer_table(found).rows[-1].output_shapes == ((None, 5, 6, 4),)
