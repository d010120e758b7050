"""Stands by the process that makes an export, which loads Keras and may be killed; this one does not and is not."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from app.adapters import leash
from app.core.errors import UnavailableError
from app.core.runs.exports import LEASE_SECONDS
from app.services.bundle import ServiceBundle

EXIT_DONE, EXIT_UNWANTED = 0, 3
EXPORTER = ("-m", "worker.exporter")
ENDS_WITHIN_SECONDS = 900.0
"""All formats of a compact network take half a minute on a busy machine; what takes so much longer hangs."""
TICK_SECONDS = 0.25


def export_run(
    services: ServiceBundle,
    export_id: str,
    *,
    command: Sequence[str] = EXPORTER,
    ends_within_seconds: float = ENDS_WITHIN_SECONDS,
) -> None:
    """Have it made, if it waits; a process that is killed from outside is followed by another, a few times."""
    while services.exports.claim(export_id) is not None:
        process = _started(export_id, command)
        code = _until_it_ends(services, export_id, process, ends_within_seconds=ends_within_seconds)
        if code != EXIT_DONE:
            services.storage.forget_scratch()  # it was killed, perhaps, and could not tidy up
        if code is None:
            services.exports.fail(
                export_id, f"It took longer than {ends_within_seconds / 60:g} minutes, and was ended."
            )
            return
        if code == EXIT_UNWANTED:
            services.exports.forget(export_id)
        if code in {EXIT_DONE, EXIT_UNWANTED}:
            return
        services.exports.hand_back(export_id)


def _started(export_id: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
    defaults = {"TF_CPP_MIN_LOG_LEVEL": "2"}
    # Whatever trained the network: LiteRT and SavedModel come from TensorFlow only. It computes on the processor, as most
    # who download a file will; GPUs are for trainings.
    own = {
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONUNBUFFERED": "1",
        leash.PARENT_VARIABLE: str(os.getpid()),
    }
    return subprocess.Popen(  # noqa: S603 -- our own module, an id as argument, no shell
        leash.command([sys.executable, *command, export_id]),
        stdin=subprocess.PIPE,
        env={**defaults, **os.environ, **own},
        start_new_session=True,  # signals meant for the worker do not reach it
    )


def _until_it_ends(
    services: ServiceBundle, export_id: str, process: subprocess.Popen[bytes], *, ends_within_seconds: float
) -> int | None:
    """Its exit status; None where it had to be ended."""
    started = renewed = time.monotonic()
    try:
        while process.poll() is None:
            now = time.monotonic()
            if now - started >= ends_within_seconds:
                return None
            if now - renewed >= LEASE_SECONDS / 4:
                renewed = now
                if not _renewed(services, export_id):
                    return EXIT_UNWANTED
            time.sleep(TICK_SECONDS)
        return process.returncode
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def _renewed(services: ServiceBundle, export_id: str) -> bool:
    try:
        return services.exports.renew(export_id)
    except UnavailableError:
        return True  # the lease has room for some that fail
