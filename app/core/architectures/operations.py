"""Functions on tensors as layers: `keras.ops.mean(x, axis=1)` is a layer of kind `mean` with the argument `axis`.

The kind is the function's name in `keras.ops`, the arguments are those that are no tensors, by their names there and
without those that say the default. A slice (`x[:, :10]`) is a `GetItem` whose `index` is the text in the brackets.
"""

import ast
from collections.abc import Sequence
from math import prod

GET_ITEM = "GetItem"

LIST_FIRST = frozenset({"concatenate", "dstack", "hstack", "stack", "vstack"})
"""Operations whose first argument is a list of tensors."""

MODULES = {"resize": "image"}
"""Operations that `keras.ops` keeps in a module of its own."""

SEVERAL_RESULTS = frozenset({"moments", "split", "top_k", "unstack"})
"""Operations that yield more than one tensor."""

_NAMES = """
absolute all any arccos arccosh arcsin arcsinh arctan arctanh argmax argmin argsort average_pool broadcast_to cast ceil
celu clip cos cosh count_nonzero cumprod cumsum deg2rad depth_to_space diagonal diff elu erf erfinv exp exp2 expand_dims
expm1 flip floor full_like gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh isfinite isinf isnan
leaky_relu log log10 log1p log2 log_sigmoid log_softmax logical_not logsumexp max max_pool mean median min moments
moveaxis nan_to_num negative norm normalize one_hot ones_like pad prod ravel reciprocal relu relu6 repeat reshape resize
roll round rsqrt selu sigmoid sign silu sin sinh soft_shrink softmax softplus softsign sort space_to_depth sparsemax
split sqrt square squeeze std stop_gradient sum swapaxes tan tanh tanh_shrink threshold tile top_k trace transpose tril
triu trunc unstack var zeros_like
add arctan2 concatenate cross divide divide_no_nan dot dstack equal floor_divide fmod greater greater_equal hstack inner
less less_equal logaddexp logical_and logical_or logical_xor matmul maximum minimum mod multiply not_equal outer power
stack subtract take take_along_axis tensordot vstack where
"""

OPERATIONS = frozenset(_NAMES.split())
"""The functions of `keras.ops` whose result's shape follows from the shapes that reach them and from their arguments."""


def keeps_batch(shape: Sequence[object] | None, sizes: Sequence[object]) -> bool:
    """Whether `reshape(x, (-1, *sizes))` may leave the batch as it is: it does not where the values are more, or fewer."""
    numbers = [size for size in (shape or [])[1:] if isinstance(size, int)]
    wanted = [size for size in sizes if isinstance(size, int)]
    known = shape is not None and len(numbers) == len(shape) - 1 and len(wanted) == len(sizes)
    return not known or prod(numbers) == prod(wanted)


def is_operation(kind: str) -> bool:
    """Whether a kind is a function of `keras.ops`, or a slice."""
    return kind in OPERATIONS or kind == GET_ITEM


def index_of(text: str) -> tuple[object, ...] | None:
    """The index that a text in brackets says, in constants only; None where it says anything else."""
    try:
        node = ast.parse(f"_[{text}]", mode="eval").body
        assert isinstance(node, ast.Subscript)
        assert isinstance(node.value, ast.Name)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return tuple(_part(part) for part in parts)
    except (AssertionError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _part(node: ast.expr) -> object:
    if isinstance(node, ast.Slice):
        return slice(*[None if end is None else _constant(end) for end in (node.lower, node.upper, node.step)])
    return _constant(node)


def _constant(node: ast.expr) -> object:
    value = ast.literal_eval(node)
    if value is not None and value is not Ellipsis and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError("no constant that an index may have")
    return value


def index_text(parts: Sequence[object]) -> str:
    """The text of an index in brackets, written one way: `:, :10`, `..., 0`, `:, None`."""
    return ", ".join(_text(part) for part in parts)


def _text(part: object) -> str:
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        start, stop, step = ("" if end is None else str(end) for end in (part.start, part.stop, part.step))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return str(part)
