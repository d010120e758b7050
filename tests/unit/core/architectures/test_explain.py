"""Why two architectures differ: the notebook's pair, and what is known to happen in the wild."""

from typing import Any

import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.differences import Cause, Differences
from app.core.architectures.explain import explain, repaired
from app.core.architectures.presets import build_preset
from app.core.architectures.written import symbol
from app.networks import read_layer_table
from tests.factories.comparing import chain, conv, dense, tables_of, told
from tests.factories.known_edits import is_told_exactly, known_pair


def only_cause(left: Architecture, right: Architecture) -> Cause:
    found = explain(left, right, tables_of)
    assert len(found.causes) == 1, told(found)
    assert found.causes[0].verified
    return found.causes[0]


@pytest.fixture(scope="module")
def notebook() -> Differences:
    return explain(build_preset("notebook-sequential", {}), build_preset("notebook-functional", {}), tables_of)


def test_the_notebooks_pair_has_two_causes(notebook: Differences) -> None:
    padding, dropout = notebook.causes
    assert (padding.kind, padding.field, padding.left, padding.right) == ("argument", "padding", "valid", "same")
    assert (len(padding.layers), padding.layer_kind, padding.verified) == (16, "Conv2D", True)
    assert (padding.parameter_effect, padding.affects_shapes) == (122_430_854, True)
    assert (dropout.field, dropout.left, dropout.right, dropout.parameter_effect) == ("rate", 0.25, 0.2, 0)
    assert (dropout.affects_shapes, dropout.verified, len(dropout.explains)) == (False, True, 1)
    assert notebook.smallest_set == (padding.id,)


def test_it_is_said_in_one_sentence_and_how_each_map_shrinks(notebook: Differences) -> None:
    assert notebook.summary == (
        "One cause explains every difference in shape and parameters: 16 convolutions have padding='valid' (Keras’s "
        "default) on the left and padding='same' on the right."
    )
    assert "each of them trims two pixels" in notebook.causes[0].explanation


def test_the_notebooks_padding_explains_every_difference_but_the_rate(notebook: Differences) -> None:
    differing = {(number, change.field) for number, row in enumerate(notebook.rows) for change in row.changes}
    explained = {(entry.row, entry.field) for entry in notebook.causes[0].explains}
    assert differing - explained == {(11, "rate")}
    assert explained <= differing


def test_the_notebooks_half_built_network_is_a_consequence_of_the_padding(notebook: Differences) -> None:
    (consequence,) = notebook.consequences
    assert consequence.causes == (notebook.causes[0].id,)
    assert len(consequence.rows) == 9
    for words in (
        "16th convolution",
        "Seven pixels a side are left after the 4th pool",
        "one after 3 more convolutions",
        "8 layers",
    ):
        assert words in consequence.explanation
    statuses = [row.status for row in notebook.rows]
    assert statuses[21:] == ["stopped", *["unreached"] * 8]


def test_the_style_is_excluded_with_its_proof(notebook: Differences) -> None:
    (excluded,) = notebook.excluded
    assert excluded.what == "style"
    assert "equals the right’s in every row" in excluded.explanation


def test_a_row_may_have_a_change_of_its_own_and_an_inherited_one(notebook: Differences) -> None:
    second, pool = notebook.rows[2], notebook.rows[3]
    assert {(change.field, change.origin) for change in second.changes} >= {
        ("padding", "introduced"),
        ("input_shapes", "inherited"),
        ("output_shapes", "introduced"),
    }
    assert {change.origin for change in pool.changes} == {"inherited"}


def test_the_repaired_twin_has_the_rights_table() -> None:
    left, right = build_preset("notebook-sequential", {}), build_preset("notebook-functional", {})
    twin = repaired(left, right, tables_of, causes=["conv2d-padding"])
    assert twin.style is Style.SEQUENTIAL
    found = explain(twin, right, tables_of)
    assert told(found) == [("argument", "rate", 0.25, 0.2)]
    assert found.parameters.left == found.parameters.right == 140_095_430


