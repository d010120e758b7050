"""Questions to the predictor and their answers, through Valkey: whoever serves the web needs no Keras beside it.

A question waits under a key of its own that expires with the patience of whoever asks; a list tells in which order they
came. A worker takes the next, and puts the answer under another key that expires too. All of it may be lost.
"""

import json
import logging
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import redis
from pydantic import TypeAdapter, ValidationError
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core.errors import DiceboardError, InvalidError, UnavailableError
from app.core.runs.predictions import Answer, AskAboutImage, AskAboutImages, AskToBeReady, Question

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"""How long an answer is waited for: the first one after a pause takes loading Keras and the network."""
MOST_WAITING = 32
"""More questions than these wait for nobody's good: the next is told to come later."""
_QUESTIONS = "diceboard:v1:predictions"
_SOCKET_SECONDS = 5.0
_QUESTION: TypeAdapter[AskAboutImage | AskAboutImages | AskToBeReady] = TypeAdapter(Question)


class ValkeyPredictor:
    """Implements predictions.Predictor: asks, and waits for the answer."""

    def __init__(self, url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._client = _client(url, waits_seconds=patience_seconds)

    def ask(self, question: AskAboutImage | AskAboutImages | AskToBeReady, pixels: bytes = b"") -> Answer:
        """UnavailableError where no worker takes it, or none answers in time."""
        number = uuid4().hex
        try:
            told = self._asked(number, written(question, pixels))
        except (RedisError, OSError) as error:
            raise UnavailableError(
                "The broker, through which the predictor is asked, does not answer at the moment. Try again in a moment."
            ) from error
        return answer_of(told)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _asked(self, number: str, message: bytes) -> bytes:
        waiting: Any = self._client.llen(_QUESTIONS)
        if waiting >= MOST_WAITING:
            raise UnavailableError(
                f"{waiting} questions wait for the predictor already, and it answers them one by one. Try again in a moment."
            )
        self._client.set(_question_key(number), message, px=int(1000 * self._patience))
        self._client.rpush(_QUESTIONS, number)
        answered: Any = self._client.blpop([_answer_key(number)], timeout=self._patience)
        if answered is not None:
            return bytes(answered[1])
        nobody_took_it = self._client.lrem(_QUESTIONS, 0, number)
        self._client.delete(_question_key(number))
        raise UnavailableError(_nobody(self._patience) if nobody_took_it else _too_slow(self._patience))


@dataclass(frozen=True)
class Asked:
    """A question that a worker has taken."""

    number: str
    message: bytes


class AskedQuestions:
    """The worker's side: takes questions and gives answers. ConnectionError where the broker does not answer."""

    def __init__(self, url: str) -> None:
        self._client = _client(url, waits_seconds=_SOCKET_SECONDS)

    def next(self, *, within_seconds: float) -> Asked | None:
        """The next question that somebody still waits for; None where none comes in that time."""
        until = time.monotonic() + within_seconds
        try:
            while (left := until - time.monotonic()) > 0:
                # Valkey takes no wait below a millisecond: zero would be for ever.
                taken: Any = self._client.blpop([_QUESTIONS], timeout=max(left, 0.01))
                if taken is None:
                    return None
                number = bytes(taken[1]).decode("ascii", "replace")
                message: Any = self._client.getdel(_question_key(number))
                if message is not None:
                    return Asked(number, bytes(message))
        except (RedisError, OSError) as error:
            raise ConnectionError(type(error).__name__) from error
        return None

    def answer(self, asked: Asked, told: bytes) -> None:
        """Give the answer to whoever waits; it is forgotten where nobody does any more."""
        try:
            with self._client.pipeline(transaction=True) as pipeline:
                pipeline.rpush(_answer_key(asked.number), told)
                pipeline.expire(_answer_key(asked.number), int(PATIENCE_SECONDS))
                pipeline.execute()
        except (RedisError, OSError) as error:
            raise ConnectionError(type(error).__name__) from error

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def written(question: AskAboutImage | AskAboutImages | AskToBeReady, pixels: bytes) -> bytes:
    """A question as it travels: one line of JSON, then the pixels."""
    return question.model_dump_json().encode() + b"\n" + pixels


def read(message: bytes) -> tuple[AskAboutImage | AskAboutImages | AskToBeReady, bytes]:
    """The question and its pixels; InvalidError where it is none."""
    head, _, pixels = message.partition(b"\n")
    try:
        return _QUESTION.validate_json(head), pixels
    except ValidationError as error:
        raise InvalidError(f"That is no question to a predictor: {str(error)[:500]}") from error


def told(answer: Answer | DiceboardError) -> bytes:
    """An answer as it travels, or why there is none."""
    if isinstance(answer, Answer):
        return json.dumps({"answer": answer.json_object()}).encode()
    kind = "unavailable" if isinstance(answer, UnavailableError) else "invalid"
    return json.dumps({kind: answer.detail}).encode()


def answer_of(message: bytes) -> Answer:
    """What was told, raised again where it is a reason."""
    content = json.loads(message)
    if "answer" in content:
        return Answer.model_validate(content["answer"])
    if "invalid" in content:
        raise InvalidError(str(content["invalid"]))
    raise UnavailableError(str(content["unavailable"]))


def _client(url: str, *, waits_seconds: float) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        # A blocking wait must end by itself before the socket gives up on it.
        socket_timeout=waits_seconds + _SOCKET_SECONDS,
        socket_connect_timeout=_SOCKET_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _question_key(number: str) -> str:
    return f"{_QUESTIONS}:question:{number}"


def _answer_key(number: str) -> str:
    return f"{_QUESTIONS}:answer:{number}"


def _nobody(seconds: float) -> str:
    return (
        f"No worker took the question within {seconds:g} s: predictions are made by a worker of the light pool, and none "
        "is alive, or all are busy with other predictions. Look at the Workers page; `diceboard worker` starts one."
    )


def _too_slow(seconds: float) -> str:
    return (
        f"The predictor has not answered within {seconds:g} s: it may still be loading Keras or a large network. "
        "Try again in a moment."
    )
