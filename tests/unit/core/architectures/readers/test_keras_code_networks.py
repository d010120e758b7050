"""Networks as people write them: what is read has the parameters, shapes and names that Keras gives when it runs the code."""

import pytest

from tests.factories.code_readings import assert_as_keras, chain, named, only, read

INCEPTION = """
    from keras.layers import Conv2D, MaxPooling2D, Input, concatenate, GlobalAveragePooling2D, Dense
    from keras.models import Model

    def inception(x, f1, f3, name=None):
        t1 = Conv2D(f1, (1, 1), padding='same', activation='relu', name=name + '_1' if name else None)(x)
        t2 = Conv2D(f3, (3, 3), padding='same', activation='relu')(t1)
        t3 = MaxPooling2D((3, 3), strides=(1, 1), padding='same')(x)
        return concatenate([t1, t2, t3], axis=3)

    inp = Input(shape=(32, 32, 3))
    y = inp
    for i, (a, b) in enumerate(zip([16, 32], [8, 8])):
        y = inception(y, a, f3=b, name='inc_%d' % i)
    model = Model(inputs=[inp], outputs=Dense(5, name=f'out_{i + 1}')(GlobalAveragePooling2D()(y)))
"""
RESNET = """
    import tensorflow as tf
    from tensorflow.keras import layers, models, regularizers

    WEIGHT_DECAY = 1e-4

    def conv_bn(x, filters, kernel_size=3, strides=1, activation='relu', **kwargs):
        x = layers.Conv2D(filters, kernel_size, strides=strides, padding='same', use_bias=False,
                          kernel_initializer='he_normal', kernel_regularizer=regularizers.l2(WEIGHT_DECAY), **kwargs)(x)
        x = layers.BatchNormalization()(x)
        if activation is not None:
            x = layers.Activation(activation)(x)
        return x

    def block(x, filters, downsample=False):
        shortcut = x
        strides = 2 if downsample else 1
        y = conv_bn(x, filters, strides=strides)
        y = conv_bn(y, filters, activation=None)
        if downsample or shortcut.shape[-1] != filters:
            shortcut = conv_bn(shortcut, filters, kernel_size=1, strides=strides, activation=None)
        y = layers.add([y, shortcut])
        return layers.Activation(tf.nn.relu)(y)

    def build(depth, num_classes=10):
        assert (depth - 2) % 6 == 0
        n = (depth - 2) // 6
        inputs = layers.Input((32, 32, 3))
        x = conv_bn(inputs, 16)
        for stage, filters in enumerate([16, 32, 64]):
            for unit in range(n):
                x = block(x, filters, downsample=(unit == 0 and stage > 0))
        x = layers.GlobalAveragePooling2D()(x)
        return models.Model(inputs, layers.Dense(num_classes, activation='softmax')(x))

    model = build(14)
"""
UNET = """
    from keras import layers, Model, Input

    def double_conv(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
        return x

    inputs = Input((64, 64, 1))
    x, skips = inputs, []
    for depth in range(3):
        x = double_conv(x, 8 * 2 ** depth)
        skips.append(x)
        x = layers.MaxPool2D()(x)
        x = layers.Dropout(0.1 * (depth + 1))(x)
    x = double_conv(x, 64)
    for skip in reversed(skips):
        x = layers.Conv2DTranspose(skip.shape[-1], 2, strides=2, padding="same")(x)
        x = layers.Concatenate()([x, skip])
        x = double_conv(x, skip.shape[-1])
    model = Model(inputs=inputs, outputs=layers.Conv2D(1, 1, activation="sigmoid")(x))
"""
SIAMESE = """
    from keras import layers, models, ops
    def base_network(shape):
        net = models.Sequential()
        net.add(layers.Input(shape=shape))
        net.add(layers.Dense(128, activation="relu"))
        net.add(layers.Dropout(0.1))
        net.add(layers.Dense(64))
        return net
    base = base_network((784,))
    left, right = (layers.Input((784,)) for _ in range(2))
    a, b = [base(side) for side in (left, right)]
    joined = layers.Subtract()([a, b])
    model = models.Model([left, right], layers.Dense(1, activation="sigmoid")(joined))
"""
GAN = """
    import numpy as np
    from keras.layers import *
    from keras.models import Model, Sequential
    from keras.optimizers import Adam

    class GAN():
        latent = 100
        def __init__(self, rows=28, columns=28):
            self.img_shape = (rows, columns, 1)
            self.discriminator = self.build_discriminator()
            self.discriminator.compile(loss='binary_crossentropy', optimizer=Adam(0.0002, 0.5), metrics=['accuracy'])
            self.generator = self.build_generator()
            z = Input(shape=(self.latent,))
            img = self.generator(z)
            self.discriminator.trainable = False
            self.combined = Model(z, self.discriminator(img))

        def build_generator(self):
            model = Sequential()
            model.add(Input((self.latent,)))
            for units in 256, 512:
                model.add(Dense(units))
                model.add(LeakyReLU(negative_slope=0.2))
                model.add(BatchNormalization(momentum=0.8))
            model.add(Dense(int(np.prod(self.img_shape)), activation='tanh'))
            model.add(Reshape(self.img_shape))
            noise = Input(shape=(self.latent,))
            return Model(noise, model(noise))

        def build_discriminator(self):
            model = Sequential([Input(self.img_shape), Flatten(), Dense(64), LeakyReLU(negative_slope=0.2), Dense(1)])
            img = Input(shape=self.img_shape)
            return Model(img, model(img))

    gan = GAN()
    combined, generator = gan.combined, gan.generator
"""
TEXT = """
    from keras.models import Sequential
    from keras.layers import LSTM, Bidirectional, Dense, Embedding, SpatialDropout1D, Input
    max_features, maxlen, embed_dim = 2000, 40, 128
    model = Sequential([Input((maxlen,)), Embedding(max_features, embed_dim), SpatialDropout1D(0.4)])
    model.add(Bidirectional(LSTM(64, return_sequences=True)))
    model.add(LSTM(32, dropout=0.2, recurrent_dropout=0.2))
    model.add(Dense(1, activation='sigmoid'))
"""
TRANSLATION = """
    from keras import layers, Model, Input
    encoder_inputs = Input(shape=(None, 71))
    encoder = layers.LSTM(32, return_state=True)
    encoder_outputs, state_h, state_c = encoder(encoder_inputs)
    encoder_states = [state_h, state_c]
    decoder_inputs = Input(shape=(None, 93))
    decoder_outputs, _, _ = layers.LSTM(32, return_sequences=True, return_state=True)(
        decoder_inputs, initial_state=encoder_states)
    model = Model([encoder_inputs, decoder_inputs], layers.Dense(93, activation="softmax")(decoder_outputs))
"""
TRANSFER = """
    import tensorflow as tf
    base_model = tf.keras.applications.VGG16(weights=None, include_top=False, input_shape=(64, 64, 3))
    for layer in base_model.layers[:-4]:
        layer.trainable = False
    x = base_model.output
    x = tf.keras.layers.Flatten(name="flat")(x)
    model = tf.keras.Model(base_model.input, tf.keras.layers.Dense(10, activation='softmax')(x))
    features = tf.keras.Model(base_model.input, base_model.get_layer('block3_pool').output)
"""
NESTED_TRANSFER = """
    import keras
    from keras import layers
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(96, 96, 3))
    base.trainable = False
    inputs = keras.Input((96, 96, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = base(x, training=False)
    model = keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling2D()(x)))
    other = keras.Sequential([base, layers.Flatten(), layers.Dense(2)])
"""
SEVERAL = """
    import keras
    from keras import layers
    title = keras.Input(shape=(None,), name="title", dtype="int32")
    tags = keras.Input(shape=(12,), name="tags")
    embedded = layers.Embedding(1000, 64)(title)
    joined = layers.concatenate([layers.LSTM(128)(embedded), tags])
    priority = layers.Dense(1, name="priority")(joined)
    department = layers.Dense(4, name="department")(joined)
    model = keras.Model(inputs={"title": title, "tags": tags}, outputs=[priority, department])
"""
TRANSFORMER = """
    import keras
    from keras import layers
    def encoder(x, head_size, num_heads, ff_dim, dropout=0):
        y = layers.MultiHeadAttention(key_dim=head_size, num_heads=num_heads, dropout=dropout)(x, x)
        y = layers.LayerNormalization(epsilon=1e-6)(layers.Dropout(dropout)(y))
        res = y + x
        y = layers.Conv1D(filters=ff_dim, kernel_size=1, activation="relu")(res)
        y = layers.Conv1D(filters=x.shape[-1], kernel_size=1)(y)
        return y + res
    inputs = keras.Input(shape=(50, 3))
    x = inputs
    for _ in range(2):
        x = encoder(x, 16, 2, 4, 0.1)
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))
"""
SQUEEZE = """
    from keras import layers, Model
    import keras.backend as K
    def squeeze(x, ratio=4):
        c = x.shape[-1]
        s = layers.GlobalAveragePooling2D()(x)
        s = layers.Dense(c // ratio, activation="relu")(s)
        s = layers.Dense(c, activation="sigmoid")(s)
        return layers.Multiply()([x, layers.Reshape((1, 1, c))(s)])
    i = layers.Input((16, 16, 32))
    x = squeeze(layers.DepthwiseConv2D(3, depth_multiplier=2)(i))
    x = layers.SeparableConv2D(x.shape[3] * 2, 3)(layers.ZeroPadding2D(((1, 0), (0, 1)))(x))
    model = Model(i, squeeze(x, ratio=8))
"""


