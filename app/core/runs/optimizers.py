"""Keras's optimizers with their arguments, under Keras's own names and defaults.

What several of them share and the run says elsewhere (clipping, the schedule of the learning rate, the scale of a
float16 loss) is not repeated here.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from app.core.values import Value

_Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
_Small = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
_Positive = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]

_BETA_1 = Field(default=0.9, title="Beta 1", description="Share of the first moment that each step keeps.")
_BETA_2 = Field(default=0.999, title="Beta 2", description="Share of the second moment that each step keeps.")
_EPSILON = Field(default=1e-7, title="Epsilon", description="Added to divisors, so that none is zero.")
_MOMENTUM = Field(default=0.0, title="Momentum", description="Share of the last step that each step keeps.")
_RHO = "Share of the squared gradients' mean that each step keeps."
_ACCUMULATOR = Field(default=0.1, title="Initial accumulator value", description="What the accumulators start with.")


class _Optimizer(Value):
    """What every one of them takes."""

    learning_rate: float = Field(default=1e-3, gt=0, le=100, allow_inf_nan=False, title="Learning rate")
    weight_decay: _Positive | None = Field(
        default=None, title="Weight decay", description="Share of each weight that a step takes away; empty for none."
    )
    use_ema: bool = Field(default=False, title="Averaged weights", description="Keep a moving average of the weights.")
    ema_momentum: _Share = Field(default=0.99, title="Momentum of the average")
    gradient_accumulation_steps: int | None = Field(
        default=None,
        ge=2,
        le=10_000,
        title="Accumulate gradients over",
        description="Batches whose gradients make one step; empty for one batch a step.",
    )


class Adam(_Optimizer):
    """Adam (Kingma and Ba, 2014)."""

    name: Literal["adam"] = "adam"
    beta_1: _Share = _BETA_1
    beta_2: _Share = _BETA_2
    epsilon: _Small = _EPSILON
    amsgrad: bool = Field(default=False, title="AMSGrad", description="Never let the second moment shrink.")


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2017)."""

    name: Literal["adamw"] = "adamw"  # type: ignore[assignment]
    weight_decay: _Positive = Field(default=0.004, title="Weight decay")


class Sgd(_Optimizer):
    """Gradient descent, with momentum where asked for."""

    name: Literal["sgd"] = "sgd"
    learning_rate: float = Field(default=1e-2, gt=0, le=100, allow_inf_nan=False, title="Learning rate")
    momentum: _Share = _MOMENTUM
    nesterov: bool = Field(default=False, title="Nesterov", description="Look ahead along the momentum.")


class RmsProp(_Optimizer):
    """RMSprop (Tieleman and Hinton, 2012)."""

    name: Literal["rmsprop"] = "rmsprop"
    rho: _Share = Field(default=0.9, title="Rho", description=_RHO)
    momentum: _Share = _MOMENTUM
    epsilon: _Small = _EPSILON
    centered: bool = Field(default=False, title="Centered", description="Divide by the variance of the gradients.")


class Nadam(_Optimizer):
    """Adam with Nesterov momentum (Dozat, 2016)."""

    name: Literal["nadam"] = "nadam"
    beta_1: _Share = _BETA_1
    beta_2: _Share = _BETA_2
    epsilon: _Small = _EPSILON


class Adamax(_Optimizer):
    """Adam with the infinity norm (Kingma and Ba, 2014)."""

    name: Literal["adamax"] = "adamax"
    beta_1: _Share = _BETA_1
    beta_2: _Share = _BETA_2
    epsilon: _Small = _EPSILON


class Adagrad(_Optimizer):
    """Adagrad (Duchi et al., 2011)."""

    name: Literal["adagrad"] = "adagrad"
    initial_accumulator_value: _Positive = _ACCUMULATOR
    epsilon: _Small = _EPSILON


class Adadelta(_Optimizer):
    """Adadelta (Zeiler, 2012)."""

    name: Literal["adadelta"] = "adadelta"
    rho: _Share = Field(default=0.95, title="Rho", description=_RHO)
    epsilon: _Small = _EPSILON


