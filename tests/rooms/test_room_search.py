"""The search for rooms to join, as JSON."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_member, make_room, make_user

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def mira(client):
    user = make_user("mira")
    client.force_login(user)
    return user


def names(client, query: str) -> list[str]:
    return [room["name"] for room in client.get("/rooms/", {"q": query}, headers=JSON).json()["rooms"]]


def test_private_joined_and_archived_rooms_are_not_found(client, mira):
    make_room("Garden secrets", kind="private")
    make_member(make_room("Garden joined"), mira)
    make_room("Garden old", archived_at="2026-01-01T00:00Z")
    make_room("Garden")
    assert names(client, "garden") == ["Garden"]


def test_number_of_results_is_limited_and_that_of_queries_does_not_grow(client, mira):
    make_room("Garden")
    names(client, "garden")  # records the session's activity
    with CaptureQueriesContext(connection) as for_one:
        assert len(names(client, "garden")) == 1
    for n in range(40):
        make_room(f"Garden {n}")
    with CaptureQueriesContext(connection) as for_many:
        assert len(names(client, "garden")) == 10
    assert len(for_many) == len(for_one)


def test_result_is_like_a_room_that_the_user_previews(client, mira):
    room = make_room("Garden")
    (found,) = client.get("/rooms/", {"q": "gard"}, headers=JSON).json()["rooms"]
    assert (found["id"], found["role"], found["unread"]) == (room.pk, None, 0)
