"""Layer tables without Keras."""

from app.core.architectures.architecture import Shape
from app.core.architectures.layer_table import Failure, LayerTable, Row, Totals

TOTALS = Totals(parameters=0, trainable_parameters=0, macs=0, weight_bytes=0, activation_bytes=0, training_bytes=0)


def row(name: str, kind: str, *, after: tuple[str, ...] = (), arrives: Shape | None, leaves: Shape | None) -> Row:
    """A row that yields `leaves`, or one that was not reached."""
    return Row(
        call=name,
        name=name,
        kind=kind,
        inputs=after,
        input_shapes=(arrives,) if after else (),
        output_shapes=None if leaves is None else (leaves,),
        parameters=None if leaves is None else 100,
        trainable_parameters=None if leaves is None else 100,
        macs=None if leaves is None else 1000,
        activation_bytes=None,
        receptive_field=None,
        config={},
        reached=leaves is not None,
    )


def chain(count: int, *, first_name: str = "image", stops_at: int | None = None) -> LayerTable:
    """An input and `count` convolutions, from number `stops_at` on not built."""
    names = [first_name, *[f"conv2d_{number}" for number in range(1, count + 1)]]
    shapes: list[Shape | None] = [
        None if stops_at is not None and number >= stops_at else (None, 224 - number, 224 - number, 64)
        for number in range(count + 1)
    ]
    rows = [row(names[0], "InputLayer", arrives=None, leaves=shapes[0])]
    rows += [
        row(names[number], "Conv2D", after=(names[number - 1],), arrives=shapes[number - 1], leaves=shapes[number])
        for number in range(1, count + 1)
    ]
    failure = None
    if stops_at is not None:
        arrives = shapes[stops_at - 1]
        assert arrives is not None
        failure = Failure(call=names[stops_at], kind="Conv2D", input_shapes=(arrives,), message="nothing is left")
    return LayerTable(complete=stops_at is None, failure=failure, totals=TOTALS, rows=tuple(rows))
