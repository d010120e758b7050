"""The predictor process: `python -m worker.predictor` answers questions from its standard input on its standard output.

Both carry messages as `app/adapters/predictor.py` writes them, each behind its length (multiprocessing's framing; never
pickle). An empty message says that it is ready. It ends when its input does: whoever asks has gone then.
"""

import contextlib
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from app.adapters.predictor import read, told
from app.composition import compose
from app.core.errors import DiceboardError
from app.settings import Settings


def main() -> None:
    """Answer until nobody is left who could ask."""
    questions, answers = own_channels()
    # Keras is loaded once the channels are its own: what it prints must not come between the answers.
    from worker.predictor.answering import Answering  # noqa: PLC0415

    answering = Answering(compose(Settings()))
    answers.send_bytes(b"")
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            message = questions.recv_bytes()
            try:
                question, pixels = read(message)
            except DiceboardError as error:
                answers.send_bytes(told(error))
            else:
                answers.send_bytes(told(answering.answer(question, pixels)))


def own_channels() -> tuple[Connection, Connection]:
    """The two pipes, out of reach of anything that prints or reads."""
    questions, answers = Connection(os.dup(0), writable=False), Connection(os.dup(1), readable=False)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return questions, answers


if __name__ == "__main__":
    main()
