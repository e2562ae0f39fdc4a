"""What somebody means ill with arrives as bytes to be saved, and is never more than that."""

import pytest

from tests.hostile_files import beginning, chunk, deflated_nothing, png
from tests.live_client import LiveClient
from tests.tus_client import Sender

SCRIPT = b"<script>fetch('/people/')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("picture.png", b"<!doctype html>" + SCRIPT, "text"),
        ("picture.svg", SVG, "text"),
        ("page.html", SCRIPT, "text"),
        ("feed.xml", b'<?xml version="1.0"?><?xml-stylesheet href="javascript:alert(1)"?><a/>', "text"),
        ("both.gif", b"GIF89a/*" + b"\0" * 20 + b"*/=1;" + SCRIPT, "other"),
        ("both.pdf", b"%PDF-1.7\n" + SCRIPT, "pdf"),
        ("huge.png", png(50_000, 50_000, chunk(b"IDAT", deflated_nothing(8))), "other"),
        ("film.mp4", SCRIPT, "text"),
    ],
    ids=beginning,
)
def test_nothing_that_a_browser_could_run_is_ever_shown_by_itself(uvicorn, room, ana, name, content, kind):
    sender = Sender(uvicorn, ana)
    file = sender.send(room, content, name)
    shown = sender.get(f"/attachments/{file}/facts/").json()
    assert (shown["kind"], shown["thumbnail"], shown["display"]) == (kind, None, None)
    answer = sender.get(shown["url"])
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-type"].partition(";")[0] in (
        "text/plain",
        "application/octet-stream",
        "application/pdf",
        "image/gif",
        "image/png",
    )
    assert "<script" not in shown["preview"]
    if shown["text"]:
        whole = sender.get(shown["text"])
        assert whole.headers["content-type"] == "text/plain; charset=utf-8"
        assert b"<script" not in whole.content


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\0b\r\nSet-Cookie: x.txt", "ab Set-Cookie: x.txt"),
        ("", "file"),
        ("...", "file"),
    ],
)
def test_a_name_is_only_a_name(uvicorn, room, ana, name, shown):
    sender = Sender(uvicorn, ana)
    file = sender.send(room, b"abc", name)
    with LiveClient(uvicorn, ana) as client:
        message = client.post(room.pk, "", attachments=[file])
    told = message["attachments"][0]["name"]
    assert told == shown
    answer = sender.get(f"/attachments/{file}/")
    assert "set-cookie" not in answer.headers
    stored = [path.name for path in (uvicorn.data_dir / "media/attachments").rglob("*") if path.is_file()]
    assert not any(told in each for each in stored)


@pytest.mark.parametrize("name", ["CON.txt", "nul", "x" * 300 + ".tar.gz", "文" * 300 + ".txt"])
def test_no_name_hurts_the_disk_of_who_saves_it(uvicorn, room, ana, name):
    sender = Sender(uvicorn, ana)
    told = sender.get(f"/attachments/{sender.send(room, b'abc', name)}/facts/").json()["name"]
    assert told.partition(".")[0].upper() not in ("CON", "NUL")
    assert len(told) <= 150
    assert len(told.encode()) <= 255
