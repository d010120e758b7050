"""The embedded broker: private, without a port, and back with what it held after being killed."""

import os
import signal
import stat
import time
from pathlib import Path

import redis

from app.processes import broker
from app.processes.watcher import Watcher
from app.settings import Settings


def test_it_listens_on_a_private_socket_only_and_survives_a_kill(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    client = redis.Redis(unix_socket_path=str(settings.socket("valkey")), socket_timeout=5)
    watcher = Watcher([broker.program(settings)], say=lambda _: None)
    deadline = time.monotonic() + 90
    killed: list[float] = []
    seen: dict[str, object] = {}

    def drive() -> None:
        try:
            if not killed:
                client.ping()
                seen.update(client.config_get("*"))
                client.set("kept", "yes")
                seen["mode"] = stat.S_IMODE(settings.socket("valkey").stat().st_mode)
                client.execute_command("WAITAOF", 1, 0, 5000)
                os.kill(watcher.pids()["broker"], signal.SIGKILL)
                killed.append(time.monotonic())
            else:
                seen["kept"] = client.get("kept")
                watcher.request_stop()
        except redis.ConnectionError:
            pass
        if time.monotonic() > deadline:
            watcher.request_stop()

    watcher.run(meanwhile=drive)
    client.close()
    assert seen["kept"] == b"yes"
    assert seen["mode"] == 0o700
    assert (seen["port"], seen["appendonly"], seen["maxmemory-policy"]) == ("0", "yes", "noeviction")
