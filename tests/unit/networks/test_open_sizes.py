"""Names that nobody defined, shapes that nobody wrote, layers that nobody knows: what can be said is said, no more."""

from itertools import pairwise
from typing import Any

import pytest

from app.core.architectures.architecture import Architecture, Call, Dimension, Input, Layer, Shape, Style, Symbol
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.written import code, keras_object, symbol
from app.networks import read_layer_table

SOFTMAX = ("Dense", {"units": symbol("labels_values"), "activation": "softmax"})


def named(text: str) -> Symbol:
    return Symbol(symbol=text)


def chain(shape: Shape, *layers: tuple[str, dict[str, Any]], dtype: str = "float32") -> Architecture:
    made = tuple(Layer(name=f"l{number}", kind=kind, config=config) for number, (kind, config) in enumerate(layers))
    ids = ["image", *[layer.name for layer in made]]
    calls = tuple(Call(id=name, layer=name, inputs=(before,)) for before, name in pairwise(ids))
    return Architecture(
        name="chain",
        style=Style.SEQUENTIAL,
        inputs=(Input(name="image", shape=shape, dtype=dtype),),
        layers=made,
        calls=calls,
        outputs=(ids[-1],),
    )


def read(shape: Shape, *layers: tuple[str, dict[str, Any]], dtype: str = "float32") -> LayerTable:
    table = read_layer_table(chain(shape, *layers, dtype=dtype))
    assert table.complete
    return table


def last(table: LayerTable) -> Shape | None:
    shapes = table.rows[-1].output_shapes
    return None if shapes is None else shapes[0]


def test_units_that_have_a_name_are_a_size_that_has_a_name() -> None:
    table = read((None, 28, 28, 1), ("Flatten", {}), ("Dense", {"units": 8}), SOFTMAX)
    row = table.rows[-1]
    assert row.output_shapes == ((None, named("labels_values")),)
    assert (row.parameters, row.macs, table.totals.parameters) == (None, None, None)
    assert row.note == "how many weights it has depends on `labels_values`"
    assert row.config == {"units": symbol("labels_values"), "activation": "softmax"}
    assert row.settings["use_bias"] is True
    assert table.rows[2].parameters == 28 * 28 * 8 + 8


def test_a_name_is_followed_through_the_network() -> None:
    table = read(
        (None, named("rows"), named("cols"), 3),
        ("Conv2D", {"filters": symbol("n"), "kernel_size": 3}),
        ("UpSampling2D", {}),
        ("GlobalAveragePooling2D", {}),
        ("Dense", {"units": 4}),
    )
    shapes = [row.output_shapes[0] for row in table.rows if row.output_shapes]
    assert shapes[1] == (None, named("rows - 2"), named("cols - 2"), named("n"))
    assert shapes[2] == (None, named("2 * rows - 4"), named("2 * cols - 4"), named("n"))
    assert shapes[3] == (None, named("n"))
    assert shapes[4] == (None, 4)


def test_what_does_not_depend_on_a_name_is_a_number() -> None:
    table = read((None, named("rows"), named("cols"), 3), ("Conv2D", {"filters": 4, "kernel_size": 3}))
    assert table.rows[1].parameters == 4 * 27 + 4
    table = read((None, 12, 12, 3), ("Dropout", {"rate": symbol("p")}), ("Conv2D", {"filters": 4, "kernel_size": 3}))
    assert (last(table), table.totals.parameters) == ((None, 10, 10, 4), 112)
    assert table.rows[1].config == {"rate": symbol("p")}


def test_what_grows_in_steps_has_no_name() -> None:
    table = read((None, named("rows"), 8, 3), ("MaxPooling2D", {}))
    assert last(table) == (None, None, 4, 3)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ({"activation": symbol("act")}, (None, 6, 6, 4)),
        ({"activation": code("lambda x: x")}, (None, 6, 6, 4)),
        ({"activation": keras_object("my_act", {})}, (None, 6, 6, 4)),
        ({"kernel_regularizer": keras_object("MyRegularizer", {"a": 1})}, (None, 6, 6, 4)),
        ({"kernel_initializer": symbol("init")}, (None, 6, 6, 4)),
        ({"padding": symbol("pad")}, (None, None, None, 4)),
        ({"kernel_size": symbol("k")}, (None, None, None, 4)),
        ({"data_format": symbol("f")}, (None, None, 6, None)),
        ({"trainable": symbol("t")}, (None, 6, 6, 4)),
    ],
)
def test_an_open_argument_leaves_open_only_what_depends_on_it(argument: dict[str, Any], expected: Shape) -> None:
    convolution = {"filters": 4, "kernel_size": 3, **argument}
    table = read((None, 8, 8, 3), ("Conv2D", convolution))
    assert last(table) == expected
    (name,) = argument
    assert table.rows[1].config[name] in (argument[name], [argument[name]] * 2)


def test_an_open_bias_leaves_the_count_open_and_the_shape_known() -> None:
    table = read((None, 8), ("Dense", {"units": 3, "use_bias": symbol("b")}))
    assert (last(table), table.totals.parameters) == ((None, 3), None)


