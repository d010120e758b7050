import pytest

from app.core.datasets.dataset import Split
from app.core.datasets.labels import Label, labels_of
from app.core.datasets.layout import LayoutKind, layout_of
from app.core.errors import InvalidError

PATHS = ["set/images/1.png", "set/images/2.jpg", "set/images/deep/3.png"]


def read(text: str, *, name: str = "set/labels.csv", paths: list[str] = PATHS):
    return labels_of({name: text.encode()}, paths)


@pytest.mark.parametrize(
    "text",
    [
        "filename,label\n1.png,cat\n2.jpg,dog\n",
        "\ufeffFile Name;Class\r\nimages/1.png;cat\r\nset/images/2.jpg;dog\r\n",
        "id\tcategory\tnote\n1\tcat\tx\n2\tdog\ty\n",
        "1.png,cat\n2.jpg,dog\n",
        'image_path,label\n"./images/1.png","cat"\n"images\\2.jpg","dog"\nelsewhere.png,cow\n',
    ],
)
def test_tables_are_read_in_their_usual_spellings(text: str) -> None:
    found = read(text)
    assert found.by_path == {PATHS[0]: Label("cat"), PATHS[1]: Label("dog")}
    assert (found.tables, found.unused) == (("set/labels.csv",), ())


def test_a_split_is_in_a_column_or_in_the_tables_name() -> None:
    assert read("file,label,split\n1.png,cat,Val\n").by_path == {PATHS[0]: Label("cat", Split.VALIDATION)}
    assert read("file,label\n1.png,cat\n", name="test_set.csv").by_path == {PATHS[0]: Label("cat", Split.TEST)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("epoch,loss\n1,0.5\n", "its columns are 'epoch', 'loss'"),
        ("filename,label\nelsewhere.png,cat\n", "none of its rows"),
        ("filename,label\n1.png,a/b\n", "one name without '/'"),
        ("filename,label,split\n1.png,cat,holdout\n", "'holdout'; expected train"),
        ("filename,label\n1.png,cat\n1.png,dog\n", "row 3"),
        ('filename,label\n"1.png,cat\n', "no CSV"),
        ("filename,label\n1.png,\u202ecat\n", "reading direction"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(text: str, reason: str) -> None:
    found = read(text)
    assert not found.by_path
    assert reason in found.unused[0]


def test_a_name_that_two_images_have_names_neither() -> None:
    found = read("filename,label\n1.png,cat\na/2.png,dog\n", paths=["a/1.png", "b/1.png", "a/2.png"])
    assert found.by_path == {"a/2.png": Label("dog")}


def test_tables_that_contradict_each_other_are_an_error() -> None:
    with pytest.raises(InvalidError, match="contradict"):
        labels_of({"a.csv": b"file,label\n1.png,cat\n", "b.csv": b"file,label\n1.png,dog\n"}, PATHS)


def test_a_table_goes_before_folders_which_still_say_the_split() -> None:
    paths = ["d/train/1.png", "d/train/2.png", "d/test/3.png", "d/test/4.png"]
    labels = {path: Label(name) for path, name in zip(paths, ["cat", "dog", "cat"], strict=False)}
    layout = layout_of(paths, labels)
    assert (layout.kind, layout.classes, layout.outside) == (LayoutKind.TABLE, ("cat", "dog"), ("d/test/4.png",))
    assert [place.split for place in layout.places] == [Split.TRAIN, Split.TRAIN, Split.TEST]
