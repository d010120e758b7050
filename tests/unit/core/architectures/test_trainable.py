"""What cannot be trained is refused before a run waits for it, with what to change."""

from typing import Any

import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style, Symbol
from app.core.architectures.presets import build_preset, presets
from app.core.architectures.trainable import refuse_untrainable
from app.core.architectures.written import code, keras_object, symbol
from app.core.errors import InvalidError


def of_one(kind: str, config: dict[str, Any], **more: Any) -> Architecture:
    definition = {
        "name": "one",
        "style": Style.FUNCTIONAL,
        "inputs": (Input(name="image", shape=(None, 8, 8, 3)),),
        "layers": (Layer(name="only", kind=kind, config=config),),
        "calls": (Call(id="call", layer="only", inputs=("image",)),),
        "outputs": ("call",),
    }
    return Architecture.model_validate({**definition, **more})


def test_presets_can_be_trained() -> None:
    for preset in presets():
        refuse_untrainable(build_preset(preset.name, {}))
    refuse_untrainable(of_one("Dense", {"units": 3}, inputs=(Input(name="image", shape=(None, 8, 8, 1)),)))


@pytest.mark.parametrize(
    ("architecture", "says"),
    [
        (of_one("Dense", {"units": symbol("labels_values")}), "`labels_values` is. Give each a value"),
        (of_one("Dense", {"units": 3, "activation": code("lambda x: x")}), "`lambda x: x`"),
        (of_one("TimeDistributed", {"layer": keras_object("Dense", {"units": symbol("n")})}), "`n`"),
        (of_one("Dense", {}, inputs=(Input(name="image", shape=(None, Symbol(symbol="*shape"))),)), "`shape`"),
        (of_one("Dense", {}, inputs=(Input(name="image", shape=(None, Symbol(symbol="*"))),)), "the shape of image"),
        (of_one("MyLayer", {}), "MyLayer is not one of Keras's own layers.*Replace the layer"),
        (of_one("Lambda", {}), "Lambda is not one of"),
        (of_one("Dense", {"units": 10**18}), "larger than 1,000,000,000"),
        (of_one("Dense", {}, inputs=(Input(name="image", shape=(None, None, None, 3)),)), "in one size"),
        (of_one("Dense", {}, inputs=(Input(name="image", shape=(None, 8, 8, 7)),)), "1 or 3 channels"),
        (of_one("Dense", {}, inputs=(Input(name="image", shape=(None, 30)),)), "height, width, channels"),
        (of_one("Dense", {}, outputs=("call", "image")), "1 inputs and 2 outputs"),
    ],
)
def test_what_cannot_be_trained_says_what_to_change(architecture: Architecture, says: str) -> None:
    with pytest.raises(InvalidError, match=says) as caught:
        refuse_untrainable(architecture)
    assert [error.field for error in caught.value.errors] == ["architecture"]
