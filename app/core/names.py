"""The names by which the web asks the workers for something, without importing them."""

from enum import StrEnum


class Pool(StrEnum):
    """What a worker is for, so that nothing short waits behind a long training; each has a Celery queue of its name.

    Trainings may have further pools such as `train-h200`, for runs that ask for one (runs/device_request.TrainPool).
    """

    TRAIN = "train"
    LIGHT = "light"


class TaskName(StrEnum):
    """Every task that the worker registers; each takes exactly one id."""

    TRAIN_NEXT_RUN = "diceboard.train_next_run"
    CHECK_DATASET = "diceboard.check_dataset"
    RENDER_SAMPLES = "diceboard.render_samples"
    DESCRIBE_VERSION = "diceboard.describe_version"
    EXPORT_RUN = "diceboard.export_run"


POOL_OF_TASK = {
    TaskName.TRAIN_NEXT_RUN: Pool.TRAIN,
    TaskName.CHECK_DATASET: Pool.LIGHT,
    TaskName.RENDER_SAMPLES: Pool.LIGHT,
    TaskName.DESCRIBE_VERSION: Pool.LIGHT,
    TaskName.EXPORT_RUN: Pool.LIGHT,
}
