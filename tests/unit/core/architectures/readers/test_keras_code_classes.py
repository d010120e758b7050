"""Networks and layers that are written as classes."""

from app.core.architectures.architecture import Style, Symbol
from tests.factories.code_readings import assert_as_keras, chain, named, only, read

BLOCKS = """
    import keras
    from keras import layers

    class Block(layers.Layer):
        expansion = 2

        def __init__(self, filters, strides=1, **kwargs):
            super().__init__(**kwargs)
            self.conv = layers.Conv2D(filters * self.expansion, 3, strides=strides, padding="same", use_bias=False)
            self.norm = layers.BatchNormalization()
            self.act = layers.Activation("relu")

        def call(self, x, training=False):
            return self.act(self.norm(self.conv(x), training=training))

    class Network(keras.Model):
        def __init__(self, widths, classes=10):
            super(Network, self).__init__(name="blocks")
            self.blocks = [Block(width, strides=2) for width in widths]
            self.head = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(classes)])
            self.drop = layers.Dropout(0.5)

        def features(self, x):
            for block in self.blocks:
                x = block(x)
            return x

        def call(self, inputs, training=None):
            x = self.features(inputs)
            if training:
                x = self.drop(x, training=training)
            return self.head(x)

    model = Network([8, 16])
"""


def test_blocks_lists_and_sequentials_inside_a_class_are_laid_out() -> None:
    source = BLOCKS + "    model.build((None, 32, 32, 3))\n"
    architecture = only(source)
    assert architecture.style is Style.SUBCLASSED
    assert architecture.name == "blocks"
    assert architecture.inputs[0].shape == (None, 32, 32, 3)
    assert [layer.name for layer in architecture.layers] == [
        "block.conv2d",
        "block.batch_normalization",
        "block.activation",
        "block_1.conv2d_1",
        "block_1.batch_normalization_1",
        "block_1.activation_1",
        "sequential.global_average_pooling2d",
        "sequential.dense",
        "dropout",
    ]
    assert all(call.arguments == {} for call in architecture.calls)


def test_the_parameters_are_those_of_keras_once_it_was_called() -> None:
    assert_as_keras(BLOCKS + "    model(keras.Input((32, 32, 3)))\n", "model")


def test_a_class_that_was_never_called_has_an_open_input() -> None:
    (entry,) = only(BLOCKS).inputs
    assert entry.shape == (None, Symbol(symbol="*"))


def test_what_a_class_is_first_called_on_tells_its_inputs() -> None:
    source = """
        class Two(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.a, self.b = layers.Dense(3), layers.Dense(4)
            def call(self, inputs):
                x, y = inputs
                return self.a(x), self.b(y)
        model = Two()
        {0}
    """
    called = only(source.format("model([keras.Input((5,), name='left'), keras.Input((6,), name='right')])"))
    assert [(entry.name, entry.shape) for entry in called.inputs] == [("left", (None, 5)), ("right", (None, 6))]
    assert called.outputs == ("dense", "dense_1")
    never = only(source.format(""))
    assert [call.inputs for call in never.calls] == [("input_layer",), ("input_layer_1",)]


def test_data_of_a_known_shape_tells_the_input() -> None:
    source = """
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.conv = layers.Conv2D(3, 3)
            def call(self, x):
                return self.conv(x)
        net = Net()
        net(tf.zeros((1, 28, 28, 1)))
    """
    assert only(source).inputs[0].shape == (None, 28, 28, 1)


def test_a_class_made_of_a_functional_network_is_functional() -> None:
    source = """
        import keras
        from keras import layers
        class Net(keras.Model):
            def __init__(self, units):
                inputs = keras.Input((4,))
                super().__init__(inputs=inputs, outputs=layers.Dense(units)(inputs))
        class Chain(keras.Sequential):
            def __init__(self):
                super().__init__()
                self.add(keras.Input((3,)))
                self.add(layers.Dense(2))
        net, chain = Net(3), Chain()
    """
    reading = read(source)
    assert [definition.architecture.style.value for definition in reading.definitions] == ["functional", "sequential"]
    assert_as_keras(source, "net", "chain")


def test_a_layer_of_its_own_is_one_layer_of_a_kind_of_its_own() -> None:
    source = """
        class Attention(layers.Layer):
            def __init__(self, units, scale=1.0, **kwargs):
                super().__init__(**kwargs)
                self.units = units
            def build(self, input_shape):
                self.w = self.add_weight(shape=(input_shape[-1], self.units))
            def call(self, x):
                return x @ self.w
        class Twice(layers.Layer):
            def call(self, x):
                return x * 2
        i = Input((5, 3))
        x = Attention(12, scale=0.5, name="att")(i)
        model = Model(i, Twice()(x))
    """
    assert [(layer.name, layer.kind, layer.config) for layer in only(source).layers] == [
        ("att", "Custom_Attention", {"units": 12, "scale": 0.5}),
        ("twice", "Twice", {}),
    ]


