"""Multiply-adds of attention, after Vaswani et al. 2017, "Attention Is All You Need", section 3.2."""

from collections.abc import Callable, Sequence
from math import prod

from app.core.architectures.geometry import Sizes, Use, whole_number


def attention(kind: str) -> Callable[[Use], int | None]:
    """The rule for one kind of attention; inputs are query, value and, where it differs from the value, key."""
    return {
        "Attention": _dot_product,
        "AdditiveAttention": _dot_product,
        "MultiHeadAttention": _multi_head,
        "GroupQueryAttention": _grouped,
    }[kind]


def _dot_product(use: Use) -> int:
    # Additive scores (Bahdanau et al. 2015) weigh a sum where dot products weigh a product: as many multiply-adds.
    query, value = use.inputs[0], use.inputs[1]
    return query[-2] * value[-2] * (query[-1] + value[-1])


def _multi_head(use: Use) -> int | None:
    if use.settings.get("attention_axes") not in (None, list(range(1, len(use.inputs[0])))):
        return None  # each position looks at some of the others only
    key_width = whole_number(use.settings["key_dim"])
    value_width = whole_number(use.settings.get("value_dim") or key_width)
    heads = whole_number(use.settings["num_heads"])
    return _heads(
        use.inputs,
        use.outputs,
        query_width=heads * key_width,
        key_width=heads * key_width,
        value_width=heads * value_width,
        result_width=heads * value_width,
        gated=bool(use.settings.get("use_gate")),
    )


def _grouped(use: Use) -> int:
    # Ainslie et al. 2023: fewer heads of keys and values, each repeated for a group of queries.
    width = whole_number(use.settings["head_dim"])
    queries, pairs = whole_number(use.settings["num_query_heads"]), whole_number(use.settings["num_key_value_heads"])
    return _heads(
        use.inputs,
        use.outputs,
        query_width=queries * width,
        key_width=pairs * width,
        value_width=pairs * width,
        result_width=queries * width,
        gated=bool(use.settings.get("use_gate")),
    )


def _heads(
    inputs: Sequence[Sizes],
    outputs: Sequence[Sizes],
    *,
    query_width: int,
    key_width: int,
    value_width: int,
    result_width: int,
    gated: bool,
) -> int:
    """The projections, the scores of all heads, the weighted sums, and the projection of the result."""
    query, value = inputs[0], inputs[1]
    key = inputs[2] if len(inputs) > 2 else value
    asked, answered = prod(query[:-1]), prod(value[:-1])
    projections = asked * query[-1] * (query_width + (result_width if gated else 0))
    projections += answered * (key[-1] * key_width + value[-1] * value_width)
    looked_up = asked * answered * (query_width + result_width)
    return projections + looked_up + result_width * prod(outputs[0])
