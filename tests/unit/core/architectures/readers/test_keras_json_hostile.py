"""Whatever is sent: a clear answer, soon, and nothing run."""

import contextlib
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import DiceboardError, InvalidError, TooLargeError
from app.networks import read_layer_table
from tests.factories.keras_files import read_file


def chain(*layers):
    return {"class_name": "Sequential", "keras_version": "2.2.4", "config": [*layers]}


def dense(**config):
    return {"class_name": "Dense", "config": {"name": "d", "batch_input_shape": [None, 4], "units": 3, **config}}


def nested_forms():
    yield "[" * 10_000 + "]" * 10_000
    yield '{"a":' * 10_000 + "1" + "}" * 10_000
    yield "[" * 5_000_000
    yield '{"class_name": "Sequential", "config": ' + "[" * 200 + "]" * 200 + "}"


@pytest.mark.parametrize("text", list(nested_forms()), ids=["lists", "dicts", "unclosed", "within"])
def test_deep_nesting_is_refused_before_it_is_parsed(text):
    with pytest.raises(InvalidError, match="nested more than 100 levels"):
        read_file(text)


def test_deep_data_that_was_parsed_elsewhere_is_refused_too():
    data = []
    for _ in range(10_000):
        data = [data]
    with pytest.raises(InvalidError, match="nested more than 100 levels"):
        read_file(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\x93NUMPY\x01\x00\xff\xfe", "bytes that are no text"),
        (b"\x89HDF\r\n\x1a\n\x00", "bytes that are no text"),
        ("", "text that is none"),
        ("import keras", "it starts with 'import keras'"),
        ("[" + "1" * 5000 + "]", "as JSON"),
        ("7", "received int '7'"),
        ("null", "received NoneType"),
        ("{}", "nothing in it"),
        ('{"foo": 1}', "received an object with 'foo'"),
        ('{"class_name": "Dense", "config": {"units": 3}}', "A layer alone is no network"),
        ('{"class_name": "MyNet", "config": {"width": 3}}', "send its code instead"),
        ('{"class_name": "Sequential", "config": {}}', "has no list of layers"),
        ('{"class_name": "Sequential", "config": []}', "its list of layers is empty"),
        (json.dumps(json.dumps(json.dumps(json.dumps({})))), "text within a text"),
    ],
)  # fmt: skip
def test_what_is_no_architecture_is_said_to_be_none(text, message):
    with pytest.raises(InvalidError) as caught:
        read_file(text)
    assert message in caught.value.detail
    assert "xpected" in caught.value.detail or "no layer" in caught.value.detail


@pytest.mark.parametrize(
    "text",
    ["[" + "[]," * 2_000_000 + "[]]", '["' + '","' * 3_000_000 + '"]', " " * (17 * 2**20)],
    ids=["values", "strings", "bytes"],
)
def test_too_much_is_refused_soon_and_small(text):
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        read_file(text)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_brackets_and_escapes_within_strings_do_not_count():
    name = "[" * 200 + '\\"' + "{" * 200 + "\\\\"
    found = read_file(json.dumps(chain(dense(name=name)))).definitions[0].architecture
    assert found.layers[0].kind == "Dense"


@pytest.mark.parametrize("innermost", [[dense()], []], ids=["layers", "nothing but inputs"])
def test_a_network_that_triples_with_each_level_is_cut_off(innermost):
    inner = [{"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 4]}, "inbound_nodes": []}]
    layers = [*inner, *({**own, "name": "d", "inbound_nodes": [[["x", 0, 0]]]} for own in innermost)]
    outputs = [["d" if innermost else "x", 0, 0]]
    config = {"name": "m0", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": outputs}
    network = {"class_name": "Model", "config": config}
    for level in range(1, 14):
        nodes = [[["x", 0, 0]], [["n", 1, 0]], [["n", 2, 0]]]
        layers = [*inner, {**network, "name": "n", "inbound_nodes": nodes}]
        network = {
            "class_name": "Model",
            "config": {
                "name": f"m{level}",
                "layers": layers,
                "input_layers": [["x", 0, 0]],
                "output_layers": [["n", 3, 0]],
            },
        }
    with pytest.raises(TooLargeError, match="calls of layers"):
        read_file(network)


def test_a_million_layers_are_refused():
    with pytest.raises(TooLargeError, match="at most 5000"):
        read_file({"class_name": "Sequential", "config": [{"class_name": "Flatten"}] * 100_000})


def test_numbers_beyond_reason_are_said_and_build_nothing():
    reading = read_file(
        chain(dense(units=10**18, kernel_initializer={"class_name": "HeNormal", "config": {"seed": 10**12}}))
    )
    assert [(note.text, "beyond" in note.why) for note in reading.not_understood] == [
        ("d: units=1000000000000000000", True)
    ]
    table = read_layer_table(reading.definitions[0].architecture)
    assert not table.complete


def test_nothing_is_run_or_loaded(tmp_path):
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w')"
    layers = [
        dense(),
        {"class_name": "Lambda", "config": {"name": "l", "function": [code, None, None], "function_type": "lambda"}},
        {
            "class_name": "Lambda",
            "config": {"name": "m", "function": {"class_name": "__lambda__", "config": {"code": code}}},
        },
        {"class_name": "TFSMLayer", "module": "keras.layers", "config": {"name": "t", "filepath": str(canary)}},
        {
            "class_name": "Popen",
            "module": "subprocess",
            "config": {"args": ["touch", str(canary)]},
            "registered_name": "x",
        },
        dense(name="e", activation={"module": "builtins", "class_name": "function", "config": code}),
    ]
    reading = read_file(chain(*layers))
    table = read_layer_table(reading.definitions[0].architecture)
    assert [row.kind for row in table.rows[1:]] == ["Dense", "Lambda", "Lambda", "TFSMLayer", "Popen", "Dense"]
    assert not canary.exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["class_name", "config", "name", "layers", "inbound_nodes", "args", "kwargs", "module", "x"]),
        inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
KINDS = st.sampled_from(
    ["Dense", "InputLayer", "Sequential", "Model", "Merge", "TFOpLambda", "Lambda", "TimeDistributed", "LSTM", "x>y"]
)
LAYER = st.fixed_dictionaries(
    {"class_name": KINDS | JSON, "config": JSON | st.dictionaries(st.sampled_from(
        ["name", "units", "layer", "layers", "mode", "function", "batch_input_shape", "kernel_regularizer", "input_layers",
         "output_layers", "activation", "trainable", "node_def"]), JSON, max_size=4)},
    optional={"name": st.sampled_from(["a", "b", "c"]), "inbound_nodes": JSON | st.lists(st.lists(st.tuples(
        st.sampled_from(["a", "b", "c"]), st.integers(-1, 3), st.integers(-2, 3)).map(list), max_size=3), max_size=2),
        "module": JSON, "registered_name": JSON, "build_config": JSON},
)  # fmt: skip


@given(
    layers=st.lists(LAYER, max_size=5),
    whole=st.sampled_from(["Sequential", "Functional"]),
    version=st.sampled_from(["1.0", "2.1", "3.1", None]),
)
def test_any_json_is_read_or_refused_but_never_breaks_the_reader(layers, whole, version):
    config = {"layers": layers, "input_layers": [["a", 0, 0]], "output_layers": [["b", 0, 0]]}
    data = {"class_name": whole, "config": config if whole == "Functional" else layers, "keras_version": version}
    with contextlib.suppress(DiceboardError):
        read_file(data)
