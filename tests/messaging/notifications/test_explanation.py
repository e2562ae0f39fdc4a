"""Explanations why someone was notified of a message, or why they weren't."""

import json
from datetime import timedelta
from io import BytesIO
from typing import get_args
from zipfile import ZipFile

import pytest
from django.utils import timezone

from accounts.lifecycle.deletion import delete_account
from accounts.lifecycle.retention import prune
from accounts.models import Status
from messaging.models import (
    Cause,
    Channel,
    Keyword,
    Message,
    Notification,
    NotificationJob,
    NotificationPreferences,
    NotifiedRoom,
    Trigger,
)
from messaging.notifications import explanation
from messaging.notifications.explanation import KEPT, explain
from messaging.notifications.notify import notify_piece
from messaging.notifications.preferences import save_preferences
from messaging.notifications.shown import Shown, ShownReport, record_shown
from rooms.actions import delete_room
from rooms.blocking import block_person, mute_person, mute_room
from rooms.room_list import set_notification_level
from tests.factories import log_in, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(people):
    return people["other"]


@pytest.fixture
def said(people):
    """Return a function that posts a message, and looks through it."""

    def said(body: str = "Hello", **fields) -> Message:
        message = post(people["room"], people["member"], body, **fields)
        while notify_piece():
            pass
        return message

    return said


def url(message: Message) -> str:
    return f"/messages/{message.pk}/notification/"


def test_there_is_a_text_for_everything_that_can_happen():
    assert set(explanation.CAUSES) == set(Cause)
    assert set(explanation.TRIGGERS) == set(Trigger)
    assert set(explanation.CHANNELS) == set(Channel)
    assert set(explanation.SHOWN) == set(get_args(Shown))


class TestNotified:
    def test_the_reason_is_named_with_its_setting(self, ana, said):
        found = explain(ana, said(f"@{ana.username} look"))
        assert found.headline == "This message was only counted as unread."
        assert found.reasons == ["It mentions you.", "You weren’t using the site."]
        assert found.link == "Notifications of this room"

    def test_keyword_saved_in_the_settings_is_found(self, ana, said):
        log_in(ana).post("/notifications/", {"keywords": "Red panda", "sound": "knock", "email_delay": "15"})
        found = explain(ana, said("A red PANDA!"))
        assert found.reasons[0] == "It contains one of your keywords."
        assert found.url == "/notifications/#div_id_keywords"

    def test_quiet_hours_and_status_are_named(self, ana, said):
        ana.status = Status.DND
        ana.save()
        found = explain(ana, said(f"@{ana.username}"))
        assert found.reasons[1:] == ["Your status was “Do not disturb”."]
        assert found.url == "/profile/#status"
        ana.status = Status.AUTO
        ana.save()
        save_preferences(user=ana, quiet_hours=[[0, 0]] * 7)
        found = explain(ana, said(f"@{ana.username}"))
        assert (found.reasons[1], found.link) == ("It came during your quiet hours.", "Quiet hours")

    def test_page_and_email_are_mentioned(self, ana, said):
        message = said(f"@{ana.username}")
        record_shown([ShownReport(ana.pk, message.pk, "denied")])
        stored = Notification.objects.filter(user=ana)
        stored.update(channel=Channel.DESKTOP, email_due_at=timezone.now())
        found = explain(ana, message)
        assert "Your browser doesn’t allow this site to show notifications." in found.reasons
        assert found.reasons[-1].startswith("It will be sent to you by email on")
        stored.update(email_due_at=None, emailed_at=timezone.now())
        assert explain(ana, message).reasons[-1].startswith("It was sent to you by email on")


