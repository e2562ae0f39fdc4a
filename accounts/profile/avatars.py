"""Uploaded pictures made harmless: drawn anew, small and square, with nothing of the original file left."""

from io import BytesIO
from threading import BoundedSemaphore

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps

MAX_BYTES = 5_000_000
MAX_PIXELS = 25_000_000  # up to 100 MB when decoded; a phone's camera makes 12, more if asked to
SIDE = 256
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

_one_at_a_time = BoundedSemaphore(1)  # a few people at once must not take the memory of all


def square(upload: File) -> ContentFile:
    """Return the middle of the picture as a WebP of 256 × 256; raises ValidationError when it cannot be.

    Metadata (places, cameras), colour profiles and all frames but the first are dropped.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(f"Photo can be up to {MAX_BYTES // 1_000_000} MB.", code="too_large")
    try:
        with _one_at_a_time, Image.open(upload, formats=FORMATS) as picture:
            # WebP's decoder holds four copies at once.
            most = MAX_PIXELS // 2 if picture.format == "WEBP" else MAX_PIXELS
            if picture.width * picture.height > most:
                raise ValidationError("This image is too large. Try a smaller one.", code="too_large")
            picture.draft("RGB", (SIDE * 2, SIDE * 2))  # a large JPEG is decoded at a fraction of its size
            drawn = _drawn(picture)
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise ValidationError(
            "We couldn’t read that image. Use a PNG, JPEG, WebP or GIF file.", code="unreadable"
        ) from error
    drawn_file = BytesIO()
    drawn.save(drawn_file, "WEBP", quality=85, method=4, exif=b"", icc_profile=b"")
    return ContentFile(drawn_file.getvalue())


def _drawn(picture: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(_middle(picture))
    has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    return ImageOps.fit(upright.convert("RGBA" if has_alpha else "RGB"), (SIDE, SIDE), Image.Resampling.LANCZOS)


def _middle(picture: Image.Image) -> Image.Image:
    """The middle square, of a large picture by every so many pixels: converting or weighing all of them would
    take several times their memory. Sixteen for each that is drawn are enough to weigh."""
    side, most = min(picture.size), SIDE * 4
    if side <= most:
        return picture
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    box = (left, top, left + side, top + side)
    return picture.resize((most, most), Image.Resampling.NEAREST, box=box)
