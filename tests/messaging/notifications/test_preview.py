"""The preview of what notification settings do."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.models import Status
from messaging.models import Channel, NotificationPreferences
from messaging.notifications import preview as module
from messaging.notifications.preview import preview
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def ana():
    return make_user("ana")


def outcomes(user, **fields) -> list[tuple[str, list[str]]]:
    with timezone.override(UTC):
        found = preview(user, NotificationPreferences(user=user, **fields), MONDAY)
    return [(each.title, [outcome for _message, outcome in each.outcomes]) for each in found]


def test_every_channel_has_a_text():
    assert set(module.OUTCOMES) == set(Channel)


def test_default_settings_notify_of_mentions_and_direct_messages(ana):
    [(_now, present), (_away, away)] = outcomes(ana)
    assert present == ["Desktop notification", "Desktop notification", "No notification"]
    assert away == ["Only counts as unread", "Only counts as unread", "No notification"]


def test_level_and_sound_are_followed(ana):
    assert outcomes(ana, level="all", desktop=False)[0][1] == ["Sound"] * 3
    assert outcomes(ana, level="nothing")[0][1] == ["Only counts as unread", "Desktop notification", "No notification"]


def test_the_next_quiet_hours_are_shown_with_their_day(ana):
    quiet = [[480, 600], None, [1320, 480], None, None, None, None]
    title, found = outcomes(ana, quiet_hours=quiet)[2]
    assert title == "On Wednesday at 10 p.m."
    assert found[0] == "Only counts as unread, because of your quiet hours"
    title, _found = outcomes(ana, quiet_hours=[[480, 600], *[None] * 6])[2]
    assert title == "On Monday at 8 a.m."


def test_do_not_disturb_is_named(ana):
    ana.status = Status.DND
    assert outcomes(ana)[0][1][0] == "Only counts as unread, because of your status"


def test_form_is_previewed_without_being_saved(ana):
    client = log_in(ana)
    data = {"level": "all", "sound": "none", "email_delay": "0", "keywords": "!!!"}
    text = client.post("/notifications/preview/", data).content.decode()
    assert "Only counts as unread" in text and "Desktop notification" not in text
    assert not NotificationPreferences.objects.exists()
    assert "Desktop notification" in client.get("/notifications/").content.decode()
