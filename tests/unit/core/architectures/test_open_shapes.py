"""A shape that nobody wrote has as many sizes as the first layer that cares takes."""

from itertools import pairwise
from typing import Any

import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Shape, Style, Symbol
from app.core.architectures.open_shapes import open_shape_name, ranks_needed
from app.core.architectures.written import keras_object


def chain(*layers: tuple[str, dict[str, Any]]) -> Architecture:
    made = tuple(Layer(name=f"l{number}", kind=kind, config=config) for number, (kind, config) in enumerate(layers))
    ids = ["x", *[layer.name for layer in made]]
    return Architecture(
        name="chain",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, Symbol(symbol="*"))),),
        layers=made,
        calls=tuple(Call(id=name, layer=name, inputs=(before,)) for before, name in pairwise(ids)),
        outputs=(ids[-1],),
    )


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ((None, Symbol(symbol="*input_shape")), "input_shape"),
        ((None, Symbol(symbol="*")), ""),
        ((None, Symbol(symbol="rows")), None),
        ((None, Symbol(symbol="*a"), 3), None),
        ((None, 3), None),
    ],
)
def test_a_shape_that_is_open_as_a_whole_may_have_a_name(shape: Shape, name: str | None) -> None:
    assert open_shape_name(shape) == name


@pytest.mark.parametrize(
    ("kind", "config", "rank"),
    [
        ("Conv1D", {}, 3),
        ("Conv2DTranspose", {}, 4),
        ("MaxPooling3D", {}, 5),
        ("GlobalAveragePooling2D", {}, 4),
        ("SpatialDropout1D", {}, 3),
        ("ConvLSTM2D", {}, 5),
        ("GRU", {}, 3),
        ("MultiHeadAttention", {}, 3),
        ("RandomZoom", {}, 4),
        ("Embedding", {}, 2),
        ("Permute", {"dims": [2, 1, 3]}, 4),
        ("TimeDistributed", {"layer": keras_object("Conv2D", {})}, 5),
        ("TimeDistributed", {"layer": keras_object("Dense", {})}, 3),
        ("Dense", {}, None),
        ("Flatten", {}, None),
        ("MyLayer", {}, None),
    ],
)
def test_the_first_layer_that_cares_decides(kind: str, config: dict[str, Any], rank: int | None) -> None:
    assert ranks_needed(chain((kind, config))).get("x") == rank
    behind = chain(("BatchNormalization", {}), ("ReLU", {}), (kind, config), ("Conv3D", {}))
    assert ranks_needed(behind).get("x") == rank


def test_only_what_is_behind_a_result_counts() -> None:
    architecture = chain(("Conv2D", {}), ("MyLayer", {}), ("Conv1D", {}))
    assert ranks_needed(architecture).get("l1") == 3
    assert ranks_needed(architecture).get("l2") is None


def test_where_a_result_branches_the_first_layer_that_cares_decides() -> None:
    layers = {"keep": "ReLU", "flat": "Conv1D", "deep": "Conv3D"}
    calls = [("keep", "x"), ("deep", "keep"), ("flat", "x")]
    architecture = Architecture(
        name="branches",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, Symbol(symbol="*"))),),
        layers=tuple(Layer(name=name, kind=kind) for name, kind in layers.items()),
        calls=tuple(Call(id=name, layer=name, inputs=(before,)) for name, before in calls),
        outputs=("deep", "flat"),
    )
    assert ranks_needed(architecture) == {"x": 5, "keep": 5}
