"""The admin's lists stay cheap however long they are, and its first page shows what an admin wants first."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import chatsite
from accounts.models import APIToken, AuditEvent, Connection, Invitation, QueuedEmail, ServerProcess, User, UserGroup
from chatsite.admin_site import BoundedPaginator
from integrations.models import IncomingWebhook
from messaging.models import Report, StorageChange
from rooms.models import Ban, Membership
from tests.factories import log_in, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db

ROWS = 100
LISTS = [model for model in admin.site._registry if model is not Connection]


@pytest.fixture
def root() -> Client:
    return log_in(make_user("root", is_staff=True, is_superuser=True))


@pytest.fixture
def rows() -> None:
    """Create more rows than a page has of everything that the admin lists."""
    people = [make_user(f"person{n}", email=f"person{n}@example.org") for n in range(ROWS)]
    rooms = [make_room(f"Room {n}", owner=people[n]) for n in range(ROWS)]
    room = rooms[0]
    Membership.objects.bulk_create(Membership(room=room, user=user) for user in people[1:])
    messages = [post(room, user) for user in people]
    Report.objects.bulk_create(Report(message=message, reporter=people[0], reason="Vile") for message in messages)
    Ban.objects.bulk_create(Ban(room=room, user=user, by=people[0]) for user in people[1:])
    Invitation.objects.bulk_create(Invitation(created_by=user, code=f"code{user.pk}") for user in people)
    APIToken.objects.bulk_create(
        APIToken(user=user, name="Script", digest=f"digest{user.pk}", hint="abcd", scope_bits=1) for user in people
    )
    Group.objects.bulk_create(Group(name=f"Group {n}") for n in range(ROWS))
    for n in range(ROWS):
        UserGroup.objects.create(name=f"group{n}", title=f"Group {n}", created_by=people[n])
    IncomingWebhook.objects.bulk_create(
        IncomingWebhook(room=room, bot=user, name=user.username, digest=user.username, created_by=user)
        for user in people
    )
    ServerProcess.objects.bulk_create(ServerProcess(host="rack4", pid=n) for n in range(ROWS))
    EmailAddress.objects.bulk_create(EmailAddress(user=user, email=user.email) for user in people)


@pytest.mark.parametrize("query", ["", "?q=person", "?p=2"])
def test_a_list_of_a_hundred_rows_takes_ten_queries(root, rows, query):
    for model in LISTS:
        url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{query}"
        root.get(url)  # fills the caches
        with CaptureQueriesContext(connection) as queries:
            response = root.get(url)
        assert response.status_code == 200, url
        assert len(response.context["cl"].result_list) <= 50, url
        assert len(queries) <= 10, (url, [query["sql"] for query in queries])


def test_only_the_first_results_are_counted(root, monkeypatch):
    monkeypatch.setattr(BoundedPaginator, "MAX", 60)
    AuditEvent.objects.bulk_create(AuditEvent(kind="joined", actor_name=f"person{n}") for n in range(70))
    with CaptureQueriesContext(connection) as queries:
        text = root.get("/admin/accounts/auditevent/?p=2").content.decode()
    assert "The first 60 results." in text
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and "auditevent" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 61" in counts[0]
    assert root.get("/admin/accounts/auditevent/?p=3").status_code == 302  # to the first page, with an error


def test_lists_are_grouped_by_purpose(root):
    sections = root.get("/admin/").context["app_list"]
    assert [str(section["name"]) for section in sections] == ["People", "Rooms", "Messages", "Moderation", "Security"]
    assert sum(len(section["models"]) for section in sections) == len(admin.site._registry)
    assert root.get("/admin/accounts/").url == "/admin/"


class TestOverview:
    def figures(self, client: Client) -> dict[str, tuple[str, str, bool]]:
        return {
            each.label: (each.value, each.note, each.is_urgent) for each in client.get("/admin/").context["overview"]
        }

    def test_it_counts_people_and_reports(self, root):
        room, ana, bo = make_room("Garden"), make_user("ana"), make_user("bo")
        for user in (ana, bo):
            make_member(room, user)
        User.objects.filter(pk=bo.pk).update(last_seen_at=timezone.now())
        User.objects.filter(username="root").update(last_seen_at=timezone.now() - timedelta(days=2))
        process = ServerProcess.objects.create(host="rack4", pid=1)
        Connection.objects.bulk_create(Connection(process=process, user=ana) for _ in range(2))
        Report.objects.create(message=post(room, ana), reporter=bo, reason="Vile")
        figures = self.figures(root)
        assert figures["Open report"][0] == "1"
        assert figures["People online"][:2] == ("1", "2 connections")
        assert figures["Active today"][:2] == ("2", "of 3 people")

    def test_it_warns_without_email_and_about_delays(self, root, settings):
        settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert self.figures(root)["Email"][0] == "Not set up"
        settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        assert self.figures(root)["Email"] == ("Working", "No email is waiting", False)
        QueuedEmail.objects.create(sender="a@example.org", recipients=["b@example.org"], content=b"", attempts=2)
        assert self.figures(root)["Email"] == ("Delayed", "1 email couldn’t be sent yet.", True)

    def test_it_warns_when_storage_is_nearly_used_up(self, root, settings):
        settings.CHAT_ALL_FILES = 10_000_000
        StorageChange.objects.record(9_500_000)
        assert self.figures(root)["Storage used"] == ("9.5 MB", "of 10 MB for files", True)

    def test_it_shows_only_what_permissions_allow(self):
        assert list(self.figures(log_in(make_user("clerk", is_staff=True)))) == ["Version"]

    def test_its_queries_are_bounded(self, root, rows):
        root.get("/admin/")  # fills the caches
        with CaptureQueriesContext(connection) as queries:
            root.get("/admin/")
        assert len(queries) <= 12, [query["sql"] for query in queries]


def test_version_is_the_packages():
    pyproject = tomllib.loads((Path(chatsite.__file__).parents[1] / "pyproject.toml").read_text())
    assert chatsite.__version__ == pyproject["project"]["version"]


def test_no_list_shows_a_hash_of_a_password(root):
    user = User.objects.get(username="root")
    text = root.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert "algorithm" not in text
    assert f'href="/admin/accounts/user/{user.pk}/password/"' in text
