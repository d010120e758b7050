"""Notebooks: Jupyter's JSON and its text export, source and output told apart."""

import json
from typing import Any

import pytest

from app.core.architectures.readers.notebook import read_notebook
from app.core.architectures.reading import ErrorSeen, Place, Reading, Ref
from app.core.errors import InvalidError
from app.networks import InstalledKeras
from tests.factories.code_readings import chain
from tests.factories.notebook import the_notebook


def read(notebook: Any, **more: Any) -> Reading:
    return read_notebook(notebook, facts=InstalledKeras(), **more)


def code(source: str | list[str], *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}, "execution_count": None}


def ipynb(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


TITLE = {"cell_type": "markdown", "source": "# Title", "metadata": {}}


def test_cells_are_read_in_their_order_as_one_program() -> None:
    notebook = ipynb(
        TITLE,
        code(["units = 4\n", "from keras.layers import *\n"]),
        TITLE,
        code("model = Sequential()\nmodel.add(Dense(units))"),
        code("model.compile('adam', 'mse')"),
    )
    for form in (notebook, json.dumps(notebook)):
        reading = read(form)
        (definition,) = reading.definitions
        assert definition.architecture.source.kind == "notebook"
        assert definition.architecture.layers[0].config == {"units": 4}
        assert definition.place == Place(cell=2, line=1)
        assert definition.places == {"dense": Place(cell=2, line=2)}
        assert reading.records[0].place == Place(cell=3, line=1)


def test_a_function_of_another_cell_is_placed_where_it_is_written() -> None:
    notebook = ipynb(code("def f(n):\n    return Sequential([\n        Dense(n)])"), code("\nmodel = f(3)"))
    definition = read(notebook).definitions[0]
    assert definition.places == {"dense": Place(cell=1, line=3)}


def test_what_is_not_understood_costs_one_statement_of_one_cell() -> None:
    notebook = ipynb(code("a = 1\nb = = 2\nc = 3"), code("%%bash\nrm -rf ("), code("model = Sequential([Dense(c)])"))
    reading = read(notebook)
    assert reading.definitions[0].architecture.layers[0].config == {"units": 3}
    assert [note.place for note in reading.not_understood] == [Place(cell=1, line=2)]


def test_exceptions_in_outputs_are_seen() -> None:
    error = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "Negative dimension size",
        "traceback": [
            "\x1b[0;31mValueError\x1b[0m",
            "<ipython-input-1>\n      1 a = 1\n\x1b[0;32m----> 2 model.add(x)\n",
        ],
    }
    reading = read(ipynb(code("a = 1\nmodel.add(Dense(1))", {"output_type": "stream", "text": "x"}, error)))
    assert reading.errors_seen == (ErrorSeen(place=Place(cell=1, line=2), text="ValueError: Negative dimension size"),)


def test_notebooks_of_format_3_are_read() -> None:
    cell = {"cell_type": "code", "input": ["model = Sequential([Dense(2)])"], "outputs": []}
    notebook = {"nbformat": 3, "worksheets": [{"cells": [cell]}]}
    assert chain(read(notebook).definitions[0].architecture) == ["Dense"]


@pytest.mark.parametrize(
    "notebook", [{}, {"cells": 3}, [], "{", "[1]", "x = 1", '{"a":' * 100_000, "{" + "[" * 10_000_000, ""]
)
def test_what_is_no_notebook_is_refused(notebook: Any) -> None:
    with pytest.raises(InvalidError, match="no notebook"):
        read(notebook)


EXPORT = """# A title

Some words about Keras.

In [1]:
import keras
x_shape = (4,)

Using TensorFlow backend.

In [12]:
model = Sequential()

# first layer
model.add(Dense(3, input_shape=x_shape))

for n in [4]:

    model.add(Dense(n))

model.summary()

_________________________________________________________________
Layer (type)                 Output Shape              Param #
dense_1 (Dense)              (None, 3)                 15
_________________________________________________________________

## More text: it's (not code

In [None]:
history = model.fit(x, y)
history.history

Epoch 1/2
10/10 [=====] - loss: 0.3
{'loss': [0.3]}

In [ ]:
model.add(Dense(5))

ValueError: Negative dimension size caused by subtracting 3 from 1

In [4]:
x.shape

(60000, 28, 28)

Out[4]: 7
"""


