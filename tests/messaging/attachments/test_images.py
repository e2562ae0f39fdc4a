"""Pictures drawn anew: what is seen stays, what is not goes."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from messaging.attachments.sandbox import images
from tests.hostile_files import Kept, beginning, chunk, encoded, png

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)


def draw(content: bytes, media_type: str = "image/png"):
    made = {"thumbnail": Kept(), "display": Kept()}
    answer = images.render(io.BytesIO(content), media_type, made)
    return answer, {name: Image.open(made[name]) for name in answer.renditions}


def corners(size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """Red at the upper left, green at the upper right, blue below."""
    picture = Image.new("RGB", size, BLUE)
    drawing = ImageDraw.Draw(picture)
    drawing.rectangle((0, 0, size[0] // 2, size[1] // 2), RED)
    drawing.rectangle((size[0] // 2, 0, size[0], size[1] // 2), GREEN)
    return picture


def is_local(pixel, colour, by: int = 24) -> bool:
    return all(abs(one - other) <= by for one, other in zip(pixel[:3], colour, strict=True))


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
        ("BMP", "image/bmp"),
    ],
)
def test_each_format_is_drawn(form, media_type):
    answer, made = draw(encoded(corners(), form), media_type)
    assert (answer.kind, answer.width, answer.height) == ("image", 1200, 900)
    assert (made["thumbnail"].format, made["thumbnail"].size) == ("WEBP", (800, 600))
    assert (made["display"].format, made["display"].size) == ("WEBP", (1200, 900))
    for drawn in made.values():
        width, height = drawn.size
        assert is_local(drawn.convert("RGB").getpixel((width // 4, height // 4)), RED)
        assert is_local(drawn.convert("RGB").getpixel((width * 3 // 4, height // 4)), GREEN)
        assert is_local(drawn.convert("RGB").getpixel((width // 2, height * 3 // 4)), BLUE)


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
def test_renditions_are_as_large_as_they_need_to_be(size, thumbnail, display):
    answer, made = draw(encoded(Image.new("RGB", size, RED)))
    assert (answer.width, answer.height) == size
    assert made["thumbnail"].size == thumbnail
    assert (made["display"].size if "display" in made else None) == display


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_what_lies_is_set_upright_and_its_place_and_camera_are_gone(turn, form):
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose
    lying = corners().transpose(undo[turn]) if turn > 1 else corners()
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    content = encoded(lying, form, exif=exif)
    assert b"Secret Camera" in content
    answer, made = draw(content, f"image/{form.lower()}")
    assert (answer.width, answer.height) == (1200, 900)
    for drawn in made.values():
        assert not drawn.getexif()
        assert not drawn.info.keys() & {"exif", "xmp", "icc_profile"}
        assert drawn.width > drawn.height
        assert is_local(drawn.convert("RGB").getpixel((drawn.width // 4, drawn.height // 4)), RED)
        assert is_local(drawn.convert("RGB").getpixel((drawn.width * 3 // 4, drawn.height // 4)), GREEN)


def test_notes_in_a_picture_are_gone():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "kept secret " * 5)
    _, made = draw(encoded(corners(), pnginfo=notes, dpi=(300, 300)))
    for drawn in made.values():
        drawn.fp.seek(0)
        assert b"secret" not in drawn.fp.read()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_nonsense_for_exif_costs_nothing_but_itself():
    answer, _ = draw(encoded(corners(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(40)), "image/jpeg")
    assert (answer.width, answer.height) == (1200, 900)


def test_colours_are_those_of_the_profile():
    """In this one red and blue have changed places (a matrix profile, written by hand)."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"?XYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"?XYZ", b"bXYZ", 1)
    _, made = draw(encoded(Image.new("RGB", (50, 50), RED), icc_profile=swapped))
    assert is_local(made["thumbnail"].convert("RGB").getpixel((25, 25)), BLUE)


