"""Text in UTF-16 is decoded where it says so, and otherwise refused with a way out."""

import json

import pytest

from app.core.architectures.readers.any_source import read_any
from app.core.architectures.readers.keras_code import read_code
from app.core.errors import InvalidError
from app.networks import InstalledKeras

CODE = "import keras\nmodel = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n"
NOTEBOOK = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": CODE}]})
ARCHITECTURE = json.dumps(
    {
        "class_name": "Sequential",
        "config": [{"class_name": "Dense", "config": {"units": 3, "batch_input_shape": [None, 4]}}],
    }
)


@pytest.mark.parametrize("text", [CODE, NOTEBOOK, ARCHITECTURE], ids=["code", "notebook", "json"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_that_says_its_encoding_is_read(text: str, encoding: str) -> None:
    (definition,) = read_any(text.encode(encoding), facts=InstalledKeras()).definitions
    assert [layer.kind for layer in definition.architecture.layers] == ["Dense"]


@pytest.mark.parametrize("text", [CODE, NOTEBOOK, ARCHITECTURE], ids=["code", "notebook", "json"])
def test_text_that_was_taken_for_another_encoding_is_refused_with_a_way_out(text: str) -> None:
    as_a_browser_reads_it = text.encode("utf-16").decode("utf-8", "replace")
    for given in (as_a_browser_reads_it, text.encode("utf-16-le")):
        with pytest.raises(InvalidError, match=r"UTF-16.*Save the file as UTF-8"):
            read_any(given, facts=InstalledKeras())
    with pytest.raises(InvalidError, match="UTF-16"):
        read_code(as_a_browser_reads_it, facts=InstalledKeras())
