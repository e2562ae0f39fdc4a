"""The audit log: actor, event, time and address, recorded in the action's transaction."""

import json
import logging
import stat
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import actions, audit
from accounts.audit_file import AuditFileHandler
from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import AuditEvent, User
from accounts.registration.validation import NewUser
from messaging.moderation.bulk_delete import delete_messages_of
from messaging.posting.actions import delete_message, edit_message
from messaging.runtime.commands import execute
from messaging.runtime.protocol import DeleteMessage
from rooms import actions as room_actions
from rooms.moderation import ban_member, lift_ban, limit_posting
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db

Kind = AuditEvent.Kind
HERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def ana() -> User:
    return make_user("ana")


def the(kind: Kind) -> AuditEvent:
    return AuditEvent.objects.get(kind=kind)


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def log_in(name: str, password: str = "a long pass phrase") -> Client:
    client = Client(**HERE)
    client.post("/accounts/login/", {"login": name, "password": password})
    return client


class TestPeople:
    def test_registering_on_the_page(self, ana):
        passwords = {"password1": "nine red kites"}
        Client(**HERE).post("/accounts/signup/", {"username": "Bo", **passwords})
        event = the(Kind.REGISTERED)
        assert (event.target_name, event.address, event.actor) == ("Bo", "192.0.2.7", None)
        assert the(Kind.LOGGED_IN).actor_name == "Bo"

    def test_registering_from_the_command_line(self):
        actions.register_user(new_user=NewUser(username="bo", password="nine red kites"))
        assert (the(Kind.REGISTERED).address, the(Kind.REGISTERED).actor_name) == ("console", "")

    def test_a_registration_that_fails_leaves_no_trace(self, ana):
        with pytest.raises(RuntimeError), transaction.atomic():
            actions.register_user(new_user=NewUser(username="bo", password="nine red kites"))
            raise RuntimeError
        assert Kind.REGISTERED not in kinds()

    def test_logging_in_and_out(self, ana):
        client = log_in("ANA")
        client.post("/accounts/logout/")
        for kind in (Kind.LOGGED_IN, Kind.LOGGED_OUT):
            assert (the(kind).actor, the(kind).actor_name, the(kind).address) == (ana, "ana", "192.0.2.7")

    def test_a_failed_login_holds_the_name_and_not_the_password(self, ana):
        log_in("ana", "my secret guess")
        log_in("nobody-here", "my secret guess")
        events = AuditEvent.objects.filter(kind=Kind.LOGIN_FAILED).order_by("pk")
        assert [(event.target_name, event.actor, event.address) for event in events] == [
            ("ana", None, "192.0.2.7"),
            ("nobody-here", None, "192.0.2.7"),
        ]
        assert "secret" not in json.dumps([event.as_data() for event in events])

    def test_login_limits_bound_the_number_of_events(self, ana):
        for _ in range(12):
            log_in("ana", "wrong")
        assert kinds().count(Kind.LOGIN_FAILED) < 12

    def test_a_new_password(self, ana):
        client = log_in("ana")
        new = {"password1": "nine red kites"}
        client.post("/accounts/password/change/", {"oldpassword": "a long pass phrase", **new})
        event = the(Kind.PASSWORD_CHANGED)
        assert (event.actor, event.target_id) == (ana, ana.pk)

    def test_suspending_and_restoring_once_each(self, ana):
        for _ in range(2):
            suspend(user=ana)
        for _ in range(2):
            reinstate(user=ana)
        assert [kind for kind in kinds() if kind in (Kind.SUSPENDED, Kind.REINSTATED)] == [
            Kind.SUSPENDED,
            Kind.REINSTATED,
        ]
        assert the(Kind.SUSPENDED).target_name == "ana"

    def test_a_changed_end_of_a_suspension(self, ana):
        tomorrow = timezone.now() + timedelta(days=1)
        for until in (None, tomorrow, tomorrow):
            suspend(user=ana, until=until)
        events = AuditEvent.objects.filter(kind=Kind.SUSPENDED).order_by("pk")
        assert [event.detail["until"] for event in events] == [None, tomorrow.isoformat(timespec="seconds")]

    def test_an_account_deleted_by_a_command_has_no_actor(self, ana):
        call_command("delete_account", "ana", yes=True, stdout=StringIO())
        event = the(Kind.ACCOUNT_DELETED)
        assert (event.actor, event.actor_name, event.target_name, event.address) == (None, "", "ana", "console")

    def test_permission_groups(self):
        root = make_user("root", is_staff=True, is_superuser=True)
        client = Client(**HERE)
        client.force_login(root)
        client.post("/admin/auth/group/add/", {"name": "Helpers"})
        pk = Group.objects.get().pk
        client.post(f"/admin/auth/group/{pk}/change/", {"name": "Moderators"})
        client.post(f"/admin/auth/group/{pk}/delete/", {"post": "yes"})
        events = AuditEvent.objects.filter(kind=Kind.GROUP_CHANGED).order_by("pk")
        assert [(event.actor, event.target_name) for event in events] == [
            (root, "Helpers"),
            (root, "Moderators"),
            (root, "Moderators"),
        ]

    def test_admin_changes_record_fields_and_actor(self, ana):
        root = make_user("root", is_staff=True, is_superuser=True)
        client = Client(**HERE)
        client.force_login(root)
        form = {"username": "ana", "display_name": "Ana B", "is_active": "on", "is_staff": "on"}
        assert client.post(f"/admin/accounts/user/{ana.pk}/change/", form).status_code == 302
        event = the(Kind.ACCOUNT_CHANGED)
        assert (event.actor, event.target_name, event.address) == (root, "ana", "192.0.2.7")
        assert sorted(event.detail["fields"]) == ["display_name", "is_staff"]

    def test_names_of_deleted_accounts_stay(self, ana):
        log_in("ana")
        User.objects.filter(pk=ana.pk).update(username="renamed")
        assert the(Kind.LOGGED_IN).actor_name == "ana"


