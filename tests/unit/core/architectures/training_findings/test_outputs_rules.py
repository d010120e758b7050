import pytest

from app.core.architectures.reading import Place
from app.core.architectures.training_findings import training_findings
from app.core.values import JsonObject
from tests.factories.readings import Writer, image_network, preset
from tests.factories.trainings import flow, found, right_training


@pytest.mark.parametrize(
    ("last", "loss", "severity"),
    [
        (("softmax", 6), "categorical_crossentropy", None),
        (("softmax", 6), "sparse_categorical_crossentropy", None),
        (("sigmoid", 1), "binary_crossentropy", None),
        (("sigmoid", 6), "binary_crossentropy", None),
        (("softmax", 6), "mse", None),
        (("softmax", 6), "binary_crossentropy", "warning"),
        (("sigmoid", 6), "categorical_crossentropy", "warning"),
        (("softmax", 1), "binary_crossentropy", "error"),
        (("softmax", 1), "categorical_crossentropy", "error"),
        (("relu", 6), "categorical_crossentropy", "error"),
        ((None, 6), "CategoricalCrossentropy", "error"),
        ((None, 1), "binary_crossentropy", "error"),
    ],
)
def test_loss_and_last_activation(last: tuple[str | None, int], loss: str, severity: str | None) -> None:
    dense: JsonObject = {"units": last[1], **({"activation": last[0]} if last[0] else {})}
    writer = right_training(network=image_network(("Dense", dense)), compiled={"loss": loss})
    assert [entry.severity for entry in found(writer, "loss-and-activation")] == ([severity] if severity else [])


@pytest.mark.parametrize(("activation", "logits", "count"), [(None, True, 0), ("softmax", True, 1), (None, False, 1)])
def test_logits_go_without_activation(activation: str | None, logits: bool, count: int) -> None:
    writer = Writer()
    model = writer.network(image_network(("Dense", {"units": 6, "activation": activation})), "model")
    loss = writer.call("keras.losses.SparseCategoricalCrossentropy", from_logits=logits)
    writer.call(".compile", "adam", loss, of=model)
    assert len(found(writer, "loss-and-activation")) == count


def test_an_activation_layer_counts_as_the_last_activation() -> None:
    network = image_network(("Dense", {"units": 6}), ("Activation", {"activation": "softmax"}))
    assert found(right_training(network=network), "loss-and-activation") == []
    network = image_network(("Dense", {"units": 6}), ("Lambda", {"function": {"code": "lambda x: x"}}))
    writer = right_training(network=network)
    assert training_findings(writer.reading(), [None]) == []


def test_class_count_and_output() -> None:
    (finding,) = found(right_training(train={"classes": list("12345")}), "output-does-not-fit")
    assert (
        finding.message
        == "The output of the network has 6 units (model), which does not fit 5 classes, and the loss is categorical_crossentropy."
    )
    flat = image_network(("Reshape", {"target_shape": [1, 1, 4]}), ("Dense", {"units": 6, "activation": "softmax"}))
    (finding,) = found(right_training(network=flat), "output-does-not-fit")
    assert "The output of the network (1, 1, 6) for each image (model) does not fit 6 classes" in finding.message
    assert found(right_training(train={"class_mode": "input"}, network=flat), "output-does-not-fit") == []


@pytest.mark.parametrize(
    ("mode", "loss", "count"),
    [
        ("categorical", "categorical_crossentropy", 0),
        ("sparse", "sparse_categorical_crossentropy", 0),
        ("sparse", "categorical_crossentropy", 1),
        ("categorical", "sparse_categorical_crossentropy", 1),
        ("binary", "categorical_crossentropy", 1),
        ("binary", "sparse_categorical_crossentropy", 0),
        ("categorical", "binary_crossentropy", 0),
        (None, "categorical_crossentropy", 0),
    ],
)
def test_labels_are_coded_as_the_loss_expects(mode: str | None, loss: str, count: int) -> None:
    writer = right_training(train={"class_mode": mode}, compiled={"loss": loss})
    assert len(found(writer, "loss-and-labels")) == count


def test_dropout_on_the_predictions() -> None:
    last = image_network(("Dense", {"units": 6, "activation": "softmax"}), ("Dropout", {"rate": 0.5}))
    (finding,) = found(right_training(network=last), "dropout-at-the-end")
    assert finding.place == Place(line=2)


def test_the_output_of_a_half_built_network_is_what_it_has_reached() -> None:
    writer = Writer()
    model = writer.network(preset("notebook-sequential"), "model")
    writer.call(".compile", of=model, loss="categorical_crossentropy", optimizer="adam")
    writer.call(".fit", flow(writer, "train"), of=model)
    (finding,) = found(writer, "output-does-not-fit")
    assert finding.message == (
        "The output of the half-built network (1, 1, 512) for each image (model) does not fit 6 classes, and the loss is "
        "categorical_crossentropy."
    )
    assert finding.place == Place(line=2)
    assert found(writer, "loss-and-activation") == [], "its last activation is not the one that was meant"


def test_the_last_compile_before_a_training_counts() -> None:
    writer = Writer()
    model = writer.network(image_network(), "model")
    for loss in ("mse", "sparse_categorical_crossentropy"):
        writer.call(".compile", of=model, loss=loss)
    writer.call(".fit", flow(writer, "train"), of=model)
    writer.call(".compile", of=model, loss="categorical_crossentropy")
    assert [entry.place for entry in found(writer, "loss-and-labels")] == [Place(line=3)]
