"""Attachments in the admin: name, size and type, and nothing else."""

import pytest
from django.test import Client

from messaging.models import Attachment
from rooms.actions import open_direct_room
from tests.factories import make_attachment, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client(db):
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def attachment(db):
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


def test_message_lists_its_files(admin_client, attachment):
    page = admin_client.get(f"/admin/messaging/message/{attachment.message_id}/change/").content.decode()
    assert "&lt;b&gt;plan&lt;/b&gt;.html" in page
    assert "4 kB" in page
    assert "text/html" in page
    assert "SECRET" not in page
    assert f"/attachments/{attachment.pk}" not in page


def test_attachments_cannot_be_changed(admin_client, attachment):
    form = {"attachments-TOTAL_FORMS": 1, "attachments-INITIAL_FORMS": 1, "attachments-0-id": str(attachment.pk)}
    form |= {"attachments-0-DELETE": "on", "attachments-0-message": str(attachment.message_id)}
    assert admin_client.post(f"/admin/messaging/message/{attachment.message_id}/change/", form).status_code == 403
    assert Attachment.objects.filter(pk=attachment.pk).exists()
    assert admin_client.get("/admin/messaging/attachment/").status_code == 404


def test_files_in_direct_messages_are_not_listed(admin_client, db):
    ana, bo = make_user("ana"), make_user("bo")
    room = open_direct_room(user=ana, other=bo)
    file = make_attachment(room, ana, message=post(room, ana))
    assert admin_client.get(f"/admin/messaging/message/{file.message_id}/change/").status_code == 302
