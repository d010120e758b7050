"""`celery -A tests.fakes.late_acks`: a worker as Celery's users had before: late acks, and a short visibility timeout."""

from worker.celery_app import app

app.conf.update(
    task_acks_late=True,
    broker_transport_options=app.conf.broker_transport_options
    | {"visibility_timeout": 2, "unacked_restore_interval": 1, "unacked_restore_throttle": 1},
)
