"""The pieces about images: reading them as the run did, and batches in its order with its changes."""

from collections.abc import Sequence

from app.core.datasets.dataset import Split
from app.core.datasets.preparing_code import steps
from app.core.runs.augmentation import Augmentation
from app.core.runs.class_weights import class_weights
from app.core.runs.script.facts import ScriptFacts
from app.core.runs.script.sections import Section

_READING = '''
def eight_bits(image):
    """Pillow clips what has more than 8 bits a channel; this scales it."""
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode not in {{"I", "F"}} and not image.mode.startswith("I;16"):
        return image
    pixels = numpy.asarray(image, dtype=numpy.float64)
    if image.mode == "F":
        pixels = numpy.nan_to_num(pixels) * (255 if pixels.size and numpy.nanmax(pixels) <= 1 else 1)
    else:
        pixels = pixels / 257
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def prepared(file):
    """One image as uint8 {shape}."""
{steps}
    return array


def listed():
    """(file, split, class) of each image in the run's order: as images.csv lists them, else from the folders' names."""
    table = FOLDER / "images.csv"
    if table.exists():
        with table.open(encoding="utf-8", newline="") as lines:
            return [(FOLDER / line["file"], line["split"], line["class"]) for line in csv.DictReader(lines)]
    files = sorted(file for file in FOLDER.rglob("*") if file.is_file())
    return [(file, file.parts[-3], file.parts[-2]) for file in files if len(file.relative_to(FOLDER).parts) == 3]


def read(split):
    """(uint8 images, the numbers of their classes) of a split; says where they are not those of the run."""
    chosen = [(file, name) for file, found, name in listed() if found == split]
    if not chosen:
        sys.exit(f"There are no {{split}} images in {{FOLDER.resolve()}}. The first lines say where to get them.")
    digests = "".join(hashlib.sha256(file.read_bytes()).hexdigest() for file, _ in chosen)
    if hashlib.sha256(digests.encode()).hexdigest() != DIGESTS[split]:
        print(f"The {{split}} images are not those of the run, or not in its order: figures will differ.")
    labels = [CLASSES.index(name) for _, name in chosen]
    return numpy.stack([prepared(file) for file, _ in chosen]), numpy.array(labels)


{data}'''

_BATCHES = '''
class Batches(keras.utils.PyDataset):
    """(images in [0, 1], one-hot classes{more}); with a seed, each epoch has an order of its own, made from both."""

    def __init__(self, data, seed=None):
        super().__init__()
        self.images, self.labels = data
        self.seed = seed
        self.start_epoch(0)

    def start_epoch(self, epoch):
        self.epoch = epoch
        self.order = numpy.arange(len(self.images))
        if self.seed is not None:
            self.order = numpy.random.default_rng([self.seed, epoch]).permutation(len(self.images))

    def __len__(self):
        return math.ceil(len(self.images) / BATCH_SIZE)

    def __getitem__(self, index):
        chosen = self.order[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]
        labels = self.labels[chosen]
        one_hot = numpy.eye(len(CLASSES), dtype=numpy.float32)[labels]
{answer}


training = Batches(train, seed=SEED)'''

_PLAIN = "images = self.images[chosen].astype(numpy.float32) / numpy.float32(255)"
_AUGMENTED = """if self.seed is None:
    images = self.images[chosen].astype(numpy.float32) / numpy.float32(255)
else:
    images = numpy.stack([augmented(self.images[place], self.epoch, int(place)) for place in chosen])"""


def moves(facts: ScriptFacts) -> bool:
    """Whether training images change their places, which OpenCV does."""
    asked = facts.run.configuration.augmentation
    return asked is not None and asked.moves


def reading(facts: ScriptFacts) -> Section:
    """Finding the images, decoding them, and seeing that they are the right ones."""
    first, *others = steps(facts.preparation)
    lines = [first, "image = eight_bits(image)", *others]
    there = [split for split in Split if facts.splits.get(split) and facts.splits[split].images]
    digests = ["DIGESTS = {", *(f'    "{split.value}": "{facts.splits[split].digest}",' for split in there), "}"]
    code = _READING.format(
        shape=facts.preparation.shape,
        steps="\n".join(f"    {line}" for line in lines),
        data="\n".join(f'{split.value} = read("{split.value}")' for split in there),
    )
    text = (
        "Each image becomes an array as it did in the run. DIGESTS tell which images those were, and in which order: "
        "SHA-256 over the SHA-256 of each file."
    )
    own = ["", *digests, "", ""]
    asked = 'FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "images")'
    return Section(
        "Images",
        text,
        "\n".join([asked, *own]) + code.lstrip("\n"),
        notebook="\n".join(['FOLDER = Path("images")', *own]) + code.lstrip("\n"),
    )


