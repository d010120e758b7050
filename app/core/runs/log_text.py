"""A run's events as lines that a person can follow."""

from collections.abc import Iterable, Iterator

from app.core.runs.run import Event, EventKind

LOGGED = (EventKind.STATE, EventKind.EPOCH, EventKind.LOG, EventKind.ARTIFACT)


def log_text(events: Iterable[Event]) -> str:
    """One line for each change of state, epoch and file, and what was printed; times in UTC."""
    lines = [f"{event.created_at:%H:%M:%S}  {line}" for event in events for line in _lines(event)]
    return "".join(f"{line}\n" for line in lines)


def _lines(event: Event) -> Iterator[str]:
    payload = event.payload
    if event.kind is EventKind.STATE:
        reason = payload.get("reason")
        attempt = f"attempt {event.attempt}: " if event.attempt else ""
        yield f"{attempt}{payload.get('state')}" + (f", {reason}" if reason else "")
    elif event.kind is EventKind.EPOCH:
        values = payload.get("values")
        found = values.items() if isinstance(values, dict) else ()
        numbers = "  ".join(f"{name} {_number(value)}" for name, value in found)
        yield f"epoch {payload.get('epoch')}  {numbers}"
    elif event.kind is EventKind.ARTIFACT:
        yield f"{payload.get('name')} is kept, {payload.get('bytes')} bytes"
    else:
        yield from str(payload.get("text", "")).splitlines()


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "not finite"
