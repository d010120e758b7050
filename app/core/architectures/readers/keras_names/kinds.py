"""Class names that were, and what Keras 3 calls the same thing."""

import re

from app.core.architectures.catalogue import Catalogue

_DIMENSIONS = ("1D", "2D", "3D")

ALIASES = {
    **{f"Convolution{d}": f"Conv{d}" for d in _DIMENSIONS},
    **{f"Convolution{d}Transpose": f"Conv{d}Transpose" for d in _DIMENSIONS},
    **{f"Deconvolution{d}": f"Conv{d}Transpose" for d in _DIMENSIONS},
    **{f"Deconv{d}": f"Conv{d}Transpose" for d in _DIMENSIONS},
    **{f"AtrousConvolution{d}": f"Conv{d}" for d in _DIMENSIONS},
    **{f"AtrousConv{d}": f"Conv{d}" for d in _DIMENSIONS},
    **{f"SeparableConvolution{d}": f"SeparableConv{d}" for d in _DIMENSIONS},
    **{f"MaxPool{d}": f"MaxPooling{d}" for d in _DIMENSIONS},
    **{f"AvgPool{d}": f"AveragePooling{d}" for d in _DIMENSIONS},
    **{f"GlobalMaxPool{d}": f"GlobalMaxPooling{d}" for d in _DIMENSIONS},
    **{f"GlobalAvgPool{d}": f"GlobalAveragePooling{d}" for d in _DIMENSIONS},
    "GroupedQueryAttention": "GroupQueryAttention",  # the class's own name; keras.layers lists it under the other
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
    "TimeDistributedDense": "TimeDistributed",
    "add": "Add",
    "average": "Average",
    "concatenate": "Concatenate",
    "dot": "Dot",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "multiply": "Multiply",
    "subtract": "Subtract",
    "merge": "Merge",
}
"""Names under which Keras 1, 2 or 3 also knew a layer; the lower-case ones are the functions that make and call it."""

ONLY_KERAS_1 = frozenset(
    [
        *(f"AtrousConvolution{d}" for d in _DIMENSIONS),
        *(f"Deconvolution{d}" for d in _DIMENSIONS),
        "Highway",
        "MaxoutDense",
        "Merge",
        "ParametricSoftplus",
        "SReLU",
        "TimeDistributedDense",
        "merge",
    ]
)
"""Names that no later Keras had (or had only for Keras 1's sake)."""


def bare(kind: str) -> str:
    """The class name without what came before it: a module, or a package it was registered under (`Custom>Mine`)."""
    return kind[max(kind.rfind("."), kind.rfind(">")) + 1 :]


def modern_kind(kind: str, catalogue: Catalogue) -> str:
    """Keras 3's name of a class; a name that nothing is known of comes back as it is, without module and package."""
    name = bare(kind)
    if catalogue.layer(name) is not None:
        return name
    versionless = re.sub(r"V\d$", "", name)  # tf.keras wrote BatchNormalizationV1 for a while
    known = ALIASES.get(name) or ALIASES.get(versionless)
    return known or (versionless if catalogue.layer(versionless) is not None else name)
