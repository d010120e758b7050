"""What a network needs of memory: sums over its rows, and an estimate for a step of training."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from app.core.architectures.costs import FLOAT_BYTES, sum_known
from app.core.architectures.layer_table import LayerTable, Row, Totals

Precision: TypeAlias = Literal["float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64"]

OPTIMIZER_SLOTS = {"SGD": 0, "Adam": 2, "AdamW": 2, "Nadam": 2, "RMSprop": 1, "Adagrad": 1, "Adadelta": 2, "Lion": 1}
"""Numbers that an optimizer keeps for each weight it changes, with its default arguments (Keras 3; momentum adds one to
SGD's and RMSprop's)."""

_WEIGHT_BYTES = {"float64": 8, "float16": 2, "bfloat16": 2}
_COMPUTE_BYTES = {"float64": 8, "float32": 4}


def totals(rows: Sequence[Row]) -> Totals:
    """Sums over the rows that were reached; `training_bytes` is for one image, float32 and Adam."""
    reached = [row for row in rows if row.reached]
    parameters = sum_known(row.parameters for row in reached)
    trainable = sum_known(row.trainable_parameters for row in reached)
    activations = sum_known(row.activation_bytes for row in reached)
    return Totals(
        parameters=parameters,
        trainable_parameters=trainable,
        macs=sum_known(row.macs for row in reached),
        weight_bytes=None if parameters is None else FLOAT_BYTES * parameters,
        activation_bytes=activations,
        training_bytes=_step(parameters, trainable, activations, batch_size=1, precision="float32", slots=2),
    )


def weight_bytes(table: LayerTable, *, precision: Precision = "float32") -> int | None:
    """Bytes of the weights; mixed precision keeps them in float32."""
    parameters = table.totals.parameters
    return None if parameters is None else parameters * _WEIGHT_BYTES.get(precision, FLOAT_BYTES)


def weight_bytes_of(count: int) -> int:
    """Bytes of that many weights in float32."""
    return FLOAT_BYTES * count


def training_step_bytes(
    table: LayerTable, *, batch_size: int = 1, precision: Precision = "float32", slots: int = 2
) -> int | None:
    """An estimate of what one step of training holds at its peak; None where a size is not known.

    Weights, a gradient and `slots` numbers of the optimizer for each that is trained, and every activation twice (kept for
    the way back, and its gradient). Mixed precision computes in two bytes and keeps a copy of the weights in them. What the
    backend needs besides (workspaces, the framework itself) is not in it.
    """
    totals_ = table.totals
    return _step(
        totals_.parameters,
        totals_.trainable_parameters,
        totals_.activation_bytes,
        batch_size=batch_size,
        precision=precision,
        slots=slots,
    )


def with_memory(table: LayerTable, *, batch_size: int, precision: Precision) -> LayerTable:
    """The table with its totals' bytes at a batch size and precision."""
    changed = {
        "weight_bytes": weight_bytes(table, precision=precision),
        "training_bytes": training_step_bytes(table, batch_size=batch_size, precision=precision),
    }
    return table.model_copy(update={"totals": table.totals.model_copy(update=changed)})


def _step(
    parameters: int | None,
    trainable: int | None,
    activation_bytes: int | None,
    *,
    batch_size: int,
    precision: Precision,
    slots: int,
) -> int | None:
    if parameters is None or trainable is None or activation_bytes is None:
        return None
    weight, compute = _WEIGHT_BYTES.get(precision, FLOAT_BYTES), _COMPUTE_BYTES.get(precision, 2)
    held = weight * (parameters + (1 + slots) * trainable)
    copies = compute * parameters if precision.startswith("mixed") else 0
    return held + copies + 2 * batch_size * activation_bytes * compute // FLOAT_BYTES
