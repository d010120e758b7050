"""The graph of calls says what amounts to the same alike."""

import inspect

import keras

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.graph import TRAINING_BY_DEFAULT, graph_of
from app.networks import read_layer_table


def test_the_training_defaults_are_keras_own() -> None:
    for kind, default in TRAINING_BY_DEFAULT.items():
        parameters = inspect.signature(getattr(keras.layers, kind).call).parameters
        assert parameters["training"].default is default, kind


def test_what_keras_takes_anyway_is_no_argument_of_a_call() -> None:
    given = {"drop": False, "again": True, "norm": False}
    kinds = {"drop": "Dropout", "again": "Dropout", "norm": "BatchNormalization"}
    network = Architecture(
        name="calls",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, 4)),),
        layers=tuple(Layer(name=name, kind=kind, config=_config(kind)) for name, kind in kinds.items()),
        calls=tuple(Call(id=name, layer=name, inputs=("x",), arguments={"training": given[name]}) for name in kinds),
        outputs=("drop", "again", "norm"),
    )
    nodes = graph_of(network, read_layer_table(network)).nodes
    assert {name: nodes[name].arguments for name in kinds} == {
        "drop": {},
        "again": {"training": True},
        "norm": {"training": False},
    }


def test_attention_over_all_axes_is_what_is_meant_where_none_is_written() -> None:
    config = {"num_heads": 2, "key_dim": 4}
    layers = (
        Layer(name="open", kind="MultiHeadAttention", config=config),
        Layer(name="written", kind="MultiHeadAttention", config=config | {"attention_axes": [1]}),
    )
    network = Architecture(
        name="attention",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, 6, 4)),),
        layers=layers,
        calls=tuple(Call(id=layer.name, layer=layer.name, inputs=("x", "x")) for layer in layers),
        outputs=("open", "written"),
    )
    nodes = graph_of(network, read_layer_table(network)).nodes
    assert nodes["open"].settings_text == nodes["written"].settings_text


def _config(kind: str) -> dict[str, float]:
    return {"rate": 0.5} if kind == "Dropout" else {}