@pytest.mark.parametrize(
    "profile",
    [b"nonsense", b"\0" * 200, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()],
    ids=beginning,
)
def test_a_profile_that_does_not_fit_is_left_out(profile):
    _, made = draw(encoded(Image.new("RGB", (50, 50), RED), icc_profile=profile))
    assert is_local(made["thumbnail"].convert("RGB").getpixel((25, 25)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_drawn(mode):
    if mode == "I;16":
        source = Image.new(mode, (900, 700), 0xC000)
    else:
        source = Image.new("L", (900, 700), 0xC0).convert(mode, dither=Image.Dither.NONE)
    _, made = draw(encoded(source))
    expected = (255,) * 3 if mode == "1" else (0xC0,) * 3
    assert is_local(made["thumbnail"].convert("RGB").getpixel((25, 25)), expected, by=4)


def test_a_cmyk_jpeg_is_drawn():
    _, made = draw(encoded(corners().convert("CMYK"), "JPEG"), "image/jpeg")
    assert is_local(made["thumbnail"].convert("RGB").getpixel((25, 25)), RED, by=40)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_what_is_transparent_stays_so(mode):
    picture = Image.new("RGBA", (900, 900), (0, 0, 0, 0))
    picture.paste(RED, (0, 0, 450, 900))
    _, made = draw(encoded(picture.quantize(8) if mode == "P" else picture))
    thumbnail = made["thumbnail"].convert("RGBA")
    assert thumbnail.getpixel((10, 10))[3] == 255
    assert thumbnail.getpixel((590, 10))[3] == 0


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_what_moves_goes_on_moving(form):
    frames = [Image.new("RGB", (120, 90), colour) for colour in (RED, GREEN, BLUE)]
    content = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=200, loop=0)
    answer, made = draw(content, f"image/{form.lower()}")
    assert answer.renditions == ["thumbnail", "display"]
    assert getattr(made["thumbnail"], "n_frames", 1) == 1
    assert is_local(made["thumbnail"].convert("RGB").getpixel((5, 5)), RED)
    assert made["display"].n_frames == 3
    for number, colour in enumerate((RED, GREEN, BLUE)):
        made["display"].seek(number)
        made["display"].load()
        assert is_local(made["display"].convert("RGB").getpixel((5, 5)), colour)
        assert made["display"].info["duration"] == 200
    assert made["display"].info["loop"] == 0


def test_the_second_picture_in_a_phones_photograph_is_no_frame():
    content = encoded(corners((300, 200)), "MPO", save_all=True, append_images=[Image.new("L", (300, 200))])
    answer, made = draw(content, "image/jpeg")
    assert (answer.width, answer.height, list(made)) == (300, 200, ["thumbnail"])


def test_an_animation_is_shrunk_frame_by_frame():
    frames = [Image.new("RGB", (3000, 20), colour) for colour in (RED, GREEN)]
    _, made = draw(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), "image/gif")
    assert (made["display"].size, made["display"].n_frames) == ((2560, 17), 2)


@pytest.mark.parametrize(
    ("limit", "most"), [("MAX_FRAMES", 9), ("MAX_FRAMES_PIXELS", 1_199_999), ("ANIMATION_SECONDS", 1e-6)]
)
def test_of_too_long_an_animation_the_first_frame_is_shown(limit, most, monkeypatch):
    frames = [Image.new("L", (400, 300), number * 9) for number in range(10)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert draw(content, "image/gif")[1]["display"].n_frames == 10
    monkeypatch.setattr(images, limit, most)
    _, made = draw(content, "image/gif")
    assert list(made) == ["thumbnail"]
    assert made["thumbnail"].n_frames == 1


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (png(50_000, 50_000, chunk(b"IDAT", zlib.compress(bytes(1000)))), "image/png"),
        (png(5001, 5000, chunk(b"IDAT", zlib.compress(bytes(1000)))), "image/png"),
        (b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\2\2L\1\0;", "image/gif"),
        (encoded(Image.new("L", (12_000, 12_000)), "JPEG", quality=1), "image/jpeg"),
        (b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0), "image/bmp"),
    ],
    ids=beginning,
)
def test_too_many_pixels_are_not_decoded(content, media_type):
    with pytest.raises(Image.DecompressionBombError):
        draw(content, media_type)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_large_photograph_is_decoded_at_a_fraction():
    content = encoded(Image.new("L", (9000, 6000), 99), "JPEG", quality=1)
    answer, made = draw(content, "image/jpeg")
    assert (answer.width, answer.height) == (9000, 6000)
    assert made["display"].size == (2560, 1707)