class TestRooms:
    def test_the_life_of_a_room(self, ana):
        bo, cy = make_user("bo"), make_user("cy")
        room = room_actions.create_room(owner=ana, name="Garden")
        room_actions.join_room(user=bo, room=room)
        room_actions.join_room(user=bo, room=room)
        room_actions.add_member(actor=ana, room=room, user=cy)
        room_actions.change_role(actor=ana, room=room, user=cy, role="moderator")
        room_actions.update_room(actor=ana, room=room, topic="Bees")
        room_actions.update_room(actor=ana, room=room, topic="Bees")
        room_actions.remove_member(actor=ana, room=room, user=cy)
        room_actions.leave_room(user=bo, room=room)
        room_actions.archive_room(actor=ana, room=room)
        room_actions.archive_room(actor=ana, room=room)
        room_actions.unarchive_room(actor=ana, room=room)
        room_actions.delete_room(actor=ana, room=room)
        assert kinds() == [
            Kind.ROOM_CREATED, Kind.JOINED, Kind.ADDED, Kind.ROLE_CHANGED, Kind.ROOM_CHANGED, Kind.REMOVED, Kind.LEFT,
            Kind.ROOM_ARCHIVED, Kind.ROOM_UNARCHIVED, Kind.ROOM_DELETED,
        ]  # fmt: skip
        assert (the(Kind.JOINED).actor, the(Kind.JOINED).target_name) == (bo, "Garden")
        assert (the(Kind.REMOVED).actor, the(Kind.REMOVED).target_name) == (ana, "cy")
        assert the(Kind.REMOVED).detail == {"room": the(Kind.ROOM_CREATED).target_id, "room_name": "Garden"}
        assert the(Kind.ROOM_CHANGED).detail == {"fields": ["topic"]}

    def test_moderation_records_moderator_and_target(self, ana):
        room, bo = make_room("Garden", owner=ana), make_user("bo")
        for _ in range(2):
            limit_posting(actor=ana, room=room, slow_seconds=30)
        ban_member(actor=ana, room=room, user=bo)
        lift_ban(actor=ana, room=room, user=bo)
        delete_messages_of(actor=ana, room=room, user=bo)
        expected = {"banned": "bo", "unbanned": "bo", "messages deleted": "bo", "room changed": "Garden"}
        events = AuditEvent.objects.filter(kind__in=expected)
        assert sorted(events.values_list("kind", "actor", "target_name")) == sorted(
            (kind, ana.pk, target) for kind, target in expected.items()
        )
        assert the(Kind.ROOM_CHANGED).detail == {"fields": ["slow_seconds"]}

    def test_an_invite_is_revoked_once(self, ana):
        invitation = actions.create_invitation(by=ana)
        for _ in range(2):
            actions.revoke_invitation(by=ana, invitation=invitation)
        assert (the(Kind.INVITE_REVOKED).actor, the(Kind.INVITE_REVOKED).target_id) == (ana, invitation.pk)

    def test_a_refusal_is_not_recorded(self, ana):
        room = make_room(owner=make_user())
        AuditEvent.objects.all().delete()
        for verb in (room_actions.archive_room, room_actions.delete_room):
            with pytest.raises(room_actions.Forbidden):
                verb(actor=ana, room=room)
        assert kinds() == []

    def test_direct_messages_are_recorded_without_names(self, ana):
        room_actions.open_direct_room(user=ana, other=make_user("bo"))
        room_actions.open_direct_room(user=ana, other=User.objects.get(username="bo"))
        event = the(Kind.DIRECT_OPENED)
        assert (event.actor, event.actor_name, event.target_name, event.address) == (None, "", "", "")
        assert event.target_id is None

    def test_requests_record_person_and_address(self, ana):
        room = make_room(owner=make_user())
        log_in("ana").post(f"/rooms/{room.pk}/membership/")
        assert (the(Kind.JOINED).actor, the(Kind.JOINED).address) == (ana, "192.0.2.7")

    def test_admin_actions_record_the_admin(self):
        root = make_user("root", is_staff=True, is_superuser=True)
        client = Client(**HERE)
        client.force_login(root)
        room = make_room(owner=make_user())
        chosen = {"action": "archive", "_selected_action": [room.pk]}
        client.post("/admin/rooms/room/", chosen)
        assert (the(Kind.ROOM_ARCHIVED).actor, the(Kind.ROOM_ARCHIVED).address) == (root, "192.0.2.7")


