"""Waits for the web server to be ready, then says where it is, with a link that signs a browser in once."""

import http.client
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.core.errors import UnavailableError
from app.processes.child import say_on_stderr
from app.settings import Settings

_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0


class Announcer:
    """Called again and again; asks `/readyz` until it is answered, and says so once."""

    def __init__(
        self,
        settings: Settings,
        *,
        address: str,
        issue: Callable[[], str],
        say: Callable[[str], None] = say_on_stderr,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._address = address
        self._issue = issue
        self._say = say
        self._now = now
        self._next = now()
        self._complain_at = now() + _PATIENCE_SECONDS
        self._done = False

    def __call__(self) -> None:
        """Look once, if it is time to."""
        if self._done or self._now() < self._next:
            return
        self._next = self._now() + _PAUSE_SECONDS
        secret = self._secret() if self._is_ready() else None
        if secret is not None:
            self._done = True
            self._say(f"\n  Diceboard is ready. Open\n\n      {self._address}/?token={secret}\n")
            self._say(f"  The link works once; `{_program()} link` prints another. Ctrl-C stops everything.\n")
        elif self._now() >= self._complain_at:
            self._complain_at += _PATIENCE_SECONDS
            self._say(f"The web server at {self._address} is not ready yet; the lines above may say why.")

    def _secret(self) -> str | None:
        try:
            return self._issue()
        except UnavailableError:  # the database has just gone away again; the next look may find it
            return None

    def _is_ready(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104
        connection = http.client.HTTPConnection(host, self._settings.port, timeout=3)
        try:
            connection.request("GET", "/readyz", headers={"Host": "localhost"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _program() -> str:
    """How this person calls the command line: by its name where the shell finds it, else by its path."""
    beside = Path(sys.executable).with_name("diceboard")
    found = shutil.which("diceboard")
    if not beside.exists() or (found is not None and beside.samefile(found)):
        return "diceboard"
    return str(beside.relative_to(Path.cwd())) if beside.is_relative_to(Path.cwd()) else str(beside)