class Adafactor(_Optimizer):
    """Adafactor (Shazeer and Stern, 2018)."""

    name: Literal["adafactor"] = "adafactor"
    beta_2_decay: float = Field(default=-0.8, ge=-10, le=0, allow_inf_nan=False, title="Decay of beta 2")
    epsilon_1: _Small = Field(default=1e-30, title="Epsilon 1")
    epsilon_2: _Small = Field(default=1e-3, title="Epsilon 2")
    clip_threshold: float = Field(default=1.0, gt=0, le=1e6, allow_inf_nan=False, title="Clip threshold")
    relative_step: bool = Field(default=True, title="Relative step", description="Shrink the rate with the steps.")


class Lamb(_Optimizer):
    """LAMB (You et al., 2019)."""

    name: Literal["lamb"] = "lamb"
    beta_1: _Share = _BETA_1
    beta_2: _Share = _BETA_2
    epsilon: _Small = _EPSILON


class Lion(_Optimizer):
    """Lion (Chen et al., 2023)."""

    name: Literal["lion"] = "lion"
    beta_1: _Share = _BETA_1
    beta_2: _Share = Field(default=0.99, title="Beta 2")


class Ftrl(_Optimizer):
    """Follow the regularized leader (McMahan et al., 2013)."""

    name: Literal["ftrl"] = "ftrl"
    learning_rate_power: float = Field(default=-0.5, ge=-10, le=0, allow_inf_nan=False, title="Power of the rate")
    initial_accumulator_value: _Positive = _ACCUMULATOR
    l1_regularization_strength: _Positive = Field(default=0.0, title="L1 strength")
    l2_regularization_strength: _Positive = Field(default=0.0, title="L2 strength")
    l2_shrinkage_regularization_strength: _Positive = Field(default=0.0, title="L2 shrinkage")
    beta: _Positive = Field(default=0.0, title="Beta")


class Muon(_Optimizer):
    """Muon (Jordan, 2024); Adam where a weight is no matrix."""

    name: Literal["muon"] = "muon"
    weight_decay: _Positive = Field(default=0.004, title="Weight decay")
    adam_beta_1: _Share = Field(default=0.9, title="Adam's beta 1")
    adam_beta_2: _Share = Field(default=0.999, title="Adam's beta 2")
    adam_weight_decay: _Positive = Field(default=0.004, title="Adam's weight decay")
    epsilon: _Small = _EPSILON
    muon_a: float = Field(default=3.4445, allow_inf_nan=False, title="a of the Newton-Schulz step")
    muon_b: float = Field(default=-4.775, allow_inf_nan=False, title="b of the Newton-Schulz step")
    muon_c: float = Field(default=2.0315, allow_inf_nan=False, title="c of the Newton-Schulz step")
    adam_lr_ratio: float = Field(default=1.0, gt=0, le=1e3, allow_inf_nan=False, title="Adam's rate to Muon's")
    momentum: _Share = Field(default=0.95, title="Momentum")
    ns_steps: int = Field(default=5, ge=1, le=50, title="Newton-Schulz steps")
    nesterov: bool = Field(default=True, title="Nesterov")
    rms_rate: float | None = Field(default=0.2, ge=0, le=100, allow_inf_nan=False, title="RMS rate")


class ScheduleFreeAdamW(_Optimizer):
    """AdamW that needs no schedule (Defazio et al., 2024)."""

    name: Literal["schedulefreeadamw"] = "schedulefreeadamw"
    learning_rate: float = Field(default=2.5e-3, gt=0, le=100, allow_inf_nan=False, title="Learning rate")
    beta_1: _Share = _BETA_1
    beta_2: _Share = _BETA_2
    epsilon: _Small = Field(default=1e-8, title="Epsilon")
    warmup_steps: int = Field(default=0, ge=0, le=10_000_000, title="Warm-up steps")


def _named(value: Any) -> Any:
    """Adam where no name is given; a bare name is that optimizer with its defaults."""
    if isinstance(value, str):
        return {"name": value}
    return {"name": "adam", **value} if isinstance(value, dict) and "name" not in value else value


Optimizer = Annotated[
    Annotated[
        Adam
        | AdamW
        | Sgd
        | RmsProp
        | Nadam
        | Adamax
        | Adagrad
        | Adadelta
        | Adafactor
        | Lamb
        | Lion
        | Ftrl
        | Muon
        | ScheduleFreeAdamW,
        Field(discriminator="name"),
    ],
    BeforeValidator(_named),
]
"""One of Keras's optimizers by its name (`adam`), with its arguments beside it."""
