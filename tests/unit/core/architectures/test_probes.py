"""Sizes without a value: what came out of every world is told by its name, or not at all."""

import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Shape, Style, Symbol
from app.core.architectures.catalogue import Argument, Catalogue, Kind
from app.core.architectures.probes import WORLDS, Probes, closed, is_open, opened
from app.core.architectures.written import code, keras_object, symbol
from app.core.values import JsonObject

CATALOGUE = Catalogue(
    keras_version="3",
    layers=(
        Kind(
            kind="Conv2D",
            summary="",
            arguments=(
                Argument(name="filters", required=True),
                Argument(name="padding", required=False, default="valid", choices=("valid", "same")),
                Argument(name="use_bias", required=False, default=True),
                Argument(name="activation", required=False),
            ),
        ),
        Kind(kind="Activation", summary="", arguments=(Argument(name="activation", required=True),)),
    ),
    objects=(Kind(kind="L2", summary="", arguments=(), group="regularizer"),),
    applications=(),
)


def probes(config: JsonObject, shape: Shape = (None, 8, 8, 3)) -> Probes:
    return Probes(
        Architecture(
            name="one",
            style=Style.FUNCTIONAL,
            inputs=(Input(name="x", shape=shape),),
            layers=(Layer(name="l", kind="Conv2D", config=config),),
            calls=(Call(id="c", layer="l", inputs=("x",)),),
            outputs=("c",),
        )
    )


def test_a_network_without_open_sizes_is_one_world() -> None:
    assert list(probes({"filters": 3}).worlds) == [0]
    assert list(probes({"filters": symbol("n")}).worlds) == list(range(WORLDS))


def test_every_open_size_has_its_own_numbers_that_differ_between_worlds() -> None:
    found = probes({"filters": symbol("n"), "kernel_size": [symbol("k"), 3]}, (None, Symbol(symbol="rows"), 8, 3))
    numbers = [found.open[name].numbers for name in ("n", "k", "rows")]
    assert len(set(numbers)) == 3
    assert all(len(set(entry)) == WORLDS for entry in numbers)
    assert all(number % 2 for entry in numbers for number in entry)
    assert max(found.open["k"].numbers) < 20 < min(found.open["n"].numbers)


def test_a_size_is_its_name_or_grows_evenly_with_it_or_is_not_told() -> None:
    found = probes({"filters": symbol("n")})
    numbers = found.open["n"].numbers
    assert found.dimension([7, 7, 7]) == 7
    assert found.dimension(numbers) == Symbol(symbol="n")
    assert found.dimension([number + 2 for number in numbers]) == Symbol(symbol="n + 2")
    assert found.dimension([3 * number - 1 for number in numbers]) == Symbol(symbol="3 * n - 1")
    assert found.dimension([number // 2 for number in numbers]) is None
    assert found.dimension([number * number for number in numbers]) is None
    assert found.dimension([None, None, None]) is None
    assert found.dimension([None, 3, 3]) is None


def test_a_name_that_is_an_expression_is_put_in_brackets_and_a_hidden_size_has_none() -> None:
    found = probes({"filters": symbol("n // 4")})
    assert found.dimension([2 * number for number in found.open["n // 4"].numbers]) == Symbol(symbol="2 * (n // 4)")
    found.hide("?x[0]")
    assert found.dimension(found.open["?x[0]"].numbers) is None
    assert found.dimension([number + 2 for number in found.open["?x[0]"].numbers]) is None


def test_what_is_no_size_gets_another_of_its_choices_in_every_world() -> None:
    config: JsonObject = {"filters": 3, "padding": symbol("p"), "use_bias": symbol("b"), "activation": symbol("a")}
    found = probes(config)
    made = [closed("Conv2D", config, probes=found, world=world, catalogue=CATALOGUE) for world in (0, 1)]
    assert [entry for entry, _ in made] == [
        {"filters": 3, "padding": "valid", "use_bias": False},
        {"filters": 3, "padding": "same", "use_bias": True},
    ]
    assert made[0][1] == {"padding", "use_bias", "activation"}


def test_an_activation_that_must_be_given_is_linear() -> None:
    config: JsonObject = {"activation": code("tf.nn.crelu")}
    made, replaced = closed("Activation", config, probes=probes(config), world=0, catalogue=CATALOGUE)
    assert made == {"activation": "linear"}
    assert set(replaced) == {"activation"}


def test_an_object_of_keras_stays_and_any_other_gives_way() -> None:
    for value, stays in ((keras_object("L2", {"l2": 0.1}), True), (keras_object("Mine", {}), False)):
        config: JsonObject = {"filters": 3, "kernel_regularizer": value}
        made, _ = closed("Conv2D", config, probes=probes(config), world=0, catalogue=CATALOGUE)
        assert ("kernel_regularizer" in made) is stays


def test_arguments_come_back_with_their_names() -> None:
    found = probes({"filters": symbol("n")})
    first, second, third = found.open["n"].numbers
    assert opened([[first, 3], [second, 3], [third, 3]], found) == [symbol("n"), 3]
    with pytest.raises(ValueError, match="no size"):
        opened([1, 2, 2], found)
    with pytest.raises(ValueError, match="not a size"):
        opened(["a", "b", "c"], found)


def test_open_is_what_holds_a_symbol_or_code_anywhere() -> None:
    assert is_open([{"kind": "Dense", "config": {"units": symbol("n")}}])
    assert is_open(code("x"))
    assert not is_open([{"kind": "Dense", "config": {"units": 3}}])
