"""Takes out what stands in notebooks and old sources and is no Python 3, line by line, so that line numbers stay."""

import re

from app.core.architectures.readers.keras_code.logical_lines import LogicalLine, logical_lines

_PROMPT = re.compile(r"^\s*(>>>|\.\.\.)( |$)")
_IN_PROMPT = re.compile(r"^\s*In ?\[[\d ]*\]: ?")
_OTHER_LANGUAGE = re.compile(
    r"^%%\s*(bash|sh|script|html|HTML|javascript|js|latex|markdown|svg|SVG|writefile|file|cython|perl|ruby|R|sql|cmd"
    r"|bigquery|system|\!|sx)\b"
)
_RUNS_A_STATEMENT = re.compile(r"^(\s*)%{1,2}(?:time|timeit|prun|memit|mprun)\b(?: +-\w+(?: +\d+)?)* *(?=\S)(.*)$")
_MAGIC = re.compile(r"^\s*(%|!|\?)|^\s*[\w.\[\]()]+\s*\?{1,2}\s*$")
_ASSIGNED_MAGIC = re.compile(r"^(\s*+[\w.,\s()\[\]]+=\s*)[!%].*$")
_AUTOMAGIC = re.compile(r"^(pip3?|conda|cd|ls|mkdir|wget|apt(-get)?|git|matplotlib|unzip|tar)\s+[\w./~-]")
_PRINT = re.compile(
    r"^(\s*)print(?:\s*>>.*|\s+(?![=(]|\*?=|,|\.|in\b|if\b|and\b|or\b|is\b)\S.*|\s*\(.*\)\s*(?:%|,|\.).*|\s*)$"
)
_ONE_LINE_PRINT = re.compile(r"^(\s*\S[^#'\"]*?:\s*)print\s+[^=(\s].*$")
_EXCEPT = re.compile(r"^(\s*except\s+[\w.]+|\s*except\s*\([\w., ]+\))\s*,\s*(\w+)\s*:")
_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.*)$")
_EXEC = re.compile(r"^(\s*)exec\s+[^(=].*$")
_LEADING = re.compile(r"^[ \t\f]+")
_SPACES = {
    0: " ",
    0xA0: " ",
    0x3000: " ",
    0x200B: None,
    0xFEFF: None,
    0x2028: "\n",
    0x2029: "\n",
}  # as pages paste them
_TEXT_TESTED = 2_000
_DEEPEST_INDENT = 400


def clean(text: str) -> str:
    """The text with everything blanked that is for IPython, the shell or Python 2 only."""
    lines = _without_prompts(text.split("\n"))
    lines = _dedented(lines)
    for entry in logical_lines("\n".join(_harmless_markers(lines))):
        _clean_one(lines, entry)
    return "\n".join(lines)


def untabbed(text: str) -> str:
    """Lines that end in a line feed and are indented with spaces, eight to a tab as Python counts them."""
    lines = text.translate(_SPACES).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_LEADING.sub(_spaces, line) if line[:1] in " \t\f" and "\t" in line else line for line in lines)


def _spaces(leading: re.Match[str]) -> str:
    return leading[0][:_DEEPEST_INDENT].expandtabs(8)


def _harmless_markers(lines: list[str]) -> list[str]:
    """Shell lines and magics may hold lone quotes and brackets; for finding statements they are comments."""
    return ["#" if _MAGIC.match(line[:_TEXT_TESTED]) and _starts_magic(line) else line for line in lines]


def _starts_magic(line: str) -> bool:
    head = line.lstrip()
    return head.startswith(("!", "?")) or bool(re.match(r"%{1,2}[a-zA-Z!]\w*(\s|$)", head)) or head.endswith("?")


def _without_prompts(lines: list[str]) -> list[str]:
    if any(line.lstrip().startswith(">>> ") for line in lines):
        return [_PROMPT.sub("", line) if _PROMPT.match(line) else "" for line in lines]
    return [_IN_PROMPT.sub("", line) if _IN_PROMPT.match(line) else line for line in lines]


def _dedented(lines: list[str]) -> list[str]:
    """A piece from the middle of something begins where its least indented line begins."""
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    least = min(indents, default=0)
    if not least:
        return lines
    return [line[least:] if not line[:least].strip() else line.lstrip() for line in lines]


def _clean_one(lines: list[str], entry: LogicalLine) -> None:
    head = lines[entry.first]
    tested = head[:_TEXT_TESTED]
    if _ONE_LINE_PRINT.match(tested) and not tested.lstrip().startswith(("lambda", "{")):
        _replace(lines, entry, _ONE_LINE_PRINT.sub(r"\1pass", tested))
    elif _PRINT.match(tested) and not _is_python_3_print(lines, entry):
        _as_function(lines, entry)
    elif _EXCEPT.match(tested):
        lines[entry.first] = _EXCEPT.sub(r"\1 as \2:", head)
    elif _RAISE.match(tested) or _EXEC.match(tested):
        _replace(lines, entry, _RAISE.sub(r"\1", tested) if _RAISE.match(tested) else _indent(head) + "pass")
    elif _AUTOMAGIC.match(tested):
        _replace(lines, entry, "")
    elif _ASSIGNED_MAGIC.match(tested) and "==" not in tested:
        _replace(lines, entry, _ASSIGNED_MAGIC.sub(r"\1shell_output", tested))


def _as_function(lines: list[str], entry: LogicalLine) -> None:
    """`print a, b` is `print(a, b)`: what is printed may say something (`print model.summary()`)."""
    head, last = lines[entry.first], lines[entry.last]
    if ">>" in head or "#" in last or last.rstrip().endswith("\\"):
        _replace(lines, entry, _indent(head) + "pass")
        return
    lines[entry.first] = re.sub(r"print\s*", "print(", head, count=1)
    lines[entry.last] = lines[entry.last].rstrip().rstrip(";") + ")"


def _is_python_3_print(lines: list[str], entry: LogicalLine) -> bool:
    """`print("a").format(1)`, `print(a), b` are Python 3 too, if nothing that is read; `print "a"` is not."""
    text = "\n".join(lines[entry.first : entry.last + 1]).strip()
    return text == "print" or (text.startswith(("print(", "print (")) and text.endswith(")"))


def blank_magics(text: str) -> str:
    """The text without magics and shell lines, also in the middle of blocks; the statement of a `%time` stays."""
    lines = text.split("\n")
    if _OTHER_LANGUAGE.match(next((line for line in lines if line.strip()), "")):
        return "\n" * (len(lines) - 1)
    continued = False
    for number, line in enumerate(lines):
        if continued:
            continued = line.rstrip().endswith("\\")
            lines[number] = ""
            continue
        if not _starts_magic(line) or not _MAGIC.match(line[:_TEXT_TESTED]):
            continue
        statement = _RUNS_A_STATEMENT.match(line[:_TEXT_TESTED])
        continued = line.rstrip().endswith("\\")
        lines[number] = (
            f"{statement[1]}{statement[2]}" if statement else f"{_indent(line)}pass" if line[:1] == " " else ""
        )
    return "\n".join(lines)


def _replace(lines: list[str], entry: LogicalLine, text: str) -> None:
    lines[entry.first] = text
    for number in range(entry.first + 1, entry.last + 1):
        lines[number] = ""


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
