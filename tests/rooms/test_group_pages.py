"""The pages of groups of people that can be mentioned."""

import pytest
from django.contrib.auth.models import Permission

from accounts.groups import add_to_group, create_group
from accounts.models import GroupMember, UserGroup
from rooms.blocking import block_person
from tests.factories import log_in, make_member, make_room, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def bo():
    return make_user("bo", display_name="Bo Chen")


@pytest.fixture
def ops(root, bo):
    group = create_group(actor=root, name="ops", title="Operations", description="Servers")
    add_to_group(actor=root, group=group, people=[bo])
    return group


def text_of(response) -> str:
    return response.content.decode()


class TestSeeing:
    def test_everyone_sees_the_groups_and_their_members(self, ops, client):
        assert client.get("/groups/").status_code == 302
        member = log_in(make_user())
        listed = text_of(member.get("/groups/"))
        assert "Operations" in listed and "@ops" in listed and "1 member" in listed
        page = text_of(member.get(ops.get_absolute_url()))
        assert "Bo Chen" in page and "Mention in messages as" in page
        assert "Add people" not in page and "Edit group" not in page and "Leave group" not in page

    def test_people_who_are_suspended_or_blocked_are_hidden(self, root, ops, bo):
        viewer = make_user()
        block_person(user=viewer, other=bo)
        add_to_group(actor=root, group=ops, people=[gone := make_user("gone")])
        type(gone).objects.filter(pk=gone.pk).update(is_active=False)
        client = log_in(viewer)
        assert "0 members" in text_of(client.get("/groups/"))
        page = text_of(client.get(ops.get_absolute_url()))
        assert "Bo Chen" not in page and "gone" not in page and "No members yet" in page

    def test_groups_are_found_by_name_and_title(self, root, ops):
        create_group(actor=root, name="design", title="The look of it")
        client = log_in(make_user())
        for query, found in {"@OPS": "Operations", "look": "The look of it"}.items():
            page = text_of(client.get("/groups/", {"q": query}))
            assert found in page and "1 result" in page
        assert "No groups match" in text_of(client.get("/groups/?q=nothing"))

    def test_the_list_takes_the_same_queries_however_many_groups_there_are(self, root, django_assert_num_queries):
        client = log_in(make_user())
        client.get("/groups/")

        def queries():
            from django.db import connection
            from django.test.utils import CaptureQueriesContext

            with CaptureQueriesContext(connection) as captured:
                client.get("/groups/")
            return len(captured)

        create_group(actor=root, name="group0", title="Group")
        few = queries()
        for number in range(1, 30):
            create_group(actor=root, name=f"group{number}", title="Group")
        assert queries() == few

    def test_a_deleted_group_says_so(self, ops):
        path = ops.get_absolute_url()
        ops.delete()
        response = log_in(make_user()).get(path)
        assert response.status_code == 404
        assert "This group was deleted" in text_of(response)


