"""Open sizes are found wherever they are written, and give way to values."""

from typing import Any

import pytest

from app.core.architectures.architecture import Architecture
from app.core.architectures.filling import fill, open_symbols
from app.core.architectures.readers.keras_code import read_code
from app.core.errors import InvalidError
from app.networks import InstalledKeras


def network(shape: list[Any], units: Any) -> Architecture:
    return Architecture.model_validate(
        {
            "name": "open",
            "style": "sequential",
            "inputs": [{"name": "image", "shape": shape}],
            "layers": [
                {"name": "flatten", "kind": "Flatten"},
                {"name": "dense", "kind": "Dense", "config": {"units": units}},
            ],
            "calls": [
                {"id": "flatten", "layer": "flatten", "inputs": ["image"]},
                {"id": "dense", "layer": "dense", "inputs": ["flatten"], "arguments": {"scale": {"symbol": "scale"}}},
            ],
            "outputs": ["dense"],
        }
    )


def test_symbols_are_found_in_inputs_layers_and_calls() -> None:
    opened = network([None, {"symbol": "size"}, {"symbol": "size"}, 3], {"symbol": "classes"})
    assert open_symbols(opened) == ("size", "classes", "scale")


def test_values_take_their_place_and_the_rest_stays_open() -> None:
    opened = network([None, {"symbol": "size"}, {"symbol": "size"}, 3], {"symbol": "classes"})
    filled = fill(opened, {"size": 224, "classes": 6})
    assert filled.inputs[0].shape == (None, 224, 224, 3)
    assert filled.layers[1].config == {"units": 6}
    assert open_symbols(filled) == ("scale",)


@pytest.mark.parametrize("value", [[224, 224, 3], 7])
def test_a_whole_shape_is_filled_at_once(value: Any) -> None:
    filled = fill(network([None, {"symbol": "*input_shape"}], 6), {"*input_shape": value})
    assert filled.inputs[0].shape == (None, *(value if isinstance(value, list) else [value]))


@pytest.mark.parametrize("value", [0, -3, "many", 2.5, True, [1, 2]])
def test_a_size_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidError, match="whole"):
        fill(network([None, {"symbol": "size"}], 6), {"size": value})


@pytest.mark.parametrize(
    ("layers", "value", "wanted"),
    [
        ("Dense(k)", [1, 2], "a whole number"),
        ("Dense(k)", "many", "a whole number"),
        ("Dropout(k)", [0.5], "a number"),
        ("Conv2D(k, 3)", 2.5, "a whole number"),
    ],
)
def test_a_list_or_a_word_for_a_number_is_refused_with_its_name(layers, value, wanted):
    with pytest.raises(InvalidError, match="k cannot be") as refused:
        read_code(f"model = keras.Sequential([{layers}])", facts=InstalledKeras(), symbols={"k": value})
    assert [(entry.field, entry.message) for entry in refused.value.errors] == [("symbols.k", f"expected {wanted}")]


def test_a_list_for_one_size_of_an_input_is_refused_with_its_name():
    with pytest.raises(InvalidError, match="one size of an input") as refused:
        read_code("m = keras.Sequential([Input((4, n)), Dense(3)])", facts=InstalledKeras(), symbols={"n": [1, 2]})
    assert [entry.field for entry in refused.value.errors] == ["symbols.n"]


def test_the_function_of_a_lambda_is_nothing_to_fill_in() -> None:
    source = "m = keras.Sequential([Input((4, 3)), Lambda(squash, arguments={'by': factor})])"
    (definition,) = read_code(source, facts=InstalledKeras()).definitions
    assert open_symbols(definition.architecture) == ("factor",)
