"""The process that renders avatars: `python -m accounts.profile.avatar_process …`. It uses no Django."""

import os
from typing import BinaryIO

from PIL import Image, ImageOps

from live.isolation.worker import serve

MAX_PIXELS = 25_000_000  # up to 100 MB when decoded; most phone cameras take 12
SIDE = 256
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def run_job(_job: None, files: list[int]) -> str:
    """Write the avatar of the first file to the second one. Return "", "too_large" or "unreadable"."""
    with os.fdopen(files[0], "rb") as photo, os.fdopen(files[1], "wb") as avatar:
        try:
            return _render(photo, avatar)
        except Exception:  # decoders may raise any
            return "unreadable"


def _render(photo: BinaryIO, avatar: BinaryIO) -> str:
    with Image.open(photo, formats=FORMATS) as image:
        # The WebP decoder holds four copies in memory.
        max_pixels = MAX_PIXELS // 2 if image.format == "WEBP" else MAX_PIXELS
        if image.width * image.height > max_pixels:
            return "too_large"
        image.draft("RGB", (SIDE * 2, SIDE * 2))  # decodes a large JPEG at a fraction of its size
        _square(image).save(avatar, "WEBP", quality=85, method=4, exif=b"", icc_profile=b"")
    return ""


def _square(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(_center(image))
    has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    return ImageOps.fit(upright.convert("RGBA" if has_alpha else "RGB"), (SIDE, SIDE), Image.Resampling.LANCZOS)


def _center(image: Image.Image) -> Image.Image:
    """Return a small image unchanged, or a sample of pixels from the center square of a large one.

    Converting and scaling all pixels would take several times their memory, and 16 per avatar pixel are enough.
    """
    side, max_side = min(image.size), SIDE * 4
    if side <= max_side:
        return image
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return image.resize((max_side, max_side), Image.Resampling.NEAREST, box=box)


if __name__ == "__main__":
    serve(run_job, type(None))
