"""The renderer keeps to arithmetic that comes out the same on every machine and with every release of Python and NumPy."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from app.core.datasets import sample_dice

FILES = sorted(Path(sample_dice.__path__[0]).glob("*.py"))
DIGEST = """
import hashlib
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest
request = SampleRequest(images_per_class=4, height=40, width=56, seed=7)
print(hashlib.sha256(b"".join(image.render(request).tobytes() for image in planned(request))).hexdigest())
"""
ROUNDED_ANYHOW = {
    *("sin", "cos", "tan", "arctan2", "exp", "exp2", "log", "log2", "power", "pow", "hypot", "cbrt", "float_power"),
    *("dot", "matmul", "einsum", "tensordot", "inner", "norm", "mean", "std", "sum", "cumsum", "average", "trapezoid"),
    *("default_rng", "normal", "standard_normal", "random", "integers"),
}
"""Not rounded in one way only: libraries differ in the last digit, sums in their order, generators between releases."""


def inexact(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            found.append(f"line {node.lineno}: @")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            exact = isinstance(node.left, ast.Constant) and node.left.value == 2
            found += [] if exact else [f"line {node.lineno}: **"]
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            is_own = isinstance(node.func, ast.Name) and name == "dot"  # vectors.dot adds in a fixed order
            if name in ROUNDED_ANYHOW and not is_own and ".astype(np.int64).sum()" not in ast.unparse(node):
                found.append(f"line {node.lineno}: {name}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_exact_arithmetic_is_used(path: Path) -> None:
    assert inexact(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code", ["a @ b", "x ** 0.5", "np.exp(x)", "sum(x)", "x.sum(axis=0)", "np.random.default_rng(1)", "np.dot(a, b)"]
)
def test_what_is_not_exact_is_noticed(code: str) -> None:
    assert inexact(ast.parse(code))


def test_a_processor_without_wide_registers_gives_the_same_pixels() -> None:
    known = subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True)
    without = {"NPY_DISABLE_CPU_FEATURES": " ".join(_dispatched())}
    plain = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True, env={**os.environ, **without}
    )
    assert plain.stdout == known.stdout
    assert len(known.stdout.strip()) == 64


def _dispatched() -> list[str]:
    """What NumPy has further loops for, and this processor can run."""
    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
