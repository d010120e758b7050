"""Old Keras, old Python, notebooks' own language, and sources that are no Python everywhere."""

import pytest

from tests.factories.code_readings import chain, only, read


def test_keras_1_is_read_in_keras_3s_words() -> None:
    source = """
        from keras.models import Sequential
        from keras.layers.core import Dense, Dropout, Activation, Flatten
        from keras.layers.convolutional import Convolution2D, MaxPooling2D
        model = Sequential()
        model.add(Convolution2D(32, 3, 3, border_mode='same', subsample=(2, 2), input_shape=(28, 28, 1)))
        model.add(Activation('relu'))
        model.add(MaxPooling2D(pool_size=(2, 2)))
        model.add(Dropout(p=0.25))
        model.add(Flatten())
        model.add(Dense(output_dim=10, init='uniform'))
    """
    assert [layer.config for layer in only(source).layers] == [
        {"filters": 32, "kernel_size": [3, 3], "padding": "same", "strides": [2, 2]},
        {"activation": "relu"},
        {"pool_size": [2, 2]},
        {"rate": 0.25},
        {},
        {"units": 10, "kernel_initializer": "random_uniform"},
    ]


def test_keras_1s_functional_words_are_read() -> None:
    source = """
        from keras.layers import Input, Dense, merge
        from keras.models import Model
        a, b = Input(shape=(4,)), Input(shape=(4,))
        x = merge([Dense(3)(a), Dense(3)(b)], mode='concat', concat_axis=-1)
        y = merge([x, x], mode='sum')
        model = Model(input=[a, b], output=[x, y])
    """
    architecture = only(source)
    assert chain(architecture) == ["Dense", "Dense", "Concatenate", "Add"]
    assert architecture.outputs == ("concatenate", "add")


@pytest.mark.parametrize(
    ("first", "shape"),
    [
        ("Dense(3, input_dim=8)", (None, 8)),
        ("Dense(3, input_shape=(8,))", (None, 8)),
        ("Dense(3, batch_input_shape=(16, 8))", (16, 8)),
        ("LSTM(3, input_length=10, input_dim=8)", (None, 10, 8)),
        ("LSTM(3, input_shape=(None, 8))", (None, None, 8)),
        ("Embedding(100, 8, input_length=12)", (None, 12)),
        ("Embedding(100, 8)", (None, None)),
        ("InputLayer(input_shape=(8,)), Dense(3)", (None, 8)),
        ("Input(batch_shape=(2, 8)), Dense(3)", (2, 8)),
        ("Input(8), Dense(3)", (None, 8)),
        ("Bidirectional(LSTM(3), input_shape=(5, 8))", (None, 5, 8)),
    ],
)
def test_inputs_are_told_in_every_way_keras_took_them(first: str, shape: tuple[int | None, ...]) -> None:
    assert only(f"model = Sequential([{first}])").inputs[0].shape == shape


def test_a_shape_given_to_build_is_the_input() -> None:
    assert only("model = Sequential([Dense(3)])\nmodel.build((None, 7))").inputs[0].shape == (None, 7)
    assert only("model = Sequential([Dense(3)])\nmodel.build(input_shape=(4, 7))").inputs[0].shape == (4, 7)


def test_python_2_is_read() -> None:
    source = """
        # -*- coding: utf-8 -*-
        print "building", 3
        print 'a %s' % (
            'long one')
        model = Sequential()
        for n in xrange(2):
            print n
            model.add(Dense(4 + n))
            if n: print "more"
        print >>sys.stderr, "x"
        try:
            model.add(Dense(int(5L) if False else 6))
        except ValueError, error:
            print error
            raise RuntimeError, "no"
        exec "import os"
        print model.summary()
    """
    reading = read(source.replace("5L", "5"))
    assert [layer.config["units"] for layer in reading.definitions[0].architecture.layers] == [4, 5, 6]
    assert [record.function for record in reading.records] == [".summary"]
    assert reading.not_understood == ()


