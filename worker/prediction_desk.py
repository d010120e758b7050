"""Hands questions about images to the predictor of this worker, which it starts when one comes and ends when none do.

It works in a thread of the worker's main process: a Celery task would wait behind a long check of a dataset. Keras is
never imported here.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from app.adapters import devices, leash
from app.adapters.predictor import PATIENCE_SECONDS, AskedQuestions, told
from app.core.errors import UnavailableError
from app.settings import Settings

log = logging.getLogger(__name__)

PREDICTOR = ("-m", "worker.predictor")
LOADS_WITHIN_SECONDS = 120.0
"""One that has not loaded Keras by then hangs."""
LOOK_SECONDS = 1.0
REST_SECONDS = 1.0
_TRIES = 2


class PredictorLostError(Exception):
    """The process ended, or hung, over a question."""


class PredictionDesk:
    """A daemon thread with at most one predictor, which dies with it."""

    def __init__(self, settings: Settings, *, command: Sequence[str] = PREDICTOR) -> None:
        self._settings = settings
        self._command = command
        self._stop = threading.Event()
        self._predictor: PredictorProcess | None = None
        self._asked_at = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="predictions", daemon=True)

    def start(self) -> None:
        """Take questions from now on."""
        self._thread.start()

    def leave(self) -> None:
        """Take no more, and end the predictor."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        questions = AskedQuestions(self._settings.broker)
        try:
            while not self._stop.is_set():
                try:
                    self._once(questions)
                except ConnectionError as error:
                    log.info("The broker gave no questions for the predictor: %s", error)
                    self._stop.wait(REST_SECONDS)
                except Exception:
                    # Whatever it was, the next question may be answered; without a thread nobody would be.
                    log.exception("A question to the predictor failed")
                    self._stop.wait(REST_SECONDS)
        finally:
            self._end()
            questions.close()

    def _once(self, questions: AskedQuestions) -> None:
        asked = questions.next(within_seconds=LOOK_SECONDS)
        if asked is None:
            if time.monotonic() - self._asked_at > self._settings.predictor_idle_seconds:
                self._end()
            return
        questions.answer(asked, self._answer(asked.message))
        self._asked_at = time.monotonic()

    def _answer(self, message: bytes) -> bytes:
        """The predictor's answer; one that is lost over a question is replaced once."""
        for _ in range(_TRIES):
            try:
                self._predictor = self._predictor or PredictorProcess(self._command)
                return self._predictor.ask(message)
            except PredictorLostError as error:
                log.warning("The predictor was lost: %s", error)
                self._end()
        return told(
            UnavailableError(
                f"The predictor was lost {_TRIES} times over this question: the network may need more memory than the "
                "worker has, or more time. Try a smaller network; the worker's log says more."
            )
        )

    def _end(self) -> None:
        if self._predictor is not None:
            self._predictor.end()
            self._predictor = None


class PredictorProcess:
    """A predictor on a leash. Start it in the thread that uses it: on Linux it ends when that thread does."""

    def __init__(self, command: Sequence[str]) -> None:
        """PredictorLostError where it does not become ready."""
        defaults = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
        # A GPU taken by it would be missing in training; a single image is quick enough without.
        own = {"PYTHONUNBUFFERED": "1", leash.PARENT_VARIABLE: str(os.getpid()), devices.VISIBLE: devices.NONE_VISIBLE}
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own module, no shell
                leash.command([sys.executable, *command]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**defaults, **os.environ, **own},
                start_new_session=True,  # signals meant for the worker do not reach it
            )
        except OSError as error:
            raise PredictorLostError(f"it could not be started: {error}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions = Connection(os.dup(self._process.stdin.fileno()), readable=False)
        self._answers = Connection(os.dup(self._process.stdout.fileno()), writable=False)
        self._receive(LOADS_WITHIN_SECONDS)

    def ask(self, message: bytes) -> bytes:
        """PredictorLostError where it ends over the question, or nobody would wait for its answer any more."""
        try:
            self._questions.send_bytes(message)
        except OSError as error:
            raise PredictorLostError(f"it has ended: {type(error).__name__}") from error
        return self._receive(PATIENCE_SECONDS)

    def end(self) -> None:
        """Have it gone."""
        self._questions.close()
        self._answers.close()
        self._process.kill()
        self._process.communicate()

    def _receive(self, within_seconds: float) -> bytes:
        try:
            if self._answers.poll(within_seconds):
                return self._answers.recv_bytes()
        except (OSError, EOFError) as error:
            raise PredictorLostError(f"it has ended: {type(error).__name__}") from error
        raise PredictorLostError(f"it did not answer within {within_seconds:g} s")
