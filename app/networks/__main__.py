"""The inspector process: `python -m app.networks SOCKET` answers on a Unix socket, one request at a time, in JSON.

| request | answer |
| --- | --- |
| `{"ask": "tables", "architectures": [...]}` | `{"tables": [...]}` |
| `{"ask": "catalogue"}` | `{"catalogue": ...}` |
| `{"ask": "application", "name": ..., "options": {...}}` | `{"architecture": ...}` |

or `{"invalid": message}` where the request makes no sense; never pickle.
"""

import json
import os
import signal
import sys
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from app.core.architectures.architecture import Architecture
from app.core.architectures.presets import build_preset
from app.core.errors import DiceboardError
from app.core.values import JsonObject, Value
from app.networks import read_application, read_layer_table, tell_catalogue

LARGEST_REQUEST_BYTES = 64 * 2**20
LONGEST_ANSWER_SECONDS = 25.0
"""For one request; clients wait for 30, and whoever asks next would wait too."""


class OutOfTime(BaseException):
    """An answer takes too long. No Exception, since whatever Keras raises as one is taken for its answer."""


class AskTables(Value):
    """Layer tables of several architectures."""

    ask: Literal["tables"]
    architectures: tuple[Architecture, ...]


class AskCatalogue(Value):
    """What Keras's layers and objects take."""

    ask: Literal["catalogue"]


class AskApplication(Value):
    """A network of `keras.applications`."""

    ask: Literal["application"]
    name: str
    options: JsonObject


_REQUEST: TypeAdapter[AskTables | AskCatalogue | AskApplication] = TypeAdapter(
    Annotated[AskTables | AskCatalogue | AskApplication, Field(discriminator="ask")]
)


def answer(request: bytes) -> dict[str, Any]:
    """The answer to one request."""
    try:
        asked = _REQUEST.validate_json(request)
        if isinstance(asked, AskTables):
            return {"tables": [read_layer_table(entry).json_object() for entry in asked.architectures]}
        if isinstance(asked, AskCatalogue):
            return {"catalogue": tell_catalogue().json_object()}
        return {"architecture": read_application(asked.name, asked.options).json_object()}
    except DiceboardError as error:
        return {"invalid": error.detail}
    except ValidationError as error:
        return {"invalid": str(error)[:2000]}
    except Exception as error:  # noqa: BLE001 -- one strange request must not end the answers to all others
        return {"invalid": f"Keras cannot read this architecture: {type(error).__name__}: {str(error)[:2000]}"}


def answer_in_time(request: bytes, *, seconds: float = LONGEST_ANSWER_SECONDS) -> dict[str, Any]:
    """The answer to one request, or that it takes too long: one strange request must not hold up all others for ever."""
    signal.signal(signal.SIGALRM, _give_up)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            return answer(request)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except OutOfTime:
        return {
            "invalid": f"This network is too large: Keras was asked about its layers for {seconds:g} s without an end."
        }


def serve(socket: Path) -> None:
    """Answer for ever; what one connection does wrong ends only that connection."""
    read_layer_table(build_preset("compact-functional", {}))  # the first build of a process takes three times as long
    tell_catalogue()
    socket.unlink(missing_ok=True)
    os.umask(0o177)
    with Listener(str(socket), family="AF_UNIX", backlog=64) as listener:
        while True:
            try:
                with listener.accept() as connection:
                    _serve_one(connection)
            except (OSError, EOFError):
                continue


def _serve_one(connection: Connection) -> None:
    # A client asks at once and once; one that connects and stays silent must not hold up the others.
    if connection.poll(5):
        request = connection.recv_bytes(LARGEST_REQUEST_BYTES)
        connection.send_bytes(json.dumps(answer_in_time(request)).encode())


def _give_up(*_: object) -> None:
    raise OutOfTime


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
