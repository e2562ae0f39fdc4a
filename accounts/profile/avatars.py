"""Turns uploaded photos into avatars. Avatars are re-encoded, so they keep nothing of the uploaded file but pixels."""

from io import BytesIO
from threading import BoundedSemaphore

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MAX_BYTES = 5_000_000
MAX_PIXELS = 25_000_000  # up to 100 MB when decoded; most phone cameras take 12
SIDE = 256
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

_one_at_a_time = BoundedSemaphore(1)  # limits the memory used by simultaneous uploads


def square(upload: File) -> ContentFile:
    """Return the center of a photo as a WebP image of 256 × 256 pixels. Raises ValidationError if it can't be read.

    Drops metadata such as locations, the colour profile, and all frames but the first.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(_("Photo can be up to %(size)d MB.") % {"size": MAX_BYTES // 1_000_000}, code="too_large")
    try:
        with _one_at_a_time, Image.open(upload, formats=FORMATS) as image:
            # The WebP decoder holds four copies in memory.
            max_pixels = MAX_PIXELS // 2 if image.format == "WEBP" else MAX_PIXELS
            if image.width * image.height > max_pixels:
                raise ValidationError(_("This image is too large. Try a smaller one."), code="too_large")
            image.draft("RGB", (SIDE * 2, SIDE * 2))  # decodes a large JPEG at a fraction of its size
            avatar = _render(image)
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise ValidationError(
            _("We couldn’t read that image. Use a PNG, JPEG, WebP or GIF file."), code="unreadable"
        ) from error
    file = BytesIO()
    avatar.save(file, "WEBP", quality=85, method=4, exif=b"", icc_profile=b"")
    return ContentFile(file.getvalue())


def _render(image: Image.Image) -> Image.Image:
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
