"""Python as coloured pieces, line by line. It takes any text: what is pasted need not be valid."""

import re
from collections.abc import Iterator
from keyword import kwlist

Piece = tuple[str, str]
"""A class (`keyword`, `string`, `number`, `comment`, `call`, or nothing) and the text of one piece."""

LONGEST_TEXT = 400_000
_TOKEN = re.compile(
    rf"(?P<comment>#[^\n]*)"
    r'|(?P<string>[rbfuRBFU]{0,2}(?:"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'))'
    rf"|(?P<keyword>\b(?:{'|'.join(kwlist)})\b)"
    r"|(?P<number>\b\d[\w.]*)"
    r"|(?P<call>\b[A-Za-z_]\w*(?=\())"
    r"|(?P<word>[A-Za-z_]\w*)",
    re.DOTALL,
)


def highlighted(text: str) -> list[list[Piece]]:
    """The pieces of each line; a text longer than `LONGEST_TEXT` characters stays plain."""
    lines: list[list[Piece]] = [[]]
    for kind, piece in _pieces(text) if len(text) <= LONGEST_TEXT else [("", text)]:
        first, *more = piece.split("\n")
        lines[-1].append((kind, first))
        lines.extend([(kind, part)] for part in more)
    return [[piece for piece in line if piece[1]] for line in lines]


def _pieces(text: str) -> Iterator[Piece]:
    plain = 0
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "word":
            continue
        if found.start() > plain:
            yield "", text[plain : found.start()]
        yield found.lastgroup or "", found[0]
        plain = found.end()
    if plain < len(text):
        yield "", text[plain:]
