"""No layer that could bring code or files is built, no absurd number is worked with; what is strange may still be kept."""

from typing import Any

import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.kinds import (
    KEEP_SHAPE,
    UnknownKindError,
    is_unknown,
    refuse_unsafe,
    refuse_unsafe_architecture,
)
from app.core.architectures.presets import build_preset, presets
from app.core.architectures.written import keras_object
from app.core.errors import InvalidError
from app.networks import read_layer_table


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def of_one(layer: Layer) -> Architecture:
    return Architecture(
        name="one",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="image", shape=(None, 8)),),
        layers=(layer,),
        calls=(Call(id="call", layer=layer.name, inputs=("image",)),),
        outputs=("call",),
    )


@pytest.mark.parametrize(
    "kind", ["Lambda", "TFSMLayer", "JaxLayer", "TorchModuleWrapper", "StringLookup", "Layer", "My"]
)
def test_kinds_that_carry_code_or_files_are_unknown(kind: str) -> None:
    layer = Layer(name="strange", kind=kind, config={"anything": nested(40), "n": 10**30})
    with pytest.raises(UnknownKindError, match="never built here"):
        refuse_unsafe(layer)
    assert is_unknown(layer)
    refuse_unsafe_architecture(of_one(layer))


def test_a_wrapper_is_as_unknown_as_what_it_wraps() -> None:
    inner = keras_object("Lambda", {})
    assert is_unknown(Layer(name="w", kind="TimeDistributed", config={"layer": inner}))
    assert is_unknown(
        Layer(name="w", kind="TimeDistributed", config={"layer": keras_object("Bidirectional", {"layer": inner})})
    )
    assert is_unknown(Layer(name="w", kind="RNN", config={"cell": [keras_object("MyCell", {})]}))
    assert not is_unknown(
        Layer(name="w", kind="TimeDistributed", config={"layer": keras_object("Dense", {"units": 3})})
    )


@pytest.mark.parametrize(
    "config",
    [
        {"units": 10**10},
        {"units": -(10**18)},
        {"a": [[1, 2], [3, 10**10]]},
        {"layer": {"kind": "Dense", "config": {"units": 10**12}}},
        {"num_ops": 101},
        {"rate": 1e12},
        nested(17),
    ],
)
def test_arguments_that_are_absurd_are_refused_and_may_be_kept(config: dict[str, Any]) -> None:
    layer = Layer(name="dense", kind="Dense", config=config)
    with pytest.raises(InvalidError, match=r"larger than|levels deep"):
        refuse_unsafe(layer)
    refuse_unsafe_architecture(of_one(layer))


def test_a_seed_may_be_any_number() -> None:
    refuse_unsafe(Layer(name="d", kind="Dropout", config={"rate": 0.1, "seed": 3_459_210_043}))
    refuse_unsafe(
        Layer(name="d", kind="Dense", config={"kernel_initializer": keras_object("HeNormal", {"seed": 10**12})})
    )


def test_nesting_without_end_is_not_kept() -> None:
    with pytest.raises(InvalidError, match="64 levels deep"):
        refuse_unsafe_architecture(of_one(Layer(name="a", kind="My", config=nested(65))))


def test_every_layer_of_every_preset_may_be_built() -> None:
    for preset in presets():
        for layer in build_preset(preset.name, {}).layers:
            refuse_unsafe(layer)


_NEEDED: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "AlphaDropout": {"rate": 0.1},
    "Dropout": {"rate": 0.1},
    "GaussianDropout": {"rate": 0.1},
    "GaussianNoise": {"stddev": 0.1},
    "GroupNormalization": {"groups": 1},
    "RandomBrightness": {"factor": 0.1},
    "RandomContrast": {"factor": 0.1},
    "RandomRotation": {"factor": 0.1},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1},
    "RandomZoom": {"height_factor": 0.1},
    "Rescaling": {"scale": 0.5},
    "SpatialDropout1D": {"rate": 0.1},
    "SpatialDropout2D": {"rate": 0.1},
    "SpatialDropout3D": {"rate": 0.1},
}


@pytest.mark.parametrize("kind", sorted(KEEP_SHAPE))
def test_what_is_said_to_keep_its_shape_does(kind: str) -> None:
    sizes = {"1D": (8, 3), "3D": (4, 4, 4, 3)}.get(kind[-2:], (8, 8, 3))
    architecture = Architecture(
        name="one",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, *sizes)),),
        layers=(Layer(name="layer", kind=kind, config=_NEEDED.get(kind, {})),),
        calls=(Call(id="layer", layer="layer", inputs=("x",)),),
        outputs=("layer",),
    )
    table = read_layer_table(architecture)
    assert table.failure is None
    assert table.rows[-1].output_shapes == ((None, *sizes),)
