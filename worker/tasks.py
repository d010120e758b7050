"""The tasks, thin: each takes one id and hands over to what knows how. Keras is never imported here."""

from celery import shared_task
from celery.signals import worker_process_init

from app.composition import compose
from app.core.names import TaskName
from app.settings import Settings
from worker.exporting import export_run as stand_by_export
from worker.supervisor import Supervisor
from worker.trainers import AT_FIRST_SECONDS, trainers


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _warm_up(**_: object) -> None:
    """In the process that will supervise, which loads this module and not the app's: its first run is not to wait either."""
    if Settings().train_pools:
        trainers().warm_up(after_seconds=AT_FIRST_SECONDS)


@shared_task(name=TaskName.TRAIN_NEXT_RUN.value, ignore_result=True)  # type: ignore[untyped-decorator]
def train_next_run(run_id: str) -> None:
    """Supervise the next waiting run, which may be another than the one that caused the message."""
    settings = Settings()
    Supervisor(settings, compose(settings), trainers=trainers()).answer(run_id)


@shared_task(name=TaskName.CHECK_DATASET.value, ignore_result=True)  # type: ignore[untyped-decorator]
def check_dataset(dataset_id: str) -> None:
    """Check a committed dataset."""
    compose(Settings(), patient=True).datasets.check(dataset_id)


@shared_task(name=TaskName.RENDER_SAMPLES.value, ignore_result=True)  # type: ignore[untyped-decorator]
def render_samples(dataset_id: str) -> None:
    """Render the dice that were asked for, then have them checked."""
    compose(Settings(), patient=True).samples.render(dataset_id)


@shared_task(name=TaskName.DESCRIBE_VERSION.value, ignore_result=True)  # type: ignore[untyped-decorator]
def describe_version(version_id: str) -> None:
    """Look at the images of a dataset's version for its statistics."""
    compose(Settings(), patient=True).statistics.describe(version_id)


@shared_task(name=TaskName.EXPORT_RUN.value, ignore_result=True)  # type: ignore[untyped-decorator]
def export_run(export_id: str) -> None:
    """Have a file made of a run's weights."""
    stand_by_export(compose(Settings()), export_id)
