"""One example of every kind of layer: its arguments, and what reaches it."""

from typing import Any

import keras

from app.core.architectures.kinds import CELLS, KINDS, SEVERAL_IN_A_ROW
from app.core.architectures.written import keras_object
from app.networks.facts import Tensor

VECTOR, SEQUENCE, IMAGE, VOLUME = (None, 12), (None, 12, 6), (None, 12, 10, 6), (None, 8, 8, 8, 6)
FILMS = (None, 4, 8, 8, 6)
DENSE, CONV = keras_object("Dense", {"units": 3}), keras_object("Conv2D", {"filters": 2, "kernel_size": 3})

BY_RANK: dict[str, tuple[int | None, ...]] = {"1D": SEQUENCE, "2D": IMAGE, "3D": VOLUME}
CONFIGS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "ActivityRegularization": {"l1": 0.1},
    "Bidirectional": {"layer": keras_object("GRU", {"units": 3, "return_sequences": True})},
    "CategoryEncoding": {"num_tokens": 7},
    "CenterCrop": {"height": 5, "width": 4},
    "CustomScaleLayer": {"scale": 0.1},
    "Dense": {"units": 4},
    "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "Dot": {"axes": [2, 2]},
    "EinsumDense": {"equation": "abc,cd->abd", "output_shape": [12, 5], "bias_axes": "d"},
    "Embedding": {"input_dim": 9, "output_dim": 4},
    "GroupNormalization": {"groups": 2},
    "GroupQueryAttention": {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2},
    "HashedCrossing": {"num_bins": 5},
    "Hashing": {"num_bins": 5},
    "LayerScale": {"init_values": 0.1, "projection_dim": 6},
    "MelSpectrogram": {"fft_length": 64, "num_mel_bins": 8},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "Normalization": {"mean": 0.5, "variance": 1.0},
    "Permute": {"dims": [2, 1]},
    "RNN": {"cell": keras_object("StackedRNNCells", {"cells": [keras_object("LSTMCell", {"units": 4})]})},
    "RandAugment": {"value_range": [0, 255]},
    "RandomBrightness": {"factor": 0.2},
    "RandomColorDegeneration": {"factor": 0.2},
    "RandomColorJitter": {"value_range": [0, 255], "brightness_factor": 0.2},
    "RandomContrast": {"factor": 0.2},
    "RandomCrop": {"height": 5, "width": 4},
    "RandomHue": {"factor": 0.2},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.2},
    "RandomSharpness": {"factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.1},
    "RandomZoom": {"height_factor": 0.2},
    "RepeatVector": {"n": 3},
    "Rescaling": {"scale": 0.5, "offset": [1.0, 2.0, 3.0]},
    "Reshape": {"target_shape": [-1, 3]},
    "ReversibleEmbedding": {"input_dim": 9, "output_dim": 4},
    "Resizing": {"height": 5, "width": 4},
    "SpectralNormalization": {"layer": DENSE, "power_iterations": 2},
    "StochasticDepth": {"drop_path_rate": 0.1},
    "TimeDistributed": {"layer": CONV},
    **{kind: {"rate": 0.2} for kind in ("AlphaDropout", "Dropout", "GaussianDropout")},
    **{f"SpatialDropout{rank}": {"rate": 0.2} for rank in BY_RANK},
    **{kind: {"units": 4, "return_sequences": True} for kind in ("GRU", "LSTM", "SimpleRNN")},
    "GaussianNoise": {"stddev": 0.1},
    **{f"Adaptive{how}Pooling{rank}": {"output_size": 2} for how in ("Average", "Max") for rank in BY_RANK},
    **{f"AveragePooling{rank}": {"pool_size": 2} for rank in BY_RANK},
    **{f"ConvLSTM{rank}": {"filters": 2, "kernel_size": 2} for rank in BY_RANK},
    **{f"DepthwiseConv{rank}": {"kernel_size": 2, "strides": 2} for rank in ("1D", "2D")},
    **{
        f"{form}{rank}{end}": {"filters": 4, "kernel_size": 3, "padding": "same"}
        for form, end in (("Conv", ""), ("Conv", "Transpose"), ("SeparableConv", ""))
        for rank in BY_RANK
    },
}
SHAPES: dict[str, tuple[int | None, ...]] = {
    "BatchNormalization": IMAGE,
    "CategoryEncoding": (None, 1),
    "Embedding": VECTOR,
    "Flatten": IMAGE,
    "GroupNormalization": IMAGE,
    "LayerScale": IMAGE,
    "Normalization": IMAGE,
    "PReLU": IMAGE,
    "Permute": SEQUENCE,
    "RepeatVector": VECTOR,
    "Rescaling": (None, 12, 10, 3),
    "ReversibleEmbedding": VECTOR,
    "MelSpectrogram": (None, 512),
    "StochasticDepth": IMAGE,
    "TimeDistributed": FILMS,
    "HashedCrossing": (None, 1),
    "ConvLSTM1D": (None, 4, 8, 6),
    "ConvLSTM2D": FILMS,
    "ConvLSTM3D": (None, 3, 4, 4, 4, 2),
}
INTEGERS = {"Embedding", "ReversibleEmbedding", "CategoryEncoding", "HashedCrossing", "Hashing"}
TWO = {"Attention", "AdditiveAttention", "Dot", "CustomScaleLayer", "HashedCrossing", *SEVERAL_IN_A_ROW}
TWO |= {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}


def arriving(kind: str) -> list[Tensor]:
    """Shapes and types of tensors that such a layer takes."""
    is_augmentation = "image_preprocessing" in getattr(keras.layers, kind, keras.layers.Layer).__module__
    shape = SHAPES.get(kind) or ((None, 12, 10, 3) if is_augmentation else None)
    shape = shape or BY_RANK.get(kind.removesuffix("Transpose")[-2:], SEQUENCE)
    return [(shape, "int32" if kind in INTEGERS else "float32")] * (2 if kind in TWO else 1)


BUILT = sorted(KINDS - CELLS)
