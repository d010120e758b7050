"""What a source leaves open: names nobody defined, pieces of something longer, conditions nobody can know."""

import pytest

from app.core.architectures.architecture import Symbol
from tests.factories.code_readings import chain, named, only, read


def test_a_name_that_nobody_defined_stays_a_symbol() -> None:
    source = "model = Sequential([Dense(units, input_shape=input_shape), Dense(labels_values * 2, activation=act)])"
    reading = read(source)
    (definition,) = reading.definitions
    assert definition.architecture.inputs[0].shape == (None, Symbol(symbol="*input_shape"))
    assert [layer.config for layer in definition.architecture.layers] == [
        {"units": {"symbol": "units"}},
        {"units": {"symbol": "labels_values * 2"}, "activation": {"symbol": "act"}},
    ]
    assert reading.symbols == ("act", "input_shape", "labels_values * 2", "units")


EXPRESSIONS = [
    ("n * 2", "n * 2"),
    ("2 * (n + k)", "2 * (n + 3)"),
    ("(n - 1) - (n - 2)", "n - 1 - (n - 2)"),
    ("-n ** 2", "-n ** 2"),
    ("n // k % 2", "n // 3 % 2"),
    ("args.units", "args.units"),
    ("config['units'][0]", "config['units'][0]"),
    ("len(words) + 1", "len(words) + 1"),
    ("x_train.shape[1]", "x_train.shape[1]"),
    ("n if flag else k", "n if flag else 3"),
    ("int(n * 0.5)", "int(n * 0.5)"),
    ("f'{n}_a'", "f'{n}_a'"),
    ("max(n, 10 - k)", "max(n, 7)"),
    ("n or 4", "n or 4"),
    ("data.get('k', k)", "data.get('k', 3)"),
]


@pytest.mark.parametrize(("text", "symbol"), EXPRESSIONS)
def test_a_symbol_is_its_text_with_known_parts_as_their_values(text: str, symbol: str) -> None:
    source = f"k = 3\nmodel = Sequential([Dense({text}, input_shape=(2,))])"
    assert only(source).layers[0].config == {"units": {"symbol": symbol}}


def test_equal_texts_are_equal_symbols_however_they_are_spaced() -> None:
    first, second = (only(f"model = Sequential([Dense({text})])") for text in ("n*2", "n  *  2"))
    assert first.digest == second.digest


def test_symbols_are_filled_in_wherever_they_stand() -> None:
    source = """
        vocabulary = len(tokenizer.word_index) + 1
        shape = x_train.shape[1:]
        model = Sequential([Input(shape), Dense(units), Dense(units * 2), Dense(vocabulary), Dense(args.last)])
    """
    filled = {"shape": [28, 28], "units": 4, "len(tokenizer.word_index) + 1": 9, "args.last": 3}
    architecture = only(source, symbols=filled)
    assert architecture.inputs[0].shape == (None, 28, 28)
    assert [layer.config["units"] for layer in architecture.layers] == [4, 8, 9, 3]
    starred = only("model = Sequential([Input(input_shape), Dense(1)])", symbols={"*input_shape": [5]})
    assert starred.inputs[0].shape == (None, 5)


def test_what_the_source_defines_is_not_filled_in() -> None:
    assert only("n = 3\nmodel = Sequential([Dense(n)])", symbols={"n": 9}).layers[0].config == {"units": 3}


def test_sizes_of_a_shape_can_be_open_one_by_one() -> None:
    source = "model = Sequential([Input((height, None, 3 * c)), Conv2D(2, 3), Reshape((*rest, 4))])"
    architecture = only(source)
    assert architecture.inputs[0].shape == (None, Symbol(symbol="height"), None, Symbol(symbol="3 * c"))
    assert architecture.layers[1].config == {"target_shape": [{"symbol": "*rest"}, 4]}


def test_a_piece_that_adds_to_something_defined_elsewhere_is_a_sequential() -> None:
    reading = read("model.add(Conv2D(8, 3))\nmodel.add(Dense(2))\nmodel.compile('adam', 'mse')")
    assert chain(named(reading, "model").architecture) == ["Conv2D", "Dense"]
    assert reading.records[0].receiver is not None
    assert reading.records[0].receiver.definition == 0
    assert "not defined here" in reading.not_understood[0].why


def test_a_piece_that_calls_layers_on_something_defined_elsewhere_is_a_network() -> None:
    reading = read("x = Conv2D(8, 3)(inputs)\nx = BatchNormalization()(x)\nout = Dense(2)(Flatten()(x))")
    (definition,) = reading.definitions
    assert definition.architecture.inputs[0].shape == (None, Symbol(symbol="*inputs"))
    assert chain(definition.architecture) == ["Conv2D", "BatchNormalization", "Flatten", "Dense"]
    assert "no Model(...)" in reading.not_understood[-1].why


def test_a_function_that_nobody_calls_is_followed_with_symbols_and_defaults() -> None:
    source = """
        def helper(x, filters):
            return Conv2D(filters, 3)(x)
        def build_model(input_shape, n_classes, act="relu"):
            inputs = keras.Input(shape=input_shape)
            x = Activation(act)(helper(inputs, 8))
            return keras.Model(inputs, Dense(n_classes)(Flatten()(x)))
    """
    reading = read(source)
    (definition,) = reading.definitions
    assert definition.variable == "build_model"
    assert definition.architecture.layer("dense").config == {"units": {"symbol": "n_classes"}}
    assert reading.symbols == ("input_shape", "n_classes")
    assert only(source, symbols={"n_classes": 5}).layer("dense").config == {"units": 5}


