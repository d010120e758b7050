import ast
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style, Symbol
from app.core.architectures.presets import build_preset
from app.core.architectures.writers import write_code
from app.core.architectures.writers.keras_words import LAYER_ARGUMENTS
from app.core.architectures.writers.python_text import as_argument
from app.core.errors import InvalidError
from tests.factories.architectures import random_architecture

IMAGE = Input(name="input_layer", shape=(None, 8, 8, 3))


def chain(*layers: Layer, entry: Input = IMAGE, name: str = "tiny", style: Style = Style.SEQUENTIAL) -> Architecture:
    ids = [entry.name, *[layer.name for layer in layers]]
    return Architecture(
        name=name,
        style=style,
        inputs=(entry,),
        layers=layers,
        calls=tuple(
            Call(id=layer.name, layer=layer.name, inputs=(before,)) for layer, before in zip(layers, ids, strict=False)
        ),
        outputs=(ids[-1],),
    )


def dense(name: str = "dense", **config: JsonValue) -> Layer:
    return Layer(name=name, kind="Dense", config={"units": 3, **config})


def of(name: str, kind: str, **config: JsonValue) -> Layer:
    return Layer(name=name, kind=kind, config=config)


def sequential(*layers: Layer, entry: Input = IMAGE) -> str:
    return write_code(chain(*layers, entry=entry), Style.SEQUENTIAL)


def test_a_chain_reads_like_keras_own_examples() -> None:
    code = sequential(of("conv2d", "Conv2D", filters=4, kernel_size=[3, 3], padding="same"), dense(activation="relu"))
    assert code == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        "model = keras.Sequential(\n"
        "    [\n"
        "        keras.Input(shape=(8, 8, 3)),\n"
        '        layers.Conv2D(4, kernel_size=(3, 3), padding="same"),\n'
        '        layers.Dense(3, activation="relu"),\n'
        "    ],\n"
        '    name="tiny",\n'
        ")\n"
    )


def test_a_branching_network_in_functional_style_names_what_is_used_again() -> None:
    network = Architecture(
        name="two heads",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="left", shape=(None, 4)), Input(name="right", shape=(8, 4), dtype="int32")),
        layers=(dense("encoder"), of("concatenate", "Concatenate"), dense("class", units=2)),
        calls=(
            Call(id="first", layer="encoder", inputs=("left",)),
            Call(id="second", layer="encoder", inputs=("right",), arguments={"training": False}),
            Call(id="concatenate", layer="concatenate", inputs=("first", "second")),
            Call(id="class", layer="class", inputs=("concatenate",)),
        ),
        outputs=("class", "first"),
    )
    assert write_code(network, Style.FUNCTIONAL) == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        'left = keras.Input(shape=(4,), name="left")\n'
        'right = keras.Input(shape=(4,), batch_size=8, dtype="int32", name="right")\n'
        'encoder = layers.Dense(3, name="encoder")\n'
        "first = encoder(left)\n"
        "x = encoder(right, training=False)\n"
        "x = layers.Concatenate()([first, x])\n"
        'class_ = layers.Dense(2, name="class")(x)\n'
        'model = keras.Model(inputs=[left, right], outputs=[class_, first], name="two_heads")\n'
    )


def test_a_class_holds_its_layers_and_is_built() -> None:
    code = write_code(chain(dense("loss"), dense("dense"), name="9 lives"), Style.SUBCLASSED)
    assert code == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        "\n"
        "class Network9Lives(keras.Model):\n"
        "    def __init__(self):\n"
        '        super().__init__(name="9_lives")\n'
        '        self.loss_layer = layers.Dense(3, name="loss")\n'
        "        self.dense = layers.Dense(3)\n"
        "\n"
        "    def call(self, inputs, training=None):\n"
        "        x = self.loss_layer(inputs)\n"
        "        outputs = self.dense(x)\n"
        "        return outputs\n"
        "\n"
        "\n"
        "inputs = keras.Input(shape=(8, 8, 3))\n"
        "model = Network9Lives()\n"
        "model(inputs)  # makes the weights\n"
    )


