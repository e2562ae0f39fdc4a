"""Profiles, avatars and the directory."""

import os
import zlib
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from io import BytesIO

import httpx
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from accounts import actions
from accounts.forms.member import ProfileForm
from accounts.models import User
from accounts.profile import avatars
from accounts.signals import profile_changed
from live.isolation.process import ConfinedProcess
from tests.factories import make_user
from tests.hostile_files import chunk, encode, png
from tests.live_client import session_of
from tests.server import run_site
from tests.waiting import PATIENCE, peak_memory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def private_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def ana() -> User:
    return make_user("ana")


def picture(kind="PNG", size=(600, 400), mode="RGB", **options) -> SimpleUploadedFile:
    image = Image.new(mode, size, "teal" if mode != "L" else 90)
    return SimpleUploadedFile(f"me.{kind.lower()}", encode(image, kind, **options))


# 25 megapixels in 73 KB
COSTLY = png(5000, 5000, chunk(b"IDAT", zlib.compress(bytes(5000 * 15_001))))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HOSTILE = {
    "not a picture": SimpleUploadedFile("me.png", b"<script>alert(1)</script>"),
    "SVG": SimpleUploadedFile("me.svg", SVG),
    "SVG called PNG": SimpleUploadedFile("me.png", SVG, content_type="image/png"),
    "TIFF": picture("TIFF"),
    "BMP": picture("BMP"),
    "cut off": SimpleUploadedFile("me.png", picture().read()[:200]),
    "bomb": SimpleUploadedFile("me.png", png(60_000, 60_000, chunk(b"IDAT", zlib.compress(bytes(100_000))))),
    "more pixels than one may bring": picture("PNG", (5001, 5000), "P"),
    "more pixels than a WebP may bring": picture("WEBP", (3600, 3500), method=0),
    "empty frame": SimpleUploadedFile("me.gif", b"GIF89a\0\0\0\0\0\0\0;"),
}


@pytest.mark.parametrize("upload", HOSTILE.values(), ids=HOSTILE)
def test_invalid_image_is_refused(upload):
    upload.seek(0)
    with pytest.raises(ValidationError):
        avatars.square(upload)


def test_photo_over_five_megabytes_is_refused(ana, browser_of):
    large = SimpleUploadedFile("me.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 5_000_000)
    response = browser_of(ana).post("/profile/", {"display_name": "", "theme": "", "photo": large})
    assert b"up to 5 MB" in response.content


def test_huge_upload_is_refused_before_it_is_stored(ana, browser_of):
    client = browser_of(ana)
    large = SimpleUploadedFile("me.png", b"\0" * 16_100_000)
    assert client.post("/profile/", {"photo": large}).status_code in (400, 413)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(600, 400), (1, 900), (3, 2)])
def test_every_format_becomes_a_small_square_webp(kind, size):
    drawn = Image.open(avatars.square(picture(kind, size)))
    assert (drawn.format, drawn.size) == ("WEBP", (256, 256))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_color_mode_is_accepted(mode):
    file = BytesIO()
    Image.new("RGB" if mode == "P" else mode, (40, 40)).convert(mode).save(file, "JPEG" if mode == "CMYK" else "PNG")
    drawn = Image.open(avatars.square(SimpleUploadedFile("me", file.getvalue())))
    assert drawn.size == (256, 256)


def test_large_image_is_scaled_before_it_is_converted(monkeypatch):
    """4,900 × 4,900 pixels of a palette are 24 MB; all of them in color would be 96 MB more."""
    monkeypatch.setattr("live.isolation.process.MAX_JOBS", 0)  # measures each photo in a new process
    avatars.square(picture())
    before = peak_memory(avatars.process.pid)
    avatars.square(picture("PNG", (4900, 4900), "P"))
    assert peak_memory(avatars.process.pid) - before < 60_000_000


def test_photo_that_takes_too_long_is_refused(monkeypatch):
    process = ConfinedProcess("accounts.profile.avatar_process", cpu_seconds=0.05, seconds=PATIENCE)
    monkeypatch.setattr(avatars, "process", process)
    with pytest.raises(ValidationError) as refused:
        avatars.square(SimpleUploadedFile("me.png", COSTLY))
    assert refused.value.code == "too_large"
    process.close()


