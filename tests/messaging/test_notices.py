"""Notices: users without an open page are notified once, on the next page they open."""

import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.lifecycle.deletion import delete_account
from accounts.models import Connection, ServerProcess, User
from accounts.profile.notices import MAX_NOTICES, leave_notice, take_notices
from messaging.moderation.reports import report_message, settle_report
from rooms.moderation import ban_member
from tests.factories import make_user, post

pytestmark = pytest.mark.django_db


def notices_on_a_page(user: User) -> list[str]:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="accounts.auth.backends.NameOrEmailBackend")
    page = client.get("/", follow=True).content.decode()
    return [unescape(text) for text in re.findall(r'<p class="notice[^"]*">([^<]*)</p>', page)]


def test_warning_and_outcome_of_a_report(people):
    message = post(people["room"], people["member"], "Something vile")
    report = report_message(reporter=people["other"], message_id=message.pk, reason="It is vile")
    settle_report(actor=people["root"], report=report, outcome="warned")
    (warning,) = notices_on_a_page(people["member"])
    assert warning.startswith("An admin has warned you about a message you sent in ")
    assert notices_on_a_page(people["other"]) == ["The author of a message you reported was warned."]
    assert notices_on_a_page(people["member"]) == []


def test_ban(people):
    ban_member(actor=None, room=people["room"], user=people["member"], reason="Shouting")
    (notice,) = notices_on_a_page(people["member"])
    assert notice == f"You’ve been banned from {people['room'].name}. See Rooms for details."


def test_people_with_an_open_page_get_no_notice(people):
    process = ServerProcess.objects.create(host="here", pid=1, heartbeat_at=timezone.now())
    Connection.objects.create(process=process, user=people["member"])
    ban_member(actor=None, room=people["room"], user=people["member"])
    assert notices_on_a_page(people["member"]) == []


def test_newest_notices_are_shown_and_concurrent_ones_are_not_lost():
    ana = make_user()
    for number in range(MAX_NOTICES + 2):
        leave_notice(ana.pk, f"Notice {number}")
    ana.refresh_from_db()
    leave_notice(ana.pk, "Meanwhile")
    assert take_notices(ana) == []
    ana.refresh_from_db()
    assert take_notices(ana) == [*(f"Notice {number}" for number in range(3, MAX_NOTICES + 2)), "Meanwhile"]
    assert take_notices(ana) == []


def test_notices_are_deleted_with_the_account():
    ana = make_user()
    leave_notice(ana.pk, "Notice")
    delete_account(user=ana, with_messages=False)
    assert User.objects.get(pk=ana.pk).notices == ""
