"""A source is shown in the cells that places count."""

import json

from app.core.architectures.readers.source_cells import source_cells


def test_code_is_one_piece_without_a_number() -> None:
    assert source_cells("x = 1\ny = 2") == [(None, "x = 1\ny = 2")]


def test_only_code_cells_of_a_notebook_are_counted() -> None:
    cells = [
        {"cell_type": "markdown", "source": "# words"},
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "outputs": []},
        {"cell_type": "code", "source": "c = 3", "outputs": []},
    ]
    assert source_cells(json.dumps({"nbformat": 4, "cells": cells})) == [(1, "a = 1\nb = 2"), (2, "c = 3")]


def test_a_text_export_has_its_cells_too() -> None:
    assert source_cells("In [4]:\na = 1\n\nIn [7]:\nb = 2\n") == [(1, "a = 1"), (2, "b = 2")]


def test_json_is_laid_out_also_where_it_is_a_string_of_json() -> None:
    data = {"class_name": "Sequential", "config": []}
    expected = [(None, json.dumps(data, indent=1))]
    assert source_cells(json.dumps(data)) == source_cells(json.dumps(json.dumps(data))) == expected


def test_broken_json_stays_as_it_is() -> None:
    assert source_cells('{"class_name": ') == [(None, '{"class_name": ')]
    assert source_cells('{"cells": ') == [(None, '{"cells": ')]
    assert source_cells("{" * 100_000 + '"cells": 1') == [(None, "{" * 100_000 + '"cells": 1')]