class TestMessages:
    @pytest.fixture
    def message(self, ana, everyone):
        return post(everyone, make_member(everyone, ana), "a secret recipe")

    def test_deleting_ones_own_message_is_not_recorded(self, ana, message):
        edit_message(actor=ana, message_id=message.pk, body="another secret")
        delete_message(actor=ana, message_id=message.pk)
        assert Kind.MESSAGE_DELETED not in kinds()

    def test_deleting_anothers_message_is_recorded_without_its_text(self, ana, message, everyone):
        bo = make_member(everyone, make_user("bo"), role="moderator")
        execute(bo, DeleteMessage(ref="r", message=message.pk), "198.51.100.4")
        event = the(Kind.MESSAGE_DELETED)
        assert (event.actor, event.address, event.target_id) == (bo, "198.51.100.4", message.pk)
        assert event.detail == {"room": everyone.pk, "seq": message.seq, "sender": "ana"}
        assert "secret" not in json.dumps(event.as_data())


class TestExports:
    def test_exporting_the_report_is_recorded(self):
        root = make_user("root", is_staff=True, is_superuser=True)
        client = Client(**HERE)
        client.force_login(root)
        client.get("/admin/reports/active-users/", {"format": "csv"})
        event = the(Kind.EXPORTED)
        assert (event.actor, event.target_name, event.detail) == (root, "active users", {"format": "csv", "rows": 0})


class TestLogFile:
    @pytest.fixture
    def lines(self, django_capture_on_commit_callbacks, tmp_path):
        """Return a function that returns the lines that `action` appends to the file."""
        path = tmp_path / "audit.log"
        handler = AuditFileHandler(path)
        logging.getLogger("chatsite.audit").addHandler(handler)

        def lines(action) -> list[dict]:
            with django_capture_on_commit_callbacks(execute=True):
                action()
            return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

        yield lines
        logging.getLogger("chatsite.audit").removeHandler(handler)
        handler.close()

    def test_each_event_is_a_line_of_json(self, lines, ana):
        (line,) = lines(lambda: suspend(user=ana))
        assert line["kind"] == "suspended"
        assert (line["target"], line["address"], line["actor"]) == (
            {"kind": "user", "id": ana.pk, "name": "ana"},
            "console",
            None,
        )
        assert line["at"].endswith("Z")
        assert datetime.fromisoformat(line["at"]) == the(Kind.SUSPENDED).at.replace(
            microsecond=the(Kind.SUSPENDED).at.microsecond // 1000 * 1000
        )

    def test_rolled_back_events_are_not_in_it(self, lines, ana):
        def undone() -> None:
            with pytest.raises(RuntimeError), transaction.atomic():
                suspend(user=ana)
                raise RuntimeError

        assert lines(undone) == []

    def test_it_survives_rotation(self, lines, ana, tmp_path):
        assert len(lines(lambda: suspend(user=ana))) == 1
        (tmp_path / "audit.log").rename(tmp_path / "audit.log.1")
        assert [line["kind"] for line in lines(lambda: reinstate(user=ana))] == ["restored"]
        assert stat.S_IMODE((tmp_path / "audit.log").stat().st_mode) == 0o640

    def test_invisible_characters_are_escaped(self, lines, ana):
        """U+009B begins a terminal control sequence, and U+202E reverses the rest of the line."""
        hostile = "\x1b[31m\x7f\x9b31m\u202e\u2028\u200b\U000e0001é"
        (line,) = lines(lambda: audit.record(Kind.LOGIN_FAILED, target=hostile, room_name=hostile))
        assert line["target"]["name"] == line["detail"]["room_name"] == hostile
        (event,) = AuditEvent.objects.filter(kind=Kind.LOGIN_FAILED)
        event.target_name = f"\0\ud800{hostile}"
        assert audit.as_line(event).isprintable()
        assert "é" in audit.as_line(event)


