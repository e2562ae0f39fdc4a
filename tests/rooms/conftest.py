"""The people with standing roles, and the rooms that they have them in."""

from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.models import User
from rooms.models import Room
from tests.factories import make_member, make_room, make_user


@dataclass
class Cast:
    """A room with an owner, a moderator and a member; a stranger who is not in it."""

    room: Room
    owner: User
    moderator: User
    member: User
    stranger: User

    def __getitem__(self, role: str) -> User:
        return getattr(self, role)


def cast_in(kind: str, name: str) -> Cast:
    owner = make_user(f"owner.{kind}")
    room = make_room(name, owner=owner, kind=kind)
    moderator = make_member(room, make_user(f"moderator.{kind}"), role="moderator")
    return Cast(room, owner, moderator, make_member(room, make_user(f"member.{kind}")), make_user(f"stranger.{kind}"))


@pytest.fixture
def public(db) -> Cast:
    return cast_in("public", "Workshop")


@pytest.fixture
def private(db) -> Cast:
    return cast_in("private", "Founders")


@pytest.fixture
def cast(request, db) -> Cast:
    """For tests that are run with both kinds: parametrize with `indirect`."""
    return cast_in(request.param, {"public": "Workshop", "private": "Founders"}[request.param])


both_kinds = pytest.mark.parametrize("cast", ["public", "private"], indirect=True)


@pytest.fixture
def as_user():
    """`as_user(person)` is a browser in which this person is logged in."""

    def browser(user: User | None = None, **headers: str) -> Client:
        client = Client(headers=headers or None)
        if user is not None:
            client.force_login(user, backend="accounts.auth.backends.NameOrEmailBackend")
        return client

    return browser


def json_client(client: Client) -> Client:
    client.defaults |= {"HTTP_ACCEPT": "application/json", "HTTP_X_REQUESTED_WITH": "fetch"}
    return client
