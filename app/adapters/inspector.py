"""The client of the inspector process."""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from app.core.architectures.architecture import Architecture
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.layer_table import LayerTable
from app.core.errors import InvalidError, UnavailableError
from app.core.values import JsonObject

TABLES_KEPT = 1024
LAYERS_AT_ONCE = 20_000  # in one request: the answer to more is too much to hold at once

_TABLES = TypeAdapter(list[LayerTable])


class InspectorClient:
    """Implements ports.Inspector over a Unix socket. Answers follow from what is asked alone, so they are kept."""

    def __init__(self, socket: Path, *, answers_within_seconds: float = 30, starts_within_seconds: float = 15) -> None:
        self._socket = socket
        self._answers_within = answers_within_seconds
        self._starts_within = starts_within_seconds
        self._tables: OrderedDict[str, LayerTable] = OrderedDict()
        self._catalogue: Catalogue | None = None
        self._lock = threading.Lock()

    def layer_table(self, architecture: Architecture) -> LayerTable:
        """Raise UnavailableError where the inspector does not answer."""
        return self.layer_tables([architecture])[0]

    def layer_tables(self, architectures: Sequence[Architecture]) -> list[LayerTable]:
        """Ask for those that are not known yet, each once."""
        digests = [architecture.digest for architecture in architectures]
        found = self._known(digests)
        missing = {
            digest: architecture
            for digest, architecture in zip(digests, architectures, strict=True)
            if digest not in found
        }
        for some in _portions(missing):
            asked = [architecture.model_dump(mode="json") for architecture in some.values()]
            tables = _TABLES.validate_python(self._ask({"ask": "tables", "architectures": asked})["tables"])
            found |= dict(zip(some, tables, strict=True))
        self._keep({digest: found[digest] for digest in missing})
        return [found[digest] for digest in digests]

    def catalogue(self) -> Catalogue:
        """Ask once: it is the same for as long as Keras is."""
        if self._catalogue is None:
            self._catalogue = Catalogue.model_validate(self._ask({"ask": "catalogue"})["catalogue"])
        return self._catalogue

    def application(self, name: str, options: JsonObject) -> Architecture:
        """Raise InvalidError where there is no such network, or Keras refuses the options."""
        answer = self._ask({"ask": "application", "name": name, "options": options})
        return Architecture.model_validate(answer["architecture"])

    def _known(self, digests: Sequence[str]) -> dict[str, LayerTable]:
        with self._lock:
            found = {digest: self._tables[digest] for digest in digests if digest in self._tables}
            for digest in found:
                self._tables.move_to_end(digest)
            return found

    def _keep(self, tables: dict[str, LayerTable]) -> None:
        with self._lock:
            self._tables |= tables
            while len(self._tables) > TABLES_KEPT:
                self._tables.popitem(last=False)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            with self._connect() as connection:
                connection.send_bytes(json.dumps(request).encode())
                if not connection.poll(self._answers_within):
                    raise TimeoutError
                answer: dict[str, Any] = json.loads(connection.recv_bytes())
        except (OSError, EOFError) as error:
            raise UnavailableError(
                "The inspector, which builds networks without weights, does not answer at the moment: it may be starting "
                "(that takes a few seconds), or the network is too large for it. Try again in a moment."
            ) from error
        if "invalid" in answer:
            raise InvalidError(str(answer["invalid"]))
        return answer

    def _connect(self) -> Any:
        # Right after a start or a restart the inspector is still importing Keras: wait for it rather than fail.
        deadline = time.monotonic() + self._starts_within
        while True:
            try:
                return Client(str(self._socket), family="AF_UNIX")
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def _portions(architectures: dict[str, Architecture]) -> Iterator[dict[str, Architecture]]:
    """As many at once as one request takes."""
    some: dict[str, Architecture] = {}
    layers = 0
    for digest, architecture in architectures.items():
        if some and layers + len(architecture.calls) > LAYERS_AT_ONCE:
            yield some
            some, layers = {}, 0
        some[digest] = architecture
        layers += len(architecture.calls)
    if some:
        yield some