class TestManaging:
    def test_only_admins_with_the_permission_may(self, ops, bo):
        client = log_in(bo)
        base = ops.get_absolute_url()
        for path in ("/groups/new/", base, f"{base}settings/", f"{base}delete/"):
            data = {"name": "x", "title": "x", "user": "bo"}
            response = client.post(path, data, headers={"X-Requested-With": "fetch"})
            assert response.status_code == 403, path
        assert UserGroup.objects.get().name == "ops"

    def test_an_admin_creates_edits_and_deletes_a_group(self, root, bo):
        client = log_in(root)
        response = client.post("/groups/new/", {"title": "Operations", "name": "bo"})
        assert "Someone has that username" in text_of(response)
        response = client.post("/groups/new/", {"title": "Operations", "name": "ops"})
        group = UserGroup.objects.get()
        assert response.url == group.get_absolute_url()
        client.post(response.url, {"user": "Bo Chen"})
        assert list(GroupMember.objects.values_list("user", flat=True)) == [bo.pk]
        assert "already" in text_of(client.post(response.url, {"user": "bo"}, follow=True))
        assert "No one found" in text_of(client.post(response.url, {"user": "nobody"}))
        client.post(f"{response.url}members/{bo.pk}/", {"_method": "DELETE"})
        assert not GroupMember.objects.exists()
        assert "reserved" in text_of(client.post(f"{response.url}settings/", {"title": "Ops", "name": "here"}))
        client.post(f"{response.url}settings/", {"title": "Ops", "name": "sre"})
        assert UserGroup.objects.get().name == "sre"
        client.post(f"{response.url}delete/")
        assert not UserGroup.objects.exists()

    def test_a_permission_is_enough(self, ops):
        helper = make_user("helper", is_staff=True)
        helper.user_permissions.add(Permission.objects.get(codename="change_usergroup"))
        page = text_of(log_in(helper).get(ops.get_absolute_url()))
        assert "Edit group" in page and "Add people" in page
        settings = text_of(log_in(helper).get(f"{ops.get_absolute_url()}settings/"))
        assert "Delete group" not in settings

    def test_members_leave_and_cannot_remove_others(self, root, ops, bo):
        cy = make_user()
        add_to_group(actor=root, group=ops, people=[cy])
        client = log_in(bo)
        assert "Leave group" in text_of(client.get(ops.get_absolute_url()))
        members = f"{ops.get_absolute_url()}members/"
        assert client.delete(f"{members}{cy.pk}/", headers={"X-Requested-With": "fetch"}).status_code == 403
        response = client.post(f"{members}{bo.pk}/", {"_method": "DELETE"}, follow=True)
        assert "You left Operations." in text_of(response)
        assert list(GroupMember.objects.values_list("user", flat=True)) == [cy.pk]


class TestSearch:
    def find(self, user, **query):
        return log_in(user).get("/groups/search/", query, headers={"X-Requested-With": "fetch"})

    def test_groups_are_found_with_the_number_of_their_members_in_the_room(self, root, ops, bo):
        room, viewer = make_room(), make_user()
        add_to_group(actor=root, group=ops, people=[make_member(room), make_member(room)])
        found = {"id": ops.pk, "name": "ops", "title": "Operations", "url": f"/groups/{ops.pk}/"}
        assert self.find(viewer, q="OPE").json() == {"groups": [found | {"people": 3}]}
        assert self.find(viewer, q="ops", room=room.pk).json() == {"groups": [found | {"people": 2}]}
        assert self.find(viewer, q="nothing").json() == {"groups": []}
        block_person(user=viewer, other=bo)
        assert self.find(viewer, q="ops").json()["groups"][0]["people"] == 2

    def test_rooms_that_the_user_does_not_see_are_not_counted(self, root, ops):
        hidden, viewer = make_room(kind="private", owner=root), make_user()
        for path in ("/groups/search/?q=ops", "/groups/reach/?name=ops"):
            response = log_in(viewer).get(f"{path}&room={hidden.pk}", headers={"X-Requested-With": "fetch"})
            assert response.status_code == 404
            response = log_in(viewer).get(f"{path}&room=x", headers={"X-Requested-With": "fetch"})
            assert response.json()["field"] == "room"
        assert self.find(viewer, q="x" * 81).json()["field"] == "q"

    def test_the_reach_counts_each_person_once_and_hides_who_blocks_the_user(self, root, ops):
        room, sre = make_room(), create_group(actor=root, name="sre", title="SRE")
        viewer, cy, di = (make_member(room) for _ in range(3))
        add_to_group(actor=root, group=ops, people=[viewer, cy, di])
        add_to_group(actor=root, group=sre, people=[cy])
        block_person(user=di, other=viewer)
        response = log_in(viewer).get(f"/groups/reach/?room={room.pk}&name=OPS&name=sre&name=nobody")
        assert response.json() == {"reached": 2}

    def test_the_searches_are_limited(self, ops):
        client = log_in(make_user())
        codes = [
            client.get("/groups/search/?q=o", headers={"X-Requested-With": "fetch"}).status_code for _ in range(40)
        ]
        assert codes[0] == 200 and codes[-1] == 429
