"""The part of Python that networks are written in."""

import pytest

from tests.factories.code_readings import assert_as_keras, chain, named, only, read

IMPORTS = [
    "from keras.layers import Dense, Input; from keras.models import Sequential",
    "from keras.layers import *; from keras.models import *",
    "from tensorflow.keras.layers import Dense, Input; from tensorflow.keras import Sequential",
    "from tensorflow.python.keras.layers import Dense, Input; from tensorflow.python.keras.models import Sequential",
    "from keras.layers.core import Dense; from keras.engine import Input; from keras.engine.sequential import Sequential",
    "from keras.src.layers import Dense, Input; from keras.src.models import Sequential",
    "import keras.layers as L; Dense = L.Dense; from keras import Input, Sequential",
    "import tensorflow.keras as tk; Dense, Input, Sequential = tk.layers.Dense, tk.Input, tk.Sequential",
    "import tensorflow as tf; Dense, Input, Sequential = tf.keras.layers.Dense, tf.keras.Input, tf.keras.models.Sequential",
    "from tensorflow.compat.v1.keras.layers import Dense, Input; from tensorflow.compat.v1.keras import Sequential",
    "from tensorflow.contrib.keras.api.keras.layers import *; from tensorflow.contrib.keras.api.keras.models import *",
    "import keras; from keras import layers as own; Dense = getattr(own, 'Dense'); Input, Sequential = keras.Input, keras.Sequential",
    "",
]


@pytest.mark.parametrize("imports", IMPORTS)
def test_layers_are_found_however_they_are_imported(imports: str) -> None:
    source = f"{imports}\nmodel = Sequential([Input((4,)), Dense(3, activation='relu')])"
    architecture = only(source)
    assert [(layer.kind, layer.config) for layer in architecture.layers] == [
        ("Dense", {"units": 3, "activation": "relu"})
    ]
    assert architecture.inputs[0].shape == (None, 4)


