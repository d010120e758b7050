"""What a training is asked to do. The form, the API and the command line are made from this one value."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.core.datasets.preparation import ResizeMode
from app.core.runs.augmentation import Augmentation
from app.core.runs.device_request import DeviceRequest
from app.core.runs.optimizers import Adam, Optimizer
from app.core.runs.retention import Retention
from app.core.runs.schedules import Constant, Schedule
from app.core.runs.stopping import EarlyStopping, Monitor
from app.core.values import Value

_Strength = Annotated[float, Field(ge=0, le=1e3, allow_inf_nan=False)]

Loss = Literal[
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "kl_divergence",
    "poisson",
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "cosine_similarity",
    "hinge",
    "squared_hinge",
    "dice",
    "tversky",
]
_SMOOTHED = frozenset(
    {
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "binary_crossentropy",
        "binary_focal_crossentropy",
    }
)


class Clipping(Value):
    """Gradients are held back: each `value`, the `norm` of each variable's, or the `global_norm` of all."""

    kind: Literal["value", "norm", "global_norm"] = Field(default="global_norm", title="Clip")
    threshold: float = Field(default=1.0, gt=0, le=1e6, allow_inf_nan=False, title="Threshold")


class Regularization(Value):
    """Added to the loss for the kernels of all layers that have no regularizer of their own."""

    l1: _Strength = Field(default=0.0, title="L1")
    l2: _Strength = Field(default=0.0, title="L2")


class Configuration(Value):
    """One training's settings, validated as a whole."""

    epochs: int = Field(default=60, ge=1, le=100_000, title="Epochs")
    batch_size: int = Field(default=8, ge=1, le=65_536, title="Batch size")
    optimizer: Optimizer = Field(default=Adam(), title="Optimizer")
    schedule: Schedule = Field(default=Constant(), title="Learning rate over time")
    clipping: Clipping | None = Field(default=None, title="Clip gradients")
    loss: Loss = Field(default="categorical_crossentropy", title="Loss")
    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        title="Label smoothing",
        description="Share of each target that is spread over all classes.",
    )
    class_weights: Literal["none", "balanced"] | dict[str, Annotated[float, Field(ge=0, le=1e6)]] = Field(
        default="none",
        title="Class weights",
        description="Balanced: an image counts the more, the fewer its class has. By REST also {class: weight}.",
    )
    augmentation: Augmentation | None = Field(default=None, title="Augment images")
    regularization: Regularization | None = Field(default=None, title="Regularize kernels")
    early_stopping: EarlyStopping | None = Field(default=None, title="Stop early")
    monitor: Monitor = Field(default="val_accuracy", title="Best by")
    validation_split: float | None = Field(
        default=None,
        gt=0,
        le=0.9,
        allow_inf_nan=False,
        title="Validation split",
        description="Empty for the version's own. Else this share of its training and validation images validates.",
    )
    seed: int = Field(default=2018, ge=0, lt=2**32, title="Seed")
    deterministic: bool = Field(default=True, title="Deterministic")
    resize_mode: ResizeMode = Field(default=ResizeMode.SQUASH, title="Resize mode")
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field(default="float32", title="Precision")
    steps_per_execution: int = Field(
        default=1,
        ge=1,
        le=10_000,
        title="Steps per execution",
        description="Batches between two looks at the training; more is faster for tiny networks.",
    )
    time_limit_minutes: float | None = Field(
        default=None, gt=0, le=1e6, allow_inf_nan=False, title="Time limit (minutes)", description="Empty for none."
    )
    retention: Retention = Field(default=Retention(), title="Keep")
    device: DeviceRequest = Field(default=DeviceRequest(), title="Device")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.label_smoothing and self.loss not in _SMOOTHED:
            raise ValueError(
                f"label_smoothing is {self.label_smoothing:g}, but Keras's {self.loss} smooths no labels. Use 0, or one of "
                f"{', '.join(sorted(_SMOOTHED))}."
            )
        if self.batch_size < self.device.count:
            raise ValueError(
                f"batch_size is {self.batch_size}, which {self.device.count} devices cannot share. Use batches of at least "
                f"{self.device.count} images, or fewer devices."
            )
        if self.schedule.warm_up_epochs > self.epochs:
            raise ValueError(
                f"The learning rate would still rise at the end: {self.schedule.warm_up_epochs:g} warm-up epochs of "
                f"{self.epochs} epochs. Warm up for fewer."
            )
        return self


VARIANTS: dict[str, frozenset[str]] = {
    name: frozenset(given["discriminator"]["mapping"])
    for name, given in Configuration.model_json_schema()["properties"].items()
    if "discriminator" in given
}
"""Settings of which there are several kinds, and what these are called: pydantic names the kind in the place of an error."""
