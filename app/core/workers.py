"""Who computes."""

from app.core.names import Pool
from app.core.values import Instant, JsonObject, Value


class Worker(Value):
    """A Celery worker process with one slot; `device` is {"kind", "name", "memory_bytes", "cores", "utilisation"}."""

    name: str
    host: str
    pid: int
    pool: Pool
    device: JsonObject
    started_at: Instant
    seen_at: Instant
    draining: bool = False
    run_id: str | None = None
    alive: bool = True
