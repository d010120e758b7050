"""How many files this process, and those that it starts, may have open."""

import resource

from app.core.errors import DiceboardError

LEAST = 1_024
"""Sockets of browsers and streams, images on their way, weights: what the busiest process holds at once, and room."""
WANTED = 8_192


class TooFewFilesError(DiceboardError):
    """The limit is too low to work with."""

    status = 503
    title = "Too few files may be open"


def provide() -> None:
    """Raise the limit to what is wanted where that is allowed; TooFewFilesError where it stays below the least."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft != resource.RLIM_INFINITY and soft < LEAST:
        raise TooFewFilesError(
            f"This process may open {soft} files, and Diceboard needs {LEAST:,}. Raise the limit: `ulimit -n {LEAST}` in "
            "this shell, LimitNOFILE= of a systemd unit, or `nofile` in /etc/security/limits.conf."
        )
