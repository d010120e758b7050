"""Definitions made to run something, to take for ever or to fill the memory; each as a body of POST /architectures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

_HEAD = "from keras import layers, Sequential, Input, Model\nimport keras\n"
_TAIL = "\nm = Sequential([Input((8,)), layers.Dense(4)])\n"


def hostile_definitions(canary: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """By name; whatever ran one of them would make the file `canary`. Made when asked for: some are large."""
    touch = f"open({str(canary)!r}, 'w').write('x')"
    shell = f"touch {canary}"
    return {
        **_running(touch, shell),
        **_endless(),
        **_large(),
        "binary garbage": lambda: {"code": bytes(range(256)).decode("latin-1") * 4000},
        "JSON of depth 10,000": lambda: {"keras_json": '{"config":' * 10_000 + "1" + "}" * 10_000},
        "JSON of depth 10,000 as a notebook": lambda: {"notebook": '{"cells":[' * 10_000},
        "JSON with 10**18 units": lambda: {
            "keras_json": {
                "class_name": "Sequential",
                "config": [{"class_name": "Dense", "config": {"units": 10**18, "batch_input_shape": [None, 8]}}],
            }
        },
        "a Lambda in JSON": lambda: {
            "keras_json": {
                "class_name": "Sequential",
                "config": [
                    {"class_name": "Dense", "config": {"units": 4, "batch_input_shape": [None, 8]}},
                    {"class_name": "Lambda", "config": {"function": [f"lambda x: {touch}", None, None]}},
                ],
            }
        },
    }


def _running(touch: str, shell: str) -> dict[str, Callable[[], dict[str, Any]]]:
    sources = {
        "open": touch,
        "os.system": f"import os\nos.system({shell!r})",
        "subprocess": f"import subprocess as s\ns.run({shell!r}, shell=True)",
        "eval": f"eval({touch!r})",
        "exec": f"exec({touch!r})",
        "__import__": f"__import__('os').system({shell!r})",
        "importlib": f"import importlib\nimportlib.import_module('os').system({shell!r})",
        "getattr": f"getattr(__import__('o' + 's'), 'sys' + 'tem')({shell!r})",
        "a decorator": f"def run(f):\n    {touch}\n    return f\n@run\ndef g(): pass\ng()",
        "a class body": f"class A:\n    {touch}\nA()",
        "a subclass walk": f"().__class__.__base__.__subclasses__()[0].__init__.__globals__['os'].system({shell!r})",
        "a default argument": f"def f(x={touch}): pass\nf()",
        "a format string": f"f'{{{touch}}}'",
        "a Lambda": f"layers.Lambda(lambda x: {touch})",
        "a magic": f"!{shell}\n%system {shell}\n%%bash\n{shell}",
        "pickle": f"import pickle\npickle.loads(b\"cos\\nsystem\\n(S'{shell}'\\ntR.\")",
        "load_model": f"keras.models.load_model({touch})",
    }
    return {name: lambda text=text: {"code": _HEAD + text + _TAIL} for name, text in sources.items()}  # type: ignore[misc]


def _endless() -> dict[str, Callable[[], dict[str, Any]]]:
    sources = {
        "while True": "while True: pass",
        "recursion": "def f(n): return f(n + 1)\nf(0)",
        "mutual recursion": "def f(): return g()\ndef g(): return f()\nf()",
        "nested loops": "for a in range(10**6):\n    for b in range(10**6):\n        c = a * b",
        "10**9 repetition": "x = [layers.Dense(4)] * 10**9",
        "string repetition": "x = 'a' * 10**10",
        "a tower of powers": "x = 9 ** 9 ** 9 ** 9",
        "a shift": "x = 1 << 10**12",
        "doubling": "x = 'ab'\nfor i in range(100): x = x + x",
        "a million layers": "m = Sequential([layers.Dense(4) for i in range(1_000_000)])",
        "a million adds": "n = Sequential()\nfor i in range(1_000_000): n.add(layers.Dense(4))",
        "a range of 10**18": "x = list(range(10**18))",
        "a formatted width": "x = f'{1:>1000000000}'\ny = '%1000000000d' % 1",
    }
    return {name: lambda text=text: {"code": _HEAD + text + _TAIL} for name, text in sources.items()}  # type: ignore[misc]


def _large() -> dict[str, Callable[[], dict[str, Any]]]:
    return {
        "10 MB of brackets": lambda: {"code": "(" * 10_000_000},
        "10 MB of nested lists": lambda: {"code": "x = " + "[" * 5_000_000 + "]" * 5_000_000},
        "a long chain of minus signs": lambda: {"code": "x = " + "-" * 500_000 + "1" + _TAIL},
        "a long chain of attributes": lambda: {"code": "x = a" + ".b" * 300_000 + _TAIL},
        "deep indentation": lambda: {"code": "".join(f"{' ' * n}if 1:\n" for n in range(1500))},
        "10**18 units": lambda: {"code": _HEAD + "m = Sequential([Input((8,)), layers.Dense(10**18)])"},
        "an input of 10**12": lambda: {"code": _HEAD + "m = Sequential([Input((10**12,)), layers.Dense(4)])"},
        "5,000 layers": lambda: {
            "code": _HEAD + "m = Sequential([Input((8,))] + [layers.Dense(8) for i in range(4_900)])"
        },
        "a digit of a million": lambda: {"code": _HEAD + "x = " + "9" * 1_000_000 + _TAIL},
        "null bytes": lambda: {"code": "\x00" * 1000 + _HEAD + _TAIL},
        "lone surrogates": lambda: {"code": _HEAD + "x = '\\ud800'" + _TAIL},
    }
