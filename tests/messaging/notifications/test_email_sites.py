"""Running sites send the emails about messages: each once, however many processes there are."""

from contextlib import ExitStack

import pytest
from django.db import connection

from accounts.models import QueuedEmail
from messaging.models import Notification
from tests.factories import make_member, make_room, make_user, post
from tests.server import run_site
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CONVERSATIONS = 30  # more than one piece


def test_two_processes_send_each_email_once(server, everyone, reachable, notify, tmp_path):
    ana, ben = make_user("ana"), reachable("ben")
    values = {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}", "SITE_URL": "http://chat.example.org"}
    people = [ben, *(reachable() for _ in range(CONVERSATIONS - 1))]
    room = make_room("garden", owner=ana)
    message = post(room, ana, "Water the plants")
    for person in people:
        make_member(room, person)
        notify(person, message)
    with ExitStack() as sites:
        for number in range(2):
            sites.enter_context(run_site("uvicorn", connection.settings_dict["NAME"], tmp_path / str(number), **values))
        wait_until(lambda: len(server.received) >= CONVERSATIONS, "all emails have been sent")
        wait_until(lambda: not QueuedEmail.objects.exists(), "the queue is empty")
    recipients = [received.recipients[0] for received in server.received]
    assert sorted(recipients) == sorted(f"{person.username}@example.org" for person in people)
    assert Notification.objects.filter(emailed_at__isnull=False, email_due_at=None).count() == CONVERSATIONS
    assert "http://chat.example.org/email/unsubscription/" in server.received[0].message["List-Unsubscribe"]
