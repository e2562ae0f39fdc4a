"""Rendering of images: formats, sizes, orientation, colors, metadata and animations."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from messaging.attachments.sandbox import images
from tests.hostile_files import UnclosableBytesIO, chunk, encode, png, short_id

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)


def render(content: bytes, media_type: str = "image/png"):
    outputs = {"thumbnail": UnclosableBytesIO(), "display": UnclosableBytesIO()}
    result = images.render(io.BytesIO(content), media_type, outputs)
    return result, {name: Image.open(outputs[name]) for name in result.renditions}


def corners(size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """Return an image that is red at the upper left, green at the upper right and blue below."""
    image = Image.new("RGB", size, BLUE)
    drawing = ImageDraw.Draw(image)
    drawing.rectangle((0, 0, size[0] // 2, size[1] // 2), RED)
    drawing.rectangle((size[0] // 2, 0, size[0], size[1] // 2), GREEN)
    return image


def is_close(pixel, color, tolerance: int = 24) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(pixel[:3], color, strict=True))


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
    ],
)
def test_each_format_is_rendered(format, media_type):
    result, renditions = render(encode(corners(), format), media_type)
    assert (result.kind, result.width, result.height) == ("image", 1200, 900)
    assert (renditions["thumbnail"].format, renditions["thumbnail"].size) == ("WEBP", (800, 600))
    assert (renditions["display"].format, renditions["display"].size) == ("WEBP", (1200, 900))
    for rendered in renditions.values():
        width, height = rendered.size
        assert is_close(rendered.convert("RGB").getpixel((width // 4, height // 4)), RED)
        assert is_close(rendered.convert("RGB").getpixel((width * 3 // 4, height // 4)), GREEN)
        assert is_close(rendered.convert("RGB").getpixel((width // 2, height * 3 // 4)), BLUE)


@pytest.mark.parametrize(
    ("size", "thumbnail", "display"),
    [
        ((1, 1), (1, 1), None),
        ((800, 600), (800, 600), None),
        ((801, 600), (800, 599), (801, 600)),
        ((600, 800), (450, 600), (600, 800)),
        ((4000, 1000), (800, 200), (2560, 640)),
        ((9000, 2), (800, 1), (2560, 1)),
    ],
)
def test_renditions_fit_their_boxes(size, thumbnail, display):
    result, renditions = render(encode(Image.new("RGB", size, RED)))
    assert (result.width, result.height) == size
    assert renditions["thumbnail"].size == thumbnail
    assert (renditions["display"].size if "display" in renditions else None) == display


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_upright_and_exif_is_removed(orientation, format):
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose
    rotated = corners().transpose(inverse[orientation]) if orientation > 1 else corners()
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    content = encode(rotated, format, exif=exif)
    assert b"Secret Camera" in content
    result, renditions = render(content, f"image/{format.lower()}")
    assert (result.width, result.height) == (1200, 900)
    for rendered in renditions.values():
        assert not rendered.getexif()
        assert not rendered.info.keys() & {"exif", "xmp", "icc_profile"}
        assert rendered.width > rendered.height
        assert is_close(rendered.convert("RGB").getpixel((rendered.width // 4, rendered.height // 4)), RED)
        assert is_close(rendered.convert("RGB").getpixel((rendered.width * 3 // 4, rendered.height // 4)), GREEN)


def test_text_chunks_are_removed():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret " * 5)
    _, renditions = render(encode(corners(), pnginfo=notes, dpi=(300, 300)))
    for rendered in renditions.values():
        rendered.fp.seek(0)
        assert b"secret" not in rendered.fp.read()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_invalid_exif_is_ignored():
    result, _ = render(encode(corners(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(40)), "image/jpeg")
    assert (result.width, result.height) == (1200, 900)


def test_color_profile_is_applied():
    """The profile, edited by hand, swaps red and blue."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"?XYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"?XYZ", b"bXYZ", 1)
    _, renditions = render(encode(Image.new("RGB", (50, 50), RED), icc_profile=swapped))
    assert is_close(renditions["thumbnail"].convert("RGB").getpixel((25, 25)), BLUE)


