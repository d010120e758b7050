"""What is `async` awaits; whatever else a route does runs in a thread and holds nobody up."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCKING = {"sleep", "transaction", "read_bytes", "read_text", "write_bytes", "write_text", "urlopen", "run"}
"""Names of methods that wait for a disk, a database or a clock; awaited ones (`asyncio.sleep`) are fine."""


def test_no_async_function_is_without_an_await() -> None:
    assert [name for name, function in _async_functions() if not _awaits(function)] == []


def test_no_async_function_calls_what_blocks() -> None:
    assert [f"{name}: {call}" for name, function in _async_functions() for call in _blocking_calls(function)] == []


def _async_functions() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef) and not _is_a_stub(node) and not _only_looks_up(node):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def _own_nodes(function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Everything in the function itself, without the functions defined in it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _awaits(function: ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) for node in _own_nodes(function))


def _blocking_calls(function: ast.AsyncFunctionDef) -> list[str]:
    nodes = list(_own_nodes(function))
    awaited = {id(node.value) for node in nodes if isinstance(node, ast.Await)}
    return [
        node.func.attr
        for node in nodes
        if isinstance(node, ast.Call)
        and id(node) not in awaited
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in BLOCKING
    ]


def _is_a_stub(function: ast.AsyncFunctionDef) -> bool:
    last = function.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant)


def _only_looks_up(function: ast.AsyncFunctionDef) -> bool:
    # A dependency that only reads attributes would lose more by a trip through the thread pool than it could block.
    calls = {ast.unparse(node.func) for node in _own_nodes(function) if isinstance(node, ast.Call)}
    return isinstance(function.body[-1], ast.Return) and len(function.body) <= 3 and calls <= {"isinstance"}
