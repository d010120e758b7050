"""Which files are taken for images: by their names, and by their first bytes."""

IMAGE_NAMES = (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)


def is_named_like_an_image(path: str) -> bool:
    """Whether the name ends as those of images do."""
    return path.lower().endswith(IMAGE_NAMES)


def image_type(content: bytes) -> str | None:
    """The media type by the first bytes; None where it is none of the allowed formats."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), None)
