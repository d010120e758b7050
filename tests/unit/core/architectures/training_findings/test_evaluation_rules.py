from app.core.architectures.reading import Ref
from tests.factories.readings import Writer, image_network
from tests.factories.trainings import GENERATOR, flow, found, right_training


def test_a_shuffled_evaluation_is_worse_where_predictions_are_made() -> None:
    (finding,) = found(right_training(test={"shuffle": True}), "shuffled-evaluation")
    assert (finding.severity, finding.read) == ("warning", "shuffle=True")
    writer = right_training()
    datagen = writer.call(GENERATOR, to="datagen")
    images = writer.call(".flow_from_directory", "test", of=datagen, to="images")
    writer.call(".evaluate", images, of=Ref("model", definition=0))
    assert [entry.severity for entry in found(writer, "shuffled-evaluation")] == ["note"]
    writer.call(".predict_generator", images, of=Ref("model", definition=0))
    (finding,) = found(writer, "shuffled-evaluation")
    assert (finding.severity, finding.read) == ("warning", "shuffle is left at its default, True")


def test_validation_with_the_training_images() -> None:
    assert len(found(right_training(test={"folder": "train"}), "validation-is-training")) == 1
    both = {"folder": "train", "subset": "training"}, {"folder": "train", "subset": "validation"}
    assert found(right_training(train=both[0], test=both[1]), "validation-is-training") == []


def test_validation_scaled_otherwise() -> None:
    (finding,) = found(right_training(test={"generator": {"zoom_range": 0}}), "different-scale")
    assert (finding.severity, finding.read) == ("error", "no rescale")


def test_augmented_validation() -> None:
    turned = {"rescale": 1 / 255, "rotation_range": 30, "horizontal_flip": False}
    (finding,) = found(right_training(test={"generator": turned}), "augmented-evaluation")
    assert "(rotation_range)" in finding.message
    assert found(right_training(train={"generator": turned}), "augmented-evaluation") == []


def test_only_keras_own_generator_is_known_to_scale() -> None:
    writer = Writer()
    model = writer.network(image_network(), "model")
    flows = []
    for name in ("train", "test"):
        own = writer.call(f"mine.Generator{name}", rescale=name)
        flows.append(writer.call(".flow_from_directory", name, of=own, target_size=[64, 64], to=name))
    writer.call(".fit", flows[0], of=model, validation_data=flows[1])
    assert found(writer, "different-scale") == []


def test_validation_data_is_the_sixth_argument_of_fit_generator() -> None:
    writer = Writer()
    data = flow(writer, "train")
    model = writer.network(image_network(), "model")
    writer.call(".fit_generator", data, 10, 1, 1, None, data, of=model)
    assert len(found(writer, "validation-is-training")) == 1


def test_what_is_trained_on_may_be_evaluated_too() -> None:
    writer = right_training(train={"shuffle": True})
    writer.call(".evaluate", Ref("train", record=3), of=Ref("model", definition=0))
    assert found(writer, "shuffled-evaluation") == []
