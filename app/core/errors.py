"""What can go wrong in a way a person can mend: each error names what was received, what was expected and how to fix it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One field that was not accepted, named by its dotted path (`configuration.epochs`)."""

    field: str
    message: str


class DiceboardError(Exception):
    """The base of every error a user can cause or must be told of.

    `status` is the HTTP status the web answers with, `title` the short fixed summary of the kind.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "This could not be done"

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class NotFoundError(DiceboardError):
    """Nothing has this id."""

    status = 404
    title = "Not found"


class ConflictError(DiceboardError):
    """The thing is in a state in which this cannot be done."""

    status = 409
    title = "Not possible in this state"


class InvalidError(DiceboardError):
    """What was sent is understood but not acceptable."""

    status = 422
    title = "Not acceptable"


class TooLargeError(DiceboardError):
    """More was sent than is taken."""

    status = 413
    title = "Too large"


class OutOfSpaceError(DiceboardError):
    """The disk that holds the data folder is (nearly) full."""

    status = 507
    title = "Not enough room on disk"


class UnavailableError(DiceboardError):
    """A part that this needs does not answer at the moment; trying again later helps."""

    status = 503
    title = "Temporarily unavailable"


class StaleAttemptError(DiceboardError):
    """A newer attempt has taken over this run, or it has ended: the writer must stop."""

    status = 409
    title = "Taken over"


class BrokenImageError(DiceboardError):
    """A file that is not an image that can be decoded and used."""

    status = 422
    title = "Not a usable image"