VALUES = [
    ("2 ** 5 - 3 * (4 // 2)", 26),
    ("int(100 * 0.25)", 25),
    ("round(7.6)", 8),
    ("max([3, 9, 4]) if len('ab') == 2 else 1", 9),
    ("sum(range(5))", 10),
    ("[8, 16, 32][-1]", 32),
    ("{'small': 4, 'large': 64}['large']", 64),
    ("dict(a=3).get('b', 12)", 12),
    ("(lambda a, b=2: a * b)(6)", 12),
    ("sorted([5, 3, 4], reverse=True)[0]", 5),
    ("len([n for n in range(20) if n % 3 == 0 and n])", 6),
    ("len({n: n for n in (1, 1, 2)})", 2),
    ("abs(-7)", 7),
    ("min(*[4, 5], 9)", 4),
    ("int('12')", 12),
    ("len('%s-%d' % ('ab', 3))", 4),
    ("len(f'{3:03d}{\"x\"!s}')", 4),
    ("len('{}{n}'.format(1, n=22))", 3),
    ("(units := 5) + units", 10),
    ("[*range(3), 7][3]", 7),
    ("list(zip([1, 2], [3, 4]))[1][1]", 4),
    ("list(map(lambda n: n + 1, [1, 2]))[1]", 3),
    ("list(reversed([1, 2, 3]))[0]", 3),
    ("1 < 2 < 3 and 6", 6),
    ("None or 4", 4),
    ("0x10", 16),
    ("int(np.prod([2, 3, 4]))", 24),
    ("int(math.sqrt(81))", 9),
    ("int(np.log2(64))", 6),
    ("'a,b,c'.split(',').index('c') + 1", 3),
    ("3 if 'relu' in ['relu', 'tanh'] else 1", 3),
    ("[1, 2, 3, 4][1:3][-1]", 3),
    ("isinstance(3, int) * 5", 5),
    ("next(n for n in [9, 8])", 9),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_known_values_are_worked_out(text: str, value: int) -> None:
    assert only(f"model = Sequential([Dense({text}, input_shape=(2,))])").layers[0].config == {"units": value}


def test_functions_take_arguments_as_python_does() -> None:
    source = """
        from functools import partial, reduce
        Conv = partial(Conv2D, padding="same", kernel_size=3)
        def block(x, filters, *rates, activation="relu", **options):
            x = Conv(filters, activation=activation, **options)(x)
            for rate in rates:
                x = Dropout(rate)(x)
            return x
        def compose(*functions):
            return reduce(lambda f, g: lambda x: g(f(x)), functions)
        def counter(start):
            def step(x):
                nonlocal start
                start += 1
                return Conv(start, name=f"step_{start}")(x)
            return step
        inputs = Input((8, 8, 3))
        step = counter(4)
        x = compose(step, step, BatchNormalization())(inputs)
        x = block(x, 8, 0.1, 0.2, activation=None, strides=(2, 2))
        options = {"filters": 4, **{"activation": "tanh"}}
        x = block(x, *[], **options)
        model = Model(inputs, x)
    """
    architecture = only(source)
    assert chain(architecture) == ["Conv2D", "Conv2D", "BatchNormalization", "Conv2D", "Dropout", "Dropout", "Conv2D"]
    assert [layer.name for layer in architecture.layers[:3]] == ["batch_normalization", "step_5", "step_6"]
    assert architecture.layer("conv2d").config["strides"] == [2, 2]
    assert architecture.layer("conv2d_1").config == {
        "filters": 4,
        "kernel_size": 3,
        "padding": "same",
        "activation": "tanh",
    }


def test_loops_and_recursion_are_followed() -> None:
    source = """
        from keras.layers import *
        from keras import Model
        def level(x, depth):
            if depth == 0:
                return x
            y = Conv2D(2 ** depth, 3, padding="same")(x)
            return Concatenate()([x, level(y, depth - 1)])
        inputs = Input((8, 8, 1))
        x = level(inputs, 3)
        size, filters = 8, 4
        while size > 2:
            x = MaxPooling2D()(x)
            size //= 2
            if size == 2: break
        else:
            x = Dropout(0.9)(x)
        for name, rate in {"a": 0.1, "b": 0.2}.items():
            if name == "a": continue
            x = Dropout(rate, name=name)(x)
        model = Model(inputs, x)
    """
    assert_as_keras(source, "model")


def test_conditions_that_are_known_choose_one_way() -> None:
    source = """
        from keras import backend as K
        if K.image_data_format() == "channels_first":
            shape = (1, 28, 28)
        elif not True:
            shape = None
        else:
            shape = (28, 28, 1)
        use_batch_norm, dropout = True, None
        model = Sequential([Input(shape)])
        if use_batch_norm: model.add(BatchNormalization())
        if dropout is not None: model.add(Dropout(dropout))
        model.add(Dense(10 if use_batch_norm and shape[0] > 20 else 5))
    """
    architecture = only(source)
    assert chain(architecture) == ["BatchNormalization", "Dense"]
    assert architecture.layers[1].config == {"units": 10}


def test_a_data_format_that_is_set_holds_for_every_layer_that_has_one() -> None:
    source = """
        K.set_image_data_format("channels_first")
        model = Sequential([Input((3, 8, 8)), Conv2D(4, 3), MaxPooling2D(data_format="channels_last"), Dense(2)])
    """
    assert [layer.config.get("data_format") for layer in only(source).layers] == [
        "channels_first",
        "channels_last",
        None,
    ]


def test_lists_and_dicts_of_tensors_and_layers_are_followed() -> None:
    source = """
        from keras import layers, Input, Model
        inputs = {name: Input((4,), name=name) for name in ("a", "b")}
        towers = [layers.Dense(n) for n in (3, 5)]
        outputs = []
        for tower, tensor in zip(towers, inputs.values()):
            outputs.append(tower(tensor))
        outputs += [towers[0](inputs["b"])]
        joined = layers.Concatenate(axis=-1)(outputs)
        first, *rest = outputs
        model = Model(list(inputs.values()), [joined, *rest])
    """
    assert_as_keras(source, "model")


def test_operators_on_tensors_are_the_layers_that_do_the_same() -> None:
    source = """
        import tensorflow as tf
        i = Input((6, 4))
        a, b = Dense(4)(i), Dense(4)(i)
        x = a + b
        x -= a
        x = x * b
        x = x / 255.
        x = -x
        x = 1 - x
        x = x * 2 + 0.5
        x = tf.nn.relu(tf.concat([x, a], axis=-1))
        x = tf.reduce_mean(x, axis=1)
        model = Model(i, x)
    """
    architecture = only(source)
    assert [(layer.kind, layer.config) for layer in architecture.layers[2:]] == [
        ("Add", {}),
        ("Subtract", {}),
        ("Multiply", {}),
        ("Rescaling", {"scale": 1 / 255.0}),
        ("Rescaling", {"scale": -1.0}),
        ("Rescaling", {"scale": -1.0, "offset": 1.0}),
        ("Rescaling", {"scale": 2.0, "offset": 0.5}),
        ("Concatenate", {"axis": -1}),
        ("Activation", {"activation": "relu"}),
        ("GlobalAveragePooling1D", {"data_format": "channels_last"}),
    ]


def test_functions_that_no_layer_is_equal_to_keep_their_name() -> None:
    source = """
        x = i = Input((6, 4))
        x = tf.math.l2_normalize(x, axis=1)
        x = x[:, 0]
        x = Lambda(lambda t: t ** 2, name="square")(x)
        x = my_function(x, 3)
        model = Model(i, Unheard(7)(x))
    """
    architecture = only(source)
    called = [architecture.layer(call.layer) for call in architecture.calls]
    assert [(layer.kind, layer.config) for layer in called] == [
        ("l2_normalize", {"axis": 1}),
        ("GetItem", {"index": ":, 0"}),
        ("Lambda", {"function": {"code": "lambda t: t ** 2"}}),
        ("my_function", {"1": 3}),
        ("Unheard", {"0": 7}),
    ]


def test_objects_and_functions_as_arguments_have_their_written_form() -> None:
    source = """
        from keras import regularizers, initializers, constraints, layers
        model = Sequential([
            Input((4,)),
            Dense(3, activation=tf.nn.relu, kernel_regularizer=regularizers.l2(0.01)),
            Dense(3, activation=keras.activations.tanh, kernel_initializer=initializers.RandomNormal(stddev=0.1)),
            Dense(3, activation=layers.LeakyReLU(0.2), kernel_constraint=constraints.max_norm(3)),
            Dense(3, activation=lambda t: t * 2, bias_regularizer=regularizers.l1_l2(l1=1e-5, l2=1e-4)),
            TimeDistributed(Dense(2, activation="relu")),
        ])
    """
    configs = [{key: value for key, value in layer.config.items() if key != "units"} for layer in only(source).layers]
    assert configs == [
        {"activation": "relu", "kernel_regularizer": {"kind": "L2", "config": {"l2": 0.01}}},
        {
            "activation": "tanh",
            "kernel_initializer": {"kind": "RandomNormal", "config": {"stddev": 0.1}},
        },
        {
            "activation": {"kind": "LeakyReLU", "config": {"negative_slope": 0.2}},
            "kernel_constraint": {"kind": "MaxNorm", "config": {"max_value": 3}},
        },
        {
            "activation": {"code": "lambda t: t * 2"},
            "bias_regularizer": {"kind": "L1L2", "config": {"l1": 1e-05, "l2": 0.0001}},
        },
        {"layer": {"kind": "Dense", "config": {"units": 2, "activation": "relu"}}},
    ]


def test_places_are_those_of_the_calls() -> None:
    reading = read("\n\nmodel = Sequential()\nmodel.add(\n    Dense(3, input_shape=(2,)))\nmodel.add(Dense(\n1))\n")
    definition = named(reading, "model")
    assert definition.place is not None
    assert definition.place.line == 3
    assert {name: place.line for name, place in definition.places.items()} == {"dense": 4, "dense_1": 6}


def test_the_shape_behind_a_wrapper_that_changes_it_is_never_taken_for_the_one_before() -> None:
    source = """
from keras import Input, Model, layers
x = Input((8, 8, 3))
y = layers.SpectralNormalization(layers.Conv2D(64, 3))(x)
m = Model(x, layers.Dense(y.shape[-1])(y))
"""
    (definition,) = read(source).definitions
    assert definition.architecture.layers[-1].config["units"] != 3
