"""Functions on tensors: one architecture whichever way they came in, with the shapes that Keras itself yields."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from app.core.architectures.architecture import Architecture, Style
from app.core.architectures.operations import OPERATIONS, index_of, index_text
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.readers.keras_json import read_keras_json
from app.core.architectures.writers import write_code
from app.networks import InstalledKeras
from app.networks.operations import operation_of
from app.networks.read import read_layer_table

KERAS = InstalledKeras()
SHAPE = (20, 8, 3)
WRITTEN = {
    "x[:, :10]": lambda x: x[:, :10],
    "x[:, 0]": lambda x: x[:, 0],
    "x[..., 1:2]": lambda x: x[..., 1:2],
    "x[:, None]": lambda x: x[:, None],
    "x[:, tf.newaxis]": lambda x: x[:, None],
    "x[:, ::2, -1]": lambda x: x[:, ::2, -1],
    "tf.reduce_mean(x, axis=[1], keepdims=True)": lambda x: ops.mean(x, axis=1, keepdims=True),
    "tf.reduce_sum(x, [1, 2])": lambda x: ops.sum(x, axis=[1, 2]),
    "K.max(x, axis=-1)": lambda x: ops.max(x, axis=-1),
    "K.concatenate([x, x])": lambda x: ops.concatenate([x, x], axis=-1),
    "keras.ops.concatenate([x, x], axis=1)": lambda x: ops.concatenate([x, x], axis=1),
    "tf.concat([x, x], 2)": lambda x: ops.concatenate([x, x], axis=2),
    "tf.stack([x, x], axis=1)": lambda x: ops.stack([x, x], axis=1),
    "tf.expand_dims(x, 1)": lambda x: ops.expand_dims(x, 1),
    "K.expand_dims(x)": lambda x: ops.expand_dims(x, -1),
    "tf.squeeze(x[:, :1], [1])": lambda x: ops.squeeze(x[:, :1], 1),
    "K.reshape(x, (-1, 160, 3))": lambda x: ops.reshape(x, (-1, 160, 3)),
    "keras.ops.reshape(x, (3, -1))": lambda x: ops.reshape(x, (3, -1)),
    "K.permute_dimensions(x, (0, 3, 1, 2))": lambda x: ops.transpose(x, (0, 3, 1, 2)),
    "tf.transpose(x, perm=[1, 0, 2, 3])": lambda x: ops.transpose(x, (1, 0, 2, 3)),
    "tf.tile(x, [1, 2, 1, 1])": lambda x: ops.tile(x, [1, 2, 1, 1]),
    "tf.split(x, [5, 15], axis=1)[1]": lambda x: ops.split(x, [5], axis=1)[1],
    "tf.split(x, 2, 1)[0]": lambda x: ops.split(x, 2, axis=1)[0],
    "tf.unstack(x, axis=1)[3]": lambda x: ops.unstack(x, axis=1)[3],
    "tf.cast(x, tf.float16)": lambda x: ops.cast(x, "float16"),
    "tf.matmul(x, K.permute_dimensions(x, (0, 1, 3, 2)))": lambda x: ops.matmul(x, ops.transpose(x, (0, 1, 3, 2))),
    "tf.one_hot(tf.cast(x, 'int32'), depth=5)": lambda x: ops.one_hot(ops.cast(x, "int32"), 5),
    "tf.image.resize(x, (40, 50))": lambda x: ops.image.resize(x, (40, 50)),
    "tf.where(x > 0, x, 0.0)": lambda x: ops.where(x > 0, x, 0.0),
    "1 / x": lambda x: 1 / x,
    "x ** 2": lambda x: x**2,
    "tf.abs(x)": ops.abs,
    "tf.math.rsqrt(x)": ops.rsqrt,
    "tf.clip_by_value(x, 0, 6)": lambda x: ops.clip(x, 0, 6),
    "tf.nn.leaky_relu(x, alpha=0.3)": lambda x: ops.leaky_relu(x, 0.3),
    "tf.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]], 'CONSTANT')": lambda x: ops.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]]),
    "tf.nn.depth_to_space(tf.tile(x, [1, 1, 1, 4]), 2)": lambda x: ops.depth_to_space(ops.tile(x, [1, 1, 1, 4]), 2),
    "tf.reshape(x, [-1, 3])": lambda x: ops.reshape(x, (-1, 3)),
    "tf.argmax(x, axis=-1)": lambda x: ops.argmax(x, axis=-1),
}
SOURCE = "import keras\nimport tensorflow as tf\nfrom keras import backend as K\ninputs = x = keras.Input({shape})\n"


def read(expression: str, *, shape: str = str(SHAPE)) -> Architecture:
    reading = read_code(f"{SOURCE.format(shape=shape)}y = {expression}\nmodel = keras.Model(inputs, y)\n", facts=KERAS)
    assert reading.not_understood == ()
    return reading.definitions[0].architecture


def parts(architecture: Architecture) -> Any:
    layers = [
        (layer.name, layer.kind, layer.config)
        for layer in architecture.layers
        if layer.kind in {*OPERATIONS, "GetItem"}
    ]
    return (
        layers,
        [(layer.kind, layer.config) for layer in architecture.layers],
        [call.layer for call in architecture.calls if call.layer in {name for name, _, _ in layers}],
    )


@pytest.mark.parametrize(("written", "made"), WRITTEN.items(), ids=WRITTEN)
def test_code_and_keras_json_say_the_same_with_the_shape_that_keras_yields(
    written: str, made: Callable[[Any], Any]
) -> None:
    inputs = keras.Input(SHAPE)
    result = made(inputs)
    (definition,) = read_keras_json(keras.Model(inputs, result).to_json(), facts=KERAS).definitions
    keras.utils.clear_session(free_memory=False)
    from_code, from_json = read(written), definition.architecture
    assert parts(from_code) == parts(from_json)
    for architecture in (from_code, from_json):
        rows = {row.call: row for row in read_layer_table(architecture).rows}
        call, _, number = architecture.outputs[0].partition(":")
        assert (rows[call].output_shapes or ())[int(number or 0)] == tuple(result.shape)
        assert rows[call].parameters == 0


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("style", [Style.FUNCTIONAL, Style.SUBCLASSED])
def test_what_is_written_is_read_as_the_same_and_runs_in_keras(written: str, style: Style) -> None:
    architecture = read(written)
    code = write_code(architecture, style, catalogue=KERAS.catalogue())
    (definition,) = read_code(code, facts=KERAS).definitions
    assert parts(definition.architecture) == parts(architecture)
    again = read_code(write_code(definition.architecture, style), facts=KERAS).definitions[0].architecture
    assert again.digest == definition.architecture.digest
    names: dict[str, Any] = {}
    exec(code, names)
    result = names["model"](ops.ones((2, *SHAPE)))
    table = read_layer_table(architecture)
    call, _, number = architecture.outputs[0].partition(":")
    shapes = next(row.output_shapes for row in table.rows if row.call == call) or ()
    sizes = zip(shapes[int(number or 0)], result.shape, strict=True)
    assert all(told in (None, found) for told, found in sizes)


@pytest.mark.parametrize(
    "written",
    [
        "tf.matmul(x, x, transpose_b=True)",
        "resize(x, (3, 3))",
        "tf.linalg.normalize(x)[0]",
        "K.repeat(x, 3)",
        "tf.split(x, [5, -1], axis=1)[0]",
        "x[:, :n]",
        "tf.strings.split(x, 2)",
        "tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME')",
        "max(x)",
    ],
)
def test_what_is_not_known_for_certain_is_unknown_and_never_a_stop(written: str) -> None:
    table = read_layer_table(read(written))
    assert table.complete
    row = table.rows[-1]
    assert row.output_shapes is None
    assert row.note


def test_a_size_that_nobody_defined_goes_through_functions_by_its_name() -> None:
    table = read_layer_table(read("tf.concat([x, x[:, :4]], axis=2)", shape="(4, n, 3)"))
    assert table.rows[-1].output_shapes is not None
    assert [str(getattr(size, "symbol", size)) for size in table.rows[-1].output_shapes[0]] == [
        "None",
        "4",
        "2 * n",
        "3",
    ]


def test_every_operation_is_one_of_the_installed_keras() -> None:
    told = KERAS.catalogue().operations
    assert {entry.kind for entry in told} == OPERATIONS
    assert all(callable(operation_of(kind)) for kind in OPERATIONS)


ends = st.none() | st.integers(-9, 9)
entries = (
    st.none() | st.integers(-9, 9) | st.just(Ellipsis) | st.builds(slice, ends, ends, ends.filter(lambda n: n != 0))
)


@given(st.lists(entries, min_size=1, max_size=5))
def test_an_index_that_is_written_is_read_as_the_same(index: list[object]) -> None:
    assert index_of(index_text(index)) == tuple(index)


@pytest.mark.parametrize("text", ["n", "0][0", "0 if True else 1", "", "x.y", "__import__('os')", "True", "1.5"])
def test_an_index_that_is_no_constant_is_none(text: str) -> None:
    assert index_of(text) is None


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("tf.nn.dropout(x, 0.3)", 0.3),
        ("tf.nn.dropout(x, rate=0.3)", 0.3),
        ("tf.nn.dropout(x, keep_prob=0.75)", 0.25),
        ("K.dropout(x, level=0.3, seed=1)", 0.3),
        ("keras.random.dropout(inputs=x, rate=0.3)", 0.3),
    ],
)
def test_a_function_that_drops_values_is_a_dropout(written: str, rate: float) -> None:
    (layer,) = read(written).layers
    assert (layer.kind, layer.config) == ("Dropout", {"rate": rate})


def test_numbers_of_tensorflow_are_numbers() -> None:
    (layer,) = read("x / tf.math.sqrt(tf.cast(tf.shape(x)[1] - 4, tf.float32))").layers
    assert layer.config == {"scale": 0.25}
