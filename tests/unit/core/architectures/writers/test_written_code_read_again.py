"""Code → architecture → code → architecture is the identity, and what was written is what is read."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style, Symbol, source_of
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.presets import build_preset, presets
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.writers import write_code
from app.core.architectures.writers.keras_words import KERAS_LAYERS
from app.core.values import JsonObject
from app.networks.application import read_application
from app.networks.catalogue import tell_catalogue
from tests.factories.architectures import random_architecture, random_chain

DRAWN = 24


class Facts:
    """Keras of this very process."""

    def catalogue(self) -> Catalogue:
        return tell_catalogue()

    def application(self, name: str, options: JsonObject) -> Architecture:
        return read_application(name, options)


def read(code: str) -> Architecture:
    reading = read_code(code, facts=Facts())
    assert reading.not_understood == (), code
    (definition,) = reading.definitions
    return definition.architecture


def assert_is_the_identity(architecture: Architecture, style: Style) -> Architecture:
    code = write_code(architecture, style, catalogue=tell_catalogue())
    once = read(code)
    again = read(write_code(once, style))
    assert once.style is style
    assert again.digest == once.digest, code
    return once


def structure(architecture: Architecture) -> tuple[Any, ...]:
    """The architecture but for its style and the ids of its calls.

    A class that nobody defined shows itself as a layer only where it is called: its place among the layers is not kept.
    """
    ids = {entry.name: entry.name for entry in architecture.inputs}
    ids |= {call.id: f"call {number}" for number, call in enumerate(architecture.calls)}

    def references(names: tuple[str, ...]) -> list[tuple[str, int]]:
        found = [source_of(name, ids) for name in names]
        return [(ids[name], number) for name, number in found]

    return (
        architecture.inputs,
        {layer.name: (layer.kind, _in_one_form(layer.config)) for layer in architecture.layers},
        [layer.name for layer in architecture.layers if layer.kind in KERAS_LAYERS],
        [(call.layer, references(call.inputs), call.arguments) for call in architecture.calls],
        references(architecture.outputs),
    )


def _in_one_form(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        forms: JsonObject = {"l2": {"kind": "L2", "config": {"l2": 0.01}}}
        return {
            key: forms.get(entry, entry)
            if key.endswith("regularizer") and isinstance(entry, str)
            else _in_one_form(entry)
            for key, entry in value.items()
        }
    return [_in_one_form(entry) for entry in value] if isinstance(value, list) else value


def styles_of(architecture: Architecture) -> list[Style]:
    chain = architecture.is_chain and not any(layer.config.get("return_state") for layer in architecture.layers)
    return [style for style in Style if chain or style is not Style.SEQUENTIAL]


@pytest.mark.parametrize("seed", range(DRAWN))
def test_random_architectures_come_back_as_they_were(seed: int) -> None:
    rng = random.Random(seed)
    drawn = random_architecture(rng, size=12) if seed % 2 else random_chain(rng, size=8)
    for style in styles_of(drawn):
        assert structure(assert_is_the_identity(drawn, style)) == structure(drawn)


@pytest.mark.parametrize("preset", [entry.name for entry in presets()])
@pytest.mark.parametrize("style", list(Style))
def test_presets_come_back_with_equal_digest(preset: str, style: Style) -> None:
    architecture = build_preset(preset, {})
    assert read(write_code(architecture, style)).digest == architecture.model_copy(update={"style": style}).digest


@pytest.mark.parametrize("name", ["MobileNetV2", "ConvNeXtTiny"])
@pytest.mark.parametrize("style", [Style.FUNCTIONAL, Style.SUBCLASSED])
def test_networks_of_keras_itself_come_back(name: str, style: Style) -> None:
    architecture = read_application(name, {})
    assert structure(assert_is_the_identity(architecture, style)) == structure(architecture)


def chain(*layers: Layer, entry: Input) -> Architecture:
    ids = [entry.name, *[layer.name for layer in layers]]
    return Architecture(
        name="chain",
        style=Style.FUNCTIONAL,
        inputs=(entry,),
        layers=layers,
        calls=tuple(
            Call(id=layer.name, layer=layer.name, inputs=(before,)) for layer, before in zip(layers, ids, strict=False)
        ),
        outputs=(ids[-1],),
    )


def of(name: str, kind: str, **config: JsonValue) -> Layer:
    return Layer(name=name, kind=kind, config=config)


IMAGE = Input(name="input_layer", shape=(None, 8, 8, 3))
OPEN = Input(name="input_layer", shape=(None, Symbol(symbol="*input_shape")))
UNWRITTEN = Input(name="input_layer", shape=(None, Symbol(symbol="*")))
NAMED = Input(name="picture", shape=(4, Symbol(symbol="height"), None, 3), dtype="uint8")
SYMBOLS = (
    of("dense", "Dense", units={"symbol": "labels_values"}),
    of("dense_1", "Dense", units={"symbol": "len(classes)"}),
    of("dense_2", "Dense", units={"symbol": "width * 2"}, activation={"symbol": "config.activation"}),
    of("dense_3", "Dense", units={"symbol": "layers"}),
    of("dense_4", "Dense", units={"symbol": "x"}),
    of("dense_5", "Dense", units={"symbol": "model"}),
)
NAMES = (
    of("block1.conv", "Conv2D", filters=2, kernel_size=1),
    of("conv2d", "Conv2D", filters=2, kernel_size=1),
    of("loss", "Conv2D", filters=2, kernel_size=1),
    of("class", "Conv2D", filters=2, kernel_size=1),
    of("x", "Conv2D", filters=2, kernel_size=1),
    of("conv2d_1", "Conv2D", filters=2, kernel_size=1),
    of("-", "Conv2D", filters=2, kernel_size=1),
    of("1x1", "Conv2D", filters=2, kernel_size=1),
    of("inputs", "Conv2D", filters=2, kernel_size=1),
    of("block1_conv", "Conv2D", filters=2, kernel_size=1),
)
INNER = (
    of("time_distributed", "TimeDistributed", layer={"kind": "Dense", "config": {"units": 3}}),
    of("dense", "Dense", units=2),
    of("bidirectional", "Bidirectional", layer={"kind": "LSTM", "config": {"units": 3}}, merge_mode="sum"),
    of("lstm", "Dense", units=2, kernel_initializer={"kind": "RandomNormal", "config": {"stddev": 0.5}}),
)
OWN = (
    of("attention_pool", "AttentionPool", heads=3, name_of_it='it\'s "quoted"\n'),
    of("reduce_mean", "reduce_mean", axis=1),
    of("lambda", "Lambda", function={"code": "lambda x: tf.nn.relu(x) * 2"}),
    of("lambda_1", "Lambda", function={"symbol": "compiled_lambda_cfad6af1ad04f7c5"}),
)


@pytest.mark.parametrize("entry", [IMAGE, OPEN, NAMED, UNWRITTEN], ids=["image", "open", "named", "unwritten"])
@pytest.mark.parametrize("layers", [SYMBOLS, NAMES, INNER, OWN], ids=["symbols", "names", "inner", "own"])
def test_what_is_open_named_nested_or_unknown_comes_back(entry: Input, layers: tuple[Layer, ...]) -> None:
    architecture = chain(*layers, entry=entry)
    for style in Style:
        once = assert_is_the_identity(architecture, style)
        if entry is not UNWRITTEN or style is not Style.FUNCTIONAL:  # that one has to name its input
            assert structure(once) == structure(architecture)


def test_states_results_and_arguments_come_back() -> None:
    architecture = Architecture(
        name="seq2seq",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="source", shape=(None, 5, 2)), Input(name="target", shape=(None, None, 2))),
        layers=(
            of("encoder", "LSTM", units=3, return_state=True),
            of("decoder", "LSTM", units=3, return_sequences=True, return_state=True),
            of("attention", "MultiHeadAttention", num_heads=2, key_dim=2),
            of("dropout", "Dropout", rate=0.1),
            of("split", "Split", parts=3),
            of("dense", "Dense", units=4),
        ),
        calls=(
            Call(id="encoder", layer="encoder", inputs=("source",)),
            Call(id="decoder", layer="decoder", inputs=("target", "encoder:1", "encoder:2")),
            Call(id="attention", layer="attention", inputs=("decoder", "decoder"), arguments={"use_causal_mask": True}),
            Call(id="dropout", layer="dropout", inputs=("attention",), arguments={"training": True}),
            Call(id="split", layer="split", inputs=("dropout",)),
            Call(id="dense", layer="dense", inputs=("split:2",)),
            Call(id="dense_1", layer="dense", inputs=("split",)),
        ),
        outputs=("dense", "decoder:2", "dense_1"),
    )
    for style in (Style.FUNCTIONAL, Style.SUBCLASSED):
        assert structure(assert_is_the_identity(architecture, style)) == structure(architecture)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True), values, max_size=4)


@given(
    names=st.lists(st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True), min_size=1, max_size=5, unique=True),
    config=arguments,
)
@settings(max_examples=40)
def test_any_names_and_any_arguments_come_back(names: list[str], config: JsonObject) -> None:
    config.pop("name", None)
    layers = tuple(
        of(name, "Own" if number % 2 else "Dense", **(config if number % 2 else {"units": 3}))
        for number, name in enumerate(names)
    )
    if "input_layer" in names:
        return
    architecture = chain(*layers, entry=IMAGE)
    for style in Style:
        assert structure(assert_is_the_identity(architecture, style)) == structure(architecture)


FUNCTIONS = [
    "x = layers.Dense(8)(inputs)\nx = keras.ops.mean(x, axis=1, keepdims=True)\nx = layers.Dense(4)(x)\nx = x[:, :, :2]\n",
    "a = layers.Dense(8)\nb = layers.Dense(8)\nx = a(inputs) * 2.0 + b(inputs)\nx = layers.Dropout(0.5)(x)\n",
    "x = keras.ops.concatenate([inputs[:, :3], inputs[:, 3:]], axis=1)\nx = layers.LSTM(3)(x)\nx = keras.ops.tanh(x)\n",
]


@pytest.mark.parametrize("style", [Style.FUNCTIONAL, Style.SUBCLASSED])
@pytest.mark.parametrize("body", FUNCTIONS)
def test_functions_on_tensors_come_back_in_every_style_that_can_say_them(body: str, style: Style) -> None:
    head = "import keras\nfrom keras import layers\ninputs = keras.Input((6, 5))\n"
    first = read(f"{head}{body}model = keras.Model(inputs, x)\n")
    once = assert_is_the_identity(first, style)
    assert structure(once) == structure(first)
    assert [layer.kind for layer in once.layers] == [layer.kind for layer in first.layers]