class TestLogFileOutage:
    """If the audit file can't be written, actions continue, and the error is logged once."""

    @pytest.fixture
    def attach(self):
        """Return a function that sends the audit log to a file."""
        logger, handlers = logging.getLogger("chatsite.audit"), []

        def attach(path) -> None:
            handlers.append(AuditFileHandler(path))
            logger.addHandler(handlers[-1])

        yield attach
        for handler in handlers:
            logger.removeHandler(handler)

    @pytest.fixture
    def log_in(self, django_capture_on_commit_callbacks, caplog, capsys):
        """Return a function that logs in and returns the lines on the console."""
        ana = make_user("ana")

        def log_in() -> list[str]:
            caplog.clear()
            with django_capture_on_commit_callbacks(execute=True):
                answer = Client().post("/accounts/login/", {"login": "ana", "password": "a long pass phrase"})
            assert answer.status_code == 302
            assert AuditEvent.objects.filter(kind=Kind.LOGGED_IN, actor=ana).exists()
            assert capsys.readouterr().err == ""
            return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]

        return log_in

    def test_file_that_cannot_be_opened(self, attach, log_in, tmp_path):
        path = tmp_path / "audit.log"
        attach(path)
        path.unlink()
        path.mkdir()
        (shown,) = log_in()
        assert "audit.log can't be written" in shown
        assert log_in() == []
        path.rmdir()
        assert ["can be written again" in shown for shown in log_in()] == [True]
        assert json.loads(path.read_text())["kind"] == "logged in"

    def test_full_disk(self, attach, log_in):
        attach("/dev/full")
        (shown,) = log_in()
        assert "No space left" in shown
        assert log_in() == []


class TestAdministration:
    URL = "/admin/accounts/auditevent/"

    @pytest.fixture
    def root(self) -> Client:
        client = Client(**HERE)
        client.force_login(make_user("root", is_staff=True, is_superuser=True))
        return client

    def read(self, root: Client, **query: str) -> str:
        response = root.get(self.URL, query)
        assert response.status_code == 200
        return response.content.decode()

    def test_it_is_searched_and_filtered_by_kind_and_day(self, root, ana):
        suspend(user=ana)
        suspend(user=make_user("bo"))
        old = the_first = AuditEvent.objects.filter(target_name="bo")
        the_first.update(at=timezone.now() - timedelta(days=3))
        day = timezone.localdate(old.get().at).isoformat()
        today = timezone.localdate().isoformat()
        rows = lambda **query: self.read(root, **query).count('class="field-when')  # noqa: E731
        assert rows(q="bo") == 1
        assert rows(kind__exact="suspended") == 2
        assert rows(day=day) == 1
        assert rows(day=today, kind__exact="suspended") == 1
        for unusable in ("nonsense", "9999-12-31", "2026-11-21T25:00", "99999-01-01"):
            assert rows(day=unusable, kind__exact="suspended") == 2, unusable

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
    @pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01", "0001-01-02"])
    def test_no_day_is_out_of_range(self, root, settings, zone, day):
        settings.TIME_ZONE = zone
        self.read(root, day=day)

    def test_events_are_described_in_words(self, root, ana):
        room = room_actions.create_room(owner=ana, name="Garden")
        room_actions.update_room(actor=ana, room=room, name="Orchard", topic="Trees")
        room_actions.add_member(actor=ana, room=room, user=make_user("bo"))
        text = self.read(root)
        assert "fields: name topic" in text
        assert "room: Orchard" in text

    def test_events_cannot_be_changed(self, root, ana):
        suspend(user=ana)
        pk = the(Kind.SUSPENDED).pk
        assert root.get(f"{self.URL}{pk}/change/").status_code == 200
        assert root.get(f"{self.URL}add/").status_code == 403
        assert root.post(f"{self.URL}{pk}/delete/", {"post": "yes"}).status_code == 403
        assert root.post(f"{self.URL}{pk}/change/", {"kind": "restored"}).status_code == 403
        assert the(Kind.SUSPENDED).target_name == "ana"
        assert "delete_selected" not in self.read(root)
