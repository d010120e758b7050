from typing import Any

from app.core.architectures.reading import Place, Ref
from tests.factories.readings import Writer, image_network
from tests.factories.trainings import CHECKPOINT, flow, found, right_training


def two_trainings(*paths: str, second: int = 1, best: bool = True, names: dict[str, Any] | None = None) -> Writer:
    writer = Writer()
    models = [writer.network(image_network(), name) for name in ("model", "other")]
    made = [
        writer.call(CHECKPOINT, path, to=f"checkpoint{number}", save_best_only=best, sources={"0": "path"})
        for number, path in enumerate(paths)
    ]
    writer.names.update(names or {})
    data = flow(writer, "train")
    writer.call(".fit", data, of=models[0], callbacks=[made[0]])
    writer.call(".fit", data, of=models[1], callbacks=[made[second]])
    return writer


def test_one_checkpoint_object_for_two_networks() -> None:
    (finding,) = found(two_trainings("a-{epoch}.h5", "b-{epoch}.h5", second=0), "shared-checkpoint")
    assert finding.message == (
        "other is trained with checkpoint0, the checkpoint object of model (line 7); checkpoint1 is never used."
    )
    assert finding.place == Place(line=8)
    assert "mix under one name pattern" in finding.why
    writer = two_trainings("a.h5", "b.h5", second=0, names={"callbacks_listAPI": [{"symbol": "checkpoint1"}]})
    assert found(writer, "shared-checkpoint")[0].fix == "Give the second training callbacks_listAPI."
    assert found(two_trainings("a-{epoch}.h5", "b-{epoch}.h5"), "shared-checkpoint") == []


def test_two_checkpoints_with_one_file_name() -> None:
    writer = two_trainings("a.h5", "a.h5", names={"path": "a.h5", "pathAPI": "b.h5"})
    (finding,) = found(writer, "two-checkpoints-one-file")
    assert finding.message == (
        "This ModelCheckpoint is given the file name of the one before (line 3); pathAPI is defined and used nowhere."
    )
    assert finding.fix == "Give it pathAPI."
    assert "only one network's file is left" in finding.why
    assert found(two_trainings("a.h5", "b.h5"), "two-checkpoints-one-file") == []


def test_two_networks_saved_under_one_name() -> None:
    writer = two_trainings("a.h5", "b.h5")
    for number in (0, 1):
        writer.call(".save", "net.keras", of=Ref("model", definition=number))
    (finding,) = found(writer, "two-trainings-one-file")
    assert finding.place == Place(line=10)
    writer = two_trainings("a.h5", "b.h5")
    for _ in range(2):
        writer.call(".save", "net.keras", of=Ref("model", definition=0))
    assert found(writer, "two-trainings-one-file") == []


def test_a_second_fit_goes_on() -> None:
    writer = right_training()
    writer.call(".fit", Ref("x"), of=Ref("model", definition=0))
    assert [entry.place for entry in found(writer, "second-fit")] == [Place(line=9)]
    writer.call(".compile", of=Ref("model", definition=0), loss="mse")
    writer.call(".fit", Ref("x"), of=Ref("model", definition=0))
    assert len(found(writer, "second-fit")) == 1, "compiled anew: fine-tuning, as it should be"


def test_a_log_that_starts_anew_with_each_training() -> None:
    for append, count in ((False, 1), (True, 0)):
        writer = Writer()
        logger = writer.call("keras.callbacks.CSVLogger", "log.csv", append=append)
        for name in ("model", "other"):
            writer.call(".fit", Ref("x"), of=writer.network(image_network(), name), callbacks=[logger])
        findings = found(writer, "two-trainings-one-file")
        assert [entry.read for entry in findings] == ["'log.csv'"] * count


def test_two_checkpoints_in_all_trainings_mix_nothing_up() -> None:
    writer = Writer()
    made = [writer.call(CHECKPOINT, "a.h5", monitor=monitor) for monitor in ("loss", "val_loss")]
    for name in ("model", "other"):
        writer.call(".fit", Ref("x"), of=writer.network(image_network(), name), callbacks=made)
    assert found(writer, "two-checkpoints-one-file") == []


def test_callbacks_of_fit_generator_are_its_fifth_argument() -> None:
    writer = Writer()
    made = writer.call(CHECKPOINT, "a-{epoch}.h5")
    for name in ("model", "other"):
        model = writer.network(image_network(), name)
        writer.call(".fit_generator", Ref("x"), 10, 1, 1, [made], of=model)
    assert [entry.read for entry in found(writer, "shared-checkpoint")] == [
        "[Ref(text='keras.callbacks.ModelCheckpoint', record=0, definition=None)]"
    ]


def test_callbacks_that_are_not_known_prove_nothing_unused() -> None:
    writer = two_trainings("a.h5", "b.h5", second=0)
    writer.call(".fit", Ref("x"), of=Ref("model", definition=0), callbacks={"symbol": "callbacks"})
    (finding,) = found(writer, "shared-checkpoint")
    assert "never used" not in finding.message