@pytest.mark.parametrize(
    "source",
    [INCEPTION, RESNET, UNET, SIAMESE, TEXT, TRANSLATION, SEVERAL, TRANSFORMER, SQUEEZE],
    ids=["inception", "resnet", "unet", "siamese", "text", "translation", "several", "transformer", "squeeze"],
)
def test_a_network_is_what_keras_makes_of_the_code(source: str) -> None:
    assert_as_keras(source, "model")


def test_parts_of_an_application_are_read_as_keras_gives_them() -> None:
    assert_as_keras(TRANSFER, "model", "features")
    assert_as_keras(NESTED_TRANSFER, "model", "other")


def test_networks_that_an_object_holds_are_read() -> None:
    assert_as_keras(GAN, "combined", "generator", with_weights=True)


def test_a_network_that_was_compiled_keeps_what_trained_then() -> None:
    reading = read(GAN)
    discriminator = named(reading, "discriminator").architecture
    assert all("trainable" not in layer.config for layer in discriminator.layers)
    combined = named(reading, "combined").architecture
    assert {layer.name for layer in combined.layers if layer.config.get("trainable") is False} == {
        layer.name for layer in combined.layers if layer.name.startswith("functional.")
    }


def test_a_network_called_twice_shares_its_layers() -> None:
    architecture = named(read(SIAMESE), "model").architecture
    assert [call.layer for call in architecture.calls].count("sequential.dense") == 2
    assert {call.id for call in architecture.calls} >= {"sequential.dense", "sequential.dense_call_2"}