def test_a_class_that_nobody_makes_is_followed_with_symbols() -> None:
    source = """
        class Net(keras.Model):
            def __init__(self, classes):
                super().__init__()
                self.head = Dense(classes)
            def call(self, x): return self.head(x)
    """
    assert only(source).layers[0].config == {"units": {"symbol": "classes"}}
    holder = "class Gan:\n    def build_generator(self):\n        model = Sequential()\n        model.add(Dense(3))\n        return model"
    assert only(holder).layers[0].config == {"units": 3}


def test_uncalled_functions_are_left_alone_where_something_is_defined() -> None:
    source = "def other():\n    return Sequential([Dense(9)])\nmodel = Sequential([Dense(1)])"
    assert [entry.variable for entry in read(source).definitions] == ["model"]


def test_an_unknown_condition_around_layers_is_said_and_taken_for_true() -> None:
    reading = read(
        """
        model = Sequential([Dense(4)])
        if use_dropout:
            model.add(Dropout(0.5))
        else:
            model.add(BatchNormalization())
        for units in layer_sizes:
            model.add(Dense(units))
        while loss > 3:
            model.add(Dense(1))
        """
    )
    assert chain(reading.definitions[0].architecture) == ["Dense", "Dropout", "Dense", "Dense"]
    assert reading.definitions[0].architecture.layers[2].config == {"units": {"symbol": "units"}}
    assert [(note.text, note.place.line) for note in reading.not_understood if note.place] == [
        ("use_dropout", 3),
        ("layer_sizes", 7),
        ("loss > 3", 9),
    ]


def test_what_an_unknown_condition_decides_is_written_as_such() -> None:
    source = """
        units, act = 64, "tanh"
        if args.big:
            units = 512
            rate = 0.5
        else:
            units = 128
        if args.act:
            act = "relu"
        model = Sequential([Dense(units, activation=act), Dropout(rate)])
    """
    assert [layer.config for layer in only(source).layers] == [
        {
            "units": {"symbol": "512 if args.big else 128"},
            "activation": {"symbol": "'relu' if args.act else 'tanh'"},
        },
        {"rate": 0.5},
    ]


def test_what_a_loop_counts_is_not_known_where_the_loop_is_not_followed_to_its_end() -> None:
    source = """
        count, words, index, size = 0, [], {}, 3
        for line in open("text.txt"):
            count += 1
            words.append(line)
            index[line] = count
        best = 0
        while improves(best):
            best += 1
        for epoch in range(1000):
            step(epoch)
            best2 = epoch
        model = Sequential([Dense(n) for n in (count, len(words) + 1, len(index), best, best2, size)])
    """
    assert [layer.config["units"] for layer in only(source).layers] == [
        {"symbol": "count"},
        {"symbol": "len(words) + 1"},
        {"symbol": "len(index)"},
        {"symbol": "best"},
        {"symbol": "best2"},
        3,
    ]


def test_a_layer_of_another_library_is_not_taken_for_keras_own() -> None:
    source = """
        from adversarial.legacy import Dense
        from other import build
        x = Dense(3)(inputs)
        generator = build(x)
        model = Model(inputs, generator(Flatten()(x)))
    """
    assert [(layer.kind, layer.config) for layer in only(source).layers] == [
        ("legacy_Dense", {"0": 3}),
        ("build", {}),
        ("Flatten", {}),
    ]


def test_unknown_conditions_that_touch_no_network_are_passed_by_in_silence() -> None:
    source = """
        import os, sys
        if os.path.exists(path): epochs = 3
        if len(sys.argv) > 1:
            import numpy as np
        else:
            import scipy
        if not data: raise ValueError("no data")
        while True:
            if done(): break
        model = Sequential([Dense(1)])
    """
    assert chain(only(source)) == ["Dense"]


def test_what_is_loaded_from_elsewhere_is_one_layer_of_an_unknown_kind() -> None:
    source = """
        from keras.models import load_model
        base = load_model("old.h5")
        x = Dense(10)(base.output)
        model = Model(base.input, x)
    """
    architecture = only(source)
    assert [(layer.kind, layer.config) for layer in architecture.layers] == [
        ("load_model", {"0": "old.h5"}),
        ("Dense", {"units": 10}),
    ]


def test_an_application_that_keras_refuses_is_said() -> None:
    reading = read("base = VGG16(include_top=False, input_shape=(7, 7, 3))\nmodel = Sequential([base, Dense(2)])")
    assert "at least 32x32" in reading.not_understood[0].why
    assert chain(reading.definitions[0].architecture)[-1] == "Dense"


def test_positional_arguments_that_keras_does_not_take_are_said() -> None:
    reading = read("model = Sequential([Dense(3, unitss=4)])")
    assert reading.not_understood[0].why.startswith("Keras's Dense does not take argument 'unitss'")
    assert reading.definitions[0].architecture.layers[0].config == {"units": 3}