@pytest.mark.parametrize("output", [b"", b"<script>", b"RIFF\0\0\0\0WEBP" + bytes(avatars.MAX_AVATAR_BYTES)])
def test_forged_avatar_is_rejected(monkeypatch, output):
    def run(_process, _job, _type, files):
        os.write(files[1], output)
        return ""

    monkeypatch.setattr(ConfinedProcess, "run", run)
    with pytest.raises(ValidationError):
        avatars.square(picture())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_pages_do_not_wait_for_avatars_nor_does_the_server_render_them(everyone, ana, tmp_path, server):
    database = connection.settings_dict["NAME"]
    with run_site(server, database, tmp_path, TRUSTED_PROXIES="127.0.0.1") as site, ThreadPoolExecutor(8) as pool:
        cookies = {"sessionid": session_of(ana)}
        token = httpx.get(f"{site.url}/accounts/login/", timeout=PATIENCE).cookies["csrftoken"]

        def save(number: int) -> int:
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            form = {"display_name": "", "theme": "", "language": "", "csrfmiddlewaretoken": token}
            with httpx.Client(headers=headers, cookies={**cookies, "csrftoken": token}, timeout=PATIENCE) as browser:
                return browser.post(f"{site.url}/profile/", data=form, files={"photo": ("me.png", COSTLY)}).status_code

        before = peak_memory(site.process.pid)
        avatars_saved = [pool.submit(save, number) for number in range(8)]
        wait(avatars_saved, return_when=FIRST_COMPLETED)
        for _ in range(3):
            assert httpx.get(f"{site.url}/accounts/login/", timeout=PATIENCE).status_code == 200
        assert sum(not each.done() for each in avatars_saved) >= 4
        assert {each.result() for each in avatars_saved} == {302}
        assert peak_memory(site.process.pid) - before < 30_000_000
    ana.refresh_from_db()
    assert ana.avatar


def test_center_of_a_wide_image_is_cropped(ana):
    long = Image.new("P", (8000, 1500))
    long.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    long.paste(1, (3250, 0, 4750, 1500))
    file = BytesIO()
    long.save(file, "PNG")
    drawn = Image.open(avatars.square(SimpleUploadedFile("me.png", file.getvalue()))).convert("RGB")
    for place in ((2, 2), (128, 128), (253, 253)):
        red, _, blue = drawn.getpixel(place)
        assert blue > 200 > 60 > red


def test_avatar_is_upright_and_has_no_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    exif[0x010F] = "the camera"
    exif.get_ifd(0x8825)[1] = "N"
    original = Image.new("RGB", (400, 400), "white")
    original.paste("black", (0, 0, 400, 200))
    file = BytesIO()
    original.save(file, "JPEG", exif=exif, icc_profile=b"profile")
    drawn = Image.open(avatars.square(SimpleUploadedFile("me.jpg", file.getvalue())))
    assert not drawn.getexif()
    assert "icc_profile" not in drawn.info
    assert drawn.getpixel((10, 128))[0] > 200  # the black half, first on top, is now on the right
    assert drawn.getpixel((245, 128))[0] < 50


