"""The administration tells of files what they are called and how large they are, and nothing more."""

import pytest
from django.test import Client

from messaging.models import Attachment
from rooms.actions import open_direct_room
from tests.factories import make_attachment, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(db):
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def sent(db):
    room = make_room("Workshop", owner=make_user("owner"), kind="private")
    ana = make_member(room)
    return make_attachment(
        room,
        ana,
        b"x" * 3400,
        name="<b>plan</b>.html",
        message=post(room, ana, " hello"),
        type="text/html",
        preview="SECRET",
    )


def test_a_message_names_its_files(browser, sent):
    page = browser.get(f"/admin/messaging/message/{sent.message_id}/change/").content.decode()
    assert "&lt;b&gt;plan&lt;/b&gt;.html" in page
    assert "4 KB" in page
    assert "text/html" in page
    assert "SECRET" not in page
    assert f"/attachments/{sent.pk}" not in page


def test_nothing_can_be_changed_there(browser, sent):
    form = {"attachments-TOTAL_FORMS": 1, "attachments-INITIAL_FORMS": 1, "attachments-0-id": str(sent.pk)}
    form |= {"attachments-0-DELETE": "on", "attachments-0-message": str(sent.message_id)}
    assert browser.post(f"/admin/messaging/message/{sent.message_id}/change/", form).status_code == 403
    assert Attachment.objects.filter(pk=sent.pk).exists()
    assert browser.get("/admin/messaging/attachment/").status_code == 404


def test_what_two_people_send_each_other_is_theirs(browser, db):
    ana, bo = make_user("ana"), make_user("bo")
    room = open_direct_room(user=ana, other=bo)
    file = make_attachment(room, ana, message=post(room, ana))
    assert browser.get(f"/admin/messaging/message/{file.message_id}/change/").status_code == 302
