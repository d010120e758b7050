"""Dice with what goes wrong in folders of images, planted on purpose."""

import shutil
from pathlib import Path

from PIL import Image

from tests.factories import photographs
from tests.factories.dice import casino_dice

LEAKS_PER_CLASS = 3


def planted_dice(folder: Path) -> Path:
    """A folder of dice: leaked and repeated ones, one in two classes, broken, empty, odd in size and in colour."""
    made = folder / "planted"
    shutil.copytree(casino_dice(), made, ignore=shutil.ignore_patterns("*.md"))
    train = {name: sorted((made / "train" / name).iterdir()) for name in "123456"}
    for name, files in train.items():
        for number, file in enumerate(files[:LEAKS_PER_CLASS]):
            turned = photographs.turned(_opened(file), 30 * (number + 1), "black")
            turned.save(made / "test" / name / f"leak{number}.png")
        shutil.copy(files[4], made / "test" / name / f"same{files[4].suffix}")
        shutil.copy(files[5], made / "train" / name / f"again{files[5].suffix}")
    shutil.copy(train["1"][6], made / "train" / "6" / f"other{train['1'][6].suffix}")
    (made / "train" / "2" / "empty.png").write_bytes(b"")
    (made / "train" / "2" / "cut.jpg").write_bytes(train["2"][0].read_bytes()[:400])
    (made / "val" / "3" / "text.png").write_text("It is a text.")
    _opened(train["3"][7]).save(made / "train" / "3" / "named.png", "JPEG")
    _opened(train["4"][7]).resize((640, 640)).save(made / "train" / "4" / "large.png")
    _opened(train["4"][8]).convert("L").save(made / "train" / "4" / "gray.png")
    return made


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")