def test_animation_becomes_its_first_frame():
    file = BytesIO()
    frames = [Image.new("RGB", (50, 50), color) for color in ("red", "blue", "green")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    drawn = Image.open(avatars.square(SimpleUploadedFile("me.gif", file.getvalue())))
    assert getattr(drawn, "n_frames", 1) == 1


@pytest.mark.django_db(transaction=True)
def test_new_photo_replaces_the_file_and_removal_deletes_it(ana, browser_of, settings):
    client = browser_of(ana)
    client.post("/profile/", {"display_name": "Ana", "theme": "dark", "photo": picture()})
    ana.refresh_from_db()
    first = ana.avatar.name
    assert (ana.display_name, ana.theme) == ("Ana", "dark")
    client.post("/profile/", {"display_name": "Ana", "theme": "", "photo": picture("JPEG")})
    ana.refresh_from_db()
    assert ana.avatar.name != first
    assert [path.name for path in (settings.MEDIA_ROOT / "avatars").iterdir()] == [ana.avatar.name.rpartition("/")[2]]
    client.post("/profile/", {"display_name": "Ana", "theme": "", "remove_photo": "on"})
    ana.refresh_from_db()
    assert not ana.avatar
    assert list((settings.MEDIA_ROOT / "avatars").iterdir()) == []


def test_saved_language_is_used_on_the_next_page(ana, browser_of, settings):
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]
    client = browser_of(ana)
    page = client.get("/profile/", headers={"Accept-Language": "en"}).content.decode()
    assert [label for value, label in ProfileForm().fields["language"].choices] == [
        "Match browser",
        "Deutsch",
        "English",
    ]
    assert '<option value="" selected>Match browser</option>' in page
    client.post("/profile/", {"display_name": "", "theme": "", "language": "de"})
    page = client.get("/profile/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="de"' in page
    assert '<option value="de" selected>Deutsch</option>' in page
    client.post("/profile/", {"display_name": "", "theme": "", "language": "xx"})
    ana.refresh_from_db()
    assert ana.language == "de", "an unknown language is refused"


def test_invalid_profile_changes_nothing_and_shows_errors(ana, browser_of):
    client = browser_of(ana)
    response = client.post("/profile/", {"display_name": "a\u202eb", "theme": "pink", "photo": HOSTILE["SVG"]})
    page = response.content.decode()
    assert "invisible characters" in page
    assert "pink" in page
    ana.refresh_from_db()
    assert (ana.display_name, ana.theme) == ("", "")


def test_changed_profile_sends_a_signal(ana, browser_of, sent):
    signals = sent(profile_changed)
    browser_of(ana).post("/profile/", {"display_name": "Ana", "theme": ""})
    assert [event["user"] for event in signals] == [ana]


def test_avatars_need_a_login(ana, client, browser_of):
    signed_in = browser_of(ana)
    signed_in.post("/profile/", {"display_name": "", "theme": "", "photo": picture()})
    address = f"/people/{ana.pk}/avatar/"
    assert client.get(address).status_code == 404
    response = signed_in.get(address)
    assert (response["Content-Type"], response["Cache-Control"]) == ("image/webp", "private, no-cache")
    ana.refresh_from_db()
    assert response["X-Accel-Redirect"] == f"/internal/media/{ana.avatar.name}"
    assert ana.avatar.read()[8:12] == b"WEBP"
    assert signed_in.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert "immutable" in signed_in.get(address + "?v=1")["Cache-Control"]
    assert signed_in.get(f"/people/{make_user('bo').pk}/avatar/").status_code == 404


def test_visitor_sees_only_the_inviters_avatar(ana, client, browser_of):
    bo = make_user("bo")
    for person in (ana, bo):
        browser_of(person).post("/profile/", {"display_name": "", "theme": "", "photo": picture()})
    client.get(actions.create_invitation(by=ana).get_absolute_url())
    assert client.get(f"/people/{ana.pk}/avatar/").status_code == 200
    assert client.get(f"/people/{bo.pk}/avatar/").status_code == 404


def test_directory_finds_usernames_and_display_names(ana, browser_of):
    make_user("Ünal")
    make_user("mo", display_name="Mira Okafor")
    make_user("gone", is_active=False)
    client = browser_of(ana)
    for query, found in (("ÜNA", "Ünal"), ("@mo", "mo"), ("okafor", "mo"), ("mira", "mo")):
        assert [person.username for person in client.get("/people/", {"q": query}).context["page"]] == [found]
    assert b"No one found" in client.get("/people/", {"q": "gone"}).content
    assert client.get("/people/gone/").status_code == 404


def test_directory_shows_fifty_people_in_few_queries(ana, browser_of, django_assert_max_num_queries):
    for number in range(120):
        make_user(f"p{number:03}")
    client = browser_of(ana)
    client.get("/people/")
    with django_assert_max_num_queries(5):
        page = client.get("/people/", {"page": "2"})
    assert len(page.context["page"]) == 50
    assert page.content.count(b"Message<") == 50


def test_person_page_accepts_every_spelling(ana, browser_of):
    unal = make_user("Ünal", display_name="Kâzım Ünal")
    page = browser_of(ana).get("/people/ÜNAL/").content.decode()
    assert "Kâzım Ünal" in page
    assert f'action="/direct/{unal.pk}/"' in page


@pytest.mark.parametrize("path", ["/profile/", "/people/", "/people/ana/", "/invitations/", "/accounts/sessions/"])
def test_visitors_are_asked_to_log_in(ana, client, path):
    response = client.get(path)
    assert response["Location"] == f"/accounts/login/?next={path}"
