"""What a user asks for when asking for a run."""

from pydantic import Field

from app.core.runs.configuration import Configuration
from app.core.runs.start_from import StartFrom
from app.core.values import Name, Text, Value

MOST_RUNS_AT_ONCE = 500


class RunRequest(Value):
    """Architecture x dataset x configuration; the name is made from both where none is given."""

    architecture: str = Field(max_length=40)
    dataset: str = Field(max_length=40)
    configuration: Configuration = Configuration()
    name: Name | None = None
    tags: tuple[Name, ...] = Field(default=(), max_length=20)
    group: Name | None = None
    start_from: StartFrom | None = None


class RunChanges(Value):
    """What can be changed about a run; what is None stays."""

    name: Name | None = None
    tags: tuple[Name, ...] | None = Field(default=None, max_length=20)
    notes: Text | None = None
