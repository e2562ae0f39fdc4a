"""The sentences that say what notification settings do."""

from datetime import UTC, datetime
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import Status, User
from messaging.models import NotificationPreferences
from messaging.notifications.preview import preview
from messaging.notifications.quiet_hours import next_end
from tests.factories import log_in
from tests.push_device import Device
from tests.push_site import subscribe_device

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
NIGHT = [1320, 480]
ALWAYS = [[0, 0]] * 7


@pytest.fixture
def ben(reachable, settings) -> User:
    """Someone whom emails reach."""
    settings.SITE_URL = "https://chat.example.org"
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    return reachable("ben")


def sentences(user: User, **fields) -> list[str]:
    with timezone.override(UTC):
        return preview(user, NotificationPreferences(user=user, **fields), MONDAY)


def test_default_settings(ana):
    assert sentences(ana) == [
        "While you’re using this site, a mention or direct message shows a desktop notification.",
        "While this site isn’t open, a mention or direct message only shows a badge.",
        "Other messages in rooms don’t notify you.",
    ]


def test_emails_and_devices(ben):
    assert sentences(ben)[1:] == [
        "While this site isn’t open, a mention or direct message is emailed to you if it’s still unread after 15 minutes.",
        "Other messages in rooms don’t notify you.",
    ]
    subscribe_device(ben, Device("https://fcm.googleapis.com/x"))
    assert sentences(ben, email_delay=2, level="all")[1:] == [
        "While this site isn’t open, a mention or direct message notifies you on your devices, and by email if it’s "
        "still unread after 2 minutes.",
        "Other messages in rooms notify you in the same way, but never by email.",
    ]
    assert sentences(ben, email_delay=0)[1] == (
        "While this site isn’t open, a mention or direct message notifies you on your devices."
    )


def test_emails_do_not_come_without_the_address_of_the_site(ben, settings):
    settings.SITE_URL = ""
    assert sentences(ben)[1] == "While this site isn’t open, a mention or direct message only shows a badge."


def test_rooms_that_are_turned_off(ana):
    assert sentences(ana, level="nothing", desktop=False) == [
        "While you’re using this site, a direct message plays a sound.",
        "While this site isn’t open, a direct message only shows a badge.",
        "Messages in rooms don’t notify you. Mentions of you only show a badge.",
    ]


def test_every_message(ana):
    assert sentences(ana, level="all", desktop=False, sound="none") == [
        "While you’re using this site, a mention or direct message only shows a badge.",
        "While this site isn’t open, a mention or direct message only shows a badge.",
        "Other messages in rooms notify you in the same way.",
    ]


def test_the_next_quiet_hours(ana, ben):
    saturday = [None] * 5 + [NIGHT, None]
    assert sentences(ana, quiet_hours=saturday)[2] == (
        "At 11 p.m. on a Saturday, a mention or direct message would only show a badge."
    )
    assert sentences(ben, quiet_hours=saturday, level="nothing")[2] == (
        "At 11 p.m. on a Saturday, a direct message would only show a badge, and be emailed to you if it’s still unread "
        "after 15 minutes."
    )
    assert sentences(ana, quiet_hours=[[480, 500], *[None] * 6])[2].startswith("At 8 a.m. on a Monday, ")


def test_quiet_hours_that_never_end_leave_nothing_else(ana):
    assert len(sentences(ana, quiet_hours=ALWAYS)) == 2
    assert "would only show a badge" in sentences(ana, quiet_hours=ALWAYS)[0]


def test_do_not_disturb(ana):
    ana.status = Status.DND
    assert sentences(ana)[2] == "While your status is “Do not disturb”, a mention or direct message only shows a badge."


@pytest.mark.parametrize("has_device", [False, True], ids=["no device", "device"])
def test_there_are_sentences_for_all_settings(ben, has_device):
    if has_device:
        subscribe_device(ben, Device("https://fcm.googleapis.com/x"))
    ben.status = Status.DND
    choices = product(
        ["", "all", "mentions", "nothing"], [True, False], ["none", "bell"], [True, False], [0, 60], [[], [NIGHT] * 7]
    )
    for level, desktop, sound, push, email_delay, quiet in choices:
        fields = {"level": level, "desktop": desktop, "sound": sound, "push": push, "email_delay": email_delay}
        found = sentences(ben, **fields, quiet_hours=quiet)
        assert len(found) == 4 + bool(quiet)
        assert not [each for each in found if "%" in each]


def test_form_is_previewed_without_being_saved(ana):
    client = log_in(ana)
    data = {"level": "all", "sound": "none", "email_delay": "0", "keywords": "!!!"}
    text = client.post("/notifications/preview/", data).content.decode()
    assert "only shows a badge" in text and "desktop notification" not in text
    assert not NotificationPreferences.objects.exists()
    assert "shows a desktop notification" in client.get("/notifications/").content.decode()


@pytest.mark.parametrize(
    ("days", "end"),
    [
        ([None] * 7, datetime(2026, 11, 30, 12)),
        ([[600, 780], *[None] * 6], datetime(2026, 11, 30, 13)),
        ([[600, 60], [0, 120], *[None] * 5], datetime(2026, 12, 1, 2)),
        ([*[None] * 6, [1380, 1380]], datetime(2026, 11, 30, 23)),
        (ALWAYS, None),
        ([], datetime(2026, 11, 30, 12)),
    ],
    ids=["none", "today", "two in a row", "since yesterday", "always", "never chosen"],
)
def test_the_end_of_quiet_hours(days, end):
    assert next_end(days, datetime(2026, 11, 30, 12)) == end
