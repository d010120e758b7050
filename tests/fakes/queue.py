"""A task queue that remembers."""

from app.core.names import TaskName


class RememberedTasks:
    """Implements ports.TaskQueue; with `answers` False it is a broker that is down."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers
        self.sent: list[tuple[TaskName, str]] = []

    def send(self, task: TaskName, argument: str) -> bool:
        """Remember the message."""
        if self.answers:
            self.sent.append((task, argument))
        return self.answers

    def length(self, task: TaskName) -> int | None:
        """How many were sent."""
        return sum(sent is task for sent, _ in self.sent) if self.answers else None