def test_further_results_of_a_call_get_names() -> None:
    network = Architecture(
        name="states",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="input_layer", shape=(None, 5, 2)),),
        layers=(of("lstm", "LSTM", units=3, return_state=True), of("split", "Split", parts=2), of("add", "Add")),
        calls=(
            Call(id="lstm", layer="lstm", inputs=("input_layer",)),
            Call(id="split", layer="split", inputs=("lstm:2",)),
            Call(id="add", layer="add", inputs=("lstm", "split:1")),
        ),
        outputs=("add",),
    )
    code = write_code(network, Style.FUNCTIONAL)
    assert "lstm, lstm_state_h, lstm_state_c = layers.LSTM(3, return_state=True)(inputs)" in code
    assert "split = Split(parts=2)(lstm_state_c)" in code
    assert "outputs = layers.Add()([lstm, split[1]])" in code
    assert "# fill in: class Split(keras.layers.Layer): ..." in code


def test_keras_objects_and_inner_layers_are_constructed() -> None:
    inner: JsonValue = {"kind": "LSTM", "config": {"units": 4, "return_sequences": True}}
    code = sequential(
        of("bidirectional", "Bidirectional", layer=inner, merge_mode="sum"),
        of("time_distributed", "TimeDistributed", layer="Flatten"),
        dense(kernel_regularizer={"kind": "L2", "config": {"l2": 0.01}}, kernel_initializer="he_normal"),
        dense("dense_1", kernel_initializer={"kind": "Identity", "config": {"gain": 2.0}}),
        entry=Input(name="input_layer", shape=(None, 5, 2)),
    )
    assert 'layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="sum"),' in code
    assert "layers.TimeDistributed(layers.Flatten())," in code
    assert "kernel_regularizer=keras.regularizers.L2(l2=0.01)," in code
    assert "kernel_initializer=keras.initializers.Identity(gain=2.0)" in code


def test_a_layer_as_activation_is_made_and_other_words_stay_words() -> None:
    code = sequential(dense(activation="LeakyReLU"), of("own", "Own", like="Dense", activation="relu"))
    assert "layers.Dense(3, activation=layers.LeakyReLU())," in code
    assert 'Own(like="Dense", activation="relu"),' in code


def test_sizes_are_tuples_and_words_lists() -> None:
    code = sequential(of("own", "Own", size=[{"symbol": "k"}, 3], pads=[[1, 2], [0, 0]], words=["a", "b"], one=[5]))
    assert 'Own(size=(k, 3), pads=((1, 2), (0, 0)), words=["a", "b"], one=(5,)),' in code


def test_what_nobody_defined_stays_a_name_that_is_listed_at_the_top() -> None:
    code = sequential(
        dense(units={"symbol": "labels_values"}),
        dense("dense_1", units={"symbol": "len(classes) // 2"}),
        entry=Input(name="input_layer", shape=(None, Symbol(symbol="*input_shape"))),
    )
    assert code.splitlines()[:3] == [
        "# fill in: input_shape = ...",
        "# fill in: labels_values = ...",
        "# fill in: classes = ...",
    ]
    assert "keras.Input(shape=input_shape)," in code
    assert "layers.Dense(labels_values)," in code
    assert "layers.Dense(len(classes) // 2)," in code
    with pytest.raises(NameError, match="input_shape"):
        exec(code, {})


def test_an_input_that_was_never_written_is_not_written() -> None:
    entry = Input(name="input_layer", shape=(None, Symbol(symbol="*")))
    network = chain(dense(), entry=entry)
    assert "Input" not in write_code(network, Style.SEQUENTIAL)
    assert write_code(network, Style.SUBCLASSED).endswith("model = Tiny()\n")
    assert "# fill in: input_shape = ..." in write_code(network, Style.FUNCTIONAL)


def test_our_names_do_not_hide_those_of_the_definition() -> None:
    code = sequential(dense(units={"symbol": "layers"}), dense("dense_1", units={"symbol": "keras"}))
    assert "import keras as keras_1" in code
    assert "keras_1.layers.Dense(layers)," in code
    assert "keras_1.layers.Dense(keras)," in code
    functional = write_code(chain(dense(units={"symbol": "x"}), dense("dense_1")), Style.FUNCTIONAL)
    assert "x_1 = layers.Dense(x)(inputs)" in functional


def test_functions_are_taken_over_with_a_warning() -> None:
    code = sequential(of("lambda", "Lambda", function={"code": "lambda x: tf.nn.relu(x) * factor"}))
    assert "layers.Lambda(function=lambda x: tf.nn.relu(x) * factor)," in code
    assert code.splitlines()[:5] == [
        "# fill in: factor = ...",
        "# not checked: functions are taken over as the definition writes them",
        "import keras",
        "from keras import layers",
        "import tensorflow as tf",
    ]


