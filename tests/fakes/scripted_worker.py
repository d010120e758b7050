"""`celery -A worker.celery_app -I tests.fakes.scripted_worker`: a real worker whose supervisors start a scripted trainer."""

from tests.fakes.scripted_supervisor import TRAINER
from worker import trainers

trainers.TRAINER = TRAINER  # type: ignore[assignment]