@pytest.mark.parametrize(
    ("layer", "sizes"),
    [
        (("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}), 3),
        (("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "same"}), 2),
        (("Conv3D", {"filters": 4, "kernel_size": 3, "padding": "same"}), 4),
        (("LSTM", {"units": 3, "return_sequences": True}), 2),
        (("TimeDistributed", {"layer": keras_object("Conv2D", {"filters": 4, "kernel_size": 1})}), 4),
        (("RandomFlip", {}), 3),
    ],
)
@pytest.mark.parametrize("before", [(), (("BatchNormalization", {}), ("Activation", {"activation": "relu"}))])
def test_a_shape_that_is_named_as_a_whole_has_as_many_sizes_as_the_first_layer_takes(
    layer: tuple[str, dict[str, Any]], sizes: int, before: tuple[tuple[str, dict[str, Any]], ...]
) -> None:
    table = read((None, named("*input_shape")), *before, layer)
    expected: tuple[Dimension, ...] = (None, *[named(f"input_shape[{axis}]") for axis in range(sizes)])
    assert table.rows[0].output_shapes == (expected,)
    shape = last(table)
    assert shape is not None
    assert shape[:-1] == expected[:-1]


def test_a_shape_that_was_never_written_has_sizes_without_names() -> None:
    table = read((None, named("*")), ("Conv2D", {"filters": 4, "kernel_size": 3}), ("GlobalMaxPooling2D", {}), SOFTMAX)
    assert table.rows[0].output_shapes == ((None, None, None, None),)
    assert table.rows[1].parameters is None
    assert table.rows[2].output_shapes == ((None, 4),)
    assert last(table) == (None, named("labels_values"))


def test_a_shape_that_nothing_tells_is_not_guessed() -> None:
    table = read((None, named("*")), ("Dense", {"units": 3}), ("Dropout", {"rate": 0.5}))
    assert [row.output_shapes for row in table.rows] == [None, None, None]
    assert [row.note for row in table.rows] == [
        "the shape of this input is not written",
        "what reaches it from image is not known",
        "what reaches it from l0 is not known",
    ]
    assert table.rows[1].config == {"units": 3}
    assert table.rows[2].settings == {"rate": 0.5, "seed": None, "noise_shape": None}


def test_a_layer_that_is_not_known_hides_what_follows_until_something_is_certain_again() -> None:
    table = read(
        (None, 8, 8, 3),
        ("Conv2D", {"filters": 4, "kernel_size": 3}),
        ("MyLayer", {"anything": 10**30, "deep": [[[{"a": {"b": [1]}}]]]}),
        ("Flatten", {}),
        ("Dense", {"units": 10}),
        ("Dense", {"units": 3}),
    )
    mine, flat, first, second = table.rows[2:]
    assert (mine.reached, mine.output_shapes, mine.parameters) == (True, None, None)
    assert mine.note.startswith("MyLayer is not one of Keras's own layers")
    assert mine.config == mine.settings == {"anything": 10**30, "deep": [[[{"a": {"b": [1]}}]]]}
    assert (flat.output_shapes, flat.parameters) == (((None, None),), 0)
    assert (first.output_shapes, first.parameters) == (((None, 10),), None)
    assert (second.output_shapes, second.parameters) == (((None, 3),), 33)
    assert table.totals.parameters is None


def test_a_map_of_unknown_size_is_still_a_map_to_a_convolution() -> None:
    table = read(
        (None, 8, 8, 3), ("MyLayer", {}), ("Conv2D", {"filters": 4, "kernel_size": 3}), ("GlobalMaxPooling2D", {})
    )
    assert table.rows[2].output_shapes == ((None, None, None, 4),)
    assert last(table) == (None, 4)


def test_a_lambda_that_says_its_shape_is_believed_and_never_run() -> None:
    config = {"function": code("lambda x: 1 / 0"), "output_shape": [16, 16, 3]}
    table = read((None, 8, 8, 3), ("Lambda", config), ("Conv2D", {"filters": 4, "kernel_size": 3}))
    assert last(table) == (None, 14, 14, 4)
    assert table.rows[1].parameters is None


def test_what_fails_whatever_the_names_are_is_a_failure() -> None:
    table = read_layer_table(
        chain((None, 1, 1, 3), ("Conv2D", {"filters": 4, "kernel_size": 3}), ("Flatten", {}), SOFTMAX)
    )
    assert table.failure is not None
    assert table.failure.call == "l0"
    assert [row.reached for row in table.rows] == [True, False, False, False]
    assert table.rows[3].settings["units"] == symbol("labels_values")
    refused = read_layer_table(chain((None, named("n")), ("Dense", {"unit": 3})))
    assert refused.failure is not None


def test_what_may_fit_for_the_right_value_is_no_failure() -> None:
    table = read(
        (None, 8), ("Dense", {"units": symbol("n")}), ("Reshape", {"target_shape": [7, 7, 64]}), ("Flatten", {})
    )
    assert table.rows[2].output_shapes is None
    assert table.rows[2].note == "what it yields depends on `n`"
    assert table.rows[2].reached
    assert table.rows[3].output_shapes is None


def test_inner_layers_may_have_open_sizes() -> None:
    inner = keras_object("LSTM", {"units": symbol("u"), "return_sequences": True})
    table = read((None, 8, 3), ("Bidirectional", {"layer": inner}))
    assert last(table) == (None, 8, named("2 * u"))
    assert table.rows[1].config == {"layer": inner}


def test_words_with_an_open_length_and_vocabulary() -> None:
    words = ("Embedding", {"input_dim": symbol("vocabulary"), "output_dim": 8})
    table = read((None, named("maxlen")), words, ("LSTM", {"units": 4}), dtype="int32")
    assert table.rows[1].output_shapes == ((None, named("maxlen"), 8),)
    assert table.rows[2].parameters == 4 * 4 * (8 + 4 + 1)


def test_an_input_that_cannot_be_is_where_the_table_stops() -> None:
    table = read_layer_table(chain((None, 10**18, 3), ("Flatten", {})))
    assert table.failure is not None
    assert (table.failure.call, table.failure.kind) == ("image", "InputLayer")
    assert "from 1 to 1,000,000,000" in table.failure.message
    assert [row.reached for row in table.rows] == [False, False]
