"""Whether a run can start from another run's weights, told before it waits."""

from collections.abc import Callable

from app.core.architectures.layer_table import LayerTable
from app.core.errors import FieldError, InvalidError, NotFoundError, UnavailableError
from app.core.ports import Database, Transaction
from app.core.runs.request import RunRequest
from app.core.runs.run import Run
from app.core.runs.start_from import StartFrom, refuse_nothing_to_do, refuse_what_cannot_be_taken


class StartingWeights:
    """Looks at both runs' definitions and tables; the trainer, which has the weights themselves, looks again."""

    def __init__(self, *, database: Database, layer_table: Callable[[str], LayerTable]) -> None:
        self._database = database
        self._layer_table = layer_table

    def refuse_what_cannot_start(self, request: RunRequest) -> None:
        """InvalidError where the other run is not there, has no such weights, or they are of no use here."""
        start = request.start_from
        if start is None:
            return
        with self._database.transaction() as transaction:
            source = _source(transaction, start)
            architecture = transaction.architectures.get(request.architecture).architecture
            of_source = transaction.architectures.get(source.architecture_id).architecture
        refuse_what_cannot_be_taken(start, architecture, of_source)
        try:
            refuse_nothing_to_do(
                start, self._layer_table(request.architecture), self._layer_table(source.architecture_id)
            )
        except UnavailableError:
            return  # the inspector is away: the trainer will see for itself


def _source(transaction: Transaction, start: StartFrom) -> Run:
    try:
        source = transaction.runs.get(start.run)
    except NotFoundError:
        raise InvalidError(
            f"There is no run {start.run!r} to start from. Choose one that has ended and has kept its weights.",
            errors=[FieldError("start_from.run", "is not there")],
        ) from None
    if start.artifact not in {artifact.name for artifact in transaction.runs.artifacts(source.id)}:
        hint = "It kept none." if source.is_terminal else "Wait until it has ended."
        raise InvalidError(
            f"Run {source.name} ({source.id}) has no {start.artifact}; it is {source.state.value}. {hint} "
            "Choose a run that has kept its weights.",
            errors=[FieldError("start_from.run", f"has no {start.artifact}")],
        )
    return source
