"""Reports: permissions, settling and notifications."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from messaging.errors import Conflict, RateLimited
from messaging.models import Message, Report
from messaging.moderation.reports import MAX_PER_HOUR, reopen_report, report_message, settle_report
from messaging.posting.actions import clear_history, delete_message
from rooms.actions import delete_room
from rooms.blocking import block_person
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.moderation import ban_member
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.auth.backends.NameOrEmailBackend")
    return client


@pytest.fixture
def message(people) -> Message:
    return post(people["room"], people["member"], "Something vile")


@pytest.fixture
def report(people, message) -> Report:
    return report_message(reporter=people["other"], message_id=message.pk, reason="It is vile")


class TestReporting:
    @pytest.mark.parametrize("who", ["former", "stranger", "root"])
    def test_unreadable_messages_cannot_be_reported(self, people, message, who):
        with pytest.raises(NotFound):
            report_message(reporter=people[who], message_id=message.pk, reason="Vile")

    @pytest.mark.parametrize("who", ["owner", "moderator", "other"])
    def test_every_other_member_can_report(self, people, message, who):
        assert report_message(reporter=people[who], message_id=message.pk, reason=" Vile ").reason == "Vile"

    def test_stranger_reports_in_a_public_room_until_banned_from_it(self, people):
        room = make_room("Square", owner=people["owner"])
        first, second = post(room, people["owner"]), post(room, people["owner"])
        report_message(reporter=people["stranger"], message_id=first.pk, reason="Vile")
        ban_member(actor=people["owner"], room=room, user=people["stranger"])
        with pytest.raises(NotFound):
            report_message(reporter=people["stranger"], message_id=second.pk, reason="Vile")

    def test_own_cleared_and_deleted_messages_cannot_be_reported(self, people, message):
        with pytest.raises(Invalid):
            report_message(reporter=people["member"], message_id=message.pk, reason="Vile")
        clear_history(user=people["owner"], room_id=people["room"].pk)
        with pytest.raises(NotFound):
            report_message(reporter=people["owner"], message_id=message.pk, reason="Vile")
        delete_message(actor=people["member"], message_id=message.pk)
        with pytest.raises(NotFound):
            report_message(reporter=people["other"], message_id=message.pk, reason="Vile")

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "nothing\0"])
    def test_invalid_reasons_are_refused(self, people, message, reason):
        with pytest.raises(Invalid, match="reason"):
            report_message(reporter=people["other"], message_id=message.pk, reason=reason)

    def test_message_is_reported_once(self, people, report):
        with pytest.raises(Invalid, match="already"):
            report_message(reporter=people["other"], message_id=report.message_id, reason="Again")

    def test_ten_reports_an_hour(self, people):
        messages = [post(people["room"], people["member"], f"Vile {n}") for n in range(MAX_PER_HOUR + 1)]
        for each in messages[:-1]:
            report_message(reporter=people["other"], message_id=each.pk, reason="Vile")
        with pytest.raises(RateLimited) as refused:
            report_message(reporter=people["other"], message_id=messages[-1].pk, reason="Vile")
        assert 3500 < refused.value.retry_after <= 3600
        Report.objects.filter(message=messages[0]).update(created_at=timezone.now() - timedelta(hours=1))
        report_message(reporter=people["other"], message_id=messages[-1].pk, reason="Vile")

    def test_reporting_by_url(self, people, message):
        answer = browser_of(people["other"]).post(f"/messages/{message.pk}/reports/", {"reason": "Vile"})
        assert answer.status_code == 201
        again = browser_of(people["other"]).post(
            f"/messages/{message.pk}/reports/", {"reason": "Vile"}, headers={"Accept": "application/json"}
        )
        assert (again.status_code, again.json()["code"]) == (400, "invalid")

    def test_report_is_deleted_with_its_room(self, people, report):
        delete_room(actor=people["owner"], room=people["room"])
        assert not Report.objects.exists()


class TestSettling:
    @pytest.mark.parametrize("who", ["owner", "moderator", "member", "other", "former", "stranger"])
    @pytest.mark.parametrize("outcome", Report.Outcome.values)
    def test_only_admins_with_the_permission_settle(self, people, report, who, outcome):
        with pytest.raises(Forbidden):
            settle_report(actor=people[who], report=report, outcome=outcome)
        report.refresh_from_db()
        assert report.is_open
        assert User.objects.get(pk=people["member"].pk).is_active

    @pytest.mark.parametrize(
        ("outcome", "is_deleted", "is_active"),
        [("dismissed", False, True), ("deleted", True, True), ("warned", False, True), ("suspended", False, False)],
    )
    def test_each_outcome_is_carried_out(self, people, report, outcome, is_deleted, is_active):
        settle_report(actor=people["root"], report=report, outcome=outcome)
        report.refresh_from_db()
        assert (report.state, report.outcome, report.handled_by) == ("handled", outcome, people["root"])
        assert (Message.objects.get(pk=report.message_id).deleted_at is not None) == is_deleted
        assert User.objects.get(pk=people["member"].pk).is_active == is_active

    def test_settling_twice_is_a_conflict(self, people, report):
        settle_report(actor=people["root"], report=report, outcome="dismissed")
        with pytest.raises(Conflict):
            settle_report(actor=people["root"], report=report, outcome="suspended", delete=True)
        assert User.objects.get(pk=people["member"].pk).is_active
        assert Message.objects.get(pk=report.message_id).deleted_at is None

    def test_all_reports_of_the_message_are_settled_together(self, people, report):
        other = report_message(reporter=people["owner"], message_id=report.message_id, reason="Indeed")
        settle_report(actor=people["root"], report=report, outcome="warned", delete=True)
        other.refresh_from_db()
        assert other.outcome == "warned"
        assert Message.objects.get(pk=report.message_id).deleted_at

    def test_admins_cannot_suspend_themselves_or_superusers(self, people):
        helper = make_member(people["room"], make_user("helper", is_staff=True))
        helper.user_permissions.add(Permission.objects.get(codename="change_report"))
        make_member(people["room"], people["root"])
        for author in (helper, people["root"]):
            message = post(people["room"], author, "Vile")
            report = report_message(reporter=people["other"], message_id=message.pk, reason="Vile")
            with pytest.raises(Forbidden):
                settle_report(actor=User.objects.get(pk=helper.pk), report=report, outcome="suspended")
        assert not User.objects.filter(is_active=False).exists()

    def test_warned_author_gets_an_email_if_they_have_an_address(
        self, people, report, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            settle_report(actor=people["root"], report=report, outcome="warned")
        [letter] = mail.outbox
        assert letter.to == ["writer@example.org"]
        assert "Workshop" in letter.body
        assert "vile" not in letter.body


class TestReopening:
    @pytest.mark.parametrize("who", ["owner", "moderator", "member", "other", "stranger"])
    def test_only_admins_with_the_permission_reopen(self, people, report, who):
        settle_report(actor=people["root"], report=report, outcome="suspended")
        report.refresh_from_db()
        with pytest.raises(Forbidden):
            reopen_report(actor=people[who], report=report, reinstate_author=True)
        assert not User.objects.get(pk=people["member"].pk).is_active

    def test_all_reports_that_were_closed_together_are_open_again(self, people, report):
        other = report_message(reporter=people["owner"], message_id=report.message_id, reason="Indeed")
        settle_report(actor=people["root"], report=report, outcome="suspended")
        report.refresh_from_db()
        reopen_report(actor=people["root"], report=report, reinstate_author=True)
        for each in (report, other):
            each.refresh_from_db()
            assert (each.state, each.outcome, each.handled_by, each.handled_at) == ("open", "", None, None)
        assert User.objects.get(pk=people["member"].pk).is_active
        assert AuditEvent.objects.filter(kind="report reopened", actor=people["root"]).count() == 1

    def test_only_an_authors_suspension_by_this_report_is_undone(self, people, report):
        settle_report(actor=people["root"], report=report, outcome="warned")
        User.objects.filter(pk=people["member"].pk).update(is_active=False)
        report.refresh_from_db()
        reopen_report(actor=people["root"], report=report, reinstate_author=True)
        assert not User.objects.get(pk=people["member"].pk).is_active

    def test_open_reports_and_those_of_deleted_messages_stay_as_they_are(self, people, report):
        with pytest.raises(Conflict):
            reopen_report(actor=people["root"], report=report)
        settle_report(actor=people["root"], report=report, outcome="deleted")
        report.refresh_from_db()
        with pytest.raises(Conflict):
            reopen_report(actor=people["root"], report=report)
        url = f"/admin/messaging/report/{report.pk}/reopening/"
        page = browser_of(people["root"]).post(url, follow=True).content.decode()
        assert "can’t be reopened" in page


class TestThePages:
    def test_admins_see_the_number_of_open_reports_on_every_page(self, people, report):
        root, member = browser_of(people["root"]), browser_of(people["member"])
        chat = root.get("/", follow=True).content.decode()
        assert '<span class="row__name">Open reports</span> <span class="count">1</span>' in chat
        assert "1 open report" in root.get("/admin/").content.decode()
        assert ">Admin</a>" in root.get("/rooms/").content.decode()
        assert "Admin" not in member.get("/", follow=True).content.decode()
        settle_report(actor=people["root"], report=report, outcome="dismissed")
        assert "open report" not in root.get("/admin/").content.decode()

    def test_long_messages_around_the_reported_one_are_folded(self, people, report):
        root, room = browser_of(people["root"]), report.message.room
        post(room, people["member"], "Reported " * 100)
        url = f"/admin/messaging/report/{report.pk}/change/"
        assert root.get(url).content.count(b"case__long") == 1
        Report.objects.update(message=Message.objects.get(body__startswith="Reported"))
        assert root.get(url).content.count(b"case__long") == 0

    def test_every_column_about_the_message_leads_to_the_report(self, people, report):
        text = browser_of(people["root"]).get("/admin/messaging/report/").content.decode()
        assert text.count(f'href="/admin/messaging/report/{report.pk}/change/') == 3

    def test_reports_cannot_be_added_in_the_admin(self, people):
        root = browser_of(people["root"])
        assert root.get("/admin/messaging/report/add/").status_code == 403
        assert root.post("/admin/messaging/report/add/").status_code == 403

    def test_queue_starts_with_the_oldest_open_report(self, people, report):
        later = report_message(
            reporter=people["other"], message_id=post(people["room"], people["member"], "Viler").pk, reason="Viler"
        )
        first = report_message(reporter=people["owner"], message_id=report.message_id, reason="Me too")
        settle_report(actor=people["root"], report=first, outcome="dismissed")
        text = browser_of(people["root"]).get("/admin/messaging/report/").content.decode()
        places = [text.index(f"/admin/messaging/report/{each.pk}/change/") for each in (later, report)]
        assert places == sorted(places)

    def test_case_shows_the_message_in_context_and_the_authors_history(self, people):
        room, author = people["room"], people["member"]
        for number in range(8):
            post(room, people["owner"], f"Before {number}")
        vile = post(room, author, "<b>Vile</b> & worse")
        for number in range(8):
            post(room, people["owner"], f"After {number}")
        old = report_message(reporter=people["owner"], message_id=post(room, author, "Rude").pk, reason="Rude")
        settle_report(actor=people["root"], report=old, outcome="warned")
        ban_member(actor=people["owner"], room=make_room("Square", owner=people["owner"]), user=author, reason="Noise")
        report = report_message(reporter=people["other"], message_id=vile.pk, reason="It is vile")
        text = browser_of(people["root"]).get(f"/admin/messaging/report/{report.pk}/change/").content.decode()
        assert "&lt;b&gt;Vile&lt;/b&gt; &amp; worse" in text
        assert [f"Before {n}" in text for n in range(8)] == [False] * 3 + [True] * 5
        assert [f"After {n}" in text for n in range(8)] == [True] * 5 + [False] * 3
        assert "author warned" in text
        assert "Noise" in text
        assert f"/members/{author.pk}/ban/" not in text, "the admin doesn't moderate this private room"

    def test_case_links_to_the_page_for_banning_from_a_public_room(self, people):
        room = make_room("Square", owner=people["owner"])
        message = post(room, make_member(room, people["member"]), "Vile")
        report = report_message(reporter=people["owner"], message_id=message.pk, reason="Vile")
        text = browser_of(people["root"]).get(f"/admin/messaging/report/{report.pk}/change/").content.decode()
        assert f'href="/rooms/{room.pk}/members/{people["member"].pk}/ban/"' in text

    @pytest.mark.parametrize(
        ("choice", "days"),
        [("suspended:day", 1), ("suspended:week", 7), ("suspended:month", 30), ("suspended:good", None)],
    )
    def test_author_is_suspended_once_it_is_confirmed(self, people, report, choice, days):
        root, url = browser_of(people["root"]), f"/admin/messaging/report/{report.pk}/change/"
        question = root.post(url, {"outcome": choice, "delete": "on"}).content.decode()
        assert "they can’t log in" in question or "can’t log in until an admin reinstates them" in question
        assert "This can’t be undone." in question
        report.refresh_from_db()
        assert report.is_open
        answer = root.post(url, {"outcome": choice, "delete": "on", "confirmed": "yes"}, follow=True)
        assert "has been suspended and disconnected." in answer.content.decode()
        author = User.objects.get(pk=people["member"].pk)
        assert not author.is_active
        if days is None:
            assert author.suspended_until is None
        else:
            assert abs(author.suspended_until - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
        assert Message.objects.get(pk=report.message_id).deleted_at

    def test_deleting_is_confirmed_and_dismissing_is_not(self, people, report):
        root, url = browser_of(people["root"]), f"/admin/messaging/report/{report.pk}/change/"
        assert "Delete this message?" in root.post(url, {"outcome": "deleted"}).content.decode()
        assert Message.objects.get(pk=report.message_id).deleted_at is None
        answer = root.post(url, {"outcome": "dismissed"}, follow=True).content.decode()
        assert "Report dismissed." in answer
        assert f'action="/admin/messaging/report/{report.pk}/reopening/"' in answer

    def test_deleting_offers_no_undo(self, people, report):
        confirmed = {"outcome": "deleted", "confirmed": "yes"}
        url = f"/admin/messaging/report/{report.pk}/change/"
        answer = browser_of(people["root"]).post(url, confirmed, follow=True).content.decode()
        assert "Message deleted." in answer
        assert "notices__undo" not in answer

    @pytest.mark.parametrize("choice", ["", "promoted", "suspended", "suspended:ever"])
    def test_invalid_choices_change_nothing(self, people, report, choice):
        browser_of(people["root"]).post(
            f"/admin/messaging/report/{report.pk}/change/", {"outcome": choice, "confirmed": "yes"}
        )
        report.refresh_from_db()
        assert report.is_open
        assert User.objects.get(pk=people["member"].pk).is_active

    def test_dismissing_never_deletes(self, people, report):
        browser_of(people["root"]).post(
            f"/admin/messaging/report/{report.pk}/change/", {"outcome": "dismissed", "delete": "on"}
        )
        assert Message.objects.get(pk=report.message_id).deleted_at is None

    def test_staff_without_the_permission_cannot_settle(self, people, report):
        viewer = make_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_report"))
        browser, page = browser_of(viewer), f"/admin/messaging/report/{report.pk}/change/"
        assert 'name="outcome"' not in browser.get(page).content.decode()
        browser.post(page, {"outcome": "deleted", "confirmed": "yes"})
        assert browser.get(f"/admin/messaging/report/{report.pk}/reopening/").status_code == 405
        report.refresh_from_db()
        assert report.is_open
        assert browser_of(make_user("staff", is_staff=True)).get(page).status_code in (302, 403)

    def test_each_reporter_sees_their_own_reports_and_each_author_their_warnings(self, people, report):
        settle_report(actor=people["root"], report=report, outcome="warned")
        text = browser_of(people["other"]).get("/reports/").content.decode()
        assert "It is vile" in text
        assert "The author of a message you reported was warned." in text
        text = browser_of(people["member"]).get("/reports/").content.decode()
        assert "An admin warned you" in text
        assert "It is vile" not in text
        assert "No reports" in text

    def test_people_blocked_since_are_not_named(self, people, report):
        User.objects.filter(pk=people["member"].pk).update(display_name="Wilhelmina")
        browser = browser_of(people["other"])
        assert "A message from <bdi>Wilhelmina</bdi>" in browser.get("/reports/").content.decode()
        block_person(user=people["other"], other=people["member"])
        text = browser.get("/reports/").content.decode()
        assert "It is vile" in text
        assert "Wilhelmina" not in text
        assert f"/rooms/{people['room'].pk}/" not in text
