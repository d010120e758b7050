"""Why two architectures with branches differ: inputs in another order, and what two causes bring about together."""

from itertools import pairwise

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.explain import explain, repaired
from tests.factories.comparing import tables_of


def moved(*kinds: str) -> Architecture:
    names = ["x", *(kind.lower() for kind in kinds)]
    return Architecture(
        name="chain",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, 3)),),
        layers=tuple(Layer(name=kind.lower(), kind=kind) for kind in kinds),
        calls=tuple(Call(id=name, layer=name, inputs=(before,)) for before, name in pairwise(names)),
        outputs=(names[-1],),
    )


def two_branches(*, swapped: bool) -> Architecture:
    layers = (
        Layer(name="a", kind="Dense", config={"units": 4}),
        Layer(name="b", kind="Dense", config={"units": 8}),
        Layer(name="join", kind="Concatenate", config={"axis": -1}),
    )
    calls = (
        Call(id="a", layer="a", inputs=("x",)),
        Call(id="b", layer="b", inputs=("x",)),
        Call(id="join", layer="join", inputs=("b", "a") if swapped else ("a", "b")),
    )
    return Architecture(
        name="branches",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, 3)),),
        layers=layers,
        calls=calls,
        outputs=("join",),
    )


def test_inputs_in_another_order_are_one_cause_without_effect_on_parameters() -> None:
    (cause,) = explain(two_branches(swapped=False), two_branches(swapped=True), tables_of).causes
    assert cause.verified
    assert (cause.field, cause.parameter_effect) == ("inputs", 0)
    assert (
        "takes the same inputs in another order: ('a', 'b') on the left and ('b', 'a') on the right."
        in cause.explanation
    )


def test_a_move_that_changes_no_size_is_not_said_to_explain_sizes() -> None:
    found = explain(moved("BatchNormalization", "ReLU"), moved("ReLU", "BatchNormalization"), tables_of)
    assert found.causes[0].explanation.startswith("BatchNormalization stands at another place")
    assert found.summary.startswith("All shapes and parameters are equal.")


def test_building_that_only_two_causes_together_stop_or_mend_is_their_consequence() -> None:
    def added(left: int, right: int) -> Architecture:
        made = two_branches(swapped=False)
        a, b, _ = made.layers
        layers = (
            a.model_copy(update={"config": {"units": left}}),
            b.model_copy(update={"config": {"units": right, "activation": "relu"}}),
            Layer(name="join", kind="Add"),
        )
        return made.model_copy(update={"layers": layers})

    found = explain(added(4, 8), added(6, 6), tables_of)
    assert [len(consequence.causes) for consequence in found.consequences][:1] == [2]
    assert "Building the left stops" in found.consequences[0].explanation


def test_what_lies_behind_the_place_where_both_stop_is_not_said_to_have_no_effect() -> None:
    def stopping(units: int) -> Architecture:
        made = moved("Flatten", "MaxPooling2D", "Dense")
        last = made.layers[2].model_copy(update={"config": {"units": units}})
        return made.model_copy(update={"layers": (*made.layers[:2], last)})

    found = explain(stopping(2), stopping(3), tables_of)
    assert [cause.field for cause in found.causes] == ["units"]
    assert "Neither network can be built that far" in found.causes[0].explanation
    assert found.summary.endswith("Neither network can be completed.")
    assert found.consequences == ()  # no cause makes them stop: they stop at the same place for the same reason


def attending(*sizes: int, **more: list[int]) -> Architecture:
    layer = Layer(name="attention", kind="MultiHeadAttention", config={"num_heads": 2, "key_dim": 4, **more})
    return Architecture(
        name="attention",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, *sizes)),),
        layers=(layer,),
        calls=(Call(id="attention", layer="attention", inputs=("x", "x")),),
        outputs=("attention",),
    )


def test_attention_axes_written_as_keras_resolves_them_are_no_difference() -> None:
    assert explain(attending(8, 4), attending(8, 4, attention_axes=[1]), tables_of).identical


def test_attention_axes_that_nobody_wrote_follow_the_input_and_are_no_cause() -> None:
    found = explain(attending(8, 4), attending(8, 2, 4), tables_of)
    assert [(cause.kind, cause.field) for cause in found.causes] == [("input", "shape")]
    assert found.causes[0].verified


def test_inputs_listed_in_another_order_are_one_cause() -> None:
    left = two_inputs("a", "b")
    right = two_inputs("b", "a")
    found = explain(left, right, tables_of)
    (cause,) = found.causes
    assert (cause.kind, cause.field, cause.left, cause.right) == ("input", "order", ["a", "b"], ["b", "a"])
    assert (cause.verified, cause.parameter_effect, cause.affects_shapes) == (True, 0, False)
    twin = repaired(left, right, tables_of, causes=[cause.id])
    assert [entry.name for entry in twin.inputs] == ["b", "a"]


def two_inputs(*names: str) -> Architecture:
    inputs = {"a": Input(name="a", shape=(None, 8)), "b": Input(name="b", shape=(None, 4))}
    layers = [Layer(name=name, kind="Dense", config={"units": units}) for name, units in (("x", 3), ("y", 5))]
    calls = (
        Call(id="x", layer="x", inputs=("a",)),
        Call(id="y", layer="y", inputs=("b",)),
        Call(id="join", layer="join", inputs=("x", "y")),
    )
    return Architecture(
        name="two",
        style=Style.FUNCTIONAL,
        inputs=tuple(inputs[name] for name in names),
        layers=(*layers, Layer(name="join", kind="Concatenate")),
        calls=calls,
        outputs=("join",),
    )
