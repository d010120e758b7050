"""Trains a run's network from the beginning or from a checkpoint, bit-identically."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
from numpy.typing import NDArray

from app.core.architectures.architecture import Architecture
from app.networks import weights_digest
from worker.trainer.callbacks import CheckpointWriter, Epochs, Guard, Metrics, Rates, Restore
from worker.trainer.checkpoints import Checkpoints, CheckpointState, all_variables, assign, values_of
from worker.trainer.course import Course
from worker.trainer.data import Batches, EpochOrder
from worker.trainer.parallel import ONE_DEVICE, Devices
from worker.trainer.reporting import Reporter


@dataclass(frozen=True)
class Material:
    """What is trained on and measured with, and by which devices; validation is None where there are no such images."""

    train: Batches
    validation: Batches | None
    classes: Sequence[str]
    devices: Devices = ONE_DEVICE


def train(
    network: keras.Model,
    material: Material,
    *,
    course: Course,
    architecture: Architecture,
    checkpoints: Checkpoints,
    reporter: Reporter,
    asked_to_stop: Callable[[], bool],
    take_first_weights: Callable[[], None] = lambda: None,
) -> None:
    """Fit from where the newest usable checkpoint stands to the end; only without one are the first weights taken."""
    course.steps_per_epoch = material.train.per_epoch
    state = checkpoints.newest(architecture=architecture.digest)
    if state is None:
        take_first_weights()
    restored = None if state is None else _take_over(course, checkpoints, state)
    if restored is not None and course.is_over:
        assign(all_variables(network), restored)
        return
    callbacks = _callbacks(
        course, architecture=architecture, checkpoints=checkpoints, reporter=reporter, asked_to_stop=asked_to_stop
    )
    fit = partial(_fit, network, material)
    if state is not None and state.batch:
        # Keras counts an epoch's batches when `fit` begins: the rest of one that was begun is a `fit` of its own.
        order = EpochOrder(material.train, first_batch=state.batch)
        material.train.start_epoch(state.epoch, first_batch=state.batch)
        fit(callbacks=[order, Restore(restored), *callbacks], epochs=(state.epoch, state.epoch + 1))
        if course.is_over:
            return
        restored = values_of(all_variables(network))
    epochs = (len(course.history), course.configuration.epochs)
    material.train.start_epoch(epochs[0])
    fit(callbacks=[EpochOrder(material.train), Restore(restored), *callbacks], epochs=epochs)


def _callbacks(
    course: Course,
    *,
    architecture: Architecture,
    checkpoints: Checkpoints,
    reporter: Reporter,
    asked_to_stop: Callable[[], bool],
) -> list[keras.callbacks.Callback]:
    return [
        Metrics(course, reporter=reporter),
        Rates(course),
        Guard(course, asked_to_stop=asked_to_stop, reporter=reporter),
        Epochs(course, reporter=reporter, digest_of=lambda trained: weights_digest(trained, architecture)),
        CheckpointWriter(
            course,
            checkpoints=checkpoints,
            reporter=reporter,
            architecture=architecture.digest,
            seconds=checkpoints.every_seconds,
        ),
    ]


def _fit(
    network: keras.Model, material: Material, *, callbacks: list[keras.callbacks.Callback], epochs: tuple[int, int]
) -> None:
    devices = material.devices
    with devices.scope():
        network.fit(
            devices.feed(material.train),
            validation_data=None if material.validation is None else devices.feed(material.validation),
            initial_epoch=epochs[0],
            epochs=epochs[1],
            shuffle=False,  # the batches know their order; Keras's own would not survive a restart
            verbose=0,
            callbacks=[*devices.callbacks(), *callbacks],
        )


def _take_over(course: Course, checkpoints: Checkpoints, state: CheckpointState) -> list[NDArray[Any]]:
    course.go_on_from(state, checkpoints.best(state))
    return checkpoints.variables(state)
