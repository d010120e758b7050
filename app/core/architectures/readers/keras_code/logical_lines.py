"""Where statements begin and end, without parsing them: brackets, strings and comments are all that is looked at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_POINTS = re.compile(r"""'{3}|"{3}|['"#()\[\]{}\n]|\\\n""")
MARKS = ("'", '"', "#", "(", ")", "[", "]", "{", "}", "\\\n")
_ENDS = {
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*+"""', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*+'''", re.DOTALL),
    '"': re.compile(r'(?:[^"\\\n]|\\.)*+"', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*+'", re.DOTALL),
}
_BLANK_OR_COMMENT = re.compile(r"\s*(#|$)")
_GOES_ON = re.compile(r"(elif|else|except|finally)\b")


@dataclass(frozen=True)
class LogicalLine:
    """One statement, or one header of a block: physical lines `first` to `last`, counted from 0, both included."""

    first: int
    last: int
    indent: int


def logical_lines(text: str) -> list[LogicalLine]:
    """Every logical line that holds more than a comment."""
    lines = text.split("\n")
    return [
        LogicalLine(first, last, _indent(lines[first]))
        for first, last in _spans(text)
        if not (first == last and _BLANK_OR_COMMENT.match(lines[first]))
    ]


def statements(lines: list[str], logical: list[LogicalLine]) -> Iterator[tuple[int, int]]:
    """First and last physical line of each outermost statement: decorators, `else` and what is indented belong to it."""
    start: int | None = None
    end = -1
    decorated = False
    for entry in logical:
        head = lines[entry.first].lstrip()
        begins = entry.indent == 0 and not decorated and not (start is not None and _GOES_ON.match(head))
        if begins and start is not None:
            yield start, end
        if start is None or begins:
            start = entry.first
        decorated = head.startswith("@") and entry.indent == 0
        end = entry.last
    if start is not None:
        yield start, end


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """First and last physical line of each logical line, blank ones and comments too."""
    line = first = depth = position = 0
    while True:
        found = _POINTS.search(text, position)
        if found is None:
            yield first, line + text.count("\n", position)
            return
        point, position = found.group(), found.end()
        if point in _ENDS:
            closed = _ENDS[point].match(text, position)
            end = closed.end() if closed else (len(text) if len(point) == 3 else position)
            line += text.count("\n", position, end)
            position = end
        elif point == "#":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif point == "\n":
            if depth <= 0:
                yield first, line
                first = line + 1
                depth = 0
            line += 1
        elif point == "\\\n":
            line += 1
        else:
            depth += 1 if point in "([{" else -1


def _indent(line: str) -> int:
    expanded = line.expandtabs(8)
    return len(expanded) - len(expanded.lstrip())
