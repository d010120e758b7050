"""A task queue that remembers."""

from collections.abc import Container
from typing import NamedTuple

from app.core.names import POOL_OF_TASK, TaskName


class Message(NamedTuple):
    """What was sent, and the pool or the worker that it was sent to."""

    task: TaskName
    argument: str
    to: str


class RememberedTasks:
    """Implements ports.TaskQueue; with `answers` False it is a broker that is down."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers
        self.messages: list[Message] = []

    @property
    def sent(self) -> list[tuple[TaskName, str]]:
        """The messages that wait, whoever is to have them."""
        return [(message.task, message.argument) for message in self.messages]

    def send(self, task: TaskName, argument: str, *, to: str | None = None) -> bool:
        """Remember the message."""
        if self.answers:
            self.messages.append(Message(task, argument, to or POOL_OF_TASK[task]))
        return self.answers

    def length(self, task: TaskName, *, to: str | None = None) -> int | None:
        """How many wait there."""
        there = to or POOL_OF_TASK[task]
        return sum(message.to == there for message in self.messages) if self.answers else None

    def take(self, where: Container[str]) -> Message | None:
        """The first message for one of these, which is gone then; None where there is none."""
        found = next((message for message in self.messages if message.to in where), None)
        if found is not None:
            self.messages.remove(found)
        return found
