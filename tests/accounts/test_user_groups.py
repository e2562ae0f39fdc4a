"""Groups of people that can be mentioned: their names, who manages them, and what happens to their members."""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts import data_export, groups
from accounts.actions import NotAllowed, register_user
from accounts.audit import Kind
from accounts.groups import add_to_group, create_group, delete_group, remove_from_group, update_group
from accounts.lifecycle.deletion import delete_account
from accounts.models import AuditEvent, GroupMember, User, UserGroup
from accounts.registration.username_suggestions import suggest_username
from accounts.registration.validation import NewUser, clean_username
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def ops(root):
    return create_group(actor=root, name="ops", title="Operations")


def errors_of(name: str, **texts: str) -> dict[str, list[str]]:
    root = User.objects.get(username="root")
    with pytest.raises(ValidationError) as caught:
        create_group(actor=root, name=name, **({"title": "A title"} | texts))
    return caught.value.message_dict


class TestNames:
    @pytest.mark.parametrize("name", ["", "@", "here", "Room", "ALL", "o ps", "-ops", "x" * 33, "оps", "ops\u200b"])
    def test_invalid_and_reserved_names_are_refused(self, root, name):
        assert list(errors_of(name)) == ["name"]
        assert "username" not in errors_of(name)["name"][0].lower().replace("can’t be used in a username", "")

    def test_a_sign_before_the_name_is_ignored(self, root):
        assert create_group(actor=root, name=" @Ops ", title="Operations").name == "Ops"

    @pytest.mark.parametrize("name", ["ops", "OPS", "ｏｐｓ", "0ps"])
    def test_a_group_cannot_have_the_name_of_a_person_or_of_another_group(self, root, name):
        make_user("Ops")
        assert "username" in errors_of(name)["name"][0]
        User.objects.filter(username="Ops").update(username="other", username_key="other", username_skeleton="other")
        create_group(actor=root, name="Ops", title="Operations")
        assert "group" in errors_of(name)["name"][0]

    @pytest.mark.parametrize("name", ["ops", "OPS", "ｏｐｓ", "0ps"])
    def test_a_person_cannot_have_the_name_of_a_group(self, ops, name):
        with pytest.raises(ValidationError, match="A group has that name"):
            clean_username(name)
        with pytest.raises(ValidationError, match="A group has that name"):
            register_user(new_user=NewUser(username=name, password="nine red kites"))
        with pytest.raises(IntegrityError):
            User(username=name).save()

    def test_a_person_cannot_be_renamed_to_a_group(self, root, ops):
        bo = make_user("bo")
        page = f"/admin/accounts/user/{bo.pk}/change/"
        response = log_in(root).post(page, {"username": "OPS", "display_name": ""})
        assert "A group has that name" in response.content.decode()
        bo.refresh_from_db()
        assert bo.username == "bo"

    def test_signing_up_names_the_problem_and_suggests_another_name(self, client, root):
        create_group(actor=root, name="ana.lopez", title="Lopez")
        assert suggest_username("Ana Lopez") == "ana.lopez2"
        assert "A group has that name" in client.get("/username/?username=Ana.Lopez").json()["error"]

    def test_the_name_of_a_deleted_account_stays_reserved_as_for_people(self, root):
        delete_account(user=make_user("ops"), with_messages=False)
        assert "username" in errors_of("ops")["name"][0]

    def test_the_name_of_a_deleted_or_renamed_group_is_free(self, root, ops):
        update_group(actor=root, group=ops, name="sre", title="Operations")
        make_user("ops")
        delete_group(actor=root, group=ops)
        make_user("sre")

    def test_the_case_of_a_name_can_change(self, root, ops):
        assert update_group(actor=root, group=ops, name="Ops", title="Operations").name == "Ops"

    def test_titles_and_descriptions_are_checked(self, root):
        assert list(errors_of("ops", title=" ")) == ["title"]
        assert list(errors_of("ops", title="x" * 61, description="y" * 251)) == ["title", "description"]
        assert list(errors_of("ops", title="a\u202eb")) == ["title"]


