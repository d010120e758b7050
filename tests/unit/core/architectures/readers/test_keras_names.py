import keras
import pytest

from app.core.architectures.readers.keras_names import Modern, modern_layer, written_input_shape
from app.networks.catalogue import tell_catalogue

N = {"symbol": "n"}
CATALOGUE = tell_catalogue()


def modern(kind, *positional, **keywords) -> Modern:
    return modern_layer(kind, positional, keywords, CATALOGUE)


KERAS_1 = [
    (
        ("Convolution2D", 32, 3, 5),
        {"border_mode": "same", "subsample": [2, 2], "dim_ordering": "th", "bias": False},
        ("Conv2D", {"filters": 32, "kernel_size": [3, 5], "padding": "same", "strides": [2, 2], "use_bias": False}),
        {"data_format": "channels_first"},
    ),
    (("Convolution2D",), {"nb_filter": 8, "nb_row": 1, "nb_col": N}, ("Conv2D", {"filters": 8, "kernel_size": [1, N]}), {}),
    (
        ("Convolution1D", 8, 3),
        {"subsample_length": 2, "dim_ordering": "default"},
        ("Conv1D", {"filters": 8, "kernel_size": 3, "strides": 2}),
        {"data_format": None},
    ),
    (("Convolution3D", 4, 1, 2, 3), {}, ("Conv3D", {"filters": 4, "kernel_size": [1, 2, 3]}), {}),
    (
        ("AtrousConvolution2D", 8, 3, 3),
        {"atrous_rate": [2, 2]},
        ("Conv2D", {"filters": 8, "kernel_size": [3, 3], "dilation_rate": [2, 2]}),
        {},
    ),
    (("Deconvolution2D", 3, 2, 2), {}, ("Conv2DTranspose", {"filters": 3, "kernel_size": [2, 2]}), {}),
    (
        ("SeparableConvolution2D", 8, 3, 3),
        {"init": "he_normal"},
        ("SeparableConv2D", {"filters": 8, "kernel_size": [3, 3], "depthwise_initializer": "he_normal"}),
        {"pointwise_initializer": "he_normal"},
    ),
    (("MaxPooling2D",), {"pool_size": [2, 2], "dim_ordering": "tf"}, ("MaxPooling2D", {"pool_size": [2, 2]}), {"data_format": "channels_last"}),
    (("MaxPooling1D",), {"pool_length": 3, "stride": 2}, ("MaxPooling1D", {"pool_size": 3, "strides": 2}), {}),
    (("UpSampling1D",), {"length": 3}, ("UpSampling1D", {"size": 3}), {}),
    (("Dense",), {"output_dim": 4, "init": "uniform"}, ("Dense", {"units": 4, "kernel_initializer": "random_uniform"}), {}),
    (("Dense", 4, "normal", "relu"), {}, ("Dense", {"units": 4, "kernel_initializer": "random_normal", "activation": "relu"}), {}),
    (("Dropout",), {"p": 0.3}, ("Dropout", {"rate": 0.3}), {}),
    (("GaussianNoise",), {"sigma": 0.3}, ("GaussianNoise", {"stddev": 0.3}), {}),
    (
        ("Embedding", 100, 8, "uniform"),
        {"W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5}},
        ("Embedding", {"input_dim": 100, "output_dim": 8, "embeddings_initializer": "random_uniform"}),
        {"embeddings_regularizer": {"kind": "L2", "config": {"l2": 0.5}}},
    ),
    (("BatchNormalization",), {"mode": 0, "gamma_init": "one"}, ("BatchNormalization", {"gamma_initializer": "ones"}), {}),
    (
        ("LSTM", 8),
        {"inner_activation": "sigmoid", "dropout_W": 0.1, "dropout_U": 0.2, "consume_less": "gpu", "forget_bias_init": "zero"},
        ("LSTM", {"units": 8, "recurrent_activation": "sigmoid", "dropout": 0.1, "recurrent_dropout": 0.2}),
        {"unit_forget_bias": False},
    ),
    (("LSTM",), {"output_dim": 8, "inner_init": "orthogonal"}, ("LSTM", {"units": 8, "recurrent_initializer": "orthogonal"}), {"recurrent_activation": "hard_sigmoid"}),
    (("GRU",), {"output_dim": 8, "inner_activation": "tanh"}, ("GRU", {"units": 8, "recurrent_activation": "tanh"}), {"reset_after": False}),
    (("PReLU",), {"init": "zero"}, ("PReLU", {"alpha_initializer": "zeros"}), {}),
    (("TimeDistributedDense", 5), {"activation": "tanh"}, ("TimeDistributed", {"layer": {"kind": "Dense", "config": {"units": 5, "activation": "tanh"}}}), {}),
    (("Merge",), {"mode": "concat", "concat_axis": 1}, ("Concatenate", {"axis": 1}), {}),
    (("merge",), {"mode": "dot", "dot_axes": [[1], [2]]}, ("Dot", {"axes": [1, 2]}), {}),
    (("merge",), {"mode": "cos"}, ("Dot", {"axes": -1, "normalize": True}), {}),
]  # fmt: skip


@pytest.mark.parametrize(("written", "keywords", "expected", "more"), KERAS_1)
def test_keras_1_is_said_in_the_words_of_keras_3(written, keywords, expected, more):
    kind, *positional = written
    found = modern(kind, *positional, **keywords)
    assert (found.kind, found.config, found.surplus) == (expected[0], expected[1] | more, ())


@pytest.mark.parametrize("mode", ["sum", "mul", "ave", "max"])
def test_a_merge_is_the_layer_of_its_mode(mode):
    assert (
        modern("Merge", mode=mode).kind == {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}[mode]
    )


def test_a_merge_by_a_function_stays_a_merge():
    assert modern("Merge", mode={"code": "lambda x: x[0]"}) == Modern("Merge", {"mode": {"code": "lambda x: x[0]"}})


@pytest.mark.parametrize(
    ("older", "kind"),
    [
        ("MaxPool2D", "MaxPooling2D"),
        ("AvgPool1D", "AveragePooling1D"),
        ("GlobalAvgPool2D", "GlobalAveragePooling2D"),
        ("GlobalMaxPool3D", "GlobalMaxPooling3D"),
        ("BatchNormalizationV1", "BatchNormalization"),
        ("keras.layers.Dense", "Dense"),
        ("Custom>Mine", "Mine"),
        ("concatenate", "Concatenate"),
        ("GroupedQueryAttention", "GroupQueryAttention"),
    ],
)
def test_other_names_of_a_layer_are_the_catalogues(older, kind):
    assert modern(older).kind == kind


def test_every_other_name_that_keras_itself_lists_is_known():
    listed = {name: cls.__name__ for name, cls in vars(keras.layers).items() if isinstance(cls, type)}
    aliases = {name: kind for name, kind in listed.items() if name != kind and CATALOGUE.layer(kind)}
    assert {name: modern(name).kind for name in aliases} == aliases
    assert len(aliases) > 15


def test_keras_2_names_what_keras_3_renamed():
    assert modern("LeakyReLU", alpha=0.2).config == {"negative_slope": 0.2}
    assert modern("LeakyReLU", 0.2).config == {"negative_slope": 0.2}
    assert modern("ThresholdedReLU", theta=0.7) == Modern("ReLU", {"threshold": 0.7})
    assert modern("ELU", alpha=0.7).config == {"alpha": 0.7}
    assert modern("BatchNormalization", axis=[3], fused=True).config == {"axis": 3}
    assert modern("SeparableConv2D", 8, 3, kernel_initializer="glorot_uniform", groups=1).config == {
        "filters": 8,
        "kernel_size": 3,
    }
    assert modern("DepthwiseConv2D", 3, kernel_regularizer=None).config == {"kernel_size": 3}
    assert modern("LSTM", 3, implementation=2, time_major=False).config == {"units": 3}


def test_a_cudnn_layer_is_the_plain_one_and_says_so():
    assert modern("CuDNNGRU", 4).config == {"units": 4, "reset_after": True}
    assert modern("CuDNNLSTM", 4).kind == "LSTM"
    assert "second bias" in modern("CuDNNLSTM", 4).notes[0]


def test_arguments_without_names_are_told_apart_by_what_they_are():
    assert modern("Convolution2D", 32, 3, 3).config == {"filters": 32, "kernel_size": [3, 3]}
    assert modern("Convolution2D", 32, [3, 3], 2).config == {"filters": 32, "kernel_size": [3, 3], "strides": 2}
    assert modern("Conv2D", 32, 3, 2).config == {"filters": 32, "kernel_size": 3, "strides": 2}
    assert "Keras 1 and 2.0 to 2.2" in modern("Conv2D", 32, 3, 3).notes[0]
    assert modern("Dense", 10, "relu").config == {"units": 10, "activation": "relu"}
    assert modern("BatchNormalization", 1e-5).config == {"epsilon": 1e-5}
    assert modern("BatchNormalization", 1).config == {"axis": 1}
    early = modern("Dense", 784, 128, init="uniform")
    assert (early.config["units"], early.extras) == (128, {"input_dim": 784})


def test_what_keras_does_not_know_is_surplus_and_what_nobody_knows_is_kept():
    found = modern(
        "Dense",
        3,
        None,
        True,
        "zeros",
        "zeros",
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        9,
        colour="red",
        trainable=False,
    )
    assert found.surplus[-1] == ("colour", "red")
    assert found.config["trainable"] is False
    assert modern("Dense", 3, units=4).surplus == (("units", 4),)
    assert modern("BatchNormalization", mode=2).surplus == (("mode", 2),)
    assert modern("Mine", 3, colour="red", name="mine", trainable=True) == Modern(
        "Mine", {"0": 3, "colour": "red"}, {"name": "mine"}
    )


def test_extras_are_apart_and_an_argument_of_the_same_name_is_not():
    found = modern("Dense", 3, name="out", input_shape=[4], dtype="float16", weights=N)
    assert (found.config, set(found.extras)) == ({"units": 3}, {"name", "input_shape", "dtype", "weights"})
    assert modern("Embedding", input_dim=5, output_dim=2, input_length=7) == Modern(
        "Embedding", {"input_dim": 5, "output_dim": 2}, {"input_length": 7}
    )
    assert modern("CategoryEncoding", 4, sparse=True).config == {"num_tokens": 4, "sparse": True}
    assert modern("Mine", shape=[3]).config == {"shape": [3]}


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (modern("Dense", 3, input_dim=4), [None, 4]),
        (modern("Dense", 3, input_shape=[5, 4]), [None, 5, 4]),
        (modern("Dense", 3, input_shape=784), [None, 784]),
        (modern("Dense", 3, input_shape=N), N),
        (modern("Dense", 3, input_shape=[4], batch_size=32), [32, 4]),
        (modern("Dense", 3, batch_input_shape=[8, 4]), [8, 4]),
        (modern("Embedding", 9, 3, input_length=7), [None, 7]),
        (modern("LSTM", 3, input_dim=4), [None, None, 4]),
        (modern("LSTM", 3, input_dim=4, input_length=6), [None, 6, 4]),
        (modern("Convolution1D", 3, 2, input_dim=4, input_length=6), [None, 6, 4]),
        (modern("InputLayer", [4]), [None, 4]),
        (modern("Input", batch_shape=[None, 4]), [None, 4]),
        (modern("Dense", 3), None),
    ],
)  # fmt: skip
def test_the_input_shape_is_worked_out_as_keras_did(layer, shape):
    assert written_input_shape(layer) == shape