def test_magics_shell_lines_and_help_are_passed_over() -> None:
    source = """
        %matplotlib inline
        !pip install keras && echo "it's"
        %load_ext tensorboard
        import keras
        keras.layers.Dense?
        ?keras
        files = !ls
        model = Sequential()
        if True:
            !echo "(" \\
              more
            %time model.add(Dense(3))
            model.add(Dense(4))
        %timeit -n 3 model.add(Dense(5))
        pip install something
    """
    reading = read(source)
    assert reading.not_understood == ()
    assert [layer.config["units"] for layer in reading.definitions[0].architecture.layers] == [3, 4, 5]


def test_a_line_that_continues_with_a_percent_sign_is_no_magic() -> None:
    assert only('model = Sequential([Dense(3, name="d_%s"\n%("x"))])').layers[0].name == "d_x"


def test_prompts_of_an_interactive_session_are_taken_off() -> None:
    source = """
        >>> model = Sequential()
        >>> for n in (2, 3):
        ...     model.add(Dense(n))
        ...
        >>> model.count_params()
        9
    """
    assert [layer.config["units"] for layer in only(source).layers] == [2, 3]


def test_indented_and_tabbed_sources_are_read() -> None:
    assert chain(only("\t\tmodel = Sequential()\n\t\tif True:\n\t\t\tmodel.add(Dense(1))\n# c\n")) == ["Dense"]
    assert chain(only("model = Sequential()\r\nmodel.add(Dense(1))\rmodel.add(Dense(2))")) == ["Dense", "Dense"]


def test_a_line_that_is_no_python_costs_only_itself() -> None:
    source = """
        model = Sequential()
        this is no python
        model.add(Dense(1))
        def build():
            x = = 3
            model.add(Dense(2))
        build()
        if True
            pass
        model.add(Dense(3))
        for n in [4, 5]:
            model.add(Dense(n)
            )
            oops oops
    """
    reading = read(source)
    assert [layer.config["units"] for layer in reading.definitions[0].architecture.layers] == [1, 2, 3, 4, 5]
    assert [note.place.line for note in reading.not_understood if note.place] == [3, 6, 9, 10, 15]
    assert all(note.why for note in reading.not_understood)


def test_a_source_that_breaks_off_is_read_to_its_end() -> None:
    reading = read("model = Sequential()\nmodel.add(Dense(1))\nfor n in range(3):\n")
    assert chain(reading.definitions[0].architecture) == ["Dense"]
    reading = read("model = Sequential()\nmodel.add(Dense(1))\nmodel.add(Dense(2,")
    assert chain(reading.definitions[0].architecture) == ["Dense"]
    assert reading.not_understood[0].place is not None
    assert reading.not_understood[0].place.line == 3


def test_what_changed_since_then_is_said() -> None:
    reading = read("model = Sequential([Conv2D(8, 3, 3, input_shape=(9, 9, 1)), CuDNNLSTM(4)])")
    assert {finding.rule for finding in reading.findings} == {"legacy_layer"}
    assert any("CuDNNLSTM is read as LSTM" in finding.message for finding in reading.findings)


def test_exceptions_of_the_source_are_followed() -> None:
    source = """
        try:
            raise ValueError("x")
        except ValueError as error:
            units = 3
        finally:
            more = 4
        def check(n):
            if n > 2:
                raise ValueError("too many")
            return n
        try:
            units = check(9)
        except Exception:
            units += 1
        model = Sequential([Dense(units), Dense(more)])
        raise SystemExit
        other = Sequential([Dense(1)])
    """
    reading = read(source)
    assert [layer.config["units"] for layer in reading.definitions[0].architecture.layers] == [4, 4]
    assert [(note.text, note.place.line) for note in reading.not_understood if note.place] == [("raise SystemExit", 17)]
    assert len(reading.definitions) == 2
