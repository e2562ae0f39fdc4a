"""The storage usage page: used and allowed space, and the largest files."""

import pytest
from django.test import Client

from messaging.uploads.actions import begin_upload
from rooms.actions import leave_room, open_direct_room
from tests.factories import make_attachment, make_member, make_user, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_folders")]


def page(user) -> str:
    client = Client()
    client.force_login(user)
    return " ".join(client.get("/profile/files/").content.decode().split())


def make_sized(room, user, size: int, name: str, *, is_posted: bool = True):
    attachment = make_attachment(room, user, name=name, message=post(room, user) if is_posted else None)
    type(attachment).objects.filter(pk=attachment.pk).update(size=size)
    return attachment


def test_visitor_must_log_in(client, room):
    assert client.get("/profile/files/").url.startswith("/accounts/login/")


def test_page_shows_used_and_allowed_storage(room, ana, settings):
    settings.CHAT_QUOTA = 10_000_000
    make_sized(room, ana, 2_500_000, "a")
    make_sized(room, make_member(room), 9_000_000, "other person's file")
    assert "<b>2.5 MB</b> of 10 MB used" in page(ana)
    assert '<rect width="25%"' in page(ana)
    assert "is-nearly-full" not in page(ana)
    settings.CHAT_QUOTA = 2_600_000
    assert "is-nearly-full" in page(ana)
    assert "other person" not in page(ana)


def test_page_without_a_quota(room, ana, settings):
    settings.CHAT_QUOTA = 0
    assert "<b>0 bytes</b> used; no storage limit." in page(ana)
    assert "No files yet" in page(ana)


def test_largest_files_come_first_and_link_to_their_messages(room, ana):
    for number in range(1, 23):
        attachment = make_sized(room, ana, number * 1000, f"file{number}.txt")
    html = page(ana)
    assert f'href="/rooms/{room.pk}/messages/{attachment.message.seq}/"' in html
    assert html.index("file22.txt") < html.index("file21.txt") < html.index("file3.txt")
    assert "file2.txt" not in html
    assert "Largest 20 of 22 files" in html


def test_uploads_in_progress_count_and_are_listed(room, ana, settings):
    settings.CHAT_QUOTA = 10_000_000
    settings.CHAT_MAX_FILE = 10_000_000
    begin_upload(user=ana, room_id=room.pk, name="film.mp4", size=4_000_000)
    html = page(ana)
    assert "<b>4 MB</b> of 10 MB used" in html
    assert "film.mp4" in html
    assert "uploading" in html


def test_left_room_is_not_named(room, ana):
    make_sized(room, ana, 1000, "left.txt")
    make_sized(room, ana, 1000, "waiting.txt", is_posted=False)
    make_sized(open_direct_room(user=ana, other=make_user("bo")), ana, 1000, "for-bo.txt")
    leave_room(user=ana, room=room)
    html = page(ana)
    assert "Workshop" not in html
    assert f"/rooms/{room.pk}/" not in html
    assert "in a room you’ve left" in html
    assert "not sent yet" in html
    assert "in a direct message" in html


def test_file_name_is_escaped(room, ana):
    make_sized(room, ana, 1000, "<img src=x onerror=alert(1)>.txt")
    assert "&lt;img src=x" in page(ana)
