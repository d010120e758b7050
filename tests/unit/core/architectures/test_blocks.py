"""Rows are told apart into the blocks that people see in them."""

from hypothesis import given
from hypothesis import strategies as st

from app.core.architectures.blocks import blocks_of, kinds_text
from app.core.architectures.layer_table import Row
from tests.factories.tables import row


def rows_of(*entries: str) -> list[Row]:
    """Rows from `name:Kind`; a kind alone is its own name with a number."""
    pairs = [entry.split(":") if ":" in entry else [f"{entry.lower()}_{n}", entry] for n, entry in enumerate(entries)]
    return [row(name, kind, arrives=None, leaves=(None, 1)) for name, kind in pairs]


def named(rows: list[Row]) -> dict[str, str]:
    return {block.name: kinds_text(rows[block.start : block.end]) for block in blocks_of(rows)}


def test_a_chain_is_cut_behind_each_pooling_and_before_its_head() -> None:
    conv, pool = "Conv2D", "MaxPooling2D"
    rows = rows_of("image:InputLayer", conv, conv, pool, "Dropout", conv, pool, "Flatten", "Dense", "Dropout", "Dense")
    assert named(rows) == {
        "image": "InputLayer",
        "Stage 1": "2 Conv2D, MaxPooling2D, Dropout",
        "Stage 2": "Conv2D, MaxPooling2D",
        "Head": "Flatten, 2 Dense, Dropout",
    }


def test_names_that_say_block_win() -> None:
    rows = rows_of(
        "image:InputLayer",
        "conv1:Conv2D",
        "conv2_block1_1_conv:Conv2D",
        "conv2_block1_out:Activation",
        "conv2_block2_1_conv:Conv2D",
        "conv2_block2_out:Activation",
        "dense:Dense",
    )
    assert list(named(rows)) == ["image", "conv1", "conv2_block1", "conv2_block2", "dense"]


def test_layers_of_a_nested_model_belong_together() -> None:
    rows = rows_of("image:InputLayer", "vgg16.conv:Conv2D", "vgg16.pool:MaxPooling2D", "dense:Dense")
    assert [(block.name, block.start, block.end) for block in blocks_of(rows)][1] == ("vgg16", 1, 3)


@given(
    st.lists(
        st.sampled_from(["a.b:Conv2D", "Conv2D", "MaxPooling2D", "Flatten", "InputLayer", "block1_x:Dense", "Dropout"]),
        min_size=1,
        max_size=30,
    )
)
def test_blocks_cover_every_row_once_in_order(entries: list[str]) -> None:
    blocks = blocks_of(rows_of(*entries))
    assert [number for block in blocks for number in range(block.start, block.end)] == list(range(len(entries)))
