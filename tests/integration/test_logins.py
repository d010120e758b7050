"""One-time login secrets over a real database, on each kind: whichever web server the browser finds."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.services.logins import LoginService


@contextmanager
def web(url: str, *, later: timedelta = timedelta(0)) -> Iterator[LoginService]:
    """The secrets as one process sees them, whose clock may be ahead."""
    database = SqlDatabase(url, clock=utc_now, new_id=new_id)
    try:
        yield LoginService(database=database, clock=lambda: utc_now() + later)
    finally:
        database.close()


def test_a_secret_works_once_wherever_the_browser_comes_to_and_only_its_hash_is_kept(
    database: SqlDatabase, database_url: str
) -> None:
    with web(database_url) as here, web(database_url) as there:
        secret = here.issue()
        with database.engine.connect() as connection:
            kept = [str(value) for row in connection.execute(text("SELECT * FROM login_secret")) for value in row]
        assert kept
        assert not [value for value in kept if secret in value]
        assert not there.claim("another")
        assert there.claim(secret)
        assert not here.claim(secret)


def test_a_secret_expires(database_url: str) -> None:
    with web(database_url) as now, web(database_url, later=timedelta(seconds=5)) as later:
        first, second = (now.issue(lifetime=timedelta(seconds=seconds)) for seconds in (5, 60))
        assert not later.claim(first)
        assert later.claim(second)


def test_what_nobody_can_spend_any_more_is_forgotten(database: SqlDatabase, database_url: str) -> None:
    with web(database_url) as now, web(database_url, later=timedelta(days=2)) as later:
        now.issue()
        later.issue()
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM login_secret")).scalar_one() == 1


def test_of_many_that_claim_one_secret_at_once_one_gets_in(database_url: str) -> None:
    with web(database_url) as one, web(database_url) as other:
        secret = one.issue()
        with ThreadPoolExecutor(8) as threads:
            claims = [threads.submit(each.claim, secret) for each in (one, other) for _ in range(8)]
        assert sum(claim.result() for claim in claims) == 1
