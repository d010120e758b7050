"""What is wrong with files: broken, empty, in no class, named as what they are not, more than one frame."""

from collections import Counter
from collections.abc import Mapping, Sequence

from app.core.datasets.dataset import Finding, ImageRecord, StagedFile
from app.core.datasets.findings import MOST_EXAMPLES, Listed, counted, listed, shown, verb

EMPTY = "The file is empty."
_NAMES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".jpg", ".jpeg", ".jpe", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
}


def unusable(reason: str) -> Listed:
    """Why a dataset is rejected."""
    return Listed(Finding(rule="unusable", severity="error", message=reason, effect="Nothing can be trained on it."))


def left_out(reasons: Mapping[str, str], files: Mapping[str, StagedFile]) -> list[Listed]:
    """Files that cannot be used, `reasons` by path: the empty ones, and the broken ones with why."""
    found = []
    for rule, what, chosen in (
        ("empty_files", "no content", [path for path, reason in reasons.items() if reason == EMPTY]),
        ("broken_images", "cannot be used", [path for path, reason in reasons.items() if reason != EMPTY]),
    ):
        if not chosen:
            continue
        count, paths = len(chosen), sorted(chosen)[:MOST_EXAMPLES]
        verbs = (
            verb(count, "has no content and was", "have no content and were")
            if what == "no content"
            else (f"cannot be used and {verb(count, 'was', 'were')}")
        )
        finding = Finding(
            rule=rule,
            severity="warning",
            message=f"{counted(count, 'file' if rule == 'empty_files' else 'image')} {verbs} left out.",
            effect="None: a training never meets such a file. Its class has fewer images than its folder shows.",
            images=count,
            examples=tuple(paths),
            evidence=tuple({"path": path, "digest": files[path].digest, "reason": reasons[path]} for path in paths),
        )
        found.append(Listed(finding))
    return found


def outside_classes(paths: Sequence[str]) -> list[Listed]:
    """Images that lie beside the class folders."""
    if not paths:
        return []
    finding = Finding(
        rule="outside_classes",
        severity="warning",
        message=f"{counted(len(paths), 'image')} in no class folder {verb(len(paths), 'was', 'were')} left out.",
        effect="Nobody said what they show, so nothing can be learned from them.",
        images=len(paths),
        examples=tuple(sorted(paths)[:MOST_EXAMPLES]),
    )
    return [Listed(finding)]


def empty_classes(names: Sequence[str]) -> list[Listed]:
    """Class folders of which no image can be used."""
    if not names:
        return []
    finding = Finding(
        rule="empty_classes",
        severity="warning",
        message=f"No image of the {verb(len(names), 'class', 'classes')} {', '.join(map(repr, names[:10]))} can be used.",
        effect="A network trained on this set cannot answer with it.",
        evidence=tuple({"class": name} for name in names[:MOST_EXAMPLES]),
    )
    return [Listed(finding)]


def wrongly_named(images: Sequence[ImageRecord]) -> list[Listed]:
    """Images whose name says another format than their content."""
    wrong = [
        image for image in images if image.format in _NAMES and not image.path.lower().endswith(_NAMES[image.format])
    ]
    if not wrong:
        return []
    found = Counter(f"{image.format} called .{image.path.rpartition('.')[2].lower()[:10]}" for image in wrong)
    return [
        listed(
            "wrongly_named",
            "note",
            f"{counted(len(wrong), 'image')} {verb(len(wrong), 'is', 'are')} not in the format that the name says: "
            f"{', '.join(f'{count} {what}' for what, count in found.most_common(5))}.",
            effect="None here, where the content counts. Programs that go by the name will refuse them.",
            images=wrong,
            evidence=[shown(image, reason=f"{image.format} by its content") for image in wrong],
        )
    ]


def animated(images: Sequence[ImageRecord]) -> list[Listed]:
    """Images of several frames or pages."""
    several = [image for image in images if (image.frames or 1) > 1]
    if not several:
        return []
    return [
        listed(
            "animated_images",
            "note",
            f"{counted(len(several), 'image')} {verb(len(several), 'has', 'have')} more than one frame or page; the "
            "first one is used.",
            effect="What the other frames show is never seen. Where the first one is a title or blank, it misleads.",
            images=several,
            evidence=[shown(image, reason=f"{image.frames} frames") for image in several],
        )
    ]
