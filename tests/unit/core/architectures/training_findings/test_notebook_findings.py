"""What a reader of the notebook's text should find around its two networks, and what it must not claim."""

import pytest

from app.core.architectures.architecture import Architecture
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.readers.notebook import read_notebook
from app.core.architectures.reading import Finding, Place
from app.core.architectures.training_findings import training_findings
from app.core.values import JsonObject
from app.networks import read_layer_table
from app.networks.application import read_application
from app.networks.catalogue import tell_catalogue
from tests.factories.notebook import ERROR, notebook_text


class Facts:
    """Keras of this very process."""

    def catalogue(self) -> Catalogue:
        return tell_catalogue()

    def application(self, name: str, options: JsonObject) -> Architecture:
        return read_application(name, options)


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    reading = read_notebook(notebook_text(), facts=Facts())
    assert [entry.variable for entry in reading.definitions] == ["model", "modelAPI"]
    return training_findings(reading, [read_layer_table(entry.architecture) for entry in reading.definitions])


def of(findings: list[Finding], rule: str) -> list[Finding]:
    return [entry for entry in findings if entry.rule == rule]


def places(findings: list[Finding], rule: str) -> list[tuple[int | None, int]]:
    return [(entry.place.cell, entry.place.line) for entry in of(findings, rule) if entry.place]


def test_an_exception_was_passed_over_and_a_half_built_network_is_used(findings: list[Finding]) -> None:
    (finding,) = of(findings, "exception-passed-over")
    assert finding.place == Place(cell=3, line=22), "the sixteenth convolution"
    assert finding.message == (
        "Building model raises at its layer conv2d_15 (Conv2D), the exception is passed over, and what is there by then is "
        "compiled (cell 5, line 1), summarised (cell 7, line 2), trained (cell 11, line 1) and saved (cell 13, line 1)."
    )
    assert finding.read == ERROR
    assert "silently lived on with the 20 of 29 layers" in finding.why


def test_the_generators_yield_other_images_than_the_networks_take(findings: list[Finding]) -> None:
    assert places(findings, "image-size") == places(findings, "colour-mode") == [(10, 1), (10, 11)]
    train = of(findings, "image-size")[0]
    assert train.message == (
        "train_generator yields images 640 pixels high and 480 wide, but model and modelAPI take 224×224."
    )
    assert of(findings, "colour-mode")[1].message == (
        "test_generator yields grayscale images (1 channel), but model and modelAPI take 3 channels."
    )


def test_width_is_given_before_height(findings: list[Finding]) -> None:
    assert places(findings, "width-before-height") == [(10, 1), (10, 11)]
    assert {entry.read for entry in of(findings, "width-before-height")} == {"target_size=(width, height)"}


def test_the_second_checkpoint_gets_the_first_ones_file_name(findings: list[Finding]) -> None:
    (finding,) = of(findings, "two-checkpoints-one-file")
    assert (finding.place, finding.read, finding.fix) == (Place(cell=8, line=4), "filepath", "Give it filepathAPI.")


def test_one_checkpoint_serves_both_networks(findings: list[Finding]) -> None:
    (finding,) = of(findings, "shared-checkpoint")
    assert (finding.place, finding.read) == (Place(cell=12, line=1), "callbacks=callbacks_list")
    assert finding.message == (
        "modelAPI is trained with checkpoint, the checkpoint object of model (cell 11, line 1); "
        "callbacks_listAPI is never used."
    )
    assert "keeps its best value so far" in finding.why
    assert "mix under one name pattern" in finding.why


def test_the_half_built_output_fits_neither_classes_nor_loss(findings: list[Finding]) -> None:
    (finding,) = of(findings, "output-does-not-fit")
    assert finding.place == Place(cell=5, line=1)
    assert finding.message == (
        "The output of the half-built network (1, 1, 512) for each image (model) does not fit 6 classes, and the loss is "
        "categorical_crossentropy."
    )


def test_the_evaluation_is_shuffled(findings: list[Finding]) -> None:
    (finding,) = of(findings, "shuffled-evaluation")
    assert (finding.place, finding.read) == (Place(cell=10, line=11), "shuffle=True")


def test_weights_and_dropout_are_not_seeded(findings: list[Finding]) -> None:
    (finding,) = of(findings, "no-seed")
    assert finding.place == Place(cell=3, line=1)
    assert finding.message == (
        "The first weights and dropout of model and modelAPI are not seeded; only train_generator and test_generator are."
    )


def test_what_may_be_found_is_noted_and_there_is_nothing_else(findings: list[Finding]) -> None:
    noted = {entry.rule for entry in findings if entry.severity == "note"}
    assert noted == {"monitors-training", "old-names", "partial-batch", "weights-file-name"}
    assert places(findings, "partial-batch") == [(11, 1), (12, 1)]
    assert {entry.rule for entry in findings} - noted == {
        "exception-passed-over",
        "image-size",
        "colour-mode",
        "width-before-height",
        "two-checkpoints-one-file",
        "shared-checkpoint",
        "output-does-not-fit",
        "shuffled-evaluation",
        "no-seed",
    }


def test_nothing_is_claimed_that_is_not_so(findings: list[Finding]) -> None:
    for entry in findings:
        said = f"{entry.message} {entry.why} {entry.fix}".lower()
        for word in ("overwrit", "functional api", "sequential api", "style", "replaces the earlier", "is left."):
            assert word not in said, entry
