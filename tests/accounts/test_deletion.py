"""Deletion of accounts, and export of a user's data."""

import io
import json
import random
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import actions, data_export
from accounts.lifecycle.deletion import LastSuperuser, delete_account
from accounts.models import USERNAME_HELD_FOR, IdempotentRequest, Invitation, User
from accounts.registration.validation import NewUser
from accounts.signals import profile_changed, sessions_ended
from messaging.models import BulkDeletion, Message, Revision
from messaging.moderation.bulk_delete import delete_next_piece
from messaging.posting.actions import edit_message
from rooms.actions import open_direct_room
from rooms.errors import Refusal
from rooms.models import Membership
from tests.factories import make_draft, make_member, make_room, make_user, post, post_drafts

pytestmark = pytest.mark.django_db

PASSWORD = "a long pass phrase"
URL = "/profile/deletion/"


@pytest.fixture
def ana() -> User:
    return make_user("ana", display_name="Ana Brandt", email="ana@example.org", password=PASSWORD)


@pytest.fixture
def mira() -> User:
    return make_user("mira")


def delete_all_pieces() -> None:
    while delete_next_piece():
        pass


class TestAccount:
    def test_personal_data_is_erased_at_once(self, ana, browser_of, django_capture_on_commit_callbacks):
        browser = browser_of(ana)
        ana.avatar.save("avatar.webp", ContentFile(b"RIFF"))
        picture, storage = ana.avatar.name, ana.avatar.storage
        EmailAddress.objects.create(user=ana, email=ana.email, primary=True)
        invitation = actions.create_invitation(by=ana)
        IdempotentRequest.objects.create(user=ana, client_id=uuid4(), response='{"name": "Secret plans"}')
        with django_capture_on_commit_callbacks(execute=True):
            gone = delete_account(user=ana, with_messages=False)
        assert (gone.name, gone.email, gone.status_text, gone.last_seen_at) == ("Deleted user", "", "", None)
        assert not gone.is_active
        assert not gone.has_usable_password()
        assert not EmailAddress.objects.exists()
        assert not Invitation.objects.filter(pk=invitation.pk).exists()
        assert not UserSession.objects.exists()
        assert not IdempotentRequest.objects.exists()
        assert not storage.exists(picture)
        assert browser.get("/session/").status_code == 401
        assert Client().post("/accounts/login/", {"login": "ana", "password": PASSWORD}).status_code == 200

    def test_sockets_close_and_others_are_notified(self, ana, sent):
        ended, changed = sent(sessions_ended), sent(profile_changed)
        delete_account(user=ana, with_messages=False)
        assert [each["user"].pk for each in ended] == [ana.pk]
        assert [each["user"].name for each in changed] == ["Deleted user"]

    def test_deleted_person_is_not_found(self, ana, mira, client):
        delete_account(user=ana, with_messages=False)
        client.force_login(mira)
        assert client.get("/people/ana/").status_code == 404
        assert client.get(f"/people/deleted:{ana.pk}/").status_code == 404
        assert "Deleted user" not in client.get("/people/").content.decode()

    def test_username_is_held_and_then_released(self, ana):
        delete_account(user=ana, with_messages=False)
        with pytest.raises(ValidationError):
            actions.register_user(new_user=NewUser(username="ANA", password="seven green boats"))
        User.objects.filter(pk=ana.pk).update(deleted_at=timezone.now() - USERNAME_HELD_FOR - timedelta(seconds=1))
        assert (
            actions.register_user(new_user=NewUser(username="Ana", password="seven green boats")).username_key == "ana"
        )
        assert actions.register_user(new_user=NewUser(username="deleted.7", password="seven green boats"))

    def test_reserved_display_name_is_refused(self, mira):
        for name in ("Deleted user", "DELETED  USER"):
            with pytest.raises(ValidationError):
                actions.update_profile(user=mira, display_name=name, theme="")

    def test_last_superuser_is_not_deleted(self, everyone):
        warden = make_member(everyone, make_user("warden", is_superuser=True), role="owner")
        with pytest.raises(LastSuperuser):
            delete_account(user=warden, with_messages=True)
        assert Membership.objects.filter(user=warden).exists()
        assert not BulkDeletion.objects.exists()
        make_user("second", is_superuser=True)
        assert not delete_account(user=warden, with_messages=False).is_superuser


