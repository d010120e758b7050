"""Tables as text: complete, aligned, and harmless where they are pasted."""

import csv
import io

from app.core.architectures.architecture import Symbol
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.memory import totals
from app.core.architectures.presets import build_preset
from app.core.architectures.table_texts import COLUMNS, as_csv, as_markdown, as_text, readable_bytes
from app.networks import read_layer_table
from tests.factories.tables import chain, row

NOTEBOOK = read_layer_table(build_preset("notebook-functional", {}))


def test_csv_says_everything_about_a_row() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(NOTEBOOK))))
    assert len(rows) == 30
    assert rows[1] == {
        "layer": "conv2d",
        "kind": "Conv2D",
        "connected to": "input_layer",
        "input shape": "224 × 224 × 3",
        "output shape": "224 × 224 × 64",
        "parameters": "1792",
        "trainable": "1792",
        "multiply-adds": "86704128",
        "activation bytes": "12845056",
        "receptive field": "3 × 3",
        "configuration": 'filters=64, kernel_size=[3, 3], padding="same", activation="relu"',
        "note": "",
    }


def test_a_spreadsheet_runs_nothing() -> None:
    strange = row("=SUM(A1)", "Dense", after=("+x",), arrives=(None, 3), leaves=(None, 3))
    table = LayerTable(complete=True, failure=None, totals=totals([strange]), rows=(strange,))
    assert list(csv.reader(io.StringIO(as_csv(table))))[1][:3] == ["'=SUM(A1)", "Dense", "'+x"]


def test_markdown_has_a_cell_for_every_column_whatever_is_in_it() -> None:
    strange = row("a|b<script>", "Dense", after=("x",), arrives=(None, 3), leaves=(None, 3))
    table = LayerTable(complete=True, failure=None, totals=totals([strange]), rows=(strange,))
    lines = as_markdown(table).splitlines()
    assert {line.count("|") for line in lines} == {len(COLUMNS) + 1}
    assert "a&#124;b&lt;script>" in lines[2]


def test_text_looks_like_keras_summary() -> None:
    text = as_text(NOTEBOOK)
    lines = text.splitlines()
    assert lines[1].split() == [
        "┃",
        "Layer",
        "(type)",
        "┃",
        "Output",
        "Shape",
        "┃",
        "Param",
        "#",
        "┃",
        "Connected",
        "to",
        "┃",
    ]
    assert "│ conv2d (Conv2D)                │ (None, 224, 224, 64)  │       1,792 │ input_layer     │" in lines
    assert len({len(line) for line in lines if line[:1] in set("┏┃┡│├└")}) == 1
    assert " Total params: 140,095,430 (534.42 MB)" in lines  # as Keras prints it for this network
    assert " Non-trainable params: 0 (0.00 B)" in lines


def test_text_says_where_building_stops_and_what_is_never_reached() -> None:
    text = as_text(chain(4, stops_at=3))
    assert text.count("stops here") == 1
    assert text.count("not reached") == 1
    assert " Stops at conv2d_3 (Conv2D): nothing is left" in text.splitlines()


def test_what_is_not_known_is_a_question_mark_and_a_name_is_a_name() -> None:
    known = row("dense", "Dense", after=("x",), arrives=(None, 3), leaves=(None, Symbol(symbol="labels_values")))
    unknown = row("mine", "MyLayer", after=("dense",), arrives=None, leaves=None)
    rows = (known, unknown.model_copy(update={"reached": True}))
    text = as_text(LayerTable(complete=True, failure=None, totals=totals(rows), rows=rows))
    assert "(None, labels_values)" in text
    assert "│ mine (MyLayer) │ ?" in text
    assert " Total params: unknown" in text


def test_bytes_are_written_in_steps_of_1024() -> None:
    assert [readable_bytes(n) for n in (0, 1023, 1024, 560_381_720, 5 * 2**40)] == [
        "0.00 B",
        "1023.00 B",
        "1.00 KB",
        "534.42 MB",
        "5.00 TB",
    ]