class TestActions:
    def test_only_admins_with_the_permission_manage_groups(self, root, ops):
        bo, helper = make_user("bo"), make_user("helper", is_staff=True)
        bo.user_permissions.set(Permission.objects.filter(codename__contains="usergroup"))  # but no admin
        for actor in (bo, helper):
            with pytest.raises(NotAllowed):
                create_group(actor=actor, name="design", title="Design")
            with pytest.raises(NotAllowed):
                update_group(actor=actor, group=ops, name="design", title="Design")
            with pytest.raises(NotAllowed):
                add_to_group(actor=actor, group=ops, people=[bo])
            with pytest.raises(NotAllowed):
                delete_group(actor=actor, group=ops)
        helper.user_permissions.add(Permission.objects.get(codename="change_usergroup"))
        helper = User.objects.get(pk=helper.pk)
        assert add_to_group(actor=helper, group=ops, people=[bo]) == [bo]
        with pytest.raises(NotAllowed):
            delete_group(actor=helper, group=ops)

    def test_people_are_added_once_and_removed(self, root, ops):
        bo, cy, gone = make_user("bo"), make_user("cy"), make_user("gone", is_active=False)
        assert add_to_group(actor=root, group=ops, people=[bo, gone]) == [bo]
        assert add_to_group(actor=root, group=ops, people=[bo, cy]) == [cy]
        assert remove_from_group(actor=root, group=ops, user=cy)
        assert not remove_from_group(actor=root, group=ops, user=cy)
        with pytest.raises(NotAllowed):
            remove_from_group(actor=cy, group=ops, user=bo)
        assert remove_from_group(actor=bo, group=ops, user=bo)
        assert not GroupMember.objects.exists()

    def test_numbers_of_groups_and_members_are_limited(self, root, ops, monkeypatch):
        monkeypatch.setattr(groups, "MAX_GROUPS", 1)
        monkeypatch.setattr(groups, "MAX_MEMBERS", 1)
        assert "Delete one first" in errors_of("design")["name"][0]
        with pytest.raises(ValidationError) as caught:
            add_to_group(actor=root, group=ops, people=[make_user(), make_user()])
        assert list(caught.value.message_dict) == ["user"]
        assert not GroupMember.objects.exists()

    def test_everything_is_in_the_audit_log(self, root, ops):
        bo = make_user("bo")
        add_to_group(actor=root, group=ops, people=[bo, make_user("cy")])
        remove_from_group(actor=root, group=ops, user=User.objects.get(username="cy"))
        remove_from_group(actor=bo, group=ops, user=bo)
        update_group(actor=root, group=ops, name="sre", title="Operations")
        update_group(actor=root, group=ops, name="sre", title="Operations")
        delete_group(actor=root, group=UserGroup.objects.get())
        events = AuditEvent.objects.filter(kind__contains="group").order_by("pk")
        assert [(event.kind, event.target_name) for event in events] == [
            (Kind.GROUP_CREATED, "ops"),
            (Kind.GROUP_MEMBER_ADDED, "bo"),
            (Kind.GROUP_MEMBER_ADDED, "cy"),
            (Kind.GROUP_MEMBER_REMOVED, "cy"),
            (Kind.GROUP_LEFT, "bo"),
            (Kind.GROUP_CHANGED, "sre"),
            (Kind.GROUP_DELETED, "sre"),
        ]
        assert events[5].detail == {"fields": ["name"], "from": "ops"}

    def test_deleted_accounts_leave_and_exports_name_the_groups(self, root, ops):
        bo = make_user("bo")
        add_to_group(actor=root, group=ops, people=[bo])
        assert data_export._profile(bo)["groups"] == ["ops"]
        delete_account(user=bo, with_messages=False)
        assert not GroupMember.objects.exists()


class TestAdmin:
    def test_groups_are_created_renamed_and_deleted_by_the_actions(self, root):
        make_user("taken")
        client = log_in(root)
        response = client.post("/admin/accounts/usergroup/add/", {"title": "Operations", "name": "taken"})
        assert "Someone has that username" in response.content.decode()
        assert client.post("/admin/accounts/usergroup/add/", {"title": "Operations", "name": "@Ops"}).status_code == 302
        group = UserGroup.objects.get()
        assert (group.name, group.created_by) == ("Ops", root)
        assert "@Ops" in client.get("/admin/accounts/usergroup/").content.decode()
        page = f"/admin/accounts/usergroup/{group.pk}/change/"
        assert f'href="{group.get_absolute_url()}"' in client.get(page).content.decode()
        assert client.post(page, {"title": "Operations", "name": "here"}).status_code == 200
        assert client.post(page, {"title": "Ops", "name": "sre"}).status_code == 302
        assert UserGroup.objects.get().name == "sre"
        client.post(f"/admin/accounts/usergroup/{group.pk}/delete/", {"post": "yes"})
        kinds = AuditEvent.objects.filter(kind__contains="group").order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == [Kind.GROUP_CREATED, Kind.GROUP_CHANGED, Kind.GROUP_DELETED]
