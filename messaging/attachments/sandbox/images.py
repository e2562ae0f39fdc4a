"""Renders images as WebP: upright, in sRGB and without metadata."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO, NamedTuple

from PIL import AvifImagePlugin, ExifTags, Image, ImageCms

from live.isolation.deadline import OutOfTime, within
from messaging.attachments.sandbox.dimensions import DISPLAY, THUMBNAIL, fit_size
from messaging.attachments.sandbox.messages import InspectionResult

MAX_PIXELS = 25_000_000  # 100 MB when decoded
MAX_JPEG_PIXELS = 100_000_000  # decoded at a fraction of the size; phones take images of 48 Mpx
MAX_FRAMES = 300
MAX_FRAMES_PIXELS = 60_000_000  # in all frames together
ANIMATION_SECONDS = 8.0
QUALITY = 82


class Format(NamedTuple):
    name: str  # Pillow's
    max_pixels: int = MAX_PIXELS


FORMATS = {
    "image/png": Format("PNG"),
    "image/jpeg": Format("JPEG", MAX_JPEG_PIXELS),
    "image/webp": Format("WEBP"),
    "image/gif": Format("GIF"),
    "image/avif": Format("AVIF"),
    "image/bmp": Format("BMP"),
    "image/tiff": Format("TIFF"),
}
ANIMATED = ("PNG", "WEBP", "GIF", "AVIF")  # a second image in a phone's JPEG or in a TIFF isn't a frame
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ROTATED = (5, 6, 7, 8)  # swap width and height
_SRGB = ImageCms.createProfile("sRGB")

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each thread reserves its own memory, which is limited


def render(file: BinaryIO, media_type: str, outputs: Mapping[str, BinaryIO]) -> InspectionResult:
    """Write `thumbnail`, and `display` if it is wanted and shows more. May raise any exception raised by a decoder."""
    format = FORMATS[media_type]
    Image.MAX_IMAGE_PIXELS = format.max_pixels // 2  # before decoding, Pillow rejects images over twice this limit
    with Image.open(file, formats=(format.name,)) as image:
        orientation = _orientation(image)
        width, height = reversed(image.size) if orientation in _ROTATED else image.size
        shows_all = "display" not in outputs or fit_size(image.size, THUMBNAIL) == image.size
        animation = _animation(image, orientation) if "display" in outputs else b""
        still = _still_image(image, orientation)
    result = InspectionResult(kind="image", width=width, height=height, renditions=["thumbnail"])
    save(_resized(still, fit_size(still.size, THUMBNAIL)), outputs["thumbnail"])
    if animation:
        outputs["display"].write(animation)
    elif not shows_all:
        save(still, outputs["display"])
    if animation or not shows_all:
        result.renditions.append("display")
    return result


def _orientation(image: Image.Image) -> int:
    """Return the orientation in the EXIF data, or 1 if it cannot be read or is applied by Pillow."""
    if image.format == "TIFF":
        return 1
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return orientation if orientation in _TRANSPOSITIONS else 1


def _still_image(image: Image.Image, orientation: int) -> Image.Image:
    size = fit_size(image.size, DISPLAY)
    image.draft("RGB", size)
    return _rendered(image, size, orientation)


def _rendered(frame: Image.Image, size: tuple[int, int], orientation: int) -> Image.Image:
    converted = _in_srgb(_resized(_resamplable(frame), size), frame.info.get("icc_profile"))
    return converted.transpose(_TRANSPOSITIONS[orientation]) if orientation in _TRANSPOSITIONS else converted


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _resamplable(frame: Image.Image) -> Image.Image:
    """Convert to a mode that can be resampled."""
    if frame.mode in ("RGB", "RGBA", "L", "CMYK"):
        if "transparency" not in frame.info:
            return frame
    elif frame.mode.startswith("I"):
        return frame.convert("I").point(lambda value: value / 256).convert("L")  # otherwise 16 bits are clipped at 255
    return frame.convert("RGBA" if frame.has_transparency_data else "RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        with suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if converted := ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode):
                return converted
    return image.convert(mode)


def save(image: Image.Image, file: BinaryIO) -> None:
    image.save(file, "WEBP", quality=QUALITY, method=2, exif=b"", icc_profile=b"", xmp=b"")


def _animation(image: Image.Image, orientation: int) -> bytes:
    """Render all frames. Return b"" if there are too many, if they are broken or if rendering takes too long."""
    if image.format not in ANIMATED or not getattr(image, "is_animated", False):
        return b""
    try:
        with within(ANIMATION_SECONDS):
            return _encode_animation(image, orientation)
    except (Exception, OutOfTime):
        return b""
    finally:
        image.seek(0)


def _encode_animation(image: Image.Image, orientation: int) -> bytes:
    max_frames = min(MAX_FRAMES, MAX_FRAMES_PIXELS // (image.width * image.height))
    size = fit_size(image.size, DISPLAY)
    frames: list[Image.Image] = []
    times: list[int] = []
    for frame in _frames(image):
        if len(frames) == max_frames:
            return b""
        frames.append(_rendered(frame, size, orientation))
        times.append(min(round(frame.info.get("duration") or 100), 60_000))
    if len(frames) < 2:
        return b""
    file = BytesIO()
    frames[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=times,
        loop=image.info.get("loop", 1 if image.format == "GIF" else 0),
        background=(0, 0, 0, 0),
        quality=QUALITY,
        method=1,
        exif=b"",
        icc_profile=b"",
        xmp=b"",
    )
    return file.getvalue()


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """Yield the frames without counting them first, as that would read the whole GIF."""
    number = 1 if getattr(image, "default_image", False) else 0  # an APNG's fallback image
    with suppress(EOFError):
        while True:
            image.seek(number)
            image.load()
            yield image
            number += 1
