"""The admin pages for users, which apply the same rules as the site."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts import audit
from accounts.audit import Kind
from accounts.models import Connection, User
from accounts.signals import sessions_ended
from tests.factories import make_user

pytestmark = pytest.mark.django_db

SUSPENSION = {"action": "suspend_people", "confirmed": "yes"}


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.auth.backends.NameOrEmailBackend")
    return client


@pytest.fixture
def root() -> Client:
    return browser_of(make_user("root", is_staff=True, is_superuser=True))


@pytest.fixture
def ended():
    """The users whose sessions ended."""
    users: list[User] = []

    def note(sender, user, **kwargs):
        users.append(user)

    sessions_ended.connect(note)
    yield users
    sessions_ended.disconnect(note)


def change(user: User, **fields: object) -> dict[str, object]:
    kept = {"username": user.username, "display_name": user.display_name}
    return {name: value for name, value in (kept | fields).items() if value is not None}


def test_only_admins_open_the_admin(db):
    assert browser_of(make_user("bo")).get("/admin/").status_code in (302, 403)
    assert "/accounts/login/" in Client().get("/admin/login/").url


@pytest.mark.parametrize("page", ["user", "invitation", "serverprocess", "user/add"])
def test_admin_page_opens(root, page):
    assert root.get(f"/admin/accounts/{page}/").status_code == 200


def test_people_cannot_be_deleted(root):
    ana = make_user("ana")
    assert root.get(f"/admin/accounts/user/{ana.pk}/delete/").status_code == 403
    root.post("/admin/accounts/user/", {"action": "delete_selected", "_selected_action": [ana.pk], "post": "yes"})
    assert User.objects.filter(pk=ana.pk).exists()


@pytest.mark.parametrize("query", ["ANA", "brandt", "ana@example"])
def test_search_finds_names_and_emails(root, query):
    make_user("ana", display_name="Ana Brandt", email="ana@example.org")
    make_user("zoltan")
    text = root.get("/admin/accounts/user/", {"q": query}).content.decode()
    assert "Ana Brandt" in text
    assert "zoltan" not in text


def test_suspension_ends_sessions_and_can_be_undone(root, ended):
    ana = make_user("ana")
    browser = browser_of(ana)
    assert browser.get("/session/").status_code == 200
    chosen = {"action": "suspend_people", "_selected_action": [ana.pk]}
    question = root.post("/admin/accounts/user/", chosen).content.decode()
    assert "ana will be logged out everywhere" in question
    assert browser.get("/session/").status_code == 200, "not before it is confirmed"
    root.post("/admin/accounts/user/", {**chosen, "confirmed": "yes"})
    assert browser.get("/session/").status_code == 401
    assert ana in ended
    root.post("/admin/accounts/user/", {"action": "reinstate_people", "_selected_action": [ana.pk]})
    ana.refresh_from_db()
    assert ana.is_active
    assert browser.get("/session/").status_code == 401, "an old session does not come back"


def test_form_suspends_like_the_action(root, ended):
    ana = make_user("ana")
    browser = browser_of(ana)
    root.post(f"/admin/accounts/user/{ana.pk}/change/", change(ana, is_suspended="on"))
    ana.refresh_from_db()
    assert not ana.is_active
    assert browser.get("/session/").status_code == 401
    assert ana in ended


def test_admin_cannot_suspend_themselves(root):
    user = User.objects.get(username="root")
    root.post("/admin/accounts/user/", SUSPENSION | {"_selected_action": [user.pk]})
    root.post(
        f"/admin/accounts/user/{user.pk}/change/", change(user, is_suspended="on", is_staff="on", is_superuser="on")
    )
    user.refresh_from_db()
    assert user.is_active


def test_new_person_joins_the_default_rooms(root, everyone):
    assert 'name="email"' in root.get("/admin/accounts/user/add/").content.decode()
    given = {"username": "Ana", "display_name": "", "email": "", "usable_password": "true"}
    response = root.post(
        "/admin/accounts/user/add/", {**given, "password1": "a long pass phrase", "password2": "a long pass phrase"}
    )
    ana = User.objects.get(username_key="ana")
    assert response.url == f"/admin/accounts/user/{ana.pk}/change/"
    assert everyone.memberships.filter(user=ana).exists()
    assert ana.check_password("a long pass phrase")


@pytest.mark.parametrize(
    ("field", "value"), [("username", "ROOT"), ("username", "everyone"), ("email", "root@example.org")]
)
def test_registration_errors_are_shown_beside_their_fields(root, field, value):
    User.objects.filter(username="root").update(email="root@example.org")
    given = {
        "username": "ana",
        "email": "",
        "usable_password": "true",
        "password1": "a long pass phrase",
        "password2": "a long pass phrase",
    }
    response = root.post("/admin/accounts/user/add/", {**given, field: value})
    assert response.context["adminform"].form.errors[field]
    assert User.objects.count() == 1


def test_new_password_ends_the_persons_sessions(root, ended):
    ana = make_user("ana")
    browser = browser_of(ana)
    new = {"usable_password": "true", "password1": "another long phrase", "password2": "another long phrase"}
    root.post(f"/admin/accounts/user/{ana.pk}/password/", new)
    ana.refresh_from_db()
    assert ana.check_password("another long phrase")
    assert browser.get("/session/").status_code == 401
    assert ana in ended


def test_session_keys_and_invitation_codes_are_not_shown(root):
    assert root.get("/admin/usersessions/usersession/").status_code == 404
    invitation = User.objects.get(username="root").invitations.create()
    for page in ("", f"{invitation.pk}/change/"):
        assert invitation.code not in root.get(f"/admin/accounts/invitation/{page}").content.decode()


def test_connections_are_read_only(root):
    assert root.get("/admin/accounts/connection/add/").status_code == 403
    assert not Connection.objects.exists()


def test_permission_to_change_people_grants_no_other_permission(ended):
    clerk = make_user("clerk", is_staff=True)
    clerk.user_permissions.add(
        *Permission.objects.filter(content_type__app_label="accounts", codename__endswith="_user")
    )
    superuser = make_user("root", is_staff=True, is_superuser=True)
    colleague, suspended = make_user("colleague", is_staff=True), make_user("former", is_staff=True, is_active=False)
    for each in (colleague, suspended):
        each.user_permissions.add(Permission.objects.get(codename="view_message"))
    browser = browser_of(clerk)
    browser.post(f"/admin/accounts/user/{clerk.pk}/change/", change(clerk, is_staff="on", is_superuser="on"))
    clerk.refresh_from_db()
    assert not clerk.is_superuser
    new = {"usable_password": "true", "password1": "another long phrase", "password2": "another long phrase"}
    for each in (superuser, colleague, suspended):
        assert browser.post(f"/admin/accounts/user/{each.pk}/password/", new).status_code == 403, each
    browser.post(f"/admin/accounts/user/{superuser.pk}/change/", change(superuser, is_suspended="on"))
    browser.post("/admin/accounts/user/", SUSPENSION | {"_selected_action": [superuser.pk]})
    superuser.refresh_from_db()
    assert superuser.is_active
    assert superuser.check_password("a long pass phrase")
    assert ended == []


@pytest.mark.parametrize("name", ["\u3164", "Mod\u200berators", "Mоdеratоrs", "MODERATORS", "x" + "\u0301" * 9])
def test_group_name_must_be_visible_and_distinct(root, name):
    Group.objects.create(name="Moderators")
    refused = root.post("/admin/auth/group/add/", {"name": name})
    assert "name" in refused.context["adminform"].form.errors
    assert root.post("/admin/auth/group/add/", {"name": "Moderators of Garden"}).status_code == 302


def test_group_keeps_its_name(root):
    group = Group.objects.create(name="\u3164")
    assert root.post(f"/admin/auth/group/{group.pk}/change/", {"name": "\u3164"}).status_code == 302


def test_suspension_is_undone_by_a_button_beside_its_message(root):
    ana, bo, former = make_user("ana"), make_user("bo"), make_user("former", is_active=False)
    chosen = SUSPENSION | {"_selected_action": [ana.pk, bo.pk, former.pk]}
    page = root.post("/admin/accounts/user/", chosen, follow=True).content.decode()
    assert "ana, bo have been suspended." in page
    form = page.split('class="notices__undo"')[1].split("</form>")[0]
    assert 'action="/admin/accounts/user/reinstatement/"' in page
    fields = {"user": re.findall(r'name="user" value="(\d+)"', form), "next": "/admin/reports/active-users/"}
    assert root.post("/admin/accounts/user/reinstatement/", fields).url == fields["next"]
    assert set(User.objects.filter(is_active=True).values_list("username", flat=True)) == {"root", "ana", "bo"}


@pytest.mark.parametrize(
    "url",
    ["https://example.org/", "//example.org", "javascript:alert(1)", "1e999", "9" * 5_000, "accounts:profile", ""],
)
def test_undo_leads_to_no_other_site(root, url):
    assert root.post("/admin/accounts/user/reinstatement/", {"next": url}).url == "/admin/accounts/user/"


def test_only_admins_with_the_permission_undo_a_suspension():
    ana, clerk = make_user("ana", is_active=False), make_user("clerk", is_staff=True)
    browser_of(clerk).post("/admin/accounts/user/reinstatement/", {"user": [ana.pk]})
    assert browser_of(clerk).get("/admin/accounts/user/reinstatement/").status_code == 405
    ana.refresh_from_db()
    assert not ana.is_active


def test_permissions_are_chosen_in_plain_words_and_others_are_kept(root):
    group = Group.objects.create(name="Clerks")
    odd = Permission.objects.get(codename="add_queuedemail")
    group.permissions.add(odd)
    url = f"/admin/auth/group/{group.pk}/change/"
    page = root.get(url).content.decode()
    assert "People: edit" in page
    assert "Can change" not in page
    offered = root.get("/admin/auth/group/add/").context["adminform"].form.fields["permissions"].queryset
    assert odd not in offered
    root.post(url, {"name": "Clerks", "permissions": [odd.pk, offered.get(codename="view_user").pk]})
    assert set(group.permissions.values_list("codename", flat=True)) == {"add_queuedemail", "view_user"}


def test_forms_of_passwords_are_worded_for_admins(root):
    user = User.objects.get(username="root")
    for page in ("add", f"{user.pk}/password"):
        text = root.get(f"/admin/accounts/user/{page}/").content.decode()
        assert "Log in with a password" in text
        assert "LDAP" not in text


def test_audit_log_shows_people_with_their_photos_and_former_names():
    root, ana = make_user("root", is_staff=True, is_superuser=True), make_user("ana", display_name="Ana Brandt")
    audit.record(Kind.BANNED, actor=root, target=ana)
    audit.record(Kind.JOINED, actor=ana, target="Workshop")
    User.objects.filter(pk=ana.pk).update(username="ana.b")
    User.objects.filter(pk=root.pk).update(display_name="Ruth")
    text = browser_of(root).get("/admin/accounts/auditevent/").content.decode()
    rows = text.split('class="field-when')[1:]
    [banned] = [row for row in rows if "Ruth" in row and "@ana.b" in row]
    assert banned.count('class="face"') == 2
    assert "<bdi>ana</bdi>" in banned  # the name when it was recorded
    [joined] = [row for row in rows if "Workshop" in row]
    assert joined.count('class="face"') == 1
