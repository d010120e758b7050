"""Remedies are tried on the definition, and what is said to work does."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Shape, Style
from app.core.architectures.layer_table import LayerTable, Remedy
from app.core.architectures.presets import build_preset
from app.core.architectures.remedies import with_remedies
from app.networks import read_layer_table


class Counting:
    """The tables of architectures, and how many were asked for."""

    def __init__(self) -> None:
        self.builds = 0

    def __call__(self, architecture: Architecture) -> LayerTable:
        self.builds += 1
        return read_layer_table(architecture)


def chain(shape: Shape, *layers: tuple[str, dict[str, Any]]) -> Architecture:
    made = tuple(Layer(name=f"l{number}", kind=kind, config=config) for number, (kind, config) in enumerate(layers))
    ids = ["image", *[layer.name for layer in made]]
    calls = tuple(Call(id=name, layer=name, inputs=(before,)) for before, name in pairwise(ids))
    image = Input(name="image", shape=shape)
    return Architecture(
        name="chain", style=Style.SEQUENTIAL, inputs=(image,), layers=made, calls=calls, outputs=(ids[-1],)
    )


def remedied(architecture: Architecture, **more: Any) -> tuple[tuple[Remedy, ...], Any, int]:
    count = Counting()
    table = with_remedies(architecture, read_layer_table(architecture), count, **more)
    assert table.failure is not None
    return table.failure.remedies, table.failure.smallest_input, count.builds


CONV: tuple[str, dict[str, Any]] = ("Conv2D", {"filters": 2, "kernel_size": 3})
POOL: tuple[str, dict[str, Any]] = ("MaxPooling2D", {})


def test_the_notebooks_sequential_network_needs_padding_or_268_pixels_or_a_pool_less() -> None:
    remedies, smallest, builds = remedied(build_preset("notebook-sequential", {}))
    assert smallest == [None, 268, 268, 3]
    works = [remedy.change for remedy in remedies if remedy.works]
    assert works[0]["field"] == "padding"
    assert len(works[0]["layers"]) == 16  # type: ignore[arg-type]
    assert [change["kind"] for change in works] == ["argument", "input"] + 4 * ["removal"]
    # Padding the last convolution alone leaves a map of one pixel to a pool of two.
    assert [(remedy.change["layers"], remedy.works) for remedy in remedies if not remedy.works] == [
        (["conv2d_15"], False)
    ]
    assert all(remedy.tried for remedy in remedies)
    assert builds < 30


@pytest.mark.parametrize("side", [267, 268])
def test_268_pixels_pass_and_267_do_not(side: int) -> None:
    table = read_layer_table(build_preset("notebook-sequential", {"height": side, "width": side}))
    assert table.complete is (side == 268)


def test_the_smaller_change_is_found_first() -> None:
    remedies, smallest, _ = remedied(chain((None, 8, 8, 1), CONV, POOL, CONV, CONV, ("Flatten", {})))
    assert (remedies[0].change["layers"], remedies[0].works) == (["l3"], True)
    assert smallest == [None, 12, 12, 1]


def test_channels_first_grows_the_map_and_not_the_channels() -> None:
    config = {"filters": 2, "kernel_size": 7, "data_format": "channels_first"}
    _, smallest, _ = remedied(chain((None, 3, 5, 6), ("Conv2D", config)))
    assert smallest == [None, 3, 7, 7]


def test_a_length_is_found_as_a_square_is() -> None:
    _, smallest, _ = remedied(chain((None, 5, 2), ("Conv1D", {"filters": 1, "kernel_size": 9}), ("MaxPooling1D", {})))
    assert smallest == [None, 10, 2]


def test_what_no_size_mends_gets_no_remedy_that_works() -> None:
    remedies, smallest, _ = remedied(chain((None, 8, 8, 1), CONV, ("Dense", {"units": "many"})))
    assert smallest is None
    assert not any(remedy.works for remedy in remedies)


def test_a_network_that_is_complete_is_left_alone() -> None:
    architecture = chain((None, 8, 8, 1), CONV)
    table = read_layer_table(architecture)
    count: Callable[[Architecture], LayerTable] = Counting()
    assert with_remedies(architecture, table, count) is table


def test_the_search_says_where_it_was_cut() -> None:
    remedies, smallest, builds = remedied(build_preset("notebook-sequential", {}), most_builds=4)
    assert builds == 4
    assert smallest is None
    assert (remedies[-1].tried, remedies[-1].works) == (False, False)
    assert "cut" in str(remedies[-1].change["text"])


def test_a_layer_that_every_output_needs_is_not_left_out() -> None:
    remedies, _, _ = remedied(chain((None, 1, 1, 1), POOL))
    assert [remedy.change["kind"] for remedy in remedies] == ["argument", "input"]