class TestNotNotified:
    def test_other_messages_in_the_room(self, ana, people, said):
        found = explain(ana, said())
        assert found.headline == "You weren’t notified of this message."
        assert "only notified of mentions, replies" in found.reasons[0]
        assert found.url == f"/rooms/{people['room'].pk}/notifications/"

    def test_level_and_muting(self, ana, people, said):
        set_notification_level(user=ana, room=people["room"], level="nothing")
        found = explain(ana, said())
        assert found.reasons == ["You aren’t notified of anything in this room."]
        mute_room(user=ana, room=people["room"])
        found = explain(ana, said())
        assert (found.reasons, found.link) == (["You’ve muted this room."], "Muted rooms")
        mute_person(user=ana, other=people["member"])
        assert explain(ana, said()).reasons == ["You’ve muted the person who wrote it."]

    def test_mention_of_everyone_that_one_turned_off(self, people, ana, said):
        save_preferences(user=ana, hears_everyone=False)
        found = explain(ana, said("@room"))
        assert found.reasons[0] == "It mentions everyone in the room."
        assert found.url == "/notifications/#div_id_hears_everyone"

    def test_reading_it_since_does_not_hide_the_reason(self, ana, people, said):
        message = said()
        people["room"].memberships.filter(user=ana).update(last_read_seq=message.seq)
        assert "only notified of mentions" in explain(ana, message).reasons[0]

    def test_settings_that_were_changed_since(self, ana, people, said):
        message = said()
        set_notification_level(user=ana, room=people["room"], level="all")
        assert explain(ana, message).reasons[0].startswith("With your present settings, you would be.")

    def test_own_old_and_new_messages(self, ana, people, said):
        message = said()
        assert explain(people["member"], message).headline == "You aren’t notified of your own messages."
        message.created_at -= KEPT + timedelta(minutes=1)
        assert explain(ana, message).headline == "What happened is only kept for 7 days."
        waiting = post(people["room"], people["member"], "Not yet")
        assert "hasn’t looked through" in explain(ana, waiting).headline


class TestPage:
    @pytest.mark.parametrize("who", ["former", "stranger", "root"])
    def test_message_that_one_does_not_see_does_not_exist(self, people, said, who):
        assert log_in(people[who]).get(url(said())).status_code == 404

    def test_message_of_a_blocked_person_does_not_exist(self, ana, people, said):
        block_person(user=ana, other=people["member"])
        assert log_in(ana).get(url(said())).status_code == 404

    def test_only_what_became_of_it_for_oneself_is_shown(self, ana, people, said):
        message = said(f"@{ana.username} secretly")
        assert "It mentions you." in log_in(ana).get(url(message)).content.decode()
        text = log_in(people["moderator"]).get(url(message)).content.decode()
        assert "It mentions you." not in text and "You weren’t notified" in text

    def test_number_of_queries_is_bounded(self, ana, said, django_assert_max_num_queries):
        message, client = said(), log_in(ana)
        client.get("/saved/")
        with django_assert_max_num_queries(26):
            client.get(url(message))


class TestLifetime:
    @pytest.fixture
    def stored(self, ana, said):
        save_preferences(user=ana, sound="bell", keywords=["panda"])
        said(f"@{ana.username}")
        return Notification.objects.filter(user=ana)

    def test_notifications_are_pruned_after_seven_days(self, stored):
        prune()
        assert stored.count() == 1
        stored.update(created_at=timezone.now() - KEPT - timedelta(minutes=1))
        assert prune()["notifications"] == 1
        assert not stored.exists()

    def test_deleted_account_keeps_nothing(self, ana, stored):
        delete_account(user=ana, with_messages=False)
        assert not stored.exists()
        assert not NotificationPreferences.objects.exists() and not Keyword.objects.exists()

    def test_room_with_notifications_can_be_deleted(self, people, stored):
        NotificationJob.objects.create(message=stored.get().message)
        delete_room(actor=people["owner"], room=people["room"])
        assert not stored.exists() and not NotifiedRoom.objects.filter(room=people["room"]).exists()

    def test_export_has_the_settings_and_what_happened(self, ana, stored):
        with ZipFile(BytesIO(log_in(ana).post("/profile/data/").getvalue())) as packed:
            (settings,) = json.loads(packed.read("notification_settings.json"))
            (told,) = json.loads(packed.read("notifications.json"))
        assert (settings["sound"], settings["keywords"]) == ("bell", ["panda"])
        assert (told["trigger"], told["message"]) == ("mention", stored.get().message_id)
