"""Several devices with TensorFlow: a `tf.distribute.MirroredStrategy`, and steps that compute what one device would.

Keras's own steps do not: they take the mean of the devices' means, clip what is not summed yet, normalise each part by
itself, and fail where a batch does not come out even (decision 0014).
"""

from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from app.core.errors import InvalidError
from app.core.runs import causes
from worker.trainer.data import Batch, Batches

Logs = dict[str, Any]
_SUM = tf.distribute.ReduceOp.SUM
_FILLED = np.float32(-1)
_COPIED = np.float32(-2)


class MirroredDevices:
    """Each device has all variables; gradients are summed on one of them, in the order of the devices."""

    def __init__(self, count: int, *, cpu_devices: int) -> None:
        """Make them; before TensorFlow has looked for devices. InvalidError where there are not as many."""
        self.count = count
        names = [f"GPU:{number}" for number in range(len(tf.config.list_physical_devices("GPU")))]
        if not names:
            (cpu,) = tf.config.list_physical_devices("CPU")
            names = [f"CPU:{number}" for number in range(cpu_devices)]
            tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration() for _ in names])
        if len(names) < count:
            raise InvalidError(causes.too_few_devices(count, seen=names))
        # TensorFlow's default, collective operations, fails in the loop of `steps_per_execution` (Keras issue 19246).
        operations = tf.distribute.ReductionToOneDevice()
        self._strategy = tf.distribute.MirroredStrategy(names[:count], cross_device_ops=operations)

    def scope(self) -> AbstractContextManager[Any]:
        """TensorFlow's, in which variables are mirrored."""
        scope: AbstractContextManager[Any] = self._strategy.scope()
        return scope

    def share(self, network: keras.Model) -> None:
        """Give it steps of its own, and statistics of whole batches."""
        if getattr(network.optimizer, "inner_optimizer", network.optimizer).gradient_accumulation_steps:
            raise InvalidError(causes.NO_ACCUMULATION)
        for layer in network.layers:
            inner = getattr(layer, "layer", layer)  # of a wrapper such as TimeDistributed
            if isinstance(inner, keras.layers.BatchNormalization):
                inner.synchronized = True
        network.train_step = _Step(network, self.count).train
        network.test_step = _Step(network, self.count).test

    def feed(self, batches: Batches) -> keras.utils.PyDataset:
        """Batches that TensorFlow can cut into parts."""
        return _Parts(batches, self.count)

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """One that puts the devices' metrics together."""
        return [_Together()]


class _Step:
    """What one device does with a batch, in the context of its replica."""

    def __init__(self, network: keras.Model, count: int) -> None:
        self._network = network
        self._count = count
        self._loss = next(metric for metric in network.metrics if metric.name == "loss")

    def train(self, batch: Any) -> Logs:
        """Answer, follow the loss back, and change the weights by the gradients of all devices."""
        network, part = self._network, _Part(batch, self._count)
        with tf.GradientTape() as tape:
            answers = network(part.images, training=True)
            loss = part.loss(network, answers, training=True)
            scaled = network.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, network.trainable_variables)
        network.optimizer.apply(_once(gradients), network.trainable_variables)
        return self._measured(part, answers, loss)

    def test(self, batch: Any) -> Logs:
        """Answer and measure."""
        part = _Part(batch, self._count)
        answers = self._network(part.images, training=False)
        return self._measured(part, answers, part.loss(self._network, answers, training=False))

    def _measured(self, part: "_Part", answers: tf.Tensor, loss: tf.Tensor) -> Logs:
        whole = tf.distribute.get_replica_context().all_reduce(_SUM, loss)
        self._loss.update_state(whole, sample_weight=part.counted)
        counted: Logs = self._network.compute_metrics(
            part.images, part.targets[: part.counted], answers[: part.counted]
        )
        return counted


class _Parts(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches whose rows are the parts of all devices one after another, equally long, as Keras wants them.

    A shorter part is filled up with rows that are left out again (weight `_FILLED`). Of a batch with fewer images than
    devices every device gets all, so that none is without (a mean of nothing is no number); weights of `_COPIED` and less
    say of the rows that all but the first get that they are not to be counted.
    """

    def __init__(self, batches: Batches, count: int) -> None:
        super().__init__(workers=1)
        self._batches = batches
        self._count = count

    def __len__(self) -> int:
        """As many as there are batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        """Images, targets and weights; these are there even where a batch has none."""
        images, targets, *given = self._batches[index]
        size = len(images)
        weights = given[0] if given else np.ones(size, np.float32)
        if size < self._count:
            rows = np.tile(np.arange(size), self._count)
            weights = np.concatenate([weights, _COPIED - weights[rows[size:]]])
        else:
            parts = np.array_split(np.arange(size), self._count)
            rows = np.concatenate([np.resize(part, len(parts[0])) for part in parts])
            filled = np.concatenate([np.arange(len(parts[0])) >= len(part) for part in parts])
            weights = np.where(filled, _FILLED, weights[rows])
        return images[rows], targets[rows], weights


class _Part:
    """What one device has of a batch."""

    def __init__(self, batch: Any, count: int) -> None:
        images, targets, weights = batch
        size = tf.reduce_sum(tf.cast(weights != _FILLED, tf.int32))
        self.images, self.targets, weights = images[:size], targets[:size], weights[:size]
        is_counted = weights >= 0
        self.counted = tf.reduce_sum(tf.cast(is_counted, tf.int32))
        # Keras divides by the images of this part and by the devices.
        size_of_all = tf.distribute.get_replica_context().all_reduce(_SUM, size)
        share = count * tf.cast(size / size_of_all, tf.float32)
        self._weights = share * tf.where(is_counted, weights, _COPIED - weights)

    def loss(self, network: keras.Model, answers: tf.Tensor, *, training: bool) -> tf.Tensor:
        """The share of this part of the loss: those of all devices sum up to the whole batch's."""
        return network.compute_loss(self.images, self.targets, answers, self._weights, training=training)


def _once(gradients: list[tf.Tensor | None]) -> list[tf.Tensor | None]:
    """Their sums on the first device and zeros on the others.

    The optimizer sums over the devices as well, but after it has looked whether gradients are finite, measured and
    clipped them: all this needs the whole batch's.
    """
    context = tf.distribute.get_replica_context()
    is_first = context.replica_id_in_sync_group == 0
    sums = iter(context.all_reduce(_SUM, [found for found in gradients if found is not None]))
    whole = [None if found is None else next(sums) for found in gradients]
    return [found if found is None else tf.where(is_first, found, tf.zeros_like(found)) for found in whole]


class _Together(keras.callbacks.Callback):  # type: ignore[misc]
    """Keras tells of a step the mean of what each device has measured, which may be of parts of unequal sizes."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: ARG002 -- Keras's signature
        """What all images have come to instead."""
        if logs is not None:
            logs.update(self.model.get_metrics_result())
