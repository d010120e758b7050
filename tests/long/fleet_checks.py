"""Whether a fleet lost something or did it twice, asked of the database for all runs at once."""

from sqlalchemy import Engine, text

WRONG = {
    "runs that have not ended": "SELECT count(*) FROM run WHERE state NOT IN ('finished', 'failed')",
    "runs that failed": "SELECT count(*) FROM run WHERE state = 'failed'",
    "runs whose events are not numbered from 1 without a gap": """
        SELECT count(*) FROM run LEFT JOIN (
            SELECT run_id, count(*) AS there, min(seq) AS first, max(seq) AS last FROM run_event GROUP BY run_id
        ) AS told ON told.run_id = run.id
        WHERE told.there IS DISTINCT FROM run.last_seq OR told.last IS DISTINCT FROM run.last_seq OR told.first <> 1""",
    "runs whose attempts are not taken one after the other": """
        SELECT count(*) FROM run LEFT JOIN (
            SELECT run_id, count(*) AS there, count(DISTINCT attempt) AS different, min(attempt) AS first, max(attempt) AS last
            FROM run_event WHERE kind = 'state' AND payload->>'reason' LIKE 'taken by %' GROUP BY run_id
        ) AS taken ON taken.run_id = run.id
        WHERE (taken.there, taken.different, taken.last) IS DISTINCT FROM (run.attempt, run.attempt, run.attempt)
        OR taken.first <> 1""",
    "runs in which an earlier attempt wrote after a later one": """
        SELECT count(DISTINCT run_id) FROM (
            SELECT run_id, attempt, max(attempt) OVER (PARTITION BY run_id ORDER BY seq) AS highest FROM run_event
        ) AS told WHERE attempt < highest""",
    "finished runs without exactly one final state": """
        SELECT count(*) FROM run WHERE state = 'finished' AND 1 <> (
            SELECT count(*) FROM run_event WHERE run_id = run.id AND kind = 'state' AND payload->>'state' = 'finished')""",
    "finished runs without exactly one result, of the last attempt": """
        SELECT count(*) FROM run WHERE state = 'finished' AND NOT EXISTS (
            SELECT 1 FROM artifact WHERE run_id = run.id AND blob LIKE 'artifacts/' || run.id || '/' || run.attempt || '/%'
        )""",
    "finished runs with an epoch that the last attempt did not tell": """
        SELECT count(*) FROM run WHERE state = 'finished' AND :epochs <> (
            SELECT count(DISTINCT payload->>'epoch') FROM run_event
            WHERE run_id = run.id AND kind = 'epoch' AND attempt = run.attempt)""",
}


def violations(engine: Engine, *, epochs: int) -> list[str]:
    """What is wrong, with how many runs; empty where all is well."""
    with engine.connect() as connection:
        counts = {
            what: connection.execute(text(query), {"epochs": epochs} if ":epochs" in query else {}).scalar_one()
            for what, query in WRONG.items()
        }
    return [f"{count:,} {what}" for what, count in counts.items() if count]


def attempts(engine: Engine) -> dict[int, int]:
    """How many runs took so many attempts."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT attempt, count(*) AS runs FROM run GROUP BY attempt ORDER BY attempt"))
        return {row.attempt: row.runs for row in rows}
