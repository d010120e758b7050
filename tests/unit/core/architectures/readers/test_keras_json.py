"""Forms of Keras 1 and 2 that no Keras here can write: small files by hand, counts by hand."""

import json
from pathlib import Path

import pytest

from app.core.architectures.architecture import Style
from app.networks import read_layer_table
from tests.factories.keras_files import architecture, dense, entry, model, place, read_file

SAMPLES = Path(__file__).parents[6] / "shared" / "keras_json"
KNOWN = {
    "mlp_fapi_k112_model_merge.json": (40, 9),
    "mlp_k112_sequential.json": (44, 8),
    "mlp_k222_sequential_listconfig.json": (669_706, 5),
    "mlp_k224_sequential_dictconfig.json": (669_706, 5),
    "mnist_cnn_k121_sequential.json": (600_810, 12),
    "mnist_cnn_k206_sequential_tf.json": (1_199_882, 8),
    "yolo_tiny_k120_sequential.json": (45_089_374, 29),
}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside this checkout")
@pytest.mark.parametrize("name", KNOWN)
def test_real_files_have_the_parameters_that_are_known_of_them(name):
    built = architecture((SAMPLES / name).read_bytes())
    table = read_layer_table(built)
    assert (table.complete, table.totals.parameters, len(built.layers)) == (True, *KNOWN[name])


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside this checkout")
def test_the_list_and_the_dict_form_of_a_network_are_identical():
    early, late = (
        architecture((SAMPLES / f"mlp_k22{form}.json").read_bytes())
        for form in ("2_sequential_listconfig", "4_sequential_dictconfig")
    )
    assert early.digest == late.digest
    assert early.style is Style.SEQUENTIAL


def test_theanos_order_is_kept_with_its_shapes():
    first = entry(
        "Convolution2D", "conv", nb_filter=4, nb_row=3, nb_col=3, border_mode="same", dim_ordering="th",
        subsample=[1, 1], init="glorot_uniform", batch_input_shape=[None, 3, 8, 6],
    )  # fmt: skip
    read_one = architecture({"class_name": "Sequential", "keras_version": "1.1.0", "config": [first]})
    assert read_one.inputs[0].shape == (None, 3, 8, 6)
    assert read_one.layers[0].kind == "Conv2D"
    assert read_one.layers[0].config["data_format"] == "channels_first"
    assert read_layer_table(read_one).rows[1].output_shapes == ((None, 4, 8, 6),)


def test_a_layer_that_does_not_say_its_order_has_the_one_of_its_file():
    first = entry("ZeroPadding2D", "pad", padding=[1, 1], dim_ordering="th", batch_input_shape=[None, 3, 8, 6])
    layers = [first, entry("UpSampling2D", "up", size=[2, 2]), entry("Flatten", "flat")]
    found = architecture({"class_name": "Sequential", "keras_version": "1.0.5", "config": layers})
    assert [layer.config.get("data_format") for layer in found.layers] == ["channels_first", "channels_first", None]


def test_a_merge_inside_a_sequential_brings_its_branches_and_their_inputs():
    def branch(number, width):
        first = dense(f"dense_{number}", 3)
        first["config"]["batch_input_shape"] = [None, width]
        return {"class_name": "Sequential", "config": [first, entry("Activation", f"relu_{number}", activation="relu")]}

    merge = entry("Merge", "merge_1", mode="concat", concat_axis=-1, dot_axes=-1, layers=[branch(1, 4), branch(2, 5)])
    data = {"class_name": "Sequential", "keras_version": "1.2.2", "config": [merge, dense("out", 2)]}
    found = architecture(data)
    assert [entry.shape for entry in found.inputs] == [(None, 4), (None, 5)]
    assert found.style is Style.FUNCTIONAL
    kinds = [layer.kind for layer in found.layers]
    assert kinds == ["Dense", "Activation", "Dense", "Activation", "Concatenate", "Dense"]
    assert read_layer_table(found).totals.parameters == (4 * 3 + 3) + (5 * 3 + 3) + (6 * 2 + 2)


@pytest.mark.parametrize("mode", [{"mode": "sum"}, {"mode": "ave"}, {"mode": "concat", "concat_axis": 1}])
def test_a_merge_of_a_model_is_the_layer_of_its_mode(mode):
    layers = [
        place("a", 4),
        dense("left", 3, "a"),
        dense("right", 3, "a"),
        entry("Merge", "m", "left", "right", **mode),
    ]
    found = architecture(model(layers, ["a"], ["m"]))
    assert found.calls[-1].inputs == ("left", "right")
    assert found.layers[-1].kind == {"sum": "Add", "ave": "Average", "concat": "Concatenate"}[mode["mode"]]


