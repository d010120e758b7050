"""Which layers may be built: Keras's own that hold no code, load no file and open no address."""

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Layer
from app.core.architectures.written import object_of
from app.core.errors import FieldError, InvalidError
from app.core.values import JsonObject

_LAYERS = """
Activation ELU LeakyReLU PReLU ReLU Softmax
AdditiveAttention Attention GroupQueryAttention MultiHeadAttention
Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose
DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
Dense EinsumDense Embedding Identity Masking ReversibleEmbedding
Add Average Concatenate Dot Maximum Minimum Multiply Subtract
BatchNormalization GroupNormalization LayerNormalization RMSNormalization SpectralNormalization UnitNormalization
AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D
GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
CategoryEncoding Discretization HashedCrossing Hashing MelSpectrogram Normalization Rescaling
AugMix AutoContrast CenterCrop ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization MixUp RandAugment
RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform
RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom
Resizing Solarization
ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise
SpatialDropout1D SpatialDropout2D SpatialDropout3D
Cropping1D Cropping2D Cropping3D Flatten Permute RepeatVector Reshape
UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D GRU LSTM RNN SimpleRNN TimeDistributed
"""

CELLS = frozenset({"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"})
"""What an `RNN` repeats over time; no layer of its own."""

APPLICATION_KINDS = frozenset({"CustomScaleLayer", "LayerScale", "StochasticDepth"})
"""Layers that only the networks of `keras.applications` use; `keras.layers` does not have them."""

KINDS = frozenset(_LAYERS.split()) | CELLS | APPLICATION_KINDS

SEVERAL_IN_A_ROW = frozenset({"MultiHeadAttention", "GroupQueryAttention"})
"""Kinds that take each of their inputs as an argument of its own: query, value and, where it is another, key."""

TAKE_STATES = frozenset({"Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "RNN", "SimpleRNN"})
"""Kinds whose inputs behind the first are the states they start from. Everything else takes one input, or a list."""

KEEP_SHAPE = frozenset(
    [
        "Activation",
        "ActivityRegularization",
        "AlphaDropout",
        "BatchNormalization",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "GroupNormalization",
        "Identity",
        "LayerNormalization",
        "LeakyReLU",
        "Masking",
        "Normalization",
        "PReLU",
        "RMSNormalization",
        "RandomBrightness",
        "RandomContrast",
        "RandomFlip",
        "RandomRotation",
        "RandomTranslation",
        "RandomZoom",
        "ReLU",
        "Rescaling",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "UnitNormalization",
    ]
)
"""Kinds that take one tensor and yield one of the same shape."""

LARGEST_NUMBER = 10**9
_DEEPEST_KEPT = 64
_DEEPEST_BUILT = 16
_MOST = {"num_ops": 100, "num_chains": 100, "chain_depth": 100, "output_size": 10_000}
_MOST |= {"fft_length": 100_000, "num_mel_bins": 10_000, "sequence_stride": 10**6, "frame_length": 100_000}


class UnknownKindError(InvalidError):
    """A layer that is not built here: a custom one, or one that can carry code or read files."""


def refuse_unsafe(layer: Layer) -> None:
    """Raise UnknownKindError for a layer that is not built here, InvalidError for an argument that is absurd."""
    _refuse_unknown(layer.kind, where=f"layers.{layer.name}.kind")
    refuse_absurd_numbers(layer.name, layer.config)


def refuse_absurd_numbers(name: str, config: JsonObject) -> None:
    """Raise InvalidError for an argument that is larger, or nested deeper, than anybody can mean."""
    _check(config, where=name, depth=0)


def is_unknown(layer: Layer) -> bool:
    """Whether the layer, or one inside it, is none that is built here."""
    try:
        refuse_unsafe(layer)
    except UnknownKindError:
        return True
    except InvalidError:
        return False
    return False


def refuse_unsafe_architecture(architecture: Architecture) -> None:
    """Raise InvalidError where arguments are nested so deep that they cannot be worked with.

    Layers that are not known may be kept: they are shown by their name and never built.
    """
    for layer in architecture.layers:
        if _deeper_than(_DEEPEST_KEPT, layer.config):
            raise _refusal(f"layers.{layer.name}.config", f"is nested more than {_DEEPEST_KEPT} levels deep")
    for call in architecture.calls:
        if _deeper_than(_DEEPEST_KEPT, call.arguments):
            raise _refusal(f"calls.{call.id}.arguments", f"is nested more than {_DEEPEST_KEPT} levels deep")


def _refuse_unknown(kind: str, *, where: str) -> None:
    if kind not in KINDS:
        detail = f"{kind} is not one of Keras's own layers, or can carry code or read files: it is never built here."
        raise UnknownKindError(detail, errors=[FieldError(where, "expected one of Keras's own layers")])


def _check(value: JsonValue, *, where: str, depth: int) -> None:
    """Every number and every inner layer of what is about to be built."""
    if depth > _DEEPEST_BUILT:
        raise _refusal(where, f"is nested more than {_DEEPEST_BUILT} levels deep")
    if isinstance(value, dict):
        written = object_of(value)
        if written is not None and where.rpartition(".")[2].rstrip("0123456789[]") in {
            "layer",
            "backward_layer",
            "cell",
        }:
            _refuse_unknown(written[0], where=where)
        for key, entry in value.items():
            _check(entry, where=where if written and key == "config" else f"{where}.{key}", depth=depth + 1)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            _check(entry, where=f"{where}[{number}]", depth=depth + 1)
    elif isinstance(value, int | float):
        _check_number(value, where=where)


def _check_number(value: float, *, where: str) -> None:
    name = where.rpartition(".")[2].partition("[")[0]
    most = _MOST.get(name, LARGEST_NUMBER)
    if name != "seed" and abs(value) > most and abs(value) != float("inf"):
        raise _refusal(where, f"is {str(value)[:30]}, larger than {most:,}, the largest that is built here")


def _deeper_than(limit: int, value: JsonValue) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for entry in level
            if isinstance(entry, dict | list)
            for inner in (entry.values() if isinstance(entry, dict) else entry)
        ]
        if not level:
            return False
    return True


def _refusal(where: str, why: str) -> InvalidError:
    return InvalidError(f"{where} {why}.", errors=[FieldError(where, why)])
