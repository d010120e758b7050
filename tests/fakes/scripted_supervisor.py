"""`python -m tests.fakes.scripted_supervisor`: a worker's slot that takes one run after the other, without Celery."""

import time

from app.composition import compose
from app.settings import Settings
from worker.supervisor import Supervisor
from worker.trainers import Trainers

TRAINER = ("-m", "tests.fakes.scripted_trainer")


def main() -> None:
    """Supervise for ever."""
    settings = Settings()
    trainers = Trainers(settings, command=TRAINER)
    trainers.warm_up()
    supervisor = Supervisor(settings, compose(settings), trainers=trainers)
    while True:
        if not supervisor.train_next():
            time.sleep(0.1)


if __name__ == "__main__":
    main()
