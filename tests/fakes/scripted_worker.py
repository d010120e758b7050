"""`celery -A worker.celery_app -I tests.fakes.scripted_worker`: a real worker whose supervisors start a scripted trainer."""

from functools import partial

from tests.fakes.scripted_supervisor import TRAINER
from worker import tasks
from worker.supervisor import Supervisor

tasks.Supervisor = partial(Supervisor, trainer=TRAINER)  # type: ignore[assignment, misc]
