"""`python -m worker.exporter EXPORT`: makes one file of a run's weights, opens it again, and publishes it if it is right.

Exit status: 0 it is published or it has been said why not, 3 nobody wants it any more.
"""

import sys
import traceback
from collections.abc import Sequence

from app.composition import compose
from app.core.errors import DiceboardError, NotFoundError, StaleAttemptError, UnavailableError
from app.settings import Settings
from worker.exporting import EXIT_DONE, EXIT_UNWANTED


def main(arguments: Sequence[str]) -> int:
    """Work on the export that the arguments name."""
    services = compose(Settings(), patient=True)
    try:
        with services.database.transaction() as transaction:
            export = transaction.exports.get(arguments[0])
    except NotFoundError as error:
        return _unwanted(error)
    try:
        # Keras is loaded only now: an export that nobody wants any more costs nothing.
        from worker.exporter.making import make  # noqa: PLC0415

        make(services, export)
    except StaleAttemptError as error:
        return _unwanted(error)
    except UnavailableError:
        raise
    except DiceboardError as error:
        services.exports.fail(arguments[0], error.detail)
    except Exception as error:  # noqa: BLE001 -- exporters of other projects raise anything
        traceback.print_exc()
        services.exports.fail(arguments[0], f"It could not be made: {_first_line(error)}")
    return EXIT_DONE


def _unwanted(error: DiceboardError) -> int:
    print(error.detail, file=sys.stderr)  # noqa: T201 -- the worker's log
    return EXIT_UNWANTED


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