class TestRooms:
    def test_person_leaves_all_rooms_and_hands_over_ownership(self, ana, mira):
        room = make_room(owner=ana)
        make_member(room, mira)
        delete_account(user=ana, with_messages=False)
        assert list(room.memberships.values_list("user", "role")) == [(mira.pk, "owner")]

    def test_direct_message_shows_a_deleted_user(self, ana, mira, client):
        room = open_direct_room(user=ana, other=mira)
        delete_account(user=ana, with_messages=False)
        client.force_login(mira)
        facts = client.get(f"/rooms/{room.pk}/info/").content.decode()
        assert "Deleted user" in facts
        assert "/people/deleted" not in facts  # there is no such page

    def test_deleted_person_receives_no_direct_messages(self, ana, mira):
        room = open_direct_room(user=ana, other=mira)
        post(room, mira, "Are you there?")
        delete_account(user=ana, with_messages=False)
        [refusal] = post_drafts([make_draft(room, mira, "Hello?")])
        assert isinstance(refusal, Refusal)


class TestMessages:
    def test_kept_messages_are_by_a_deleted_user(self, ana, mira, everyone, client):
        make_member(everyone, ana)
        make_member(everyone, mira)
        post(everyone, ana, "Still here")
        delete_account(user=ana, with_messages=False)
        delete_all_pieces()
        client.force_login(mira)
        [message] = client.get(f"/rooms/{everyone.pk}/messages/").json()["messages"]
        assert (message["body"], message["sender"]["name"]) == ("Still here", "Deleted user")
        assert "ana" not in json.dumps(message["sender"]).lower().replace("avatar", "")

    def test_deleted_messages_leave_only_tombstones(self, ana, mira, monkeypatch):
        monkeypatch.setattr("messaging.moderation.bulk_delete.PIECE", 2)
        rooms = [make_room(owner=mira), make_room(owner=mira)]
        for room in rooms:
            make_member(room, ana)
        messages = [post(rooms[n % 2], ana, f"Ana {n}") for n in range(5)]
        reply = post(rooms[0], mira, "Mira's own", reply_to_id=messages[0].pk)
        edit_message(actor=ana, message_id=messages[0].pk, body="Ana again")
        delete_account(user=ana, with_messages=True)
        assert Message.objects.filter(body="").count() == 0  # afterwards, a piece at a time
        versions = {room.pk: Message.objects.filter(room=room).order_by("-version")[0].version for room in rooms}
        delete_all_pieces()
        gone = Message.objects.filter(sender=ana)
        assert gone.count() == 5
        for message in gone:
            assert (message.body, message.html, bytes(message.fingerprint)) == ("", "", b"")
            assert message.deleted_at is not None
        for room, count in zip(rooms, (3, 2), strict=True):
            room.refresh_from_db()
            mine = sorted(gone.filter(room=room).values_list("version", flat=True))
            assert mine == list(range(versions[room.pk] + 1, versions[room.pk] + count + 1))
            assert room.version == mine[-1]
        assert not Revision.objects.exists()
        assert not BulkDeletion.objects.exists()
        reply.refresh_from_db()
        assert reply.body == "Mira's own"

    def test_check_for_deleted_accounts_is_one_query(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert not delete_next_piece()


class TestPage:
    def test_page_asks_for_password_and_choice(self, ana, browser_of):
        post(make_room(owner=ana), ana)
        browser = browser_of(ana)
        assert "Download my data" in browser.get(URL).content.decode()
        for wrong in ({"messages": "keep", "password": "wrong"}, {"messages": "keep"}, {"password": PASSWORD}):
            assert browser.post(URL, wrong).status_code == 200
        assert User.objects.get(pk=ana.pk).is_active
        response = browser.post(URL, {"messages": "delete", "password": PASSWORD})
        assert "Your account has been deleted" in response.content.decode()
        assert BulkDeletion.objects.get().sender_id == ana.pk
        assert browser.get("/profile/").status_code == 302

    def test_last_superuser_sees_the_reason(self, browser_of):
        browser = browser_of(make_user("warden", is_superuser=True))
        for response in (browser.get(URL), browser.post(URL, {"messages": "keep", "password": PASSWORD})):
            assert "You’re the only admin" in response.content.decode()
        assert User.objects.get(username="warden").is_active


class TestCommand:
    def test_command_deletes_with_or_without_messages(self, ana, mira, everyone):
        for person in (ana, mira):
            make_member(everyone, person)
            post(everyone, person, f"By {person.username}")
        call_command("delete_account", "ANA", "--yes")
        call_command("delete_account", "mira", "--messages", "--yes")
        assert [message.body for message in Message.objects.order_by("seq")] == ["By ana", ""]

    def test_command_explains_refusals(self, ana):
        make_user("warden", is_superuser=True)
        call_command("delete_account", "ana", "--yes")
        for name, why in (
            ("ana", "USERNAME: no user named 'ana'"),
            ("warden", "USERNAME: warden is the only superuser"),
        ):
            with pytest.raises(CommandError, match=why):
                call_command("delete_account", name, "--yes")

    def test_command_asks_for_confirmation(self, ana, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda question: "no")
        with pytest.raises(CommandError, match="nothing was deleted"):
            call_command("delete_account", "ana")
        assert User.objects.get(pk=ana.pk).is_active


class TestDataExport:
    @pytest.fixture
    def written(self, ana, mira, everyone) -> Message:
        for person in (ana, mira):
            make_member(everyone, person)
        other = post(everyone, mira, "Mira's secret")
        message = post(everyone, ana, "First words", reply_to_id=other.pk)
        edit_message(actor=ana, message_id=message.pk, body="Better words")
        return message

    def unpacked(self, response) -> dict[str, str]:
        with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}

    def test_export_has_own_data_and_nothing_by_others(self, ana, written, browser_of, everyone):
        response = browser_of(ana).post("/profile/data/")
        assert response["Content-Type"] == "application/zip"
        files = self.unpacked(response)
        assert set(files) == {
            "profile.json",
            "sessions.json",
            "invitations.json",
            "rooms.json",
            "room_events.json",
            "room_sections.json",
            "messages.json",
            "drafts.json",
            "followed_threads.json",
            "notification_settings.json",
            "notifications.json",
            "scheduled_messages.json",
            "reactions.json",
            "saved_messages.json",
            "push_devices.json",
            "api_tokens.json",
            "bots.json",
        }
        assert json.loads(files["profile.json"])["name"] == "ana"
        assert len(json.loads(files["sessions.json"])) == 1
        assert [room["room__name"] for room in json.loads(files["rooms.json"])] == ["Everyone"]
        [message] = json.loads(files["messages.json"])
        assert (message["text"], message["room_name"]) == ("Better words", "Everyone")
        assert [earlier["text"] for earlier in message["earlier_texts"]] == ["First words"]
        everything = "".join(files.values())
        assert "Mira" not in everything
        assert UserSession.objects.get().session_key not in everything
        assert ana.password not in everything

    def test_exports_are_limited_to_one_at_a_time_and_five_a_day(self, ana, browser_of):
        browser = browser_of(ana)
        first = browser.post("/profile/data/")
        assert browser.post("/profile/data/").status_code == 302  # the first is not read yet
        self.unpacked(first)
        for _ in range(4):
            self.unpacked(browser.post("/profile/data/"))
        assert browser.post("/profile/data/").status_code == 302
        assert "You’ve reached today’s download limit" in browser.get("/profile/").content.decode()

    def test_large_export_is_streamed_in_pieces(self, ana, monkeypatch):
        pieces = (random.Random(n).randbytes(999_983) for n in range(40))  # no compression makes them small
        monkeypatch.setattr(data_export, "_exporters", [lambda user: iter([("big.bin", pieces)])])
        sizes = [len(piece) for piece in data_export.archive(ana)]
        assert sum(sizes) > 39_000_000
        assert max(sizes) < 2_000_000

    def test_get_request_does_not_start_an_export(self, ana, browser_of):
        assert browser_of(ana).get("/profile/data/").status_code == 405