def test_a_network_at_each_step_is_its_layers_at_each_step() -> None:
    source = """
        from keras.layers import *
        from keras.models import Sequential
        cnn = Sequential([Input((32, 32, 3)), Conv2D(8, 3), Flatten()])
        model = Sequential([Input((10, 32, 32, 3)), TimeDistributed(cnn), LSTM(5)])
    """
    assert_as_keras(source, "model")


def test_a_sequential_grows_and_shrinks() -> None:
    source = """
        import keras
        model = keras.Sequential(name="net")
        model.add(keras.Input((8,)))
        model.add(keras.layers.Dense(4))
        model.add(keras.layers.Dense(3))
        model.pop()
        model.add(keras.layers.Dense(2, name="last"))
        inner = keras.Model(model.inputs, model.layers[0].output)
    """
    assert_as_keras(source, "model", "inner")
    assert [layer.name for layer in named(read(source), "model").architecture.layers] == ["dense", "last"]
    assert named(read(source), "model").architecture.name == "net"


def test_a_sequential_with_a_branching_network_inside_is_functional() -> None:
    architecture = named(read(NESTED_TRANSFER), "other").architecture
    assert architecture.style.value == "functional"
    assert architecture.layers[0].name == "mobilenetv2.Conv1"


def test_everything_is_kept_behind_the_place_where_keras_would_stop() -> None:
    source = """
        model = Sequential([Conv2D(8, 3, input_shape=(4, 4, 1)), Conv2D(8, 3), Conv2D(8, 3), Flatten(), Dense(2)])
    """
    assert chain(only(source)) == ["Conv2D", "Conv2D", "Conv2D", "Flatten", "Dense"]