def test_layers_made_in_build_are_found() -> None:
    source = """
        class Lazy(layers.Layer):
            def build(self, input_shape):
                self.dense = layers.Dense(input_shape[-1] // 2)
            def call(self, x):
                return self.dense(x)
        i = Input((8,))
        lazy = Lazy(name="lazy")
        model = Model(i, lazy(lazy(i)))
    """
    architecture = only(source)
    assert [(layer.name, layer.config) for layer in architecture.layers] == [("lazy.dense", {"units": 4})]
    assert chain(architecture) == ["Dense", "Dense"]


def test_inheritance_properties_and_static_methods_are_followed() -> None:
    source = """
        class Base(keras.Model):
            units = 4
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.first = layers.Dense(self.width)
            @property
            def width(self):
                return self.units * 2
            @staticmethod
            def scale(n): return n + 1
            @classmethod
            def small(cls): return cls(name="small")
            def call(self, x): return self.first(x)
        class Derived(Base):
            units = 8
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.second = layers.Dense(self.scale(1))
            def call(self, x):
                return self.second(super().call(x))
        model = Derived.small()
    """
    architecture = only(source)
    assert architecture.name == "small"
    assert [layer.config for layer in architecture.layers] == [{"units": 16}, {"units": 2}]


def test_blocks_with_networks_inside_and_data_of_their_own_are_followed() -> None:
    source = """
        class Positions(layers.Layer):
            def __init__(self, length, width):
                super().__init__()
                self.tokens = layers.Embedding(1000, width)
                self.places = layers.Embedding(length, width)
                self.feed = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(width)])
            def call(self, x):
                places = self.places(tf.range(start=0, limit=tf.shape(x)[-1], delta=1))
                return self.feed(self.tokens(x) + places)
        inputs = layers.Input((200,))
        model = keras.Model(inputs, Positions(200, 32)(inputs))
    """
    reading = read(source)
    assert [definition.variable for definition in reading.definitions] == ["model"]
    assert reading.not_understood == ()
    architecture = reading.definitions[0].architecture
    assert [(layer.name, layer.kind) for layer in architecture.layers] == [
        ("positions.embedding", "Embedding"),
        ("positions.embedding_1", "Embedding"),
        ("positions.sequential.dense", "Dense"),
        ("positions.sequential.dense_1", "Dense"),
        ("positions.range", "range"),
        ("positions.add", "Add"),
    ]
    assert architecture.layer("positions.range").config == {"start": 0, "limit": 200, "delta": 1}
    assert len(architecture.inputs) == 1


def test_the_fields_of_a_dataclass_have_what_their_factories_make() -> None:
    source = """
        from dataclasses import dataclass, field
        @dataclass
        class Config:
            units: int = field(default=4)
            rates: list = field(default_factory=lambda: [0.1, 0.2])
        config = Config()
        model = Sequential([Dense(config.units), Dropout(config.rates[1])])
    """
    assert [layer.config for layer in only(source).layers] == [{"units": 4}, {"rate": 0.2}]


def test_dataclasses_and_class_constants_are_known() -> None:
    source = """
        from dataclasses import dataclass
        @dataclass
        class Config:
            units: int
            rate: float = 0.5
            act: str = "relu"
        class Sizes:
            HIDDEN = 7
        config = Config(64, act="tanh")
        model = Sequential([Dense(config.units, activation=config.act), Dropout(config.rate), Dense(Sizes.HIDDEN)])
    """
    assert [layer.config for layer in only(source).layers] == [
        {"units": 64, "activation": "tanh"},
        {"rate": 0.5},
        {"units": 7},
    ]


def test_a_class_without_a_call_is_named() -> None:
    reading = read("class Net(keras.Model):\n    def __init__(self):\n        self.a = Dense(1)\nnet = Net()")
    assert reading.definitions == ()
    assert any("no `call`" in note.why for note in reading.not_understood)


def test_networks_inside_a_network_are_no_definitions_of_their_own() -> None:
    assert [definition.variable for definition in read(BLOCKS).definitions] == ["model"]
    source = "    enc = Sequential([Dense(3, input_shape=(4,))])\n    i = Input((4,))\n    model = Model(i, enc(i))\n"
    reading = read(source)
    assert [definition.variable for definition in reading.definitions] == ["enc", "model"]
    assert named(reading, "model").architecture.layers[0].name == "sequential.dense"
