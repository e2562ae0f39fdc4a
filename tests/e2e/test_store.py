"""Files in an S3 store, as browsers get them."""

import pytest
from django.db import connection
from playwright.sync_api import expect

from tests.e2e import files
from tests.s3_store import S3Store
from tests.server import run_site


@pytest.fixture
def site_with_s3(transactional_db, everyone, tmp_path):
    s3_store = S3Store()
    s3_store.start()
    try:
        database = connection.settings_dict["NAME"]
        with run_site("uvicorn", database, tmp_path, MEDIA_URL=s3_store.media_url) as site:
            yield site
    finally:
        s3_store.stop()


def test_files_in_s3_are_shown_played_and_downloaded(site_with_s3, enter, everyone):
    """The content security policy allows only the store, whose bucket has no CORS rules."""
    sent = [
        files.image("harbour.png"),
        files.text("notes.txt", "".join(f"Line {n}\n" for n in range(40))),
        files.audio("meeting.wav", 2),
        files.data("archive.bin", 2_000_000),
    ]
    ana, mira = (enter(site_with_s3, name).open(everyone) for name in ("Ana Ferreira", "Mira Sol"))
    files.choose(ana, *sent)
    files.wait_until_uploaded(ana, len(sent))
    ana.send("From elsewhere")
    ana.sees_all_sent()

    message = mira.message("From elsewhere")
    image = message.locator(".thumbnail img")
    expect(image).to_be_visible()
    mira.page.wait_for_function("(image) => image.naturalWidth > 0", arg=image.element_handle())
    message.get_by_role("button", name="Show all").click()
    expect(mira.page.get_by_text("Line 39")).to_be_visible()
    duration = "(sound) => { sound.preload = 'metadata'; return new Promise((done) => { const look = () => sound.duration ? done(sound.duration) : setTimeout(look, 50); look(); }); }"
    assert mira.page.locator("audio").evaluate(duration) == pytest.approx(2, abs=0.1)
    with mira.page.expect_download() as download:
        message.locator(".file").last.click()
    assert download.value.suggested_filename == "archive.bin"
    assert download.value.path().read_bytes() == sent[3]["buffer"]