def test_layers_within_layers_are_said_in_the_same_words():
    inner = {"kind": "LSTM", "config": {"output_dim": 4, "inner_init": "orthogonal", "name": "x", "colour": 1}}
    found = modern("Bidirectional", inner, merge_mode="sum")
    assert found.config["layer"]["kind"] == "LSTM"
    assert found.config["layer"]["config"]["units"] == 4
    assert "name" not in found.config["layer"]["config"]
    assert found.surplus == (("LSTM.colour", 1),)
    cells = modern("RNN", [{"kind": "LSTMCell", "config": {"units": 3, "kernel_initializer": "GlorotUniform"}}])
    assert cells.config["cell"] == [
        {"kind": "LSTMCell", "config": {"units": 3, "kernel_initializer": "glorot_uniform"}}
    ]
    leaky = modern("Dense", 3, activation={"kind": "LeakyReLU", "config": {"alpha": 0.1}})
    assert leaky.config["activation"] == {"kind": "LeakyReLU", "config": {"negative_slope": 0.1}}


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_an_average_pool_without_a_size_is_what_keras_1_and_2_took_it_for(rank: int) -> None:
    modern = modern_layer(f"AveragePooling{rank}D", [], {}, CATALOGUE)
    assert modern.config == {"pool_size": 2}
    assert "Keras 3 wants it written" in modern.notes[0]
    assert modern_layer(f"AveragePooling{rank}D", [3], {}, CATALOGUE).notes == ()
