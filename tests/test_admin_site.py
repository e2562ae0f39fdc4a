"""The admin for staff with few permissions, and invalid URLs in the admin."""

import itertools

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client, RequestFactory

from accounts.models import Connection, Invitation, ServerProcess
from integrations.models import OutgoingWebhook
from messaging.models import Attachment, Report
from messaging.moderation.reports import report_message
from rooms.models import Ban, Membership
from tests.factories import log_in, make_attachment, make_bot, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db

ADMINS = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)


@pytest.fixture
def root() -> Client:
    return log_in(make_user("root", is_staff=True, is_superuser=True))


def clerk(*permissions: str) -> Client:
    """Return the client of a user who only has these permissions."""
    user = make_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return log_in(user)


def shown_columns(model_admin: admin.ModelAdmin) -> set[str]:
    return {
        each if isinstance(each, str) else each[0] for each in model_admin.list_filter if not isinstance(each, type)
    }


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=lambda value: getattr(value, "__name__", ""))
def test_only_the_filters_of_a_list_are_allowed(model, model_admin, rf: RequestFactory):
    request = rf.get("/")
    request.user = make_user("root", is_staff=True, is_superuser=True)
    for field in model._meta.get_fields():
        for lookup in ("regex", "startswith", "contains", "in", "gt"):
            assert not model_admin.lookup_allowed(f"{field.name}__{lookup}", "x", request), field
        if field.name not in shown_columns(model_admin):
            assert not model_admin.lookup_allowed(field.name, "x", request), field
            assert not model_admin.lookup_allowed(f"{field.name}__exact", "x", request), field


@pytest.mark.parametrize(
    "query",
    ["code__startswith=a", "code=a", "created_by__password__startswith=a", "created_by__username_key__regex=a"],
)
def test_invitation_codes_cannot_be_guessed(query):
    Invitation.objects.create(created_by=make_user("ana"))
    response = clerk("view_invitation").get(f"/admin/accounts/invitation/?{query}")
    assert response.status_code == 400


def test_page_of_an_invitation_does_not_link_to_it():
    invitation = Invitation.objects.create(created_by=make_user("ana"))
    text = clerk("view_invitation").get(f"/admin/accounts/invitation/{invitation.pk}/change/").content.decode()
    assert invitation.code not in text
    assert "/admin/r/" not in text


@pytest.mark.parametrize("permissions", [("view_membership",), ("view_invitation",)])
def test_email_addresses_are_not_found_without_permission(permissions, root):
    ana = make_user("ana", email="secret@example.org")
    make_member(make_room("Garden"), ana)
    Invitation.objects.create(created_by=ana)
    page = {"view_membership": "rooms/membership", "view_invitation": "accounts/invitation"}[permissions[0]]
    rows = lambda client: len(client.get(f"/admin/{page}/?q=secret@").context["cl"].result_list)  # noqa: E731
    assert rows(root) == 1
    assert rows(clerk(*permissions)) == 0


def test_every_filter_that_a_list_offers_works(root):
    make_user("ana", is_active=False)
    make_room("Garden")
    for model, model_admin in ADMINS:
        page = root.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/")
        if page.status_code == 302:  # to the active-user report
            continue
        for spec in page.context["cl"].filter_specs:
            for choice in spec.choices(page.context["cl"]):
                response = root.get(page.request["PATH_INFO"] + choice["query_string"])
                assert response.status_code == 200, (model_admin, choice)


VALUES = ["9999-12-31", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00+23:00", str(2**63), "x", "["]


# PostgreSQL rejects some of the values, which would abort a test's transaction.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=lambda value: getattr(value, "__name__", ""))
def test_every_value_of_a_filter_is_handled(root, settings, model, model_admin):
    settings.TIME_ZONE = "America/Los_Angeles"
    url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    names = [
        f"{column}__{operator}"
        for column in shown_columns(model_admin)
        for operator in ("exact", "gte", "lt", "isempty")
    ]
    for name, value in itertools.product([*names, "p", "o"], VALUES):
        assert root.get(url, {name: value}).status_code in (200, 302, 400), (name, value)


@pytest.mark.parametrize("key", ["1", "x", str(2**63), "0", "%00", "00000000-0000-4000-8000-000000000000"])
def test_every_object_url_is_handled(root, key):
    """Django's redirect to an object's page failed for models whose key is a UUID."""
    Connection.objects.create(process=ServerProcess.objects.create(host="rack4", pid=1), user=make_user("ana"))
    make_attachment(make_room("Garden"), make_user("bo"))
    kinds = [ContentType.objects.get_for_model(model).pk for model in (Attachment, Connection, Invitation)]
    for kind in [*kinds, "0", "x", 2**63]:
        assert root.get(f"/admin/r/{kind}/{key}/").status_code in (400, 404)
    for model, _admin in ADMINS:
        for page in ("change/", "history/", "delete/", "change/?_to_field=", "delete/?_to_field=x"):
            response = root.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{key}/{page}")
            assert response.status_code in (200, 302, 400, 403, 404), (model, page)


def test_page_of_a_room_links_to_the_room(root):
    room = make_room("Garden")
    assert f'href="{room.get_absolute_url()}"' in root.get(f"/admin/rooms/room/{room.pk}/change/").content.decode()


def test_titles_name_people_rooms_and_servers_and_not_their_ids(root):
    ana, room = make_user("ana", display_name="Ana Ferreira"), make_room("Garden")
    member, message = make_member(room, ana), post(room, ana)
    report_message(reporter=make_member(room, make_user("ben")), message_id=message.pk, reason="Rude")
    webhook = OutgoingWebhook.objects.create(room=room, bot=make_bot(owner=ana), url="https://bot.example.org/secret")
    titles = {
        Ban.objects.create(user=member, room=room): "Ana Ferreira in Garden",
        Membership.objects.get(user=ana): "Ana Ferreira in Garden",
        Invitation.objects.create(created_by=ana): "Invite of Ana Ferreira",
        message: "Message 1 in Garden",
        webhook: "bot.example.org in Garden",
    }
    assert str(Report.objects.get()) == "Report of ben"  # its page has a title of its own
    for found, title in titles.items():
        page = root.get(f"/admin/{found._meta.app_label}/{found._meta.model_name}/{found.pk}/change/")
        assert str(found) == title
        assert title in page.content.decode(), title