def test_a_shared_layer_is_one_layer_with_two_calls():
    shared = dense("shared", 4, "a")
    shared["inbound_nodes"].append([["b", 0, 0]])
    both = entry("Merge", "both", mode="sum")
    both["inbound_nodes"] = [[["shared", 1, 0], ["shared", 0, 0]]]
    found = architecture(model([place("a", 4), place("b", 4), shared, both], ["a", "b"], ["both"]))
    assert [layer.name for layer in found.layers] == ["shared", "both"]
    assert [(call.id, call.inputs) for call in found.calls] == [
        ("shared", ("a",)),
        ("shared_call_2", ("b",)),
        ("both", ("shared_call_2", "shared")),
    ]
    assert read_layer_table(found).totals.parameters == 20


def test_a_nested_model_is_laid_out_and_its_first_call_is_number_one():
    inner = model([place("x", 4), dense("d", 3, "x"), dense("e", 2, "x")], ["x"], ["d", "e"])
    nested = {**inner, "name": "inner", "inbound_nodes": [[["a", 0, 0]], [["b", 0, 0]]]}
    nested["config"]["name"] = "inner"
    last = entry("Merge", "last", mode="concat", concat_axis=-1)
    last["inbound_nodes"] = [[["inner", 1, 0], ["inner", 2, 1]]]
    found = architecture(model([place("a", 4), place("b", 4), nested, last], ["a", "b"], ["last"]))
    assert [layer.name for layer in found.layers] == ["inner.d", "inner.e", "last"]
    assert found.calls[-1].inputs == ("inner.d", "inner.e_call_2")
    assert read_layer_table(found).totals.parameters == 15 + 10


def test_calls_come_behind_what_they_are_called_on_whatever_the_order_of_the_file():
    layers = [dense("c", 2, "b"), dense("b", 2, "a"), place("a", 4)]
    assert [call.id for call in architecture(model(layers, ["a"], ["c"])).calls] == ["b", "c"]


def test_lstm_states_are_further_results_and_further_inputs():
    def lstm(name, *inbound, **more):
        return entry("LSTM", name, *inbound, units=3, recurrent_activation="sigmoid", **more)

    second = lstm("second", "a")
    second["inbound_nodes"] = [[["a", 0, 0, {"training": None}], ["first", 0, 1, {}], ["first", 0, 2, {}]]]
    layers = [place("a", 5, 2), lstm("first", "a", return_state=True), second]
    found = architecture(model(layers, ["a"], ["second"], version="2.1.6"))
    assert found.calls[1].inputs == ("a", "first:1", "first:2")
    keyword = lstm("second", "a")
    keyword["inbound_nodes"] = [[["a", 0, 0, {"initial_state": [["first", 0, 1], ["first", 0, 2]]}]]]
    by_keyword = architecture(model([*layers[:2], keyword], ["a"], ["second"], version="2.4.0"))
    assert by_keyword.calls == found.calls
    assert read_layer_table(found).totals.parameters == 2 * 4 * (2 * 3 + 3 * 3 + 3)


def test_what_refers_to_nothing_is_left_out_and_said():
    layers = [
        place("a", 4),
        dense("d", 3, "a"),
        dense("lost", 3, "nowhere"),
        dense("round", 3, "round"),
        dense("idle", 3),
    ]
    reading = read_file(model([*layers, 7, {"class_name": 5}], ["a"], ["d"]))
    assert [layer.name for layer in reading.definitions[0].architecture.layers] == ["d"]
    said = " ".join(note.why for note in reading.not_understood)
    assert all(name in said for name in ("'lost'", "'round'", "'idle'", "this is no layer"))


def test_an_input_without_shape_stays_open_and_can_be_given():
    data = {
        "class_name": "Sequential",
        "keras_version": "2.3.1",
        "config": {"name": "s", "layers": [entry("Dense", "d", units=3)]},
    }
    reading = read_file(data)
    assert (reading.symbols, reading.definitions[0].architecture.inputs[0].shape[0]) == (("*",), None)
    filled = read_file(data, symbols={"*": [4]})
    assert (filled.symbols, filled.definitions[0].architecture.inputs[0].shape) == ((), (None, 4))
    data["config"]["build_input_shape"] = [None, 4]
    assert read_file(data).definitions[0].architecture.inputs[0].shape == (None, 4)


def test_the_wrappings_of_a_network_are_taken_off():
    plain = model([place("a", 4), dense("d", 3, "a")], ["a"], ["d"])
    bare = {key: value for key, value in plain.items() if key != "keras_version"}
    early = {
        "name": "Sequential",
        "layers": [{"name": "Dense", "custom_name": "d", "output_dim": 3, "input_shape": [4]}],
    }
    digests = {
        architecture(form).digest
        for form in (
            plain,
            json.dumps(plain),
            json.dumps(json.dumps(plain)),
            b"\xef\xbb\xbf" + json.dumps(plain).encode(),
            json.dumps(plain).encode("utf-16"),
            {"modelTopology": {"keras_version": "1.2.2", "model_config": bare}, "weightsManifest": []},
            {"keras_version": b"1.2.2".decode(), "model_config": json.dumps(bare)},
            plain["config"],
        )
    }
    assert len(digests) == 1
    assert architecture(early).layers[0].config["units"] == 3
