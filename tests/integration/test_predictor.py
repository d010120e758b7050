"""Questions through a real broker to a predictor in a process of its own: warm, killed, idle, hanging, away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import psutil
import pytest
import redis

from app.adapters import predictor as adapter
from app.adapters.database.migrate import upgrade
from app.adapters.predictor import AskedQuestions, ValkeyPredictor
from app.composition import compose
from app.core.errors import InvalidError, UnavailableError
from app.core.runs.predictions import Answer, AskAboutImage, AskToBeReady, TrainedNetwork
from app.settings import Settings
from tests.factories.tried import PREPARATION, tried_run
from worker import prediction_desk
from worker.prediction_desk import PredictionDesk, PredictorLostError, PredictorProcess
from worker.predictor.answering import Answering

# TensorFlow's tensors do not know NumPy 2's `copy` yet; every conversion of one warns.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

SCRIPTED = ("-m", "tests.fakes.scripted_predictor")


def question(run_id: str = "any") -> AskToBeReady:
    network = TrainedNetwork(run_id=run_id, sha256="0" * 64, bytes=1, weights="w", plan="p")
    return AskToBeReady(network=network, preparation=PREPARATION)


@contextmanager
def desk(settings: Settings, command: tuple[str, ...] = SCRIPTED) -> Iterator[None]:
    made = PredictionDesk(settings, command=command)
    made.start()
    yield
    made.leave()


@contextmanager
def client(settings: Settings, **more: Any) -> Iterator[ValkeyPredictor]:
    made = ValkeyPredictor(settings.broker, **more)
    yield made
    made.close()


def pid_of(answer: Answer) -> int:
    [[pid]] = answer.probabilities  # type: ignore[misc]
    return int(pid)  # type: ignore[arg-type]


def until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@pytest.fixture
def settings(valkey: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    assert valkey.ping()
    monkeypatch.setenv("DICEBOARD_DATA", str(tmp_path))  # as in the worker's environment, which its children inherit
    return Settings(data=tmp_path, reserve_bytes=0)


def test_a_real_predictor_answers_as_the_same_code_does_here(settings: Settings, tmp_path: Path) -> None:
    upgrade(settings.sqlalchemy_url)
    services = compose(settings)
    run = tried_run(services, tmp_path)
    pixels = np.random.default_rng(1).integers(0, 256, PREPARATION.shape, dtype=np.uint8).tobytes()
    asked = AskAboutImage(network=services.predictions.tried(run.id).network, preparation=PREPARATION)
    here = Answering(services).answer(asked, pixels)
    assert isinstance(here, Answer)
    with desk(settings, prediction_desk.PREDICTOR), client(settings, patience_seconds=240) as predictor:
        assert predictor.ask(AskToBeReady(network=asked.network, preparation=PREPARATION)) == Answer()
        there = predictor.ask(asked, pixels)
        np.testing.assert_allclose(there.probabilities, here.probabilities, rtol=0, atol=1e-6)
        with pytest.raises(InvalidError, match="Expected the 256 bytes"):
            predictor.ask(asked, b"too few")


def test_the_same_process_answers_until_it_is_killed_and_then_another_does(settings: Settings) -> None:
    with desk(settings), client(settings) as predictor:
        first = pid_of(predictor.ask(question()))
        assert pid_of(predictor.ask(question())) == first
        os.kill(first, signal.SIGKILL)
        second = pid_of(predictor.ask(question()))
        assert second != first
    until(lambda: not psutil.pid_exists(second))


def test_a_question_that_ends_the_process_is_told_and_the_next_is_answered(settings: Settings) -> None:
    with desk(settings), client(settings) as predictor:
        with pytest.raises(UnavailableError, match="lost 2 times over this question"):
            predictor.ask(question("die"))
        assert pid_of(predictor.ask(question()))


def test_a_predictor_that_hangs_is_replaced(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_desk, "PATIENCE_SECONDS", 0.3)
    with desk(settings), client(settings) as predictor:
        before = pid_of(predictor.ask(question()))
        with pytest.raises(UnavailableError, match="lost 2 times"):
            predictor.ask(question("hang"))
        assert pid_of(predictor.ask(question())) != before
        assert not psutil.pid_exists(before)


def test_it_ends_when_nobody_has_asked_for_a_while(valkey: redis.Redis, tmp_path: Path) -> None:
    assert valkey.ping()
    settings = Settings(data=tmp_path, predictor_idle_seconds=0.5)
    with desk(settings), client(settings) as predictor:
        first = pid_of(predictor.ask(question()))
        until(lambda: not psutil.pid_exists(first))
        assert pid_of(predictor.ask(question())) != first


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    program = (
        "import sys, time; from worker.prediction_desk import PredictorProcess;"
        f"print(PredictorProcess({SCRIPTED!r})._process.pid, flush=True); time.sleep(3600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.communicate()
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_where_no_worker_is_the_question_is_taken_back_and_that_is_said(
    settings: Settings, valkey: redis.Redis
) -> None:
    with client(settings, patience_seconds=0.3) as predictor, pytest.raises(UnavailableError, match="light pool"):
        predictor.ask(question())
    assert valkey.keys("*prediction*") == []


def test_a_question_whose_asker_has_gone_is_passed_over(settings: Settings, valkey: redis.Redis) -> None:
    valkey.rpush("diceboard:v1:predictions", "nobody-waits-for-this")
    with desk(settings), client(settings) as predictor:
        assert pid_of(predictor.ask(question()))


def test_what_is_no_question_is_answered_and_ends_nothing(settings: Settings) -> None:
    process = PredictorProcess(prediction_desk.PREDICTOR)
    for nonsense in (b"", b"nonsense", b"[" * 10_000, b'{"ask": "everything"}\n', b"\x80\x04K\x01."):
        with pytest.raises(InvalidError, match="no question"):
            adapter.answer_of(process.ask(nonsense))
    process.end()
    with pytest.raises(PredictorLostError):
        process.ask(b"nonsense")


def test_too_many_that_wait_are_told_to_come_later(settings: Settings, valkey: redis.Redis) -> None:
    valkey.rpush("diceboard:v1:predictions", *(f"waiting-{number}" for number in range(adapter.MOST_WAITING)))
    with client(settings) as predictor, pytest.raises(UnavailableError, match="32 questions wait"):
        predictor.ask(question())


def test_without_a_broker_both_sides_say_so(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with client(settings) as predictor, pytest.raises(UnavailableError, match="broker"):
        predictor.ask(question())
    with pytest.raises(ConnectionError):
        AskedQuestions(settings.broker).next(within_seconds=0.1)


def test_several_ask_at_once_and_each_gets_its_own_answer(settings: Settings) -> None:
    found: list[int] = []
    with desk(settings), client(settings) as predictor:
        threads = [Thread(target=lambda: found.append(pid_of(predictor.ask(question())))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
