"""The notebook that the project grew from, as a text export: its two networks and the training around them."""

from pathlib import Path

_FOLDER = Path(__file__).parents[3] / "shared" / "notebook"
_CONVOLUTIONS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, -1, 0, *2 * (512, 512, 512, 512, 0))  # 0 pools, -1 drops
_HEAD = ("Flatten()", "Dense(4096, activation='relu')", "Dropout(0.5)", "Dense(4096, activation='relu')")
_END = ("Dropout(0.5)", "Dense(128, activation='relu')", "Dense(6, activation='softmax')")

_IMPORTS = """
import tensorflow as tf
from keras.preprocessing.image import ImageDataGenerator
from keras.models import Sequential, Model
from keras.layers import Conv2D, MaxPooling2D, Dropout, Flatten, Dense, Input
from keras.callbacks import ModelCheckpoint
from keras.utils.vis_utils import plot_model
sess = tf.Session(config=tf.ConfigProto(log_device_placement=True))
"""
_SETTINGS = """
width, height = 640, 480
nb_train_samples = 9446
nb_test_samples = 2362
epochs = 25
batch_size = 4

input_shape = (224, 224, 3)
"""
_COMPILE = """
{model}.compile(loss='categorical_crossentropy',
              optimizer='adam',
              metrics=['accuracy'])
"""
_CHECKPOINT = """
# summarize model and apply checkpoints
print(model{end}.summary())
filepath{end} = 'generator{end}-{{epoch:02d}}-{{loss:.4f}}.h5'
checkpoint{end} = ModelCheckpoint(filepath, monitor='loss', verbose=1, save_best_only=True, mode='min')
callbacks_list{end} = [checkpoint{end}]

_________________________________________________________________
Layer (type)                 Output Shape              Param #
"""
_GENERATORS = """
train_datagen = ImageDataGenerator(
    rescale=1. / 255)
test_datagen = ImageDataGenerator(rescale=1. / 255)
"""
_FLOW = """{split}_generator = {split}_datagen.flow_from_directory(
    '../dice/{split}',
    target_size=(width, height),
    color_mode='grayscale',
    batch_size=batch_size,
    class_mode='categorical',
    classes=['1', '2', '3', '4', '5', '6'],
    shuffle=True,
    seed=2018)
"""
_FIT = """
history{end} = model{end}.fit_generator(
    train_generator,
    steps_per_epoch=nb_train_samples // batch_size,
    epochs=epochs,
    verbose=1,
    callbacks=callbacks_list,
    shuffle=True,
    validation_data=test_generator,
    validation_steps=nb_test_samples // batch_size)
"""
_SAVE = """
model{end}_json = model{end}.to_json()
with open('generator{end}_model.json', 'w') as json_file:
    json_file.write(model{end}_json)

model{end}.save_weights('generator{end}_weights.h5')
print('Saved model weights')
"""
ERROR = "ValueError: Negative dimension size caused by subtracting 3 from 1 for 'conv2d_136/convolution' (op: 'Conv2D')"


def the_notebook() -> tuple[str, int]:
    """The notebook itself where it lies beside the project, else its retelling; and the cell of its first network."""
    texts = sorted(_FOLDER.glob("*.txt")) if _FOLDER.is_dir() else []
    return (texts[0].read_text(encoding="utf-8"), 4) if texts else (notebook_text(), 3)


def notebook_text() -> str:
    """The text export, 14 code cells with their outputs."""
    cells = [
        _IMPORTS,
        _SETTINGS,
        f"\n{_sequential()}\n\n{ERROR}\n",
        f"\n{_functional()}\n",
        _COMPILE.format(model="model"),
        _COMPILE.format(model="modelAPI"),
        _CHECKPOINT.format(end=""),
        _CHECKPOINT.format(end="API"),
        _GENERATORS,
        f"\n{_FLOW.format(split='train')}\n{_FLOW.format(split='test')}\nFound 9446 images belonging to 6 classes.\n",
        *[_FIT.format(end=end) for end in ("", "API")],
        *[_SAVE.format(end=end) for end in ("", "API")],
    ]
    return "## Differences between two styles\n\n" + "\n".join(
        f"In [{n}]:{cell}" for n, cell in enumerate(cells, start=30)
    )


def _sequential() -> str:
    lines = ["model = Sequential()"]
    for number, filters in enumerate(_CONVOLUTIONS):
        if filters > 0:
            first = "input_shape=input_shape, " if number == 0 else ""
            lines.append(f"model.add(Conv2D({filters}, (3, 3), {first}activation='relu'))")
        else:
            lines.append(f"model.add({'Dropout(0.25)' if filters else 'MaxPooling2D(pool_size=(2, 2))'})")
    return "\n".join([*lines, *[f"model.add({layer})" for layer in (*_HEAD, *_END)]])


def _functional() -> str:
    lines, before = ["visible = Input(shape=input_shape)"], "visible"
    for number, filters in enumerate(_CONVOLUTIONS):
        convolution = f"Conv2D({filters}, kernel_size=(3, 3), padding='same', activation='relu')"
        layer = convolution if filters > 0 else "Dropout(0.2)" if filters else "MaxPooling2D((2, 2))"
        lines.append(f"layer{number} = {layer}({before})")
        before = f"layer{number}"
    for number, layer in enumerate((*_HEAD, *_END)):
        lines.append(f"top{number} = {layer}({before})")
        before = f"top{number}"
    return "\n".join([*lines, f"modelAPI = Model(inputs=visible, outputs={before})"])
