"""A predictor without Keras: it does what the network's run id says, and tells its process id as a probability."""

import os
import signal
import time

from app.adapters.predictor import read, told
from app.core.runs.predictions import Answer
from worker.predictor.__main__ import own_channels


def main() -> None:
    """Answer, die or hang, until nobody is left who could ask."""
    questions, answers = own_channels()
    answers.send_bytes(b"")
    try:
        while True:
            question, _ = read(questions.recv_bytes())
            if question.network.run_id == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if question.network.run_id == "hang":
                time.sleep(3600)
            answers.send_bytes(told(Answer(probabilities=((float(os.getpid()),),))))
    except EOFError:
        return


if __name__ == "__main__":
    main()