def test_source_and_output_of_a_text_export_are_told_apart() -> None:
    reading = read(EXPORT)
    (definition,) = reading.definitions
    assert chain(definition.architecture) == ["Dense", "Dense", "Dense"]
    assert definition.places == {
        "dense": Place(cell=2, line=4),
        "dense_1": Place(cell=2, line=8),
        "dense_2": Place(cell=4, line=1),
    }
    assert [record.function for record in reading.records] == [".summary", ".fit"]
    assert reading.errors_seen == (
        ErrorSeen(
            place=Place(cell=4, line=1), text="ValueError: Negative dimension size caused by subtracting 3 from 1"
        ),
    )
    assert reading.not_understood == ()


def test_broken_code_in_an_export_is_not_taken_for_output() -> None:
    reading = read("In [1]:\nmodel = Sequential()\n\nmodel.add(Dense(1)\n\nIn [2]:\nmodel.add(Dense(2))\n")
    assert [layer.config["units"] for layer in reading.definitions[0].architecture.layers] == [2]
    assert [note.place for note in reading.not_understood] == [Place(cell=1, line=3)]


@pytest.fixture(scope="module")
def given() -> tuple[Reading, int]:
    text, cell = the_notebook()
    return read(text), cell


def test_the_notebook_defines_exactly_its_two_networks(given: tuple[Reading, int]) -> None:
    reading, cell = given
    first, second = reading.definitions
    assert (first.architecture.name, first.architecture.style.value) == ("model", "sequential")
    assert (second.architecture.name, second.architecture.style.value) == ("modelAPI", "functional")
    assert first.place == Place(cell=cell, line=1)
    for number, definition in enumerate(reading.definitions):
        assert len(definition.architecture.layers) == len(definition.architecture.calls) == 29
        assert [entry.shape for entry in definition.architecture.inputs] == [(None, 224, 224, 3)]
        assert {place.cell for place in definition.places.values()} == {cell + number}
        lines = [place.line for place in definition.places.values()]
        assert lines == sorted(set(lines))
    assert reading.not_understood == ()
    assert reading.symbols == ()


def test_the_notebooks_exception_is_seen(given: tuple[Reading, int]) -> None:
    reading, cell = given
    (error,) = reading.errors_seen
    assert error.place.cell == cell
    assert error.text.startswith("ValueError: Negative dimension size caused by subtracting 3 from 1")


def test_everything_around_the_notebooks_networks_is_recorded(given: tuple[Reading, int]) -> None:
    records = given[0].records
    by_function: dict[str, list[int]] = {}
    for number, record in enumerate(records):
        by_function.setdefault(record.function.rpartition(".")[2], []).append(number)
    checkpoints = by_function["ModelCheckpoint"]
    assert [records[number].sources["0"] for number in checkpoints] == ["filepath", "filepath"]
    flows = by_function["flow_from_directory"]
    for number in flows:
        flow = records[number]
        assert flow.arguments["target_size"] == [640, 480]
        assert flow.sources["target_size"] == "(width, height)"
        assert (flow.arguments["color_mode"], flow.arguments["shuffle"], flow.arguments["seed"]) == (
            "grayscale",
            True,
            2018,
        )
    fits = [records[number] for number in by_function["fit_generator"]]
    assert [fit.receiver for fit in fits] == [Ref("model", definition=0), Ref("modelAPI", definition=1)]
    for fit in fits:
        assert fit.arguments["0"] == Ref("train_generator", record=flows[0])
        assert fit.arguments["validation_data"] == Ref("test_generator", record=flows[1])
        assert fit.arguments["callbacks"] == [Ref("checkpoint", record=checkpoints[0])]
        assert fit.sources["steps_per_epoch"] == "nb_train_samples // batch_size"
    compiled = {records[number].receiver.definition for number in by_function["compile"] if records[number].receiver}
    assert compiled == {0, 1}
    assert not any("seed" in function for function in by_function)
    assert {"to_json", "summary", "open", "write", "save_weights"} <= by_function.keys()
