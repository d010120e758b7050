"""What is wrong with, or worth knowing about, the training around the networks of a source."""

from collections.abc import Callable, Iterator, Sequence

from app.core.architectures.layer_table import LayerTable
from app.core.architectures.reading import Finding, Reading
from app.core.architectures.training_findings import (
    building,
    evaluation,
    files,
    inputs,
    orientation,
    outputs,
    procedure,
)
from app.core.architectures.training_findings.story import Story

RULES: tuple[Callable[[Story], Iterator[Finding]], ...] = (
    building.exception_passed_over,
    building.error_beside_a_definition,
    inputs.image_size,
    inputs.colour_mode,
    orientation.width_before_height,
    outputs.output_does_not_fit,
    outputs.loss_and_activation,
    outputs.loss_and_labels,
    outputs.dropout_at_the_end,
    evaluation.shuffled_evaluation,
    evaluation.validation_is_training,
    evaluation.different_scale,
    evaluation.augmented_evaluation,
    files.shared_checkpoint,
    files.checkpoint_of_another,
    files.two_trainings_one_file,
    files.second_fit,
    procedure.no_seed,
    procedure.partial_batch,
    procedure.metrics_as_loss_weights,
    procedure.monitors_training,
    procedure.monitor_is_missing,
    procedure.wrong_direction,
    procedure.weights_file_name,
    procedure.old_names,
)
_ORDER = {"error": 0, "warning": 1, "note": 2}


def training_findings(reading: Reading, tables: Sequence[LayerTable | None]) -> list[Finding]:
    """All findings, the gravest first, within that in the order of the source.

    `tables` are the layer tables of the reading's definitions, by their index; None where there is none. A rule says
    nothing where it would have to guess.
    """
    story = Story(reading, tables)
    found = [finding for rule in RULES for finding in rule(story)]
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple[int, int, int]:
    place = finding.place
    return _ORDER[finding.severity], (place.cell or 0) if place else 0, place.line if place else 0
