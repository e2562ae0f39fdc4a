"""A user's own sections of the sidebar."""

import json
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from accounts.lifecycle.deletion import delete_account
from messaging.runtime.welcome import make_welcomes
from rooms.data_export import memberships, sections
from rooms.models import Membership, RoomSection
from rooms.sections import SECTIONS_PER_USER, move_to_section
from rooms.serializers import serialize_room_for
from tests.factories import make_member, make_room, make_user
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(public):
    return public.member


@pytest.fixture
def client(member, as_user):
    return json_client(as_user(member))


@pytest.fixture
def address(public):
    return f"/rooms/{public.room.pk}/section/"


def sections_of(user) -> list[str]:
    return [section["name"] for section in make_welcomes([user])[0].event["sections"]]


def test_only_members_move_rooms(public, private, as_user):
    client = json_client(as_user(make_user()))
    for room in (public.room, private.room):
        assert client.post(f"/rooms/{room.pk}/section/", {"name": "Clients"}).status_code == 404
        assert client.delete(f"/rooms/{room.pk}/section/").status_code == 404
    assert not RoomSection.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "name"),
        ({"name": "\u3164"}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"section": "first"}, "section"),
        ({"section": ""}, "section"),
    ],
)
def test_invalid_sections_are_refused(client, address, fields, field):
    refused = client.post(address, fields)
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert not RoomSection.objects.exists()