@pytest.mark.parametrize(
    "symbol", ["__import__('os').system('x')", "eval('1')", "().__class__", "a); evil(", "a # b", "a\nevil()", ")", "*"]
)
def test_a_symbol_that_would_do_something_is_only_quoted(symbol: str) -> None:
    code = sequential(dense(units={"symbol": symbol}))
    tree = ast.parse(code)
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert called == {"keras.Sequential", "keras.Input", "layers.Dense"}
    assert len(tree.body) == 3


@given(st.text(max_size=40))
def test_no_name_or_string_gets_out_of_its_quotes(text: str) -> None:
    name = "".join(character for character in text if character.isalnum() and character.isascii()) or "a"
    layers = (dense(f"{name}.-", activation=text), of("own", "eval", **{text or "a": text}))
    network = chain(*layers, entry=Input(name=text or "a", shape=(None, 3), dtype=text[:20] or "a"), name=f"n{name}")
    for style in Style:
        code = write_code(network, style)
        calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
        functions = {ast.unparse(node.func).split("(")[0].split(".")[0] for node in calls}
        ours = {"keras", "layers", "eval_", "super", "self", "model", f"N{name}", f"N{name}_"}
        # An argument that is itself a layer (`cell`) is one of the definition's own classes, named as it names it.
        assert functions <= ours | ({text} if text in LAYER_ARGUMENTS else set())


@given(st.text(alphabet="ab,()[]=*: #'\"\n\\lambdfor in", max_size=20))
def test_what_stands_as_an_argument_is_exactly_one(text: str) -> None:
    argument = as_argument(text)
    if argument is not None:
        call = ast.parse(f"f(1, value={argument}, last=2)", mode="eval").body
        assert isinstance(call, ast.Call)
        assert (len(call.args), [entry.arg for entry in call.keywords]) == (1, ["value", "last"])


@pytest.mark.parametrize("text", ["a" + ".b" * 900, "-" * 900 + "a", "(" * 900 + "a" + ")" * 900, "a" * 5000, "\0"])
def test_absurd_text_is_kept_or_quoted(text: str) -> None:
    def deep(depth: int) -> str:
        return deep(depth - 1) if depth else sequential(dense(units={"symbol": text}))

    assert "layers.Dense(" in deep(500)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"outputs": ("dense", "dense_1")}, "it has 2 outputs"),
        ({"outputs": ("dense",)}, "its output is 'dense', not the result of its last layer"),
        ({"calls": (("dense", "dense", "input_layer"), ("dense_1", "dense", "dense"))}, "'dense' is called more than"),
        (
            {"calls": (("dense", "dense", "input_layer"), ("dense_1", "dense_1", "input_layer"))},
            "the call 'dense_1' takes input_layer, not just",
        ),
    ],
)
def test_what_a_sequential_cannot_express_is_refused_with_the_reason(change: dict[str, object], why: str) -> None:
    network = chain(dense(), dense("dense_1"), style=Style.FUNCTIONAL)
    fields = network.model_dump() | change
    fields["calls"] = [
        {"id": call[0], "layer": call[1], "inputs": [call[2]]} if isinstance(call, tuple) else call
        for call in fields["calls"]
    ]
    with pytest.raises(InvalidError, match="cannot be written as a Sequential") as refusal:
        write_code(Architecture.model_validate(fields), Style.SEQUENTIAL)
    assert why in refusal.value.detail


def test_a_sequential_passes_on_one_result_and_no_arguments() -> None:
    with pytest.raises(InvalidError, match="yields several results"):
        sequential(of("lstm", "LSTM", units=3, return_state=True))
    network = chain(dense())
    call = network.calls[0].model_copy(update={"arguments": {"training": False}})
    with pytest.raises(InvalidError, match=r"given arguments \(training\)"):
        write_code(network.model_copy(update={"calls": (call,)}), Style.SEQUENTIAL)


def test_the_code_is_laid_out_as_the_formatter_does(tmp_path: Path) -> None:
    networks = [random_architecture(random.Random(seed), size=14) for seed in range(12)]
    networks += [build_preset("compact-sequential", {}), build_preset("notebook-functional", {})]
    written = [write_code(network, style) for network in networks for style in (Style.FUNCTIONAL, Style.SUBCLASSED)]
    long = of("l", "X", a={"symbol": "a" * 50}, b=["x" * 30, "y" * 30, "z" * 30], c={"k": {"v": "w" * 70}}, d=[1] * 60)
    written += [write_code(chain(long, dense("d" * 90)), style) for style in Style]
    for number, code in enumerate(written):
        (tmp_path / f"written_{number}.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "88", "--diff", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""
