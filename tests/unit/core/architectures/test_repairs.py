"""A remedy's change, made on the definition, does what the remedy said."""

import pytest

from app.core.architectures.presets import build_preset
from app.core.architectures.remedies import with_remedies
from app.core.architectures.repairs import repaired
from app.core.errors import InvalidError
from app.networks import read_layer_table

HALF_BUILT = build_preset("notebook-sequential", {})


def test_every_remedy_that_was_tried_does_what_it_said() -> None:
    table = with_remedies(HALF_BUILT, read_layer_table(HALF_BUILT), read_layer_table)
    assert table.failure is not None
    assert {remedy.change["kind"] for remedy in table.failure.remedies} == {"argument", "input", "removal"}
    for remedy in table.failure.remedies:
        changed = repaired(HALF_BUILT, remedy.change)
        assert read_layer_table(changed).complete is remedy.works, remedy.change


def test_the_padded_network_is_the_notebooks_second_one() -> None:
    layers = [layer.name for layer in HALF_BUILT.layers if layer.kind == "Conv2D"]
    changed = repaired(HALF_BUILT, {"kind": "argument", "field": "padding", "to": "same", "layers": list(layers)})
    assert read_layer_table(changed).totals.parameters == 140_095_430


def test_the_layer_before_the_output_and_the_output_itself_can_be_left_out() -> None:
    changed = repaired(HALF_BUILT, {"kind": "removal", "layers": ["dense_2", "dense_3"]})
    assert changed.outputs == ("dropout_2",)
    assert changed.is_chain


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "more", "text": "the search was cut here"},
        {},
        {"kind": "input", "input": "input_layer", "to": "wide"},
        {"kind": "removal", "layers": [layer.name for layer in HALF_BUILT.layers]},
    ],
)
def test_what_is_no_change_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        repaired(HALF_BUILT, change)  # type: ignore[arg-type]
