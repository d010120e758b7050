"""Everything that can be said of a version once its images have been looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.datasets import balance, confounding, file_findings, leaks, shape_findings
from app.core.datasets.baselines import baselines
from app.core.datasets.dataset import Baseline, ImageRecord
from app.core.datasets.findings import Listed
from app.core.datasets.near_copies import CopyGraph, CopyPair

_SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Seen:
    """What was seen of images, by digest: 16×16 gray pixels of each, and the pairs that are copies."""

    thumbnails: Mapping[str, bytes]
    pairs: Sequence[CopyPair]


@dataclass(frozen=True)
class Checked:
    """The images with their groups of copies, and what was found about them, the gravest first."""

    images: tuple[ImageRecord, ...]
    found: tuple[Listed, ...]
    baselines: tuple[Baseline, ...]


def checked(
    images: Iterable[ImageRecord], classes: Sequence[str], seen: Seen, *, before: Sequence[Listed] = ()
) -> Checked:
    """Check images of a version; `before` is what was found about files that are not in it."""
    graph = CopyGraph(seen.pairs)
    grouped = with_groups(images, graph)
    figures, doing_well = baselines(grouped, seen.thumbnails)
    found = [
        *before,
        *leaks.exact(grouped),
        *leaks.near(grouped, graph),
        *doing_well,
        *confounding.told_by_appearance(grouped, classes),
        *shape_findings.size_outliers(grouped),
        *balance.of_classes(grouped, classes),
        *shape_findings.mode_outliers(grouped),
        *file_findings.wrongly_named(grouped),
        *file_findings.animated(grouped),
    ]
    found.sort(key=lambda entry: _SEVERITIES.index(entry.finding.severity))
    return Checked(tuple(grouped), tuple(found), tuple(figures))


def with_groups(images: Iterable[ImageRecord], graph: CopyGraph) -> list[ImageRecord]:
    """The images, each with the number of its group of copies; None where it has no copy among them."""
    images = list(images)
    groups = graph.groups(image.digest for image in images)
    number = {digest: index for index, group in enumerate(groups) for digest in group}
    return [image.model_copy(update={"copy_group": number.get(image.digest)}) for image in images]
