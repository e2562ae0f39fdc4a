"""The page of one's own files: what they take, and which take most."""

import pytest
from django.test import Client

from messaging.uploads.actions import begin_upload
from rooms.actions import leave_room, open_direct_room
from tests.factories import make_attachment, make_member, make_room, make_user, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


@pytest.fixture
def room(db):
    return make_room("Workshop", owner=make_user("owner"), kind="private")


@pytest.fixture
def ana(room):
    return make_member(room, make_user("ana"))


def page(user) -> str:
    client = Client()
    client.force_login(user)
    return " ".join(client.get("/profile/files/").content.decode().split())


def sized(room, user, size: int, name: str, *, is_posted: bool = True):
    attachment = make_attachment(room, user, name=name, message=post(room, user) if is_posted else None)
    type(attachment).objects.filter(pk=attachment.pk).update(size=size)
    return attachment


def test_visitors_are_asked_to_log_in(client, room):
    assert client.get("/profile/files/").url.startswith("/accounts/login/")


def test_it_says_how_much_is_used_of_how_much(room, ana, settings):
    settings.CHAT_QUOTA = 10_000_000
    sized(room, ana, 2_500_000, "a")
    sized(room, make_member(room), 9_000_000, "somebody else's")
    assert "<b>2.5 MB</b> of 10 MB used" in page(ana)
    assert '<rect width="25%"' in page(ana)
    assert "is-nearly-full" not in page(ana)
    settings.CHAT_QUOTA = 2_600_000
    assert "is-nearly-full" in page(ana)
    assert "somebody else" not in page(ana)


def test_without_a_limit_it_says_so(room, ana, settings):
    settings.CHAT_QUOTA = 0
    assert "<b>0 bytes</b> used; no storage limit." in page(ana)
    assert "No files yet" in page(ana)


def test_the_largest_come_first_and_lead_to_their_messages(room, ana):
    for number in range(1, 23):
        attachment = sized(room, ana, number * 1000, f"file{number}.txt")
    shown = page(ana)
    assert f'href="/rooms/{room.pk}/messages/{attachment.message.seq}/"' in shown
    assert shown.index("file22.txt") < shown.index("file21.txt") < shown.index("file3.txt")
    assert "file2.txt" not in shown
    assert "Largest 20 of 22 files" in shown


def test_what_is_on_its_way_counts_and_is_listed(room, ana, settings):
    settings.CHAT_QUOTA = 10_000_000
    settings.CHAT_MAX_FILE = 10_000_000
    begin_upload(user=ana, room_id=room.pk, name="film.mp4", size=4_000_000)
    shown = page(ana)
    assert "<b>4.0 MB</b> of 10 MB used" in shown
    assert "film.mp4" in shown
    assert "uploading" in shown


def test_a_room_that_one_has_left_is_not_named(room, ana):
    sized(room, ana, 1000, "left.txt")
    sized(room, ana, 1000, "waiting.txt", is_posted=False)
    sized(open_direct_room(user=ana, other=make_user("bo")), ana, 1000, "for-bo.txt")
    leave_room(user=ana, room=room)
    shown = page(ana)
    assert "Workshop" not in shown
    assert f"/rooms/{room.pk}/" not in shown
    assert "in a room you’ve left" in shown
    assert "not sent yet" in shown
    assert "in a direct message" in shown


def test_what_it_is_called_is_only_text(room, ana):
    sized(room, ana, 1000, "<img src=x onerror=alert(1)>.txt")
    assert "&lt;img src=x" in page(ana)
