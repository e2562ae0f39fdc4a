"""Hostile files and file names can be downloaded but have no other effect."""

import pytest

from tests.hostile_files import chunk, deflated_zeros, png, short_id
from tests.live_client import LiveClient
from tests.tus_client import TusClient

SCRIPT = b"<script>fetch('/people/')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("image.png", b"<!doctype html>" + SCRIPT, "text"),
        ("image.svg", SVG, "text"),
        ("page.html", SCRIPT, "text"),
        ("feed.xml", b'<?xml version="1.0"?><?xml-stylesheet href="javascript:alert(1)"?><a/>', "text"),
        ("both.gif", b"GIF89a/*" + b"\0" * 20 + b"*/=1;" + SCRIPT, "other"),
        ("both.pdf", b"%PDF-1.7\n" + SCRIPT, "pdf"),
        ("later.pdf", b"\n\n%PDF-1.7\n" + SCRIPT, "pdf"),
        ("huge.png", png(50_000, 50_000, chunk(b"IDAT", deflated_zeros(8))), "other"),
        ("film.mp4", SCRIPT, "text"),
    ],
    ids=short_id,
)
def test_nothing_that_a_browser_could_run_is_sent_inline(uvicorn, room, ana, name, content, kind):
    client = TusClient(uvicorn, ana)
    file = client.upload(room, content, name)
    attachment = client.get(f"/attachments/{file}/facts/").json()
    assert (attachment["kind"], attachment["thumbnail"], attachment["display"]) == (kind, None, None)
    response = client.get(attachment["url"])
    assert response.content == content
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["content-type"].partition(";")[0] in (
        "text/plain",
        "application/octet-stream",
        "application/pdf",
        "image/gif",
        "image/png",
    )
    assert "<script" not in attachment["preview"]
    if attachment["text"]:
        text = client.get(attachment["text"])
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        assert b"<script" not in text.content


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\0b\r\nSet-Cookie: x.txt", "ab Set-Cookie: x.txt"),
        ("", "file"),
        ("...", "file"),
    ],
)
def test_hostile_name_is_only_a_name(uvicorn, room, ana, name, expected):
    client = TusClient(uvicorn, ana)
    file = client.upload(room, b"abc", name)
    with LiveClient(uvicorn, ana) as live:
        message = live.post(room.pk, "", attachments=[file])
    name = message["attachments"][0]["name"]
    assert name == expected
    response = client.get(f"/attachments/{file}/")
    assert "set-cookie" not in response.headers
    stored = [path.name for path in (uvicorn.data_dir / "media/attachments").rglob("*") if path.is_file()]
    assert not any(name in each for each in stored)


@pytest.mark.parametrize("name", ["CON.txt", "nul", "x" * 300 + ".tar.gz", "文" * 300 + ".txt"])
def test_file_name_can_be_saved_on_every_system(uvicorn, room, ana, name):
    client = TusClient(uvicorn, ana)
    name = client.get(f"/attachments/{client.upload(room, b'abc', name)}/facts/").json()["name"]
    assert name.partition(".")[0].upper() not in ("CON", "NUL")
    assert len(name) <= 150
    assert len(name.encode()) <= 255