def batches(facts: ScriptFacts) -> Section:
    """Their order, their weights and their changes in each epoch."""
    asked = facts.run.configuration
    counts = facts.splits[Split.TRAIN].by_class
    weights = class_weights(asked.class_weights, facts.classes, counts)
    made = _AUGMENTED if asked.augmentation is not None else _PLAIN
    result = "return images, one_hot"
    if weights is not None:
        result = "return (images, one_hot) if self.seed is None else (images, one_hot, CLASS_WEIGHTS[labels])"
    answer = "\n".join(f"        {line}" for line in [*made.splitlines(), result])
    parts = []
    if weights is not None:
        parts.append(f"CLASS_WEIGHTS = numpy.array({weights!r}, dtype=numpy.float32)\n\n")
    if asked.augmentation is not None:
        parts.append(_augmenting(asked.augmentation))
    parts.append(_BATCHES.format(more="" if weights is None else ", in training weights", answer=answer).lstrip("\n"))
    if facts.splits.get(Split.VALIDATION) and facts.splits[Split.VALIDATION].images:
        parts[-1] += "\nvalidating = Batches(validation)"
    text = "The order of the training images follows from the seed and the epoch alone"
    text += ", and so does how each is changed." if asked.augmentation is not None else "."
    return Section("Batches", text, "\n".join(parts))


def _augmenting(asked: Augmentation) -> str:
    """A function with the same draws as `augmentation.draw`, and the same changes as the trainer makes of them."""
    lines = [
        "def augmented(image, epoch, place):",
        '    """The image at a place of the training images, changed as the epoch has it."""',
        "    rng = numpy.random.default_rng([SEED, epoch, place, 0x5EED])",
        "    flips, (turn, down, right, zoom, bright, contrast) = rng.random(2) < 0.5, rng.uniform(-1, 1, 6)",
        *(["    noise_seed = int(rng.integers(2**63))"] if asked.noise else []),
        "    height, width, _ = image.shape",
        "    values = image.astype(numpy.float32) / numpy.float32(255)",
        *(f"    {line}" for line in (_moving(asked) if asked.moves else [])),
        "    mean = values.mean(dtype=numpy.float32)",
        f"    values = (values - mean) * numpy.float32(1 + contrast * {asked.contrast!r}) + mean",
        f"    values = values + numpy.float32(bright * {asked.brightness!r})",
    ]
    if asked.noise:
        lines += [
            "    noise = numpy.random.default_rng(noise_seed).standard_normal(image.shape, dtype=numpy.float32)",
            f"    values = values + noise * numpy.float32({asked.noise!r})",
        ]
    return "\n".join([*lines, "    return numpy.clip(values, 0, 1)", "", ""])


def _moving(asked: Augmentation) -> Sequence[str]:
    horizontal = "flips[0]" if asked.flip in {"horizontal", "both"} else "False"
    vertical = "flips[1]" if asked.flip in {"vertical", "both"} else "False"
    return [
        f"angle = numpy.deg2rad(turn * {asked.rotation!r})",
        f"scale = 1 / (1 + zoom * {asked.zoom!r})",
        "turned = scale * numpy.array([[numpy.cos(angle), -numpy.sin(angle)], [numpy.sin(angle), numpy.cos(angle)]])",
        f"turned = turned @ numpy.diag([-1.0 if {horizontal} else 1.0, -1.0 if {vertical} else 1.0])",
        "centre = numpy.array([(width - 1) / 2, (height - 1) / 2])",
        f"moved = centre + numpy.array([right * {asked.shift!r} * width, down * {asked.shift!r} * height])",
        "matrix = numpy.column_stack([turned, centre - turned @ moved])",
        "flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP",
        "values = cv2.warpAffine(values, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)",
        "values = values.reshape(image.shape)",
    ]