@pytest.mark.parametrize("name", ["compact-functional", "notebook-sequential"])
def test_nothing_differs_from_itself_in_another_style(name: str) -> None:
    left = build_preset(name, {})
    right = left.model_copy(update={"style": Style.SUBCLASSED})
    found = explain(left, right, tables_of)
    assert (found.identical, found.causes, found.consequences) == (True, (), ())
    assert [entry.what for entry in found.excluded] == ["style"]
    assert {row.status for row in found.rows} <= {"same", "stopped", "unreached"}


def test_an_axis_order_mixed_into_one_network_is_named() -> None:
    left = chain(conv(), ("MaxPooling2D", {"data_format": "channels_first"}), ("Flatten", {}), dense(6))
    right = chain(conv(), ("MaxPooling2D", {}), ("Flatten", {}), dense(6))
    cause = only_cause(left, right)
    assert (cause.field, cause.left, cause.right) == ("data_format", "channels_first", "channels_last")
    assert cause.affects_shapes
    assert "halves the channels" in cause.explanation


def test_an_input_in_another_order_is_one_cause() -> None:
    layers = [conv(), ("Flatten", {}), dense(6)]
    cause = only_cause(chain(*layers, shape=(20, 10, 3)), chain(*layers, shape=(10, 20, 3)))
    assert (cause.kind, cause.field) == ("input", "shape")
    assert "height and width are exchanged" in cause.explanation
    cause = only_cause(chain(*layers, shape=(3, 20, 10)), chain(*layers, shape=(20, 10, 3)))
    assert "same sizes in another order" in cause.explanation


def test_a_missing_flatten_is_one_cause() -> None:
    cause = only_cause(chain(conv(), dense(6)), chain(conv(), ("Flatten", {}), dense(6)))
    assert (cause.kind, cause.field, cause.left, cause.right) == ("topology", "layers", None, ["Flatten"])


@pytest.mark.parametrize(
    ("argument", "left", "right"),
    [("activation", "softmax", "sigmoid"), ("kernel_initializer", "he_normal", "glorot_uniform")],
)
def test_what_changes_no_shape_is_told_as_such(argument: str, left: str, right: str) -> None:
    cause = only_cause(*(chain(dense(4), dense(6, **{argument: value}), shape=(8,)) for value in (left, right)))
    assert (cause.field, cause.left, cause.right, cause.affects_shapes) == (argument, left, right, False)
    assert cause.parameter_effect == 0


def test_a_typing_error_in_one_width_is_one_cause_with_its_whole_effect() -> None:
    left, right = (chain(dense(width), dense(64), dense(6), shape=(10,)) for width in (123, 132))
    cause = only_cause(left, right)
    assert (cause.field, cause.left, cause.right) == ("units", 123, 132)
    assert cause.parameter_effect == 9 * (10 + 1) + 9 * 64


def test_effects_of_neighbours_add_up_and_show_where_they_act_together() -> None:
    left = chain(dense(10), dense(20), shape=(5,))
    right = chain(dense(11), dense(21), shape=(5,))
    found = explain(left, right, tables_of)
    effects = [cause.parameter_effect or 0 for cause in found.causes]
    assert found.parameters.left is not None
    assert found.parameters.right is not None
    assert sum(effects) == found.parameters.right - found.parameters.left
    assert any(cause.parameter_effect != cause.alone for cause in found.causes)
    assert len(found.smallest_set) == 2


def test_batch_normalisation_in_one_only_is_one_cause_at_all_its_places() -> None:
    def network(*between: tuple[str, dict[str, Any]]) -> Architecture:
        return chain(conv(), *between, conv(), *between, conv(), *between, ("Flatten", {}), dense(6))

    cause = only_cause(network(), network(("BatchNormalization", {})))
    assert (cause.field, cause.left, cause.right) == ("layers", None, ["BatchNormalization"])
    assert len(cause.layers) == 3
    assert cause.parameter_effect == 3 * 16


