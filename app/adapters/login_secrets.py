"""One-time login secrets, kept as hashes in the data folder: made by `up` and `link`, spent once by the web."""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from app.adapters.data_folder import prepare, write_private

LIFETIME_SECONDS = 24 * 3600


class LoginSecrets:
    """A folder with one small file per unspent secret, named by the secret's SHA-256; only the hash is ever written."""

    def __init__(self, data: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder = data / "login"
        self._now = now

    def issue(self, *, lifetime_seconds: float = LIFETIME_SECONDS) -> str:
        """Make a secret that logs in once within its lifetime."""
        prepare(self._folder)
        self._forget_expired()
        secret = secrets.token_urlsafe(32)
        expires = self._now() + lifetime_seconds
        write_private(self._path(secret), json.dumps({"expires": expires}))
        return secret

    def claim(self, secret: str) -> bool:
        """Spend a secret; False where it was never issued, has expired or is spent.

        Renaming is atomic: of two that claim at the same moment, exactly one finds the file.
        """
        path = self._path(secret)
        claimed = path.with_name(f"spent-{secrets.token_hex(8)}")
        try:
            path.rename(claimed)
        except OSError:
            return False
        expires = _expires(claimed)
        claimed.unlink(missing_ok=True)
        return self._now() < expires

    def _path(self, secret: str) -> Path:
        return self._folder / f"{hashlib.sha256(secret.encode(errors='replace')).hexdigest()}.json"

    def _forget_expired(self) -> None:
        for entry in os.scandir(self._folder):
            if entry.name.endswith(".json") and _expires(Path(entry.path)) <= self._now():
                Path(entry.path).unlink(missing_ok=True)


def _expires(path: Path) -> float:
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["expires"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
