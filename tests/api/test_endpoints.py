"""Endpoints without the server, on each database."""

import json

import msgspec
import pytest
from django.utils import timezone

from accounts.models import Scope
from api.endpoints import router
from api.examples import EXAMPLES
from api.parameters import read_parameters
from api.routing import Endpoint, Runs
from live.envelope import encode
from rooms.errors import Refusal
from tests.api.conftest import QUERIES, furnish
from tests.api.test_permissions import VALUES as UNKNOWN
from tests.factories import make_member, make_room, make_user

CHANGING = [each for each in router.endpoints if each.method != "GET" and each.runs is Runs.IN_THREAD]
READING = [each for each in router.endpoints if each.method == "GET" and each.runs is Runs.IN_THREAD]


@pytest.fixture
def furnished(db, everyone):
    owner, member = make_user("owner"), make_user("member")
    room = make_room("Kitchen", owner=owner, kind="private")
    make_member(room, member)
    cast = {"owner": owner, "member": member, "stranger": make_user("stranger"), "room": room}
    admin, values = furnish(cast)
    return owner, admin, values


@pytest.mark.parametrize("endpoint", READING, ids=lambda each: each.name)
def test_what_is_read_has_the_described_structure(furnished, endpoint: Endpoint):
    owner, admin, values = furnished
    values["webhook"] = values["outgoing" if "outgoing" in endpoint.path else "incoming"]
    path = {name: str(values[name]) for name in endpoint.path_names}
    query = QUERIES.get(endpoint.path, "").removeprefix("?").encode()
    user = admin if endpoint.scope == Scope.ADMIN else owner
    with timezone.override("UTC"):
        found = endpoint.function(user, read_parameters(endpoint, path, query, b""))
    msgspec.json.decode(encode(found), type=endpoint.returns)


@pytest.mark.parametrize("endpoint", CHANGING, ids=lambda each: each.name)
def test_a_change_is_made_or_refused(furnished, endpoint: Endpoint):
    """No change fails otherwise, also on PostgreSQL, and each returns what it declares."""
    owner, admin, values = furnished
    values["webhook"] = values["outgoing" if "outgoing" in endpoint.path else "incoming"]
    path = {name: str(values.get(name, UNKNOWN.get(name, "7"))) for name in endpoint.path_names}
    example = EXAMPLES.get(endpoint.name, {})
    own = {"users": [values["user"]], "user": values["user"]}
    body = json.dumps({name: own.get(name, value) for name, value in example.items()}).encode()
    query = b"span=all" if endpoint.name == "delete_messages" else b""
    user = admin if endpoint.scope == Scope.ADMIN else owner
    parameters = read_parameters(endpoint, path, query, body if endpoint.has_body else b"")
    try:
        with timezone.override("UTC"):
            found = endpoint.function(user, parameters)
    except Refusal as refusal:
        assert refusal.detail
        return
    if endpoint.returns:
        msgspec.json.decode(encode(found), type=endpoint.returns)
