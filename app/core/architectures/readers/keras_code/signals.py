"""How statements leave what they stand in."""


class ReturnSignal(Exception):  # noqa: N818 -- no error
    """`return`."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class BreakSignal(Exception):  # noqa: N818 -- no error
    """`break`."""


class ContinueSignal(Exception):  # noqa: N818 -- no error
    """`continue`."""


class RaisedSignal(Exception):  # noqa: N818 -- raised by the source, not by us
    """`raise`, or something that would raise for certain."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