def test_sections_of_others_do_not_exist(public, client, address):
    theirs = move_to_section(user=public.owner, room=public.room, name="Clients")
    for response in (
        client.post(address, {"section": theirs.pk}),
        client.post(f"/sections/{theirs.pk}/", {"name": "Mine"}),
        client.delete(f"/sections/{theirs.pk}/"),
        client.post(f"/sections/{theirs.pk}/position/", {"position": 1}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    theirs.refresh_from_db()
    assert theirs.name == "Clients"
    assert sections_of(public.member) == []


def test_room_moves_for_the_user_alone(public, member, client, address):
    Membership.objects.filter(user=member).update(is_favorite=True)
    moved = client.post(address, {"name": "  Big   clients "}).json()
    assert moved == {"section": RoomSection.objects.get().pk, "name": "Big clients"}
    serialized = serialize_room_for(member, public.room)
    assert (serialized["section"], serialized["is_favorite"]) == (moved["section"], False)
    assert serialize_room_for(public.owner, public.room)["section"] is None
    assert sections_of(member) == ["Big clients"]
    assert client.delete(address).json() == {"section": None}
    assert serialize_room_for(member, public.room)["section"] is None
    assert sections_of(member) == ["Big clients"]


def test_names_are_unique_whatever_their_case(member, client, address):
    first = client.post(address, {"name": "Straße"}).json()
    assert client.post(address, {"name": "STRASSE"}).json() == first
    other = client.post(address, {"name": "Clients"}).json()
    refused = client.post(f"/sections/{other['section']}/", {"name": "strasse"})
    assert (refused.status_code, refused.json()["field"]) == (400, "name")
    assert client.post(f"/sections/{other['section']}/", {"name": "CLIENTS"}).json()["name"] == "CLIENTS"
    assert sections_of(member) == ["Straße", "CLIENTS"]


def test_number_of_sections_is_limited(member, client, address):
    for n in range(SECTIONS_PER_USER):
        assert client.post(address, {"name": f"Section {n}"}).status_code == 200
    refused = client.post(address, {"name": "One more"})
    assert refused.json()["detail"] == "name: You can have 20 sections. Delete one first."
    assert client.post(address, {"name": "section 3"}).status_code == 200


def test_rooms_of_a_deleted_section_stay(public, member, client, address):
    section = client.post(address, {"name": "Clients"}).json()["section"]
    assert client.delete(f"/sections/{section}/").status_code == 200
    assert serialize_room_for(member, public.room)["section"] is None
    assert sections_of(member) == []


def test_sections_are_exported(public, member):
    move_to_section(user=member, room=public.room, name="Clients")
    move_to_section(user=member, room=public.room, name="Projects")
    move_to_section(user=public.owner, room=public.room, name="Secret")
    files = {name: json.loads(b"".join(content)) for name, content in [*memberships(member), *sections(member)]}
    assert files["room_sections.json"] == [{"name": "Clients"}, {"name": "Projects"}]
    assert [room["section__name"] for room in files["rooms.json"]] == ["Projects"]


def test_sections_of_many_users_take_one_query(django_assert_max_num_queries):
    people = [make_user() for _ in range(20)]
    for person in people:
        room = make_room()
        make_member(room, person)
        move_to_section(user=person, room=room, name="Clients")
    with django_assert_max_num_queries(10):
        assert all(welcome.event["sections"] for welcome in make_welcomes(people))


def test_account_deletion_erases_sections(public, member):
    move_to_section(user=member, room=public.room, name="Clients")
    delete_account(user=member, with_messages=False)
    assert not RoomSection.objects.exists()


@pytest.fixture
def ordered(public, member):
    """Three sections in the order in which they were created."""
    return [move_to_section(user=member, room=public.room, name=name) for name in ("Projects", "Clients", "Archive")]


@pytest.mark.parametrize("position", ["", "0", "-1", "first", "1.5"])
def test_invalid_positions_are_refused(ordered, member, client, position):
    refused = client.post(f"/sections/{ordered[0].pk}/position/", {"position": position})
    assert (refused.status_code, refused.json()["field"]) == (400, "position")
    assert sections_of(member) == ["Projects", "Clients", "Archive"]


@pytest.mark.parametrize(
    ("index", "position", "expected"),
    [
        (2, 1, ["Archive", "Projects", "Clients"]),
        (0, 2, ["Clients", "Projects", "Archive"]),
        (0, 10**15, ["Clients", "Archive", "Projects"]),
        (1, 2, ["Projects", "Clients", "Archive"]),
    ],
)
def test_sections_are_reordered(ordered, public, member, client, index, position, expected):
    move_to_section(user=public.owner, room=public.room, name="Theirs")
    moved = client.post(f"/sections/{ordered[index].pk}/position/", {"position": position})
    assert moved.json() == {"section": ordered[index].pk, "position": min(position, 3)}
    assert sections_of(member) == expected
    assert sections_of(public.owner) == ["Theirs"]
    move_to_section(user=member, room=public.room, name="A new one")
    assert sections_of(member) == [*expected, "A new one"]


def test_migration_keeps_the_order_of_the_names(ordered, public, member):
    move_to_section(user=public.owner, room=public.room, name="Theirs")
    RoomSection.objects.update(position=0)
    migration = import_module("rooms.migrations.0014_section_positions")
    migration.number_by_name(apps, SimpleNamespace(connection=connection))
    assert sections_of(member) == ["Archive", "Clients", "Projects"]
    assert list(RoomSection.objects.filter(user=member).values_list("position", flat=True)) == [1, 2, 3]


def test_page_creates_and_fills_sections_without_a_script(public, member, as_user):
    page = as_user(member)
    page.post("/sections/", {"name": "Clients"})
    refused = page.post("/sections/", {"name": "clients"})
    assert refused.status_code == 200 and "You already have a section with that name." in refused.text
    section = RoomSection.objects.get(user=member)
    page.post("/sections/", {"room": public.room.pk, "section": section.pk})
    assert serialize_room_for(member, public.room)["section"] == section.pk
    assert f"<bdi>{public.room.name}</bdi></a></span>" in page.get("/sections/").text
    page.post("/sections/", {"room": public.room.pk, "section": ""})
    assert serialize_room_for(member, public.room)["section"] is None


def test_page_offers_only_the_own_rooms_and_sections(public, private, member, as_user):
    theirs = move_to_section(user=public.owner, room=public.room, name="Theirs")
    page = as_user(member)
    page.post("/sections/", {"name": "Mine"})
    for fields in ({"room": private.room.pk, "section": ""}, {"room": public.room.pk, "section": theirs.pk}):
        assert "Select a valid choice." in page.post("/sections/", fields).text
    assert private.room.name not in page.get("/sections/").text
    assert serialize_room_for(member, public.room)["section"] is None


def test_changed_and_deleted_sections_lead_back_to_their_page(ordered, as_user, member):
    page, first = as_user(member), ordered[0]
    assert page.post(f"/sections/{first.pk}/position/", {"position": 2}).url == f"/sections/#section-{first.pk}"
    assert page.post(f"/sections/{first.pk}/", {"name": "Work"}).url == "/sections/"
    assert page.post(f"/sections/{first.pk}/", {"_method": "DELETE"}).url == "/sections/"
    assert sections_of(member) == ["Clients", "Archive"]


def test_page_takes_as_many_queries_for_many_sections(public, member, as_user, django_assert_max_num_queries):
    page = as_user(member)
    for n in range(SECTIONS_PER_USER):
        room = make_room(f"Room {n}")
        make_member(room, member)
        move_to_section(user=member, room=room, name=f"Section {n}")
    with django_assert_max_num_queries(14):
        assert page.get("/sections/").text.count("row-item__details") == SECTIONS_PER_USER
