import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.architectures.readers.keras_names import modern_layer
from app.core.architectures.readers.keras_names.objects import modern_object
from app.networks.catalogue import tell_catalogue

CATALOGUE = tell_catalogue()
SAME = [
    ("initializer", "glorot_uniform", [
        "GlorotUniform", "glorot_uniform", {"kind": "GlorotUniform", "config": {"seed": None}},
        {"kind": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}},
        {"kind": "VarianceScaling", "config": {"scale": 1, "mode": "fan_avg", "distribution": "uniform", "seed": None, "dtype": "float32"}},
    ]),
    ("initializer", "he_normal", [
        "HeNormal", {"kind": "VarianceScaling", "config": {"scale": 2.0, "mode": "fan_in", "distribution": "normal"}},
    ]),
    ("initializer", "lecun_normal", ["VarianceScaling", "lecun_normal"]),
    ("initializer", "zeros", ["zero", "Zeros", {"kind": "Constant", "config": {"value": 0.0}}, {"kind": "ZerosV2", "config": {}}]),
    ("initializer", "ones", ["one", {"kind": "Constant", "config": {"value": 1}}]),
    ("initializer", "random_uniform", ["uniform", {"kind": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.05, "seed": None}}]),
    ("initializer", {"kind": "HeNormal", "config": {"seed": 3}}, [{"kind": "he_normal", "config": {"seed": 3}}]),
    ("regularizer", {"kind": "L2", "config": {"l2": 0.01}}, [
        "l2", "L2", {"kind": "L2", "config": {"l2": 0.01}}, {"kind": "L1L2", "config": {"l1": 0.0, "l2": 0.01}},
        {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}, {"kind": "l2", "config": {"l": 0.01}},
    ]),
    ("regularizer", {"kind": "L1L2", "config": {"l1": 0.1, "l2": 0.2}}, [{"kind": "L1L2", "config": {"l1": 0.1, "l2": 0.2}}]),
    ("regularizer", None, [None, {"kind": "L1L2", "config": {"l1": 0.0, "l2": 0.0}}]),
    ("constraint", "max_norm", ["maxnorm", "MaxNorm", {"name": "MaxNorm", "m": 2, "axis": 0}, {"kind": "MaxNorm", "config": {"max_value": 2, "axis": 0}}]),
    ("constraint", "non_neg", ["nonneg", "NonNeg", "non_neg"]),
    ("constraint", {"kind": "MaxNorm", "config": {"max_value": 3}}, [{"name": "MaxNorm", "m": 3, "axis": 0}]),
    ("constraint", {"kind": "MinMaxNorm", "config": {"max_value": 2.0}}, [{"name": "MinMaxNorm", "low": 0.0, "high": 2.0}]),
    ("activation", "silu", ["swish", "silu", {"kind": "silu", "config": {}}]),
    ("activation", {"kind": "mine", "config": {}}, [{"kind": "mine", "config": {}}]),
    ("activation", "rellu", ["rellu"]),
]  # fmt: skip


@pytest.mark.parametrize(("group", "form", "written"), [(g, f, w) for g, f, many in SAME for w in many])
def test_what_means_the_same_has_one_form(group, form, written):
    assert modern_object(written, group, CATALOGUE) == form


@pytest.mark.parametrize("value", [{"symbol": "n"}, {"code": "lambda x: x"}, 3, [1]])
def test_what_is_no_object_stays_as_it_is(value):
    assert modern_object(value, "initializer", CATALOGUE) == value


@pytest.mark.parametrize("entry", CATALOGUE.objects, ids=lambda entry: f"{entry.group}-{entry.kind}")
def test_the_form_of_every_object_of_keras_is_one_that_keras_takes_and_its_own_form_again(entry):
    written = {"kind": entry.kind, "config": {own.name: own.default for own in entry.arguments if not own.required}}
    form = modern_object(written, entry.group, CATALOGUE)
    assert modern_object(form, entry.group, CATALOGUE) == form
    if isinstance(form, str) and entry.kind != "STFT":  # Keras makes that one with scipy only
        module = getattr(keras, f"{entry.group}s")
        assert module.get(form) is not None


@given(
    scale=st.sampled_from([1.0, 2.0, 3.0]),
    mode=st.sampled_from(["fan_in", "fan_out", "fan_avg"]),
    distribution=st.sampled_from(["uniform", "normal", "truncated_normal", "untruncated_normal"]),
)
def test_a_variance_scaling_stays_the_same_distribution(scale, mode, distribution):
    config = {"scale": scale, "mode": mode, "distribution": distribution, "seed": 7}
    form = modern_object({"kind": "VarianceScaling", "config": config}, "initializer", CATALOGUE)
    made = getattr(keras.initializers, form["kind"])(**form["config"])
    original = keras.initializers.VarianceScaling(**config)
    assert (made.scale, made.mode, made.distribution, made.seed) == (
        original.scale, original.mode, original.distribution, original.seed
    )  # fmt: skip


@pytest.mark.parametrize("entry", CATALOGUE.layers, ids=lambda entry: entry.kind)
def test_keras_3s_own_arguments_pass_through(entry):
    config = {
        own.name: {"symbol": own.name} if own.required else own.default
        for own in entry.arguments
        if own.name not in {"dtype", "trainable"}
    }
    found = modern_layer(entry.kind, (), config, CATALOGUE)
    assert (found.kind, set(found.config), found.surplus, found.extras) == (entry.kind, set(config), (), {})
