"""Code is coloured without losing a character, whatever it is."""

from hypothesis import given
from hypothesis import strategies as st

from app.web.highlighting import highlighted


def kinds(text: str) -> list[tuple[str, str]]:
    return [piece for line in highlighted(text) for piece in line if piece[0]]


@given(st.one_of(st.text(max_size=200), st.text(alphabet="ab1 #\"'\\\n(=", max_size=80)))
def test_no_character_is_lost(text: str) -> None:
    assert "\n".join("".join(piece for _, piece in line) for line in highlighted(text)) == text


def test_pieces_are_told_apart() -> None:
    assert kinds('x = Dense(64, "relu")  # wide\nfor y in range(3): pass') == [
        ("call", "Dense"),
        ("number", "64"),
        ("string", '"relu"'),
        ("comment", "# wide"),
        ("keyword", "for"),
        ("keyword", "in"),
        ("call", "range"),
        ("number", "3"),
        ("keyword", "pass"),
    ]


def test_a_string_over_several_lines_is_one_on_each() -> None:
    assert highlighted('"""a\nb"""') == [[("string", '"""a')], [("string", 'b"""')]]


def test_names_that_only_look_like_keywords_or_numbers_are_plain() -> None:
    assert kinds("format conv2d in_2") == []
