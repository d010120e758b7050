"""What stands around the networks: every call that makes no part of one, with what it was given."""

from app.core.architectures.reading import ErrorSeen, Place, Ref
from tests.factories.code_readings import read

TRAINING = """
    import numpy as np
    import tensorflow as tf
    from tensorflow.keras.preprocessing.image import ImageDataGenerator
    from keras.callbacks import ModelCheckpoint as Checkpoint, EarlyStopping
    np.random.seed(7)
    tf.random.set_seed(seed := 3)
    width, height = 640, 480
    generator = ImageDataGenerator(rescale=1. / 255)
    train = generator.flow_from_directory('data/train', target_size=(width, height),
                                          batch_size=batch_size)
    filepath = 'w-{epoch:02d}.h5'
    checkpoint = Checkpoint(filepath, monitor='loss')
    callbacks = [checkpoint]
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, input_shape=(4,))])
    model.compile(tf.keras.optimizers.Adam(1e-3), 'mse', ['accuracy'])
    history = model.fit(train, steps_per_epoch=100 // 8, callbacks=callbacks + [EarlyStopping(patience=2)])
    callbacks.append(None)
    with open('model.json', 'w') as file:
        file.write(model.to_json())
    print(history.history['loss'])
    model.evaluate(train)
"""


def test_calls_are_recorded_under_the_name_they_were_imported_by() -> None:
    assert [record.function for record in read(TRAINING).records] == [
        "numpy.random.seed",
        "tensorflow.random.set_seed",
        "keras.preprocessing.image.ImageDataGenerator",
        ".flow_from_directory",
        "keras.callbacks.ModelCheckpoint",
        "keras.optimizers.Adam",
        ".compile",
        "keras.callbacks.EarlyStopping",
        ".fit",
        "open",
        ".to_json",
        ".write",
        ".evaluate",
    ]


def test_arguments_are_values_or_references_with_their_source() -> None:
    records = {record.function: record for record in read(TRAINING).records}
    flow = records[".flow_from_directory"]
    assert flow.arguments == {"0": "data/train", "target_size": [640, 480], "batch_size": {"symbol": "batch_size"}}
    assert flow.sources == {"0": "'data/train'", "target_size": "(width, height)", "batch_size": "batch_size"}
    assert flow.receiver == Ref("generator", record=2)
    assert flow.assigned_to == "train"
    assert flow.place == Place(line=10)
    checkpoint = records["keras.callbacks.ModelCheckpoint"]
    assert checkpoint.arguments == {"0": "w-{epoch:02d}.h5", "monitor": "loss"}
    assert checkpoint.sources["0"] == "filepath"
    assert records["numpy.random.seed"].arguments == {"0": 7}
    assert records["tensorflow.random.set_seed"].arguments == {"0": 3}


def test_networks_and_results_are_referred_to() -> None:
    records = {record.function: record for record in read(TRAINING).records}
    assert records[".compile"].receiver == Ref("model", definition=0)
    assert records[".compile"].arguments == {
        "0": Ref("tf.keras.optimizers.Adam(0.001)", record=5),
        "1": "mse",
        "2": ["accuracy"],
    }
    fit = records[".fit"]
    assert fit.arguments == {
        "0": Ref("train", record=3),
        "steps_per_epoch": 12,
        "callbacks": [Ref("checkpoint", record=4), Ref("EarlyStopping(patience=2)", record=7)],
    }
    assert fit.sources["steps_per_epoch"] == "100 // 8"
    assert records[".write"].receiver == Ref("file", record=9)
    assert records[".write"].arguments == {"0": Ref("model.to_json()", record=10)}


def test_plain_names_are_kept_as_they_are_at_the_end() -> None:
    names = read(TRAINING).names
    assert names["width"] == 640
    assert names["filepath"] == "w-{epoch:02d}.h5"
    assert names["seed"] == 3
    assert names["callbacks"] == [{"symbol": "checkpoint"}, None]
    assert "model" not in names


def test_a_network_may_be_an_argument() -> None:
    source = "model = Sequential([Dense(1)])\nplot_model(model, to_file='m.png')\nmodels = [model]\nsave_all(models)"
    plot, save = read(source).records
    assert plot.arguments == {"0": Ref("model", definition=0), "to_file": "m.png"}
    assert save.arguments == {"0": [Ref("model", definition=0)]}


def test_what_is_unpacked_refers_to_the_call_it_came_from() -> None:
    source = "(x, y), (u, v) = mnist.load_data()\nmodel = Sequential([Dense(1)])\nmodel.fit(x.reshape(-1, 784), y)"
    load, reshape, fit = read(source).records
    assert load.assigned_to == "((x, y), (u, v))"
    assert reshape.receiver == Ref("x", record=0)
    assert fit.arguments == {"0": Ref("x.reshape(-1, 784)", record=1), "1": Ref("y", record=0)}


def test_calls_inside_functions_and_loops_are_recorded_where_they_are_written() -> None:
    source = """
        def train(model, epochs=5):
            model.compile('adam', 'mse')
            for epoch in range(epochs):
                model.train_on_batch(x, y)
            return model.fit(x, y, epochs=epochs)
        for units in (4, 8):
            train(Sequential([Dense(units)]), epochs=1000)
    """
    reading = read(source)
    assert [(record.function, record.place.line) for record in reading.records] == 2 * [
        (".compile", 3),
        (".train_on_batch", 5),
        (".train_on_batch", 5),
        (".fit", 6),
    ]
    receivers = [record.receiver for record in reading.records if record.receiver is not None]
    assert [receiver.definition for receiver in receivers] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert reading.records[3].arguments["epochs"] == 1000


def test_what_became_a_layer_is_no_record() -> None:
    source = "import hub\nlayer = hub.KerasLayer('url', trainable=True)\nmodel = Sequential([layer, Dense(1)])\nmodel.save('a')"
    reading = read(source)
    assert [record.function for record in reading.records] == [".save"]
    assert reading.definitions[0].architecture.layers[0].kind == "KerasLayer"


def test_exceptions_that_are_passed_over_are_seen() -> None:
    source = """
        model = Sequential()
        try:
            model.add(Dense(3))
        except:
            pass
        try:
            import gpu
        except Exception:
            pass
        try:
            model.compile('adam')
        except (ValueError, TypeError) as error:
            print(error)
        try:
            model.fit(x)
        except KeyboardInterrupt:
            pass
        try:
            model.fit(x)
        except Exception:
            raise
    """
    assert read(source).errors_seen == (
        ErrorSeen(place=Place(line=5), text="except: pass"),
        ErrorSeen(place=Place(line=13), text="except (ValueError, TypeError): print(error)"),
    )


def test_lists_are_recorded_as_they_were_at_that_moment() -> None:
    source = "c = [first()]\nmodel = Sequential([Dense(1)])\nmodel.fit(x, callbacks=c)\nc.append(second())"
    fit = next(record for record in read(source).records if record.function == ".fit")
    assert fit.arguments["callbacks"] == [Ref("first()", record=0)]
