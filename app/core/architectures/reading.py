"""What a reader makes of a source: definitions, what else it says about training, and what was not understood."""

from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from pydantic import Field, JsonValue

from app.core.architectures.architecture import Architecture
from app.core.architectures.catalogue import Catalogue
from app.core.values import JsonObject, Value


class Place(Value):
    """Where something is written. Both count from 1; a source without cells has none, `line` counts within the cell."""

    cell: int | None = None
    line: int = Field(ge=1)


class Finding(Value):
    """Something that is wrong with, or worth knowing about, what was read."""

    rule: str
    severity: Literal["error", "warning", "note"]
    place: Place | None
    message: str = Field(description="what is the matter, in one sentence")
    read: str = Field(default="", description="what was read, as it is written")
    why: str = Field(default="", description="what it does to a result")
    fix: str = ""


class NotUnderstood(Value):
    """A piece of the source that the reader went past."""

    place: Place | None
    text: str
    why: str


class Definition(Value):
    """One network that a source defines."""

    architecture: Architecture
    variable: str | None = None
    place: Place | None = None
    places: dict[str, Place] = Field(default_factory=dict, description="call id -> where that call is written")


class ErrorSeen(Value):
    """An exception that the source itself records (a notebook's output), or passes over (`except: pass`)."""

    place: Place
    text: str


@dataclass(frozen=True)
class Ref:
    """A value that a record or a definition made; `text` is how the source writes it."""

    text: str
    record: int | None = None
    definition: int | None = None


RecordedValue: TypeAlias = "JsonValue | Ref | list[RecordedValue] | dict[str, RecordedValue]"
"""JSON; a Ref; or lists and dicts of them. What nobody defined is a symbol, code is code (see `written`)."""


@dataclass(frozen=True)
class Record:
    """A call that makes no part of a network: a generator, a callback, `compile`, `fit`, a seed.

    `function` is the dotted name it was imported by (`keras.callbacks.ModelCheckpoint`, `numpy.random.seed`), or for a
    method just its name with a dot (`.flow_from_directory`), `receiver` then says of what. Positional arguments are under
    "0", "1", ...; `sources` holds each argument's source text.
    """

    function: str
    place: Place
    receiver: Ref | None = None
    arguments: dict[str, RecordedValue] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    assigned_to: str | None = None


@dataclass(frozen=True)
class Reading:
    """Everything a source says. `names` are the plain values of its global names at its end."""

    definitions: tuple[Definition, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    findings: tuple[Finding, ...] = ()
    records: tuple[Record, ...] = ()
    errors_seen: tuple[ErrorSeen, ...] = ()
    names: dict[str, JsonValue] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()  # names that stayed open in some definition, sorted


class KerasFacts(Protocol):
    """What a reader has to be told about Keras, since the core never loads it."""

    def catalogue(self) -> Catalogue:
        """Signatures of all layers and objects."""
        ...

    def application(self, name: str, options: JsonObject) -> Architecture:
        """A network of `keras.applications`, without weights; InvalidError where Keras refuses the options."""
        ...
