"""A dataset, its immutable version, the images in it, and what the checks found."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from app.core.datasets.sample_dice.request import SampleRequest
from app.core.values import Instant, JsonObject, Name, Value


class DatasetState(StrEnum):
    """Where a dataset is on its way in."""

    UPLOADING = "uploading"  # takes files
    RENDERING = "rendering"  # a worker makes its images
    CHECKING = "checking"  # committed; every image is being decoded
    READY = "ready"  # has an immutable version; can be trained on
    REJECTED = "rejected"  # cannot be used; the findings say why; files may be added and committed again


class Split(StrEnum):
    """What an image is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class StagedFile(Value):
    """A file that has arrived: its normalised path, SHA-256 of its bytes, its size, when it was changed last.

    `is_table` marks a table of labels; `class_name` and `split` are what such tables say of an image.
    """

    path: str
    digest: str
    bytes: int
    modified: Instant | None = None
    is_table: bool = False
    class_name: str | None = None
    split: Split | None = None


class ImageRecord(Value):
    """One image of a version, by the digest of its bytes; height and width in pixels, after EXIF orientation."""

    digest: str
    path: str
    class_name: str
    split: Split
    height: int
    width: int
    mode: str
    bytes: int
    format: str | None = None
    frames: int | None = None
    brightness: float | None = None
    mean_color: tuple[float, float, float] | None = None
    copy_group: int | None = Field(default=None, description="images with the same number are copies of one photograph")


class Finding(Value):
    """Something the checks found: how grave, how many images, some of them by path, what it does to a result.

    `images` counts what the finding lists: what leaving them out would leave out. `evidence` holds a digest for every
    image that it names, so that it can be shown: `{"path", "digest", ...}`, or pairs
    `{"left": {"path", "digest", "split", "class"}, "right": {...}, "relation"}`.
    """

    rule: str
    severity: str = Field(pattern="^(error|warning|note)$")
    message: str
    effect: str = ""
    images: int = 0
    listed: bool = Field(default=False, description="whether its images are in the version and can be left out of it")
    examples: tuple[str, ...] = ()
    evidence: tuple[JsonObject, ...] = ()


class Baseline(Value):
    """How far a classifier gets that knows next to nothing: right answers among the images of a split.

    `low` and `high` bound its accuracy (Wilson, 95 %); `chance` is what always answering the largest class gets.
    """

    kind: str = Field(pattern="^(thumbnail|color)$")
    split: Split
    images: int
    correct: int
    accuracy: float
    low: float
    high: float
    chance: float


class Version(Value):
    """An immutable state of a dataset: what a run pins."""

    id: str
    number: int
    digest: str
    created_at: Instant
    classes: tuple[str, ...]
    splits: dict[Split, dict[str, int]]
    sizes: dict[str, int] = Field(description="how many images have which size, as 'HEIGHTxWIDTH'")
    modes: dict[str, int]
    findings: tuple[Finding, ...]
    baselines: tuple[Baseline, ...] = ()
    made_from: int | None = Field(default=None, description="the number of the version that was changed")
    changes: tuple[JsonObject, ...] = Field(default=(), description="what was done to it, in order")
    check_data: str | None = Field(default=None, description="where what the checks saw of each image is kept")

    def representation(self) -> dict[str, Any]:
        """The version as the REST contract shows it."""
        data = self.json_object()
        del data["check_data"]
        return data

    @property
    def images(self) -> int:
        """How many images the version holds."""
        return sum(sum(counts.values()) for counts in self.splits.values())


class Dataset(Value):
    """Images under a name. `version` is the newest; `findings` are of the last check, kept where it rejected.

    `samples` is what it was asked to be where its images are rendered.
    """

    id: str
    name: Name
    state: DatasetState
    created_at: Instant
    files: int = 0
    bytes: int = 0
    checked: int = 0
    stage: str | None = None
    stage_share: float | None = None
    version: Version | None = None
    findings: tuple[Finding, ...] = ()
    samples: SampleRequest | None = None

    def representation(self) -> dict[str, Any]:
        """The dataset as the REST contract shows it."""
        version = self.version
        data = self.json_object()
        stage, stage_share = data.pop("stage"), data.pop("stage_share")
        data["version"] = None if version is None else version.number
        details = {} if version is None else version.representation()
        return data | {
            "version_id": details.get("id"),
            "digest": details.get("digest"),
            "classes": details.get("classes", []),
            "splits": details.get("splits", {}),
            "sizes": details.get("sizes", {}),
            "modes": details.get("modes", {}),
            "baselines": details.get("baselines", []),
            "made_from": details.get("made_from"),
            "changes": details.get("changes", []),
            "progress": {
                "checked": self.checked,
                "files": self.expected_files,
                "stage": stage,
                "stage_share": stage_share,
            },
        }

    @property
    def expected_files(self) -> int:
        """How many files it will have: more than `files` only while they are being rendered."""
        if self.state is DatasetState.RENDERING and self.samples is not None:
            return self.samples.images
        return self.files
