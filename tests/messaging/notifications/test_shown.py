"""Reports of pages about how they have shown notifications."""

import pytest

from messaging.models import Cause, Channel, Notification, Trigger
from messaging.notifications.shown import ShownReport, record_shown
from tests.factories import post
from tests.live_client import LiveClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(people):
    return post(people["room"], people["owner"], "Hello")


def notified(user, message):
    return Notification.objects.create(
        user=user,
        message=message,
        room=message.room,
        seq=message.seq,
        channel=Channel.DESKTOP,
        trigger=Trigger.MENTION,
        cause=Cause.ACTIVE,
    )


def shown_to(user):
    return list(Notification.objects.filter(user=user).values_list("shown", flat=True))


def test_only_the_notification_of_the_reporting_user_changes(people, message):
    for name in ("member", "other"):
        notified(people[name], message)
    record_shown([ShownReport(people["member"].pk, message.pk, "desktop")])
    assert shown_to(people["member"]) == ["desktop"]
    assert shown_to(people["other"]) == [""]


@pytest.mark.parametrize("others", [["other_tab"], ["denied", "other_tab"], ["in_view"]])
def test_of_several_pages_the_most_noticeable_report_counts(people, message, others):
    notified(people["member"], message)
    reports = [ShownReport(people["member"].pk, message.pk, shown) for shown in ["sound", *others]]
    for report in reports:
        record_shown([report])
    expected = "in_view" if "in_view" in others else "sound"
    assert shown_to(people["member"]) == [expected]
    Notification.objects.update(shown="")
    record_shown(reports[::-1])
    assert shown_to(people["member"]) == [expected]


def test_reports_about_nothing_are_ignored(people, message):
    record_shown([ShownReport(people["member"].pk, message.pk, "sound"), ShownReport(10**9, 10**9, "sound")])
    assert not Notification.objects.exists()


def test_five_hundred_reports_are_few_queries(people, message, django_assert_max_num_queries):
    notified(people["member"], message)
    reports = [ShownReport(people["member"].pk, message.pk + n, "sound") for n in range(500)]
    with django_assert_max_num_queries(4):
        record_shown(reports)
    assert shown_to(people["member"]) == ["sound"]


@pytest.mark.django_db(transaction=True)
def test_pages_report_over_the_socket(uvicorn, people, message):
    notified(people["member"], message)
    with LiveClient(uvicorn, people["member"]) as page, LiveClient(uvicorn, people["other"]) as stranger:
        assert stranger.call("notification.shown", message=message.pk, shown="desktop")["type"] == "ok"
        assert shown_to(people["member"]) == [""]
        refusal = page.call("notification.shown", message=message.pk, shown="loudly")
        assert (refusal["type"], refusal["field"]) == ("error", "shown")
        assert page.call("notification.shown", message=message.pk, shown="sound")["type"] == "ok"
    assert shown_to(people["member"]) == ["sound"]
