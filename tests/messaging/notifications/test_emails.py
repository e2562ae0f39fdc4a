"""Emails about messages that people haven't read: to whom, when, about what, and each once."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Email
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone, translation

from accounts.mail.delivery import Mailer
from accounts.models import Connection, QueuedEmail, ServerProcess, User
from accounts.sql import batched
from messaging.models import EmailDelay, Message, Notification, NotificationPreferences
from messaging.notifications import notify as notify_module
from messaging.notifications.emails import composition, delivery, due
from messaging.notifications.emails.delivery import deliver_piece
from messaging.notifications.emails.headers import subject_of
from messaging.notifications.emails.links import Kind, unsubscribe_url
from messaging.posting.actions import clear_history, delete_message
from rooms.actions import leave_room, open_direct_room
from rooms.blocking import block_person, mute_person, mute_room
from rooms.conversations import open_conversation
from rooms.models import Membership, Room
from rooms.read_markers import ReadMarker, move_markers
from tests.factories import log_in, make_attachment, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(mail) -> None:
    """All tests send to a real mail server."""


@pytest.fixture
def ben(reachable) -> User:
    return reachable("ben", display_name="Ben")


@pytest.fixture
def garden(ben, ana) -> Room:
    room = make_room("garden", owner=ana, kind="private")
    make_member(room, ben)
    return room


def emails() -> list[Email]:
    """Return the queued emails."""
    return [message_from_bytes(bytes(each.content)) for each in QueuedEmail.objects.order_by("pk")]


def deliver() -> list[Email]:
    while deliver_piece():
        pass
    return emails()


def subject(email: Email) -> str:
    return str(make_header(decode_header(email["Subject"])))


def part(email: Email, kind: str) -> str:
    [found] = [each for each in email.walk() if each.get_content_type() == kind]
    return found.get_payload(decode=True).decode()


def text(email: Email) -> str:
    return part(email, "text/plain")


def read(user: User, message: Message) -> None:
    move_markers([ReadMarker(user.pk, message.room_id, message.seq)])


def connect(user: User, *, idle: bool = False, kind: str = "page") -> Connection:
    process = ServerProcess.objects.create(host="here", pid=1)
    return Connection.objects.create(process=process, user=user, kind=kind, idle_since=timezone.now() if idle else None)


def prefer(user: User, **fields: object) -> None:
    NotificationPreferences.objects.update_or_create(user=user, defaults=fields)


MEANWHILE = {
    "read": lambda ben, ana, message: read(ben, message),
    "cleared": lambda ben, ana, message: clear_history(user=ben, room_id=message.room_id),
    "deleted": lambda ben, ana, message: delete_message(actor=ana, message_id=message.pk),
    "blocked": lambda ben, ana, message: block_person(user=ben, other=ana),
    "muted": lambda ben, ana, message: mute_person(user=ben, other=ana),
    "room muted": lambda ben, ana, message: mute_room(user=ben, room=message.room),
    "left": lambda ben, ana, message: leave_room(user=ben, room=message.room),
    "level": lambda ben, ana, message: Membership.objects.filter(user=ben).update(notification_level="nothing"),
    "default level": lambda ben, ana, message: prefer(ben, level="nothing"),
    "turned off": lambda ben, ana, message: prefer(ben, email_delay=EmailDelay.NEVER),
    "suspended": lambda ben, ana, message: User.objects.filter(pk=ben.pk).update(is_active=False),
    "unverified": lambda ben, ana, message: EmailAddress.objects.update(verified=False),
    "old": lambda ben, ana, message: Notification.objects.update(created_at=F("created_at") - due.GIVE_UP_AFTER),
}


class TestWhetherItIsSent:
    def test_unread_message_is_sent_once(self, ben, ana, garden, notify):
        notification = notify(ben, post(garden, ana, "Water the plants, @ben"))
        assert len(deliver()) == 1
        notification.refresh_from_db()
        assert notification.emailed_at is not None
        assert notification.email_due_at is None
        assert len(deliver()) == 1

    def test_mention_that_was_noticed_is_sent_after_the_delay(self, ben, ana, garden):
        post(garden, ana, "Water the plants, @ben")
        notify_module.notify_piece()
        assert deliver() == []
        Notification.objects.update(email_due_at=F("email_due_at") - timedelta(minutes=EmailDelay.LATER))
        [email] = deliver()
        assert "Water the plants, @ben" in text(email)

    def test_nothing_is_sent_early(self, ben, ana, garden, notify):
        notify(ben, post(garden, ana), due_in=timedelta(minutes=1))
        assert deliver() == []

    @pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE)
    def test_what_changes_meanwhile_counts(self, ben, ana, garden, notify, meanwhile):
        notification = notify(ben, post(garden, ana))
        meanwhile(ben, ana, notification.message)
        assert deliver() == []
        notification.refresh_from_db()
        assert (notification.emailed_at, notification.email_due_at) == (None, None)

    @pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE)
    def test_what_changes_while_the_mail_server_is_away_counts(self, ben, ana, garden, notify, mail, meanwhile):
        notification = notify(ben, post(garden, ana))
        assert len(deliver()) == 1
        meanwhile(ben, ana, notification.message)
        assert Mailer().send_next()
        assert mail.received == []
        assert deliver() == []

    def test_what_is_left_is_sent_in_another_email(self, ben, ana, garden, notify, mail):
        wrong, right = post(garden, ana, "Wrong room"), post(garden, ana, "Water the plants")
        notify(ben, wrong), notify(ben, right)
        assert len(deliver()) == 1
        delete_message(actor=ana, message_id=wrong.pk)
        assert Mailer().send_next()
        [email] = deliver()
        assert "Water the plants" in text(email)
        assert "Wrong room" not in text(email)
        assert Mailer().send_next()
        assert len(mail.received) == 1
        assert not Notification.objects.filter(email_due_at__isnull=False).exists()

    def test_an_email_without_content_stands_for_all_conversations(self, ben, ana, garden, notify, mail):
        prefer(ben, shows_content=False)
        notify(ben, post(garden, ana))
        kept = notify(ben, post(open_direct_room(user=ana, other=ben), ana))
        assert len(deliver()) == 1
        read(ben, Message.objects.get(room=garden))
        assert Mailer().send_next()
        assert len(deliver()) == 1
        assert Mailer().send_next()
        assert len(mail.received) == 1
        kept.refresh_from_db()
        assert kept.emailed_at is not None

    def test_content_is_not_sent_to_those_who_no_longer_want_it(self, ben, ana, garden, notify, mail):
        notify(ben, post(garden, ana, "Water the plants"))
        deliver()
        prefer(ben, shows_content=False)
        assert Mailer().send_next()
        [email] = deliver()
        assert "Water the plants" not in text(email)

    def test_direct_messages_are_sent_whatever_the_level_for_rooms(self, ben, ana, notify):
        prefer(ben, level="nothing")
        notify(ben, post(open_direct_room(user=ana, other=ben), ana))
        assert len(deliver()) == 1

    @pytest.mark.parametrize("url", ["", "https://chat.example.org"])
    def test_site_without_mail_server_or_address_sends_nothing(self, ben, ana, garden, notify, settings, url):
        settings.SITE_URL = url
        if url:
            settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.console.EmailBackend"
        notify(ben, post(garden, ana))
        assert deliver() == []

    def test_person_who_is_present_is_waited_for(self, ben, ana, garden, notify):
        notification = notify(ben, post(garden, ana))
        open_page = connect(ben)
        assert deliver() == []
        notification.refresh_from_db()
        assert notification.email_due_at > timezone.now()
        Notification.objects.update(email_due_at=timezone.now())
        open_page.delete()
        connect(ben, idle=True)
        connect(ben, kind="bot")
        assert len(deliver()) == 1

    def test_the_verified_address_is_used(self, ben, ana, garden, notify):
        EmailAddress.objects.update(primary=False)
        EmailAddress.objects.create(user=ben, email="new@example.org", verified=False, primary=True)
        notify(ben, post(garden, ana))
        assert [each["To"] for each in deliver()] == ["ben@example.org"]


class TestHowMany:
    def test_one_email_per_conversation_with_all_that_is_pending(self, ben, ana, garden, notify):
        other = make_room("kitchen", owner=ana)
        make_member(other, ben)
        notify(ben, post(garden, ana, "First"))
        notify(ben, post(garden, ana, "Second"), due_in=timedelta(minutes=9))
        notify(ben, post(other, ana, "Third"))
        first, second = deliver()
        assert "First" in text(first)
        assert "Second" in text(first)
        assert "Third" not in text(first)
        assert "Third" in text(second)
        assert not Notification.objects.filter(email_due_at__isnull=False).exists()

    def test_only_the_unread_ones_are_shown_and_marked(self, ben, ana, garden, notify):
        seen, unseen = notify(ben, post(garden, ana, "First")), notify(ben, post(garden, ana, "Second"))
        read(ben, seen.message)
        [email] = deliver()
        assert "First" not in text(email)
        assert list(Notification.objects.filter(emailed_at__isnull=False)) == [unseen]

    def test_next_email_about_a_conversation_comes_after_a_pause(self, ben, ana, garden, notify):
        notify(ben, post(garden, ana))
        deliver()
        late = notify(ben, post(garden, ana))
        assert len(deliver()) == 1
        late.refresh_from_db()
        assert late.email_due_at > timezone.now()
        Notification.objects.update(email_due_at=timezone.now() - timedelta(seconds=1))
        Notification.objects.filter(emailed_at__isnull=False).update(
            emailed_at=timezone.now() - due.PAUSE, email_due_at=None
        )
        assert len(deliver()) == 2

    def test_nobody_gets_more_than_a_few_emails_at_once(self, ben, ana, notify, monkeypatch):
        monkeypatch.setattr(due, "MAX_PER_PAUSE", 2)
        for _ in range(4):
            room = make_room(owner=ana)
            make_member(room, ben)
            notify(ben, post(room, ana))
        assert len(deliver()) == 2
        assert Notification.objects.filter(email_due_at__isnull=False).count() == 2

    def test_many_messages_are_shown_in_part(self, ben, ana, garden, notify):
        for number in range(13):
            notify(ben, post(garden, ana, f"Message no. {number}."))
        [email] = deliver()
        assert "13 messages that you haven’t read" in text(email)
        assert "3 earlier messages" in text(email)
        assert "no. 2." not in text(email)
        assert "no. 3." in text(email)
        assert Notification.objects.filter(emailed_at__isnull=False).count() == 13


class TestContent:
    def test_room(self, ben, ana, garden, notify):
        bo, zoe = make_member(garden, make_user("bo")), make_member(garden, make_user("zoe"))
        for person in (zoe, bo, ana):
            message = post(garden, person, f"**Hello** from {person.username}, ||secret||")
            notify(ben, message)
        [email] = deliver()
        assert subject(email) == "#garden – Ana Ferreira and 2 others"
        assert "Hello from zoe, ▒▒▒▒" in text(email)
        assert f"https://chat.example.org/rooms/{garden.pk}/messages/{message.seq}/" in text(email)
        assert f'href="https://chat.example.org/rooms/{garden.pk}/messages/{message.seq}/"' in part(email, "text/html")
        assert "secret" not in email.as_string()

    def test_direct_message(self, ben, ana, notify):
        notify(ben, post(open_direct_room(user=ana, other=ben), ana, "Hi"))
        [email] = deliver()
        assert subject(email) == "Ana Ferreira"

    def test_group_conversation(self, ben, ana, notify):
        bo = make_user("bo")
        notify(ben, post(open_conversation(user=ana, others=[ben, bo]), ana, "Hi"))
        [email] = deliver()
        assert subject(email) == "Ana Ferreira and bo – Ana Ferreira"

    def test_file_without_text_and_long_text(self, ben, ana, garden, notify):
        with_file = post(garden, ana, " ".join(["word"] * 400))
        notify(ben, with_file)
        make_attachment(garden, ana, name="plan.txt", message=with_file)
        Message.objects.filter(pk=with_file.pk).update(html="")
        notify(ben, post(garden, ana, " ".join(["word"] * 400)))
        [email] = deliver()
        assert "📎 plan.txt" in text(email)
        assert max(map(len, text(email).splitlines())) == composition.LINE_LENGTH

    def test_markup_is_escaped(self, ben, ana, garden, notify):
        Room.objects.update(name="<b>garden")
        notify(ben, post(garden, ana, "`<script>alert(1)</script>` & more"))
        [email] = deliver()
        html = part(email, "text/html")
        assert "<script>" not in html
        assert "<b>garden" not in html
        assert "<script>alert(1)</script> & more" in text(email)

    def test_without_content_nothing_is_told(self, ben, ana, garden, notify):
        prefer(ben, shows_content=False)
        second = make_room("kitchen", owner=ana)
        make_member(second, ben)
        for room in (garden, second):
            notify(ben, post(room, ana, "Water the plants"))
        [email] = deliver()
        assert subject(email) == "You have unread messages on Chatsite"
        whole = email["Subject"] + text(email) + part(email, "text/html") + str(email.items())
        for secret in ("Ana", "garden", "kitchen", "Water", f"rooms/{garden.pk}"):
            assert secret not in whole
        assert Notification.objects.filter(emailed_at__isnull=False).count() == 2
        assert len(deliver()) == 1

    @pytest.mark.parametrize("name", ["gar\r\nBcc: eve@example.org", "gar\u2028den\x85", "g" * 80, "🌻" * 80])
    def test_names_cannot_inject_headers(self, ben, ana, garden, notify, name):
        Room.objects.update(name=name)
        User.objects.filter(pk=ana.pk).update(display_name=name[:60])
        notify(ben, post(garden, ana))
        [email] = deliver()
        assert email["Bcc"] is None
        assert "\n" not in subject(email)
        assert len(subject(email)) <= 150
        assert email["To"] == "ben@example.org"

    def test_lone_surrogates_and_controls_are_replaced(self):
        assert subject_of("a\ud800\0b\r\n", ["c\x1b"]) == "a b – c"

    def test_emails_thread_by_conversation(self, ben, ana, garden, notify, reachable):
        bo = make_member(garden, reachable("bo"))
        message = post(garden, ana)
        notify(ben, message)
        notify(bo, message)
        deliver()
        Notification.objects.update(emailed_at=None)
        notify(ben, post(garden, ana))
        first, of_bo, second = deliver()
        assert first["References"] == second["References"] == first["In-Reply-To"]
        assert len({first["Message-ID"], second["Message-ID"], first["References"], of_bo["References"]}) == 4
        assert first["Message-ID"].endswith("@chat.example.org>")
        assert first["Auto-Submitted"] == "auto-generated"

    def test_language_and_time_zone_are_the_persons(self, ben, ana, garden, notify, settings, monkeypatch):
        settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
        User.objects.update(language="de", time_zone="Asia/Tokyo")
        message = post(garden, ana, "Hello")
        notify(ben, message)
        seen = []
        monkeypatch.setattr(composition, "subject_of", lambda *args: seen.append(translation.get_language()) or "s")
        [email] = deliver()
        assert seen == ["de"]
        assert 'lang="de"' in part(email, "text/html")
        assert f"{message.created_at.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M}" in text(email)
        assert translation.get_language() == "en"


class TestUnsubscribing:
    def url(self, email: Email) -> str:
        return email["List-Unsubscribe"].strip("\n <>").removeprefix("https://chat.example.org")

    def test_one_click_needs_neither_login_nor_token(self, ben, ana, garden, notify):
        prefer(ben, gets_digest=True)
        notify(ben, post(garden, ana))
        [email] = deliver()
        assert email["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        response = Client(enforce_csrf_checks=True).post(
            self.url(email), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert response.status_code == 200
        preferences = NotificationPreferences.objects.get(user=ben)
        assert (preferences.email_delay, preferences.gets_digest) == (EmailDelay.NEVER, True)

    def test_opening_the_link_only_asks(self, ben, ana, garden, notify):
        notify(ben, post(garden, ana))
        [email] = deliver()
        page = Client().get(self.url(email))
        assert page.status_code == 200
        assert "Turn emails off" in page.content.decode()
        assert not NotificationPreferences.objects.exists()
        assert "no-store" in page["Cache-Control"]

    def test_link_works_for_another_person_who_is_logged_in(self, ben, ana):
        url = unsubscribe_url(ben.pk, Kind.DIGEST).removeprefix("https://chat.example.org")
        prefer(ben, gets_digest=True)
        log_in(ana).post(url)
        preferences = NotificationPreferences.objects.get()
        assert (preferences.user, preferences.gets_digest) == (ben, False)
        assert preferences.email_delay != EmailDelay.NEVER

    def test_invalid_link_says_so(self, ben):
        url = unsubscribe_url(ben.pk, Kind.MESSAGES).removeprefix("https://chat.example.org")
        gone = unsubscribe_url(10**9, Kind.MESSAGES).removeprefix("https://chat.example.org")
        for wrong in (f"{url[:-3]}xx/", "/email/unsubscription/nothing/"):
            for response in (Client().get(wrong), Client().post(wrong)):
                assert response.status_code == 404
                assert "This link doesn’t work" in response.content.decode()
        assert Client().post(gone).status_code == 404
        assert not NotificationPreferences.objects.exists()


class TestMuting:
    def url(self, email: Email) -> str:
        [url] = re.findall(r"https://chat.example.org(/email/mute/\S+)", text(email))
        return url

    def test_link_mutes_the_room_after_confirmation(self, ben, ana, garden, notify):
        notify(ben, post(garden, ana))
        [email] = deliver()
        membership = Membership.objects.get(user=ben, room=garden)
        page = Client().get(self.url(email))
        membership.refresh_from_db()
        assert "#garden" in page.content.decode()
        assert not membership.is_muted
        assert "Room muted" in Client(enforce_csrf_checks=True).post(self.url(email)).content.decode()
        membership.refresh_from_db()
        assert membership.is_muted

    def test_group_is_named_after_the_others_without_those_whom_one_blocks(self, ben, ana, notify):
        bo, eve = make_user("bo"), make_user("eve")
        notify(ben, post(open_conversation(user=ana, others=[ben, bo, eve]), ana, "Hi"))
        block_person(user=ben, other=eve)
        [email] = deliver()
        assert subject(email) == "Ana Ferreira and bo – Ana Ferreira"
        page = Client().get(self.url(email)).content.decode()
        assert "Ana Ferreira and bo" in page
        assert "Mute conversation" in page

    @pytest.mark.parametrize("meanwhile", ["left", "suspended", "blocked"])
    def test_link_to_a_room_that_one_left_is_invalid(self, ben, ana, garden, notify, meanwhile):
        room = open_direct_room(user=ana, other=ben) if meanwhile == "blocked" else garden
        notify(ben, post(room, ana))
        [email] = deliver()
        if meanwhile == "left":
            leave_room(user=ben, room=garden)
        elif meanwhile == "blocked":
            block_person(user=ben, other=ana)
        else:
            User.objects.filter(pk=ben.pk).update(is_active=False)
        for response in (Client().get(self.url(email)), Client().post(self.url(email))):
            assert response.status_code == 404
            assert "garden" not in response.content.decode()
        assert not Membership.objects.filter(is_muted=True).exists()

    def test_tokens_are_of_one_kind(self, ben, garden):
        url = unsubscribe_url(ben.pk, Kind.MESSAGES)
        assert Client().post(f"/email/mute/{url.split('/')[-2]}/").status_code == 404


class TestMany:
    def test_a_thousand_people_at_once(self, ana, garden, notify, monkeypatch, django_assert_max_num_queries):
        monkeypatch.setattr(delivery, "MAX_WAITING", 60)
        message = post(garden, ana, "@room")
        people = [User(username=f"p{number}", username_key=f"p{number}") for number in range(1000)]
        User.objects.bulk_create(people)
        Membership.objects.bulk_create([Membership(room=garden, user=person) for person in people])
        EmailAddress.objects.bulk_create(
            [EmailAddress(user=each, email=f"{each.username}@example.org", verified=True) for each in people]
        )
        template = notify(people[0], message)
        for some in batched(people[1:]):
            rows = [
                Notification(
                    user=each, message=message, room=garden, seq=message.seq, email_due_at=template.email_due_at
                )
                for each in some
            ]
            Notification.objects.bulk_create(rows)
        with django_assert_max_num_queries(18):
            assert deliver_piece()
        assert QueuedEmail.objects.count() == due.PIECE
        deliver()
        # The others wait, so that emails about new passwords needn't.
        assert QueuedEmail.objects.count() == delivery.MAX_WAITING
        QueuedEmail.objects.all().delete()
        deliver()
        assert QueuedEmail.objects.count() == delivery.MAX_WAITING
        assert Notification.objects.filter(email_due_at__isnull=False).count() == 1000 - 2 * delivery.MAX_WAITING

    def test_email_that_cannot_be_composed_does_not_hold_up_others(self, ben, ana, garden, notify, monkeypatch, caplog):
        other = make_room("kitchen", owner=ana)
        make_member(other, ben)
        compose = delivery.compose

        def fail_in_garden(conversation, *args):
            assert conversation.key[1] != garden.pk
            return compose(conversation, *args)

        monkeypatch.setattr(delivery, "compose", fail_in_garden)
        notify(ben, post(garden, ana))
        notify(ben, post(other, ana))
        assert len(deliver()) == 1
        assert caplog.text.count("could not be composed") == 1


@pytest.mark.django_db(transaction=True)
class TestProcesses:
    def test_two_workers_send_one_email(self, ben, ana, garden, notify, mail):
        for number in range(5):
            room = make_room(f"room{number}", owner=ana)
            make_member(room, ben)
            notify(ben, post(room, ana))
        barrier = threading.Barrier(4)

        def work() -> None:
            barrier.wait()
            while deliver_piece():
                pass
            connection.close()

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work) for _ in range(4)]:
                done.result()
        while Mailer().send_next():
            pass
        assert len(mail.received) == 5

    def test_decision_of_a_slower_process_is_dropped(self, ben, ana, garden, notify, mail):
        notify(ben, post(garden, ana))
        now = timezone.now()
        slower = delivery._decide(now)
        deliver_piece()
        notify(ben, post(garden, ana))
        delivery._settle(*slower, now)
        assert len(mail.received) == 1
        assert Notification.objects.filter(email_due_at__isnull=False).count() == 1

    def test_crash_before_the_commit_decides_nothing(self, ben, ana, garden, notify, mail, monkeypatch):
        notify(ben, post(garden, ana))
        monkeypatch.setattr(delivery, "_schedule", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver_piece()
        monkeypatch.undo()
        assert mail.received == []
        assert not QueuedEmail.objects.exists()
        assert Notification.objects.filter(email_due_at__isnull=False).count() == 1

    def test_mail_server_that_is_away_only_delays(self, ben, ana, garden, notify, mail):
        mail.replies["greeting"] = None
        notify(ben, post(garden, ana))
        deliver_piece()
        assert QueuedEmail.objects.get().attempts == 1
        mail.replies.clear()
        QueuedEmail.objects.update(due_at=timezone.now())
        Mailer().send_next()
        [received] = mail.received
        assert received.recipients == ("ben@example.org",)
        assert str(make_header(decode_header(received.message["Subject"]))) == "#garden – Ana Ferreira"
