"""Comparisons without Keras: a left network with `valid` padding that stops early, and a right one that is complete."""

from app.adapters.clock import new_id, utc_now
from app.core.architectures.architecture import Architecture, Call, Input, Layer, Shape, StoredArchitecture
from app.core.architectures.differences import (
    AlignedRow,
    Cause,
    Change,
    Consequence,
    Counts,
    Differences,
    Excluded,
    Explained,
    LayerPair,
)
from app.core.architectures.layer_table import Failure, LayerTable, Row, Totals
from app.services.differences import Comparison

LAYERS = (
    ("conv2d", "Conv2D"),
    ("dropout", "Dropout"),
    ("conv2d_1", "Conv2D"),
    ("flatten", "Flatten"),
    ("dense", "Dense"),
)
RIGHT_SHAPES: tuple[Shape, ...] = ((None, 4, 4, 8),) * 3 + ((None, 128), (None, 6))
LEFT_SHAPES: tuple[Shape | None, ...] = ((None, 2, 2, 8), (None, 2, 2, 8), None, None, None)
IMAGE: Shape = (None, 4, 4, 3)


def comparison() -> Comparison:
    """Padding explains the shapes, a dropout rate nothing; the second convolution of the left finds a 2 x 2 map."""
    left, right = _stored("left", padding="valid", rate=0.25), _stored("right", padding="same", rate=0.2)
    return Comparison(left, right, left_table(), right_table(), differences())


def left_table() -> LayerTable:
    """Stops at its second convolution."""
    failure = Failure(call="conv2d_1", kind="Conv2D", input_shapes=((None, 2, 2, 8),), message="Negative dimension")
    return LayerTable(complete=False, failure=failure, totals=_totals(224), rows=_rows(LEFT_SHAPES, padding="valid"))


def right_table() -> LayerTable:
    """Complete; its Dense layer holds most of the parameters."""
    return LayerTable(complete=True, failure=None, totals=_totals(1582), rows=_rows(RIGHT_SHAPES, padding="same"))


def differences() -> Differences:
    """What the comparison of the two answers."""
    padding = Change(field="padding", left="valid", right="same", origin="introduced")
    shapes = Change(field="output_shapes", left=[[None, 2, 2, 8]], right=[[None, 4, 4, 8]], origin="inherited")
    rate = Change(field="rate", left=0.25, right=0.2, origin="introduced")
    missing = Change(field="output_shapes", left=None, right=[[None, 128]], origin="inherited")
    rows = (
        AlignedRow(left="image", right="image", kind="InputLayer", status="same"),
        AlignedRow(left="conv2d", right="conv2d", kind="Conv2D", status="differs", changes=(padding, shapes)),
        AlignedRow(left="dropout", right="dropout", kind="Dropout", status="differs", changes=(rate, shapes)),
        AlignedRow(left="conv2d_1", right="conv2d_1", kind="Conv2D", status="stopped", changes=(padding, missing)),
        AlignedRow(left="flatten", right="flatten", kind="Flatten", status="unreached", changes=(missing,)),
        AlignedRow(left="dense", right="dense", kind="Dense", status="unreached", changes=(missing,)),
    )
    return Differences(
        identical=False,
        parameters=Counts(left=224, right=1582),
        rows=rows,
        causes=(_padding(), _rate()),
        consequences=(Consequence(cause="p", causes=("p",), explanation="Building stops.", rows=(3, 4, 5)),),
        excluded=(Excluded(what="style", explanation="Both build the same."),),
        summary="One cause explains it: padding='valid' on the left. The rest follows.",
        smallest_set=("p",),
    )


def _padding() -> Cause:
    return Cause(
        id="p",
        kind="argument",
        field="padding",
        layer_kind="Conv2D",
        left="valid",
        right="same",
        layers=(LayerPair(left="conv2d", right="conv2d"), LayerPair(left="conv2d_1", right="conv2d_1")),
        rows=(1, 3),
        parameter_effect=1358,
        alone=1000,
        affects_shapes=True,
        explains=tuple(Explained(row=row, field="output_shapes") for row in range(1, 6)),
        verified=True,
        title="Padding",
        explanation="2 convolutions have padding='valid'.",
    )


def _rate() -> Cause:
    pair = LayerPair(left="dropout", right="dropout")
    return Cause(
        id="r",
        kind="argument",
        field="rate",
        layer_kind="Dropout",
        left=0.25,
        right=0.2,
        layers=(pair,),
        rows=(2,),
        parameter_effect=0,
        alone=0,
        explains=(Explained(row=2, field="rate"),),
        title="Dropout rate",
        explanation="No shape depends on it.",
    )


def _rows(shapes: tuple[Shape | None, ...], *, padding: str) -> tuple[Row, ...]:
    names = ["image", *(name for name, _ in LAYERS)]
    rows = [_row("image", "InputLayer", (), None, IMAGE, padding=padding)]
    arrives: Shape | None = IMAGE
    for (name, kind), shape, before in zip(LAYERS, shapes, names, strict=False):
        rows.append(_row(name, kind, (before,), arrives, shape, padding=padding))
        arrives = shape
    return tuple(rows)


def _row(
    name: str, kind: str, inputs: tuple[str, ...], arrives: Shape | None, leaves: Shape | None, *, padding: str
) -> Row:
    parameters = {"Conv2D": 224, "Dense": 774}.get(kind, 0)
    return Row(
        call=name,
        name=name,
        kind=kind,
        inputs=inputs,
        input_shapes=(arrives,) if inputs else (),
        output_shapes=None if leaves is None else (leaves,),
        parameters=None if leaves is None else parameters,
        trainable_parameters=None if leaves is None else parameters,
        macs=None,
        activation_bytes=None,
        receptive_field=None,
        config={},
        settings={"kernel_size": [3, 3], "padding": padding} if kind == "Conv2D" else {},
        reached=leaves is not None,
    )


def _totals(parameters: int) -> Totals:
    return Totals(
        parameters=parameters,
        trainable_parameters=parameters,
        macs=0,
        weight_bytes=4 * parameters,
        activation_bytes=0,
        training_bytes=0,
    )


def _stored(name: str, *, padding: str, rate: float) -> StoredArchitecture:
    convolution = {"filters": 8, "kernel_size": [3, 3], "padding": padding}
    configs = {"Conv2D": convolution, "Dropout": {"rate": rate}, "Flatten": {}, "Dense": {"units": 6}}
    names = ["image", *(name for name, _ in LAYERS)]
    definition = Architecture(
        name=name,
        style="sequential",
        inputs=(Input(name="image", shape=IMAGE),),
        layers=tuple(Layer(name=layer, kind=kind, config=configs[kind]) for layer, kind in LAYERS),
        calls=tuple(
            Call(id=layer, layer=layer, inputs=(before,)) for (layer, _), before in zip(LAYERS, names, strict=False)
        ),
        outputs=("dense",),
    )
    return StoredArchitecture(id=new_id(), created_at=utc_now(), digest=definition.digest, architecture=definition)
