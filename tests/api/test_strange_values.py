"""Values of the right type that nobody expects: each endpoint refuses them with an error, or can handle them."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Scope, User
from api.endpoints import router
from api.examples import EXAMPLES
from api.parameters import read_parameters
from api.routing import Endpoint, Group, Runs
from live.envelope import encode
from rooms.errors import Refusal
from tests.api.conftest import QUERIES, furnish
from tests.api.test_permissions import VALUES as UNKNOWN
from tests.factories import make_member, make_room, make_user

TEXTS = [
    *("", "\x7f", "\uffff", "%", '"', "\U0001f600" * 65, "a" * 9_000, "9223372036854775807", "9223372036854775808"),
    *("2030-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"),
]
VALUES = [
    *TEXTS,
    *("a\0", "\ud800", None, 2**63 - 1, 2**63, 10**400, -1, 1e308),
    *([], {}, [[]], [2**63 - 1] * 50, [None] * 7, ["a\0"], [{"room": 2**63 - 1, "seq": 2**63 - 1}]),
]
ON_LOOP = [each for each in router.endpoints if each.runs is Runs.ON_LOOP and each.name != "wait_for_events"]


def requests_to(endpoint: Endpoint, values: dict[str, Any]):
    """Yield path, query and body of requests that are valid, except for one field with a strange value."""
    path = {name: str(values.get(name, UNKNOWN.get(name, "7"))) for name in endpoint.path_names}
    query = dict(each.split("=") for each in QUERIES.get(endpoint.path, "").removeprefix("?").split("&") if each)
    body = {name: values.get(name, value) for name, value in EXAMPLES.get(endpoint.name, {}).items()}
    for name in [each.encode_name for each in endpoint.fields]:
        if name in path:
            yield from ((path | {name: text}, query, body) for text in TEXTS if text)
        elif endpoint.has_body:
            yield from ((path, query, body | {name: value}) for value in VALUES)
        else:
            yield from ((path, query | {name: text}, body) for text in TEXTS)


def furnished(cast):
    admin, values = furnish(cast)
    return admin, values | {"users": [values["user"]]}


@pytest.mark.parametrize("group", router.groups, ids=lambda each: each.tag)
def test_no_value_makes_a_function_fail(db, everyone, group: Group):
    owner, member = make_user("owner"), make_user("member")
    room = make_room("Kitchen", owner=owner, kind="private")
    make_member(room, member)
    admin, values = furnished({"owner": owner, "member": member, "stranger": make_user("stranger"), "room": room})
    for endpoint in group.endpoints:
        if endpoint.runs is Runs.IN_THREAD:
            values["webhook"] = values["outgoing" if "outgoing" in endpoint.path else "incoming"]
            for request in requests_to(endpoint, values):
                call(admin if endpoint.scope == Scope.ADMIN else owner, endpoint, *request)


def call(user: User, endpoint: Endpoint, path: dict[str, str], query: dict[str, str], body: dict[str, Any]) -> None:
    content = json.dumps(body).encode() if endpoint.has_body else b""
    with timezone.override("Asia/Tokyo"), transaction.atomic():
        try:
            encode(endpoint.function(user, read_parameters(endpoint, path, urlencode(query).encode(), content)))
        except Refusal as refusal:
            assert refusal.as_data()
        transaction.set_rollback(True)


def test_no_value_makes_a_command_fail(uvicorn, connect, cast):
    _admin, values = furnished(cast)
    client = connect(cast["owner"])
    statuses = set()
    for endpoint in ON_LOOP:
        for path, query, body in requests_to(endpoint, values | {"command": "nothing"}):
            address = endpoint.path.format(**{name: quote(text, safe="") for name, text in path.items()})
            content = json.dumps(body).encode() if endpoint.has_body else b""
            headers = {"content-type": "application/json"}
            response = client.request(endpoint.method, address, params=query, content=content, headers=headers)
            assert response.status_code < 500, (endpoint.name, path, query, body, response.text)
            statuses.add(response.status_code)
    assert {200, 400, 404} <= statuses
    assert "Traceback" not in uvicorn.log


TIMES = ["2030-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]


@pytest.mark.parametrize("time", TIMES, ids=["no_zone", "first_year", "last_year"])
def test_a_time_that_not_every_time_zone_knows_is_refused(connect, cast, time):
    client, message = connect(cast["owner"]), furnish(cast)[1]["message"]
    for method, path, field in [
        ("PATCH", f"/messages/{message}", "edited_at"),
        ("PUT", f"/messages/{message}/reminder", "at"),
        ("PUT", f"/rooms/{cast['room'].pk}/bans/{cast['member'].pk}", "until"),
        ("PATCH", "/me", "status_until"),
    ]:
        body = {"body": "Hi"} if method == "PATCH" and field == "edited_at" else {}
        response = client.request(method, path, json=body | {field: time})
        assert (response.status_code, response.json()["field"]) == (400, field), response.text