def test_a_layer_created_twice_instead_of_shared_is_told() -> None:
    def siamese(second: str) -> Architecture:
        layers = {name: Layer(name=name, kind="Dense", config={"units": 4}) for name in ("one", second)}
        inputs = tuple(Input(name=name, shape=(None, 8)) for name in ("a", "b"))
        calls = [Call(id="x", layer="one", inputs=("a",)), Call(id="y", layer=second, inputs=("b",))]
        layers["add"] = Layer(name="add", kind="Add")
        return Architecture(
            name="siamese",
            style=Style.FUNCTIONAL,
            inputs=inputs,
            layers=tuple(layers.values()),
            calls=(*calls, Call(id="sum", layer="add", inputs=("x", "y"))),
            outputs=("sum",),
        )

    cause = only_cause(siamese("one"), siamese("two"))
    assert (cause.kind, cause.field, cause.parameter_effect) == ("topology", "shared", 36)


def test_a_branch_that_a_sequential_cannot_express_is_one_cause() -> None:
    left = chain(conv(padding="same"), conv(padding="same"), ("Flatten", {}), dense(6))
    added = Layer(name="add", kind="Add")
    calls = [
        *left.calls[:2],
        Call(id="add", layer="add", inputs=("layer_0", "layer_1")),
        left.calls[2].model_copy(update={"inputs": ("add",)}),
        left.calls[3],
    ]
    right = left.model_copy(update={"layers": (*left.layers, added), "calls": tuple(calls)})
    cause = only_cause(left, right)
    assert (cause.kind, cause.field, cause.right) == ("topology", "layers", ["Add"])


def test_a_moved_layer_is_one_cause() -> None:
    drop, pool = ("Dropout", {"rate": 0.5}), ("MaxPooling2D", {})
    left = chain(conv(), drop, pool, conv(8), ("Flatten", {}), dense(6))
    right = chain(conv(), pool, conv(8), ("Flatten", {}), drop, dense(6))
    cause = only_cause(left, right)
    assert (cause.field, cause.left) == ("position", ["Dropout"])
    assert explain(left, right, tables_of).summary.startswith("All shapes and parameters are equal.")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("Conv2D", {"filters": 4, "kernel_size": [3, 3]}), ("SeparableConv2D", {"filters": 4, "kernel_size": [3, 3]})),
        (("Flatten", {}), ("GlobalAveragePooling2D", {})),
    ],
)
def test_a_layer_in_place_of_another_makes_other_sizes(left, right) -> None:
    summary = explain(chain(conv(), left), chain(conv(), right), tables_of).summary
    assert summary.startswith("One cause explains every difference in shape and parameters: the left has "), summary


def test_strides_that_follow_the_pool_are_no_cause_of_their_own() -> None:
    left, right = (chain(conv(), ("MaxPooling2D", {"pool_size": size}), ("Flatten", {}), dense(6)) for size in (2, 3))
    cause = only_cause(left, right)
    assert (cause.field, cause.left, cause.right) == ("pool_size", [2, 2], [3, 3])


def test_names_and_writing_are_no_difference() -> None:
    left = chain(conv(), ("Flatten", {}), dense(6))
    right = chain(("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "valid"}), ("Flatten", {}), dense(6))
    layers = tuple(layer.model_copy(update={"name": f"other_{layer.name}"}) for layer in right.layers)
    calls = tuple(call.model_copy(update={"layer": f"other_{call.layer}"}) for call in right.calls)
    found = explain(left, right.model_copy(update={"layers": layers, "calls": calls}), tables_of)
    assert found.identical
    assert [entry.what for entry in found.excluded] == ["names"]


@pytest.mark.parametrize("seed", range(120))
def test_every_known_edit_is_one_cause_and_there_is_no_other(seed: int) -> None:
    pair = known_pair(seed, read_layer_table)
    assert is_told_exactly(pair, explain(pair.left, pair.right, tables_of))


def test_a_name_is_only_filled_in_where_one_value_makes_everything_equal() -> None:
    k = symbol("k")
    one = explain(chain(("Flatten", {}), dense(k), dense(k)), chain(("Flatten", {}), dense(6), dense(6)), tables_of)
    assert all("Where k is 6, both are equal." in cause.explanation for cause in one.causes)
    torn = explain(chain(("Flatten", {}), dense(k), dense(k)), chain(("Flatten", {}), dense(12), dense(6)), tables_of)
    assert [cause.explanation.split(". ")[1] for cause in torn.causes] == [
        f"No one value of k makes the networks equal: here it would have to be {value}" for value in (12, 6)
    ]