@pytest.mark.parametrize(
    "profile",
    [b"nonsense", b"\0" * 200, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()],
    ids=short_id,
)
def test_unusable_profile_is_ignored(profile):
    _, renditions = render(encode(Image.new("RGB", (50, 50), RED), icc_profile=profile))
    assert is_close(renditions["thumbnail"].convert("RGB").getpixel((25, 25)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_rendered(mode):
    if mode == "I;16":
        source = Image.new(mode, (900, 700), 0xC000)
    else:
        source = Image.new("L", (900, 700), 0xC0).convert(mode, dither=Image.Dither.NONE)
    _, renditions = render(encode(source))
    expected = (255,) * 3 if mode == "1" else (0xC0,) * 3
    assert is_close(renditions["thumbnail"].convert("RGB").getpixel((25, 25)), expected, tolerance=4)


def test_cmyk_jpeg_is_rendered():
    _, renditions = render(encode(corners().convert("CMYK"), "JPEG"), "image/jpeg")
    assert is_close(renditions["thumbnail"].convert("RGB").getpixel((25, 25)), RED, tolerance=40)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparency_is_kept(mode):
    image = Image.new("RGBA", (900, 900), (0, 0, 0, 0))
    image.paste(RED, (0, 0, 450, 900))
    _, renditions = render(encode(image.quantize(8) if mode == "P" else image))
    thumbnail = renditions["thumbnail"].convert("RGBA")
    assert thumbnail.getpixel((10, 10))[3] == 255
    assert thumbnail.getpixel((590, 10))[3] == 0


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animation_is_kept(format):
    frames = [Image.new("RGB", (120, 90), color) for color in (RED, GREEN, BLUE)]
    content = encode(frames[0], format, save_all=True, append_images=frames[1:], duration=200, loop=0)
    result, renditions = render(content, f"image/{format.lower()}")
    assert result.renditions == ["thumbnail", "display"]
    assert getattr(renditions["thumbnail"], "n_frames", 1) == 1
    assert is_close(renditions["thumbnail"].convert("RGB").getpixel((5, 5)), RED)
    assert renditions["display"].n_frames == 3
    for number, color in enumerate((RED, GREEN, BLUE)):
        renditions["display"].seek(number)
        renditions["display"].load()
        assert is_close(renditions["display"].convert("RGB").getpixel((5, 5)), color)
        assert renditions["display"].info["duration"] == 200
    assert renditions["display"].info["loop"] == 0


def test_second_image_in_a_phones_jpeg_is_not_a_frame():
    content = encode(corners((300, 200)), "MPO", save_all=True, append_images=[Image.new("L", (300, 200))])
    result, renditions = render(content, "image/jpeg")
    assert (result.width, result.height, list(renditions)) == (300, 200, ["thumbnail"])


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"])
def test_first_page_of_a_tiff_is_rendered(compression):
    pages = [Image.new("RGB", (1700, 2200), color) for color in (RED, GREEN)]
    content = encode(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression=compression)
    result, renditions = render(content, "image/tiff")
    assert (result.width, result.height) == (1700, 2200)
    assert renditions.keys() == {"thumbnail", "display"}
    for rendered in renditions.values():
        assert getattr(rendered, "n_frames", 1) == 1
        assert is_close(rendered.convert("RGB").getpixel((5, 5)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "I;16B"])
def test_every_mode_of_tiff_is_rendered(mode):
    source = (
        Image.new(mode, (900, 700), 0xC000) if mode.startswith("I") else Image.new("L", (900, 700), 0xC0).convert(mode)
    )
    _, renditions = render(encode(source, "TIFF"), "image/tiff")
    assert renditions.keys() == {"thumbnail", "display"}


def test_animation_is_resized_frame_by_frame():
    frames = [Image.new("RGB", (3000, 20), color) for color in (RED, GREEN)]
    _, renditions = render(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]), "image/gif")
    assert (renditions["display"].size, renditions["display"].n_frames) == ((2560, 17), 2)


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_FRAMES", 9), ("MAX_FRAMES_PIXELS", 1_199_999), ("ANIMATION_SECONDS", 1e-6)]
)
def test_animation_over_the_limits_shows_its_first_frame(limit, value, monkeypatch):
    frames = [Image.new("L", (400, 300), number * 9) for number in range(10)]
    content = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert render(content, "image/gif")[1]["display"].n_frames == 10
    monkeypatch.setattr(images, limit, value)
    _, renditions = render(content, "image/gif")
    assert list(renditions) == ["thumbnail"]
    assert renditions["thumbnail"].n_frames == 1


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (png(50_000, 50_000, chunk(b"IDAT", zlib.compress(bytes(1000)))), "image/png"),
        (png(5001, 5000, chunk(b"IDAT", zlib.compress(bytes(1000)))), "image/png"),
        (b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\2\2L\1\0;", "image/gif"),
        (encode(Image.new("L", (12_000, 12_000)), "JPEG", quality=1), "image/jpeg"),
        (encode(Image.new("1", (5001, 5000)), "TIFF", compression="group4"), "image/tiff"),
        (b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0), "image/bmp"),
    ],
    ids=short_id,
)
def test_images_with_too_many_pixels_are_not_decoded(content, media_type):
    with pytest.raises(Image.DecompressionBombError):
        render(content, media_type)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_large_jpeg_is_decoded_at_a_fraction_of_its_size():
    content = encode(Image.new("L", (9000, 6000), 99), "JPEG", quality=1)
    result, renditions = render(content, "image/jpeg")
    assert (result.width, result.height) == (9000, 6000)
    assert renditions["display"].size == (2560, 1707)
