"""A run's configuration as Keras takes it: precision, optimizer, loss, what is added to the loss."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import keras
import numpy as np

from app.core.architectures.architecture import Architecture, StoredArchitecture
from app.core.errors import DiceboardError, InvalidError
from app.core.runs.configuration import Clipping, Configuration, Regularization
from app.core.runs.optimizers import Optimizer
from app.core.runs.precision import with_plain_outputs
from app.core.runs.start_from import StartFrom
from app.networks import build
from worker.trainer.parallel import ONE_DEVICE, Devices
from worker.trainer.starting import freeze

_OPTIMIZERS = {
    name.lower(): made
    for name, made in vars(keras.optimizers).items()
    if isinstance(made, type) and issubclass(made, keras.optimizers.Optimizer)
}
_CLIPS = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}
_SMOOTHED = {
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "categorical_focal_crossentropy": keras.losses.CategoricalFocalCrossentropy,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "binary_focal_crossentropy": keras.losses.BinaryFocalCrossentropy,
}
_KERNELS = frozenset({"kernel", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel"})


def be_repeatable(configuration: Configuration) -> None:
    """Seed everything and set the precision; where asked for, let TensorFlow use deterministic operations only."""
    keras.utils.set_random_seed(configuration.seed)
    keras.config.set_dtype_policy(configuration.precision)
    if configuration.deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415 -- only where it is the backend

        tf.config.experimental.enable_op_determinism()


def refuse_half_built(stored: StoredArchitecture) -> None:
    """Raise InvalidError where the network is known to break off before its outputs."""
    stop = stored.stops_at
    if stop is not None:
        raise InvalidError(
            f"{stored.architecture.name!r} cannot be built to its outputs: {stop.kind} {stop.call!r} cannot take "
            f"{stop.input_shapes}: {stop.message} Use another padding or a larger input."
        )


def compiled(
    architecture: Architecture,
    configuration: Configuration,
    *,
    classes: int,
    start: StartFrom | None = None,
    devices: Devices = ONE_DEVICE,
) -> keras.Model:
    """The real network in its style, ready for `fit`, with the layers frozen that `start` names.

    InvalidError where Keras cannot build it or it does not fit.
    """
    try:
        network = build(with_plain_outputs(architecture, configuration))
        sizes = [size if isinstance(size, int) else 1 for size in architecture.inputs[0].shape[1:]]
        output = tuple(network(np.zeros((1, *sizes), dtype=np.float32)).shape)
    except DiceboardError:
        raise
    except (ValueError, TypeError) as error:
        raise InvalidError(
            f"Keras could not build {architecture.name!r}: {error} Open the architecture's layer table to see where."
        ) from error
    if output != (1, classes):
        raise InvalidError(
            f"{architecture.name!r} answers the shape {output} for one image, but the dataset has {classes} classes: "
            f"its output has to be (1, {classes}). Give its last Dense layer {classes} units."
        )
    if start is not None:
        freeze(network, start)
    compile_network(network, configuration)
    devices.share(network)
    _make_metrics(network, classes)
    return network


def on_one_device(network: keras.Model, architecture: Architecture, configuration: Configuration) -> keras.Model:
    """The network, or where several devices have trained it one of the same weights, to ask it and to write its files."""
    if configuration.device.count == 1:
        return network
    one = build(with_plain_outputs(architecture, configuration))
    one.jit_compile = False
    one.set_weights(network.get_weights())
    return one


def compile_network(network: keras.Model, configuration: Configuration) -> None:
    """Give a built network its optimizer, with all of its variables, and its loss."""
    if configuration.regularization is not None:
        regularize(network, configuration.regularization)
    network.compile(
        optimizer=optimizer_of(configuration.optimizer, configuration.clipping),
        loss=loss_of(configuration),
        metrics=["accuracy"],
        # XLA is slower than TensorFlow's own kernels on CPUs, and its sums are ordered otherwise.
        jit_compile=False,
        steps_per_execution=configuration.steps_per_execution,
    )
    network.optimizer.build(network.trainable_variables)


def _make_metrics(network: keras.Model, classes: int) -> None:
    """Have the metrics make their variables, which they do with their first values.

    A step that TensorFlow traces must make none: it would trace the whole step a second time.
    """
    nothing = np.zeros((1, classes), dtype=np.float32)
    network.compute_metrics(None, nothing, nothing)
    network.reset_metrics()


def optimizer_of(optimizer: Optimizer, clipping: Clipping | None = None) -> keras.optimizers.Optimizer:
    """Keras's optimizer with the arguments that were asked for."""
    arguments: dict[str, Any] = {key: value for key, value in optimizer.json_object().items() if value is not None}
    if clipping is not None:
        arguments[_CLIPS[clipping.kind]] = clipping.threshold
    return measuring(_OPTIMIZERS[arguments.pop("name")])(**arguments)


@cache
def measuring(made: type[keras.optimizers.Optimizer]) -> type[keras.optimizers.Optimizer]:
    """The same optimizer, which also keeps the norm of all gradients of its last step, before they are clipped."""

    def build(self: Any, variables: Sequence[Any]) -> None:
        made.build(self, variables)
        if not hasattr(self, "gradient_norm"):
            self.gradient_norm = self.add_variable(shape=(), name="gradient_norm")

    def apply(self: Any, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        squares = [
            keras.ops.sum(keras.ops.square(keras.ops.cast(found, "float32"))) for found in grads if found is not None
        ]
        self.gradient_norm.assign(keras.ops.sqrt(sum(squares)))
        made.apply(self, grads, trainable_variables)

    return type(made.__name__, (made,), {"build": build, "apply": apply})


def gradient_norm(optimizer: keras.optimizers.Optimizer) -> float:
    """The norm of the last step's gradients."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return float(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(inner.gradient_norm)))


def loss_of(configuration: Configuration) -> keras.losses.Loss | str:
    """Keras's loss by its name, or with smoothed labels."""
    if configuration.loss == "categorical_generalized_cross_entropy":
        return keras.losses.CategoricalGeneralizedCrossEntropy()  # Keras does not know it by its name
    if not configuration.label_smoothing:
        return configuration.loss
    return _SMOOTHED[configuration.loss](label_smoothing=configuration.label_smoothing)


def regularize(network: keras.Model, regularization: Regularization) -> None:
    """Add a penalty to the loss for every kernel that has none of its own; biases and normalizations are left alone."""
    penalty = keras.regularizers.L1L2(l1=regularization.l1, l2=regularization.l2)
    for variable in network.trainable_variables:
        if variable.name in _KERNELS and variable.regularizer is None:
            variable.regularizer = penalty
